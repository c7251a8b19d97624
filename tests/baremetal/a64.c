/* SPDX-License-Identifier: MIT */
/* AArch64: levels and time. */
#include "a64.h"

#define VIRT_FREQUENCY 62500000 /* who owns EL3 finds 0 in CNTFRQ_EL0 */

unsigned current_level(void)
{
    return (unsigned)read_reg(CurrentEL) >> 2;
}

bool has_el2(void)
{
    return read_reg(id_aa64pfr0_el1) >> 8 & 15;
}

bool has_gicv3(void)
{
    return read_reg(id_aa64pfr0_el1) >> 24 & 15;
}

void set_up_el2(void)
{
    write_reg(hcr_el2, HCR_RW);
    write_reg(cptr_el2, 0x33ff);
    write_reg(cnthctl_el2, 3);
    write_reg(cntvoff_el2, 0);
    write_reg(mdcr_el2, 0);
    write_reg(vttbr_el2, 0);
    write_reg(vpidr_el2, read_reg(midr_el1));
    write_reg(vmpidr_el2, read_reg(mpidr_el1));
}

uint64_t counter(void)
{
    isb();
    return read_reg(cntpct_el0);
}

uint64_t counter_frequency(void)
{
    uint64_t frequency = read_reg(cntfrq_el0);
    return frequency ? frequency : VIRT_FREQUENCY;
}

uint64_t microseconds(uint64_t us)
{
    return us * counter_frequency() / 1000000;
}

void delay_us(uint64_t us)
{
    uint64_t end = counter() + microseconds(us);
    while (counter() < end) {
    }
}

bool wait_for(volatile uint64_t *word, uint64_t value)
{
    uint64_t end = counter() + 5 * counter_frequency();
    while (*word != value && counter() < end) {
        __asm__ volatile("yield");
    }
    return *word == value;
}
