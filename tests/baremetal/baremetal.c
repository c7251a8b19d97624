/* SPDX-License-Identifier: MIT */
/* What does not depend on the architecture: memory functions, output, checks, the end. */
#include "baremetal.h"

#define SYS_EXIT_EXTENDED 0x20 /* SYS_EXIT has no status in AArch32 */
#define APPLICATION_EXIT  0x20026

static unsigned passed, failed;

/* Without the barrier the compiler would make these call themselves. */
void *memset(void *to, int byte, size_t bytes)
{
    for (char *at = to; bytes--; at++) {
        *at = (char)byte;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    char *at = to;
    const char *source = from;
    while (bytes--) {
        *at++ = *source++;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

void print(const char *text)
{
    for (; *text; text++) {
        console_put(*text);
    }
}

void print_hex(uint64_t value)
{
    char digits[17];
    unsigned at = sizeof(digits) - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    print("0x");
    print(&digits[at]);
}

void print_number(unsigned value)
{
    if (value >= 10) {
        print_number(value / 10);
    }
    console_put((char)('0' + value % 10));
}

void conclude(bool good)
{
    print(good ? " ok\n" : " FAIL\n");
    *(good ? &passed : &failed) += 1;
}

void check(const char *name, uint64_t got, uint64_t want)
{
    print("check ");
    print(name);
    print(": got ");
    print_hex(got);
    print(" want ");
    print_hex(want);
    conclude(got == want);
}

void summarise(void)
{
    print_number(passed);
    print(" passed, ");
    print_number(failed);
    print(" failed\n");
}

void finish(void)
{
    summarise();
    semihosting_exit(failed || !passed ? 3 : 0);
}

void give_up(const char *why)
{
    print("guest gives up: ");
    print(why);
    print("\n");
    failed++;
    finish();
}

void semihosting_exit(uintptr_t status)
{
    const uintptr_t block[2] = {APPLICATION_EXIT, status};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}
