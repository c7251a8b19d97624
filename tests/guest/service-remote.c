/* SPDX-License-Identifier: MIT */
/*
 * Calls that a Python program answers (examples/remote/answer.py), one of them with the guest's
 * memory, and calls to a program that is not there.
 */
#include "guest.h"

static char text[] = "make me tall";

void guest_main(void)
{
    struct outcome outcome = call(HVC, 0xc2000000, 40, 2, 3);
    check_answer("a sum", outcome, 42);
    check("nothing else changed", kept_registers(&outcome, 40, 2, 3), 1);
    check_answer("64 bits", call(HVC, 0xc2000000, 0x7fffffffffffffff, 0x8000000000000000, 0),
                 UINT64_MAX);

    outcome = call(HVC, 0xc2000001, (uint64_t)(uintptr_t)text, sizeof(text) - 1, 0);
    check_answer("guest memory", outcome, 0);
    check("its length", outcome.x[1], sizeof(text) - 1);
    check("first letter", (uint64_t)text[0], 'M');
    check("last letter", (uint64_t)text[sizeof(text) - 2], 'L');
    check_answer("no memory", call(HVC, 0xc2000001, 1ull << 40, 4, 0), INVALID_PARAMETERS);

    check_answer("passed on", call(HVC, 0xc2000002, 0, 0, 0), NOT_SUPPORTED);
    check_undefined("nobody there", call(HVC, 0xc3000000, 0, 0, 0), 1);
    check_undefined("still nobody", call(HVC, 0xc3000000, 0, 0, 0), 1);
}
