/* SPDX-License-Identifier: MIT */
/* AArch64: system registers, levels, time. */
#ifndef A64_H
#define A64_H

#include <stdbool.h>
#include <stdint.h>

/* A local label of one asm statement cannot be named in C: these name an instruction. */
#define STRING_(x) #x
#define STRING(x)  STRING_(x)

#define read_reg(name)                                                                         \
    ({                                                                                         \
        uint64_t read_value;                                                                   \
        __asm__ volatile("mrs %0, " STRING(name) : "=r"(read_value)::"memory");                \
        read_value;                                                                            \
    })
#define write_reg(name, value)                                                                 \
    __asm__ volatile("msr " STRING(name) ", %0\n\tisb" ::"r"((uint64_t)(value)) : "memory")
#define isb() __asm__ volatile("isb" ::: "memory")

/* ---- levels ---- */
#define HCR_RW (1ull << 31)
unsigned current_level(void);
bool has_el2(void);
bool has_gicv3(void);
/* At EL2 or EL3: nothing trapped to EL2 but FP, and what EL1 sees of the CPU as it is. */
void set_up_el2(void);

/* ---- time ---- */
uint64_t counter(void);
uint64_t counter_frequency(void);
uint64_t microseconds(uint64_t us); /* in ticks */
void delay_us(uint64_t us);
/* Until *word is `value` or five seconds have passed; true if it is. */
bool wait_for(volatile uint64_t *word, uint64_t value);

#endif
