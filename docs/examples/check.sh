#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Checks that README's service plugin is the one in this folder, that it is found and asked, and,
# if the guest could be built, that the guest gets its answer.
#
# Usage: check.sh EL4 PLUGIN-MAP PLUGIN README [GUEST]
set -eu

el4=$1
export EL4_PLUGIN_MAP="$2"
export EL4_PLUGIN_PATH="${3%/*}"
readme=$4
guest=${5:-}
here=$(dirname "$0")

# The README's one block of C, without its fences.
if ! sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d;$d' | diff - "$here/board-id.c"; then
    echo "README.md and docs/examples/board-id.c differ" >&2
    exit 1
fi

"$el4" chain "$here/board-id.ini" smc 0x83000000 | grep -q '^    board-id (BOARD_ID)$'
if [ -n "$guest" ]; then
    "$el4" run "$here/board-id.ini" -kernel "$guest" --timeout 20
fi
