/* SPDX-License-Identifier: MIT */
/*
 * Coprocessors 14 and 15 of AArch32. No register is there yet: every access is UNDEFINED and
 * logged as not implemented.
 */
#include "cpu/cp.h"

#include <stdbool.h>
#include <stdio.h>

#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/exception.h"

static _Noreturn void refuse(struct el4_cpu *cpu, uint32_t key, bool is_64bit, bool is_write)
{
    char text[96];
    unsigned coprocessor = key >> 15 ? 14 : 15;
    if (is_64bit) {
        snprintf(text, sizeof(text), "%s p%u, %u, c%u is not implemented",
                 is_write ? "MCRR" : "MRRC", coprocessor, key >> 3 & 15, key >> 7 & 15);
    } else {
        snprintf(text, sizeof(text), "%s p%u, %u, c%u, c%u, %u is not implemented",
                 is_write ? "MCR" : "MRC", coprocessor, key >> 4 & 7, key >> 11 & 15,
                 key >> 7 & 15, key >> 1 & 7);
    }
    if (cpu->env && cpu->env->guest_error) {
        cpu->env->guest_error(cpu->env_data, cpu, text);
    }
    el4_cpu_raise_undefined(cpu);
}

uint64_t el4_cp_read(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c, uint32_t key)
{
    refuse(cpu, key, false, false);
}

uint64_t el4_cp_write(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                      uint32_t key)
{
    refuse(cpu, key, false, true);
}

uint64_t el4_cp_read64(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c, uint32_t key)
{
    refuse(cpu, key, true, false);
}

uint64_t el4_cp_write64(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                        uint32_t key)
{
    refuse(cpu, key, true, true);
}
