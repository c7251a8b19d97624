/* SPDX-License-Identifier: MIT */
/* The part of the platform that is the same in A64 and A32: words, boards, GICv2. */
#include "platform.h"

#include "platform-isa.h"

#define SYS_GET_CMDLINE 0x15

/* GICv2 by its registers; 0: GICv3, by system registers. */
static const struct board {
    const char *name;
    uintptr_t distributor, cpu_interface, ram, device;
} boards[] = {
    {"virt", 0x08000000, 0x08010000, 0x40000000, 0x09000000},
    {"virt-gicv3", 0x08000000, 0, 0x40000000, 0x09000000},
    {"highbank", 0xfff11000, 0xfff10100, 0, 0xfff36000},
    {"midway", 0xfff11000, 0xfff12000, 0, 0xfff36000},
    {"imx6ul-evk", 0x00a01000, 0x00a02000, 0x80000000, 0x02020000},
    {"vexpress-a15", 0x2c001000, 0x2c002000, 0x80000000, 0x1c090000},
};

uintptr_t ram_base, device_address;

static const struct board *board;
static char text[256];
static const char *words[WORDS];
static uint32_t first_affinity;

bool is_same(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++) {
    }
    return *a == *b;
}

const char *word(enum word which)
{
    return words[which];
}

unsigned cpu_count(void)
{
    return (unsigned)(words[WORD_CPUS][0] - '0');
}

static void read_words(void)
{
    const uintptr_t block[2] = {(uintptr_t)text, sizeof(text)};
    unsigned count = 0;
    if (semihosting(SYS_GET_CMDLINE, block) != 0) {
        give_up("no command line");
    }
    for (char *at = text; *at;) {
        for (unsigned i = 1; i < WORDS; i++) {
            words[i - 1] = words[i];
        }
        words[WORDS - 1] = at;
        count++;
        while (*at && *at != ' ') {
            at++;
        }
        if (*at) {
            *at++ = 0;
        }
    }
    if (count < WORDS) {
        give_up("the command line is BOARD VERSION CONDUIT CPUS PART");
    }
}

void platform_start(void)
{
    read_words();
    for (unsigned i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
        if (is_same(words[WORD_BOARD], boards[i].name)) {
            board = &boards[i];
        }
    }
    if (!board || cpu_count() < 1 || cpu_count() > CPUS_LIMIT) {
        give_up("no such board");
    }
    ram_base = board->ram;
    device_address = board->device;
    first_affinity = isa_affinity();
    isa_by_hvc(is_same(words[WORD_CONDUIT], "hvc"));
    isa_timer_start();
}

uint32_t affinity_of(unsigned cpu)
{
    return first_affinity + cpu;
}

unsigned this_cpu_index(void)
{
    return isa_affinity() & (CPUS_LIMIT - 1);
}

void wait_for_event(void)
{
    __asm__ volatile("wfe" ::: "memory");
}

void send_event(void)
{
    __asm__ volatile("dsb sy\n\tsev" ::: "memory");
}

/* ---- GICv2 ---- */

static volatile uint32_t *at(uintptr_t address)
{
    return (volatile uint32_t *)address;
}

void wakers_start(void)
{
    unsigned interrupt = isa_timer_start();
    if (!board->cpu_interface) {
        isa_gicv3_start(interrupt);
        return;
    }
    *at(board->distributor + 0x100) = 1u << interrupt | 0xffff; /* ISENABLER0: SGIs, too */
    for (unsigned i = 0; i < 32; i++) {
        *(volatile uint8_t *)(board->distributor + 0x400 + i) = 0x80;
    }
    *at(board->distributor) = 1;
    *at(board->cpu_interface + 4) = 0xff;
    *at(board->cpu_interface) = 1;
}

void send_sgi(unsigned cpu, unsigned intid)
{
    if (board->cpu_interface) {
        *at(board->distributor + 0xf00) = 1u << (16 + cpu) | intid;
    } else {
        isa_gicv3_send_sgi(cpu, intid);
    }
}

unsigned acknowledge(void)
{
    if (!board->cpu_interface) {
        return isa_gicv3_acknowledge();
    }
    uint32_t taken = *at(board->cpu_interface + 0xc);
    *at(board->cpu_interface + 0x10) = taken;
    return taken & 0x3ff;
}
