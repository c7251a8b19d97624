#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares core/fp with an AArch64 oracle (qemu-aarch64, or ORACLE="ssh arm-host") on random
# cases, with and without the host's floating point.
# usage: run.sh [COUNT [SEED]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
count=${1:-1000000}
seed=${2:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-O2 -Wall -Wextra -Wno-unused-parameter -ffp-contract=off -fno-math-errno"
${CC:-gcc} $flags -o "$work/host" "$here/host.c" "$here"/../../core/fp/*.c
${CC:-gcc} $flags -DEL4_FP_NO_HOST -o "$work/soft" "$here/host.c" "$here"/../../core/fp/*.c
aarch64-linux-gnu-gcc -O2 -Wall -static -march=armv8.5-a+fp16+fp16fml \
    -o "$work/guest" "$here/guest.c"
"$work/host" make "$count" "$seed" | ${ORACLE:-qemu-aarch64 -cpu max} "$work/guest" \
    >"$work/answers"
status=0
"$work/host" check "$count" "$seed" <"$work/answers" || status=1
"$work/soft" check "$count" "$seed" <"$work/answers" || status=1
exit $status
