# SPDX-License-Identifier: MIT
# fish completion for el4: el4 itself says what fits, see cli/complete.c.

function __el4_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    # Quotes and backslashes are fish's, not el4's.
    set -l plain (string unescape -- $word)
    or set plain (string replace -ra "[\\\\'\"]" "" -- $word)
    for line in ($words[1] complete $words[2..-1] "$plain" 2>/dev/null)
        switch $line
            case ':files*'
                set -l prefix (string sub -s 8 -- $line)
                set -l rest (string sub -s (math (string length -- "$prefix") + 1) -- "$plain")
                for path in (__fish_complete_path $rest)
                    echo -- $prefix$path
                end
            case ':folders'
                __fish_complete_directories $plain
            case '*'
                echo -- $line
        end
    end
end

complete -c el4 -f -a '(__el4_complete)'
