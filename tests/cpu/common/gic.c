/* SPDX-License-Identifier: MIT */
/*
 * GICv3 of the virt board, as the Secure side sets it up: SGIs 0 to 7 and all PPIs are
 * Non-secure Group 1, 8 to 11 Secure Group 1, 12 to 15 Group 0 (IHI 0069, 12.9 to 12.11).
 */
#include "cpu.h"

#define GICD 0x08000000ul
#define GICR 0x080a0000ul

static volatile uint32_t *reg(uint64_t address)
{
    return (volatile uint32_t *)address;
}

static uint64_t sgi_frame(void)
{
    return GICR + 0x20000ul * this_cpu() + 0x10000;
}

unsigned gic_count_cpus(void)
{
    unsigned count = 1; /* redistributors up to the one with GICR_TYPER.Last */
    while (!(*reg(GICR + 8 + 0x20000ul * (count - 1)) & 16)) {
        count++;
    }
    return count;
}

void gic_start(void)
{
    uint64_t frame = sgi_frame();
    if (this_cpu() == 0) {
        *reg(GICD) = 0x37; /* ARE_S, ARE_NS, EnableGrp0, Grp1NS, Grp1S */
    }
    *reg(frame - 0x10000 + 0x14) = 0; /* GICR_WAKER: awake */
    while (*reg(frame - 0x10000 + 0x14) & 4) {
    }
    *reg(frame + 0x80) = 0xffff00ff;  /* GICR_IGROUPR0 */
    *reg(frame + 0xd00) = 0x00000f00; /* GICR_IGRPMODR0 */
    for (unsigned i = 0; i < 32; i += 4) {
        *reg(frame + 0x400 + i) = i >= 8 && i < 16 ? 0x40404040 : 0xa0a0a0a0;
    }
    *reg(frame + 0x100) = 0xffffffff; /* GICR_ISENABLER0 */
    write_reg(S3_6_C12_C12_5, 0xf);   /* ICC_SRE_EL3 */
    write_reg(S3_4_C12_C9_5, 0xf);    /* ICC_SRE_EL2 */
    write_reg(scr_el3, read_reg(scr_el3) | SCR_NS);
    write_reg(S3_0_C12_C12_5, 7); /* ICC_SRE_EL1 of both states */
    write_reg(scr_el3, read_reg(scr_el3) & ~(uint64_t)SCR_NS);
    write_reg(S3_0_C12_C12_5, 7);
    write_reg(scr_el3, read_reg(scr_el3) | SCR_NS);
    write_reg(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    write_reg(S3_6_C12_C12_7, 3);  /* ICC_IGRPEN1_EL3 */
    write_reg(S3_0_C12_C12_6, 1);  /* ICC_IGRPEN0_EL1 */
}

void gic_set_group(unsigned intid, unsigned group)
{
    uint64_t frame = sgi_frame();
    uint32_t bit = 1u << intid;
    *reg(frame + 0x80) = (*reg(frame + 0x80) & ~bit) | (group == 1 ? bit : 0);
    *reg(frame + 0xd00) = (*reg(frame + 0xd00) & ~bit) | (group == 2 ? bit : 0);
    /* Below 0x80 the Non-secure side cannot reach. */
    *(volatile uint8_t *)(frame + 0x400 + intid) = group == 1 ? 0xa0 : 0x40;
}

void send_sgi(unsigned intid, unsigned cpu)
{
    uint64_t value = (uint64_t)intid << 24 | 1u << cpu;
    /* EL3 is in Secure state whatever SCR_EL3.NS says. */
    if (intid >= SGI_G0) {
        write_reg(S3_0_C12_C11_7, value); /* ICC_SGI0R_EL1 */
    } else if (intid >= SGI_G1S) {
        write_reg(S3_0_C12_C11_5, value); /* ICC_SGI1R_EL1: the own state's Group 1 */
    } else {
        write_reg(S3_0_C12_C11_6, value); /* ICC_ASGI1R_EL1: the other one's */
    }
    dsb();
}
