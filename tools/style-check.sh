#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Checks the style rules that a program can check, over all files that git tracks:
#   - C files are as clang-format wants them. A file with "clang-format off" in its first
#     five lines is left alone.
#   - no tabs, no space at a line's end
#   - files of at most 800 lines; instruction tables are exempt
#   - a plugin includes nothing of ours but <el4/...>
#   - shellcheck finds nothing in the shell scripts
# Prints a line a fault; exit status 1 if there is one.
#
# Usage: style-check.sh
#        style-check.sh --fix [FILE...]   only formats the C files: all, or those named
set -eu

cd "$(dirname "$0")/.."
fix=no
case ${1:-} in
    '') ;;
    --fix) fix=yes; shift ;;
    *) echo "usage: style-check.sh [--fix [FILE...]]" >&2; exit 1 ;;
esac
max_lines=800

# Versions differ in what they want; this one is the measure. Debian 12's default, 14, can't
# even read .clang-format (InsertBraces came with 15).
clang_format=$(command -v clang-format-16 || command -v clang-format || :)
if [ -z "$clang_format" ] || ! "$clang_format" --dump-config >/dev/null 2>&1; then
    echo "style: no clang-format that can read .clang-format; install clang-format-16" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
    printf '%s\n' "$@"
elif [ -e .git ]; then
    # What is about to be committed is checked, too.
    git ls-files --cached --others --exclude-standard
else
    find . -type f ! -path './build*' | sed 's|^\./||'
fi | sort -u | while read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
done >"$work/all"
grep '\.[ch]$' "$work/all" >"$work/c" || :

: >"$work/formatted"
while read -r file; do
    head -n 5 "$file" | grep -q 'clang-format off' || printf '%s\n' "$file"
done <"$work/c" >"$work/formatted"

if [ $fix = yes ]; then
    [ ! -s "$work/formatted" ] || xargs "$clang_format" -i <"$work/formatted"
    exit 0
fi

faults=$work/faults
{
    if [ -s "$work/formatted" ]; then
        # The first fault of a file will do: --fix mends them all.
        xargs "$clang_format" --dry-run -Werror <"$work/formatted" 2>&1 |
            sed -n 's/: error: code should be clang-formatted.*/: not as clang-format wants it/p' |
            sort -t : -k 1,1 -u
    fi

    tab=$(printf '\t')
    grep -E '\.(c|h|py|sh|ini|decode|md)$|meson\.build$|^dev$|^\.ci/run$' "$work/all" |
        xargs grep -nE "$tab| +\$" | sed 's/^\([^:]*:[0-9]*\):.*/\1: tab, or space at the end/' || :

    grep -E '\.(c|h|py|sh)$' "$work/all" | grep -v '^core/isa/' | xargs wc -l |
        awk -v max="$max_lines" '$2 != "total" && $1 > max {
            printf "%s: %d lines, more than %d\n", $2, $1, max }'

    # Quoted headers are the plugin's own; what comes from core/ has a folder in front.
    core='(core|machine|config|plugin|bus|smccc|cpu|isa|engine|boot|debug|fp|cli)'
    grep '^plugins/.*\.[ch]$' "$work/all" |
        xargs -r grep -nE "^ *# *include +[\"<]([^\">]*/)?$core/" /dev/null |
        sed 's/$/: a plugin sees only <el4\/...>/' || :

    grep -vE '\.(c|h|py|md|ini|decode|build)$' "$work/all" |
        xargs -r grep -lE '^#!/bin/(ba)?sh' | xargs -r shellcheck -S warning -f gcc || :
} >"$faults"

cat "$faults"
[ ! -s "$faults" ]
