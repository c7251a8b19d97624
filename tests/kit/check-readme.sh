#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Checks that README's service plugin is the example of that name, and that what the README says
# to do with it in a clone works.
#
# Usage: check-readme.sh EL4 PLUGIN-MAP README EXAMPLE-FOLDER
set -eu

el4=$(realpath "$1")
export EL4_PLUGIN_MAP="$2"
readme=$3
include=$(realpath "$(dirname "$readme")/include")
example=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The README's one block of C, without its fences.
if ! sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d;$d' | diff - "$example/board-id.c"; then
    echo "README.md and examples/service/board-id.c differ" >&2
    exit 1
fi

cp -R "$example" "$work/service"
cd "$work/service"
mkdir build
cc -shared -fPIC -fvisibility=hidden -I"$include" -o build/board-id.so board-id.c
if command -v aarch64-linux-gnu-gcc >/dev/null; then
    aarch64-linux-gnu-gcc -nostdlib -static -Wl,-N,-Ttext=0x40080000 -o build/guest.elf guest.S
    "$el4" chain board-id.ini smc 0x83000000 | grep -q '^    board-id (BOARD_ID)$'
    "$el4" run board-id.ini --timeout 20 --trace smc 2>&1 |
        grep -q 'verdict=handled service=board-id claim=BOARD_ID result=0x1234$'
fi
