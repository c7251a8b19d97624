# SPDX-License-Identifier: MIT
# bash completion for el4: el4 itself says what fits, see cli/complete.c.
# shellcheck shell=bash

_el4()
{
    # Bash breaks words at '=' and ':' and keeps what quotes them; el4 wants them whole.
    local line=${COMP_LINE:0:COMP_POINT} word quoted
    local -a words
    # A quoted blank stands for itself only inside its word.
    local blank=$'\x01'
    line=${line//\\ /$blank}
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    words=("${words[@]//$blank/ }")
    words=("${words[@]//\\/}")
    word=${words[-1]}

    # Readline replaces only what stands behind the last break.
    local kept=
    [[ $word == *[=:]* ]] && kept=${word%"${word##*[=:]}"}

    local answer help
    COMPREPLY=()
    while IFS=$'\t' read -r answer help; do
        case $answer in
            :files*)
                local prefix=${answer#:files }
                while IFS= read -r answer; do
                    [[ -d $answer ]] && answer+=/ && compopt -o nospace
                    COMPREPLY+=("$(printf %q "$answer")")
                done < <(compgen -f -- "${word#"$prefix"}")
                ;;
            :folders)
                while IFS= read -r answer; do
                    COMPREPLY+=("$(printf %q "$answer")")
                done < <(compgen -d -- "$word")
                ;;
            *)
                [[ $answer == *[=,] ]] && compopt -o nospace
                quoted=$(printf %q "${answer#"$kept"}")
                COMPREPLY+=("${quoted//\\=/=}")
                ;;
        esac
    done < <("${words[0]/#\~/$HOME}" complete "${words[@]:1}" 2>/dev/null)
}

complete -F _el4 el4
