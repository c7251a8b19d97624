/* SPDX-License-Identifier: MIT */
/* AArch64's part: system registers at EL3, worlds, GICv2 or GICv3, the Secure timer, exit. */
#include "a64.h"
#include "monitor.h"

#define SCR_NS   (1u << 0)
#define SCR_FIQ  (1u << 2)
#define SCR_RES1 (3u << 4)
#define SCR_HCE  (1u << 8)
#define SCR_RW   (1u << 10)
#define SCR_ST   (1u << 11) /* the payload has the Secure timer */
#define SCR_APK  (1u << 16)
#define SCR_API  (1u << 17)
#define SCR_FGT  (UINT64_C(1) << 27)
#define SCR_HXE  (UINT64_C(1) << 38)

#define SCR_SECURE (SCR_RES1 | SCR_RW | SCR_ST)

#define DAIF     0x3c0u
#define EL1H     5u
#define EL2H     9u
#define PMR_OURS 0x80u /* what is below it in urgency is the normal world's */

#define GICR_STRIDE 0x20000u
#define GICR_WAKER  0x14u
#define GICR_SGI    0x10000u

extern const char vectors_payload[];

unsigned this_cpu(void)
{
    return (unsigned)read_reg(mpidr_el1) & 0xff;
}

/* ---- worlds ---- */

static uint64_t normal_scr(void)
{
    uint64_t scr = SCR_NS | SCR_FIQ | SCR_RES1 | SCR_RW | (has_el2() ? SCR_HCE : 0);
    if (read_reg(id_aa64isar1_el1) & 0xff000ff0) {
        scr |= SCR_APK | SCR_API;
    }
    if (read_reg(id_aa64mmfr0_el1) >> 56 & 15) {
        scr |= SCR_FGT;
    }
    if (read_reg(id_aa64mmfr1_el1) >> 40 & 15) {
        scr |= SCR_HXE;
    }
    return scr;
}

void arch_init_cpu(void)
{
    write_reg(sctlr_el3, 0x30c51830);
    write_reg(scr_el3, SCR_SECURE);
    write_reg(cptr_el3, 0);
    write_reg(mdcr_el3, 0);
    write_reg(cntfrq_el0, TIMER_HZ);
}

void arch_save_banked(struct banked *banked)
{
#define SAVE(name) banked->name = read_reg(name);
    BANKED_LIST(SAVE)
#undef SAVE
}

void arch_restore_banked(const struct banked *banked, enum world world)
{
#define RESTORE(name) write_reg(name, banked->name);
    BANKED_LIST(RESTORE)
#undef RESTORE
    write_reg(scr_el3, world == SECURE ? SCR_SECURE : normal_scr());
}

void arch_normal_frame(struct frame *frame, struct banked *banked, uintptr_t pc,
                       uintptr_t argument, uintptr_t fdt)
{
    *frame = (struct frame){.pc = pc, .psr = DAIF | (has_el2() ? EL2H : EL1H)};
    arch_save_banked(banked);
    banked->sctlr_el1 = 0x30d00800;
    frame->r[0] = argument;
    if (fdt) {
        frame->r[0] = fdt;
        frame->r[1] = KERNEL_BASE;
    }
    /* The state of EL2 that kernels expect (Documentation/arm64/booting.rst). */
    write_reg(scr_el3, normal_scr());
    if (has_el2()) {
        write_reg(sctlr_el2, 0x30c50830);
        write_reg(hcr_el2, HCR_RW);
        write_reg(cntvoff_el2, 0);
    }
    write_reg(scr_el3, SCR_SECURE);
}

void arch_secure_frame(struct frame *frame, struct banked *banked, void (*pc)(struct cpu *),
                       uintptr_t stack, struct cpu *argument)
{
    *frame = (struct frame){.pc = (uintptr_t)pc, .psr = DAIF | EL1H};
    frame->r[0] = (uintptr_t)argument;
    arch_save_banked(banked);
    banked->sctlr_el1 = 0x30d00800;
    banked->sp_el1 = stack;
    banked->vbar_el1 = (uintptr_t)vectors_payload;
}

bool arch_is_smc64_caller(const struct frame *frame)
{
    return !(frame->psr & 0x10);
}

/* ---- interrupts: all are Group 1 and Non-secure, but the Secure timer's ---- */

static void distributor_groups(void)
{
    unsigned words = (mmio_read(GICD_BASE + 4) & 31) + 1;
    for (unsigned i = 1; i < words; i++) {
        mmio_write(GICD_BASE + 0x80 + 4 * i, UINT32_MAX);
    }
}

void arch_gic_distributor(void)
{
    if (has_gicv3()) {
        mmio_write(GICD_BASE, 0x30); /* ARE of both states first */
        distributor_groups();
        mmio_write(GICD_BASE, 0x37);
    } else {
        distributor_groups();
        mmio_write(GICD_BASE, 3);
    }
}

/* Group, priority and enable of the private interrupts, at the same offsets in both. */
static void private_interrupts(uintptr_t base)
{
    mmio_write(base + 0x80, ~(1u << SECURE_TIMER_INTID));
    *(volatile uint8_t *)(base + 0x400 + SECURE_TIMER_INTID) = 0x10;
    mmio_write(base + 0x100, 1u << SECURE_TIMER_INTID);
}

void arch_gic_cpu(void)
{
    if (!has_gicv3()) {
        private_interrupts(GICD_BASE);
        mmio_write(GICC_BASE + 4, 0xff);
        mmio_write(GICC_BASE, 0xb); /* both groups; Group 0 by FIQ */
        return;
    }
    uintptr_t redistributor = GICR_BASE + this_cpu() * GICR_STRIDE;
    mmio_write(redistributor + GICR_WAKER, 0);
    while (mmio_read(redistributor + GICR_WAKER) & 4) {
    }
    mmio_write(redistributor + GICR_SGI + 0xd00,
               0); /* IGRPMODR0: Group 0, not Secure Group 1 */
    private_interrupts(redistributor + GICR_SGI);
    write_reg(S3_6_C12_C12_5, 0xf); /* ICC_SRE_EL3 */
    write_reg(S3_0_C12_C12_5, 7);   /* ICC_SRE_EL1 of this state, then of the other */
    if (has_el2()) {
        write_reg(scr_el3, normal_scr());
        write_reg(S3_4_C12_C9_5, 0xf); /* ICC_SRE_EL2 */
        write_reg(S3_0_C12_C12_5, 7);
        write_reg(scr_el3, SCR_SECURE);
    }
    write_reg(S3_6_C12_C12_4, 0);  /* ICC_CTLR_EL3 */
    write_reg(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    write_reg(S3_0_C12_C12_6, 1);  /* ICC_IGRPEN0_EL1 */
}

void arch_gic_cpu_off(void)
{
    if (has_gicv3()) {
        write_reg(S3_0_C12_C12_6, 0);
    } else {
        mmio_write(GICC_BASE, 0);
    }
}

unsigned arch_fiq_acknowledge(void)
{
    return has_gicv3() ? (unsigned)read_reg(S3_0_C12_C8_0) : mmio_read(GICC_BASE + 0xc) & 0x3ff;
}

void arch_fiq_end(unsigned intid)
{
    if (has_gicv3()) {
        write_reg(S3_0_C12_C8_1, intid);
    } else {
        mmio_write(GICC_BASE + 0x10, intid);
    }
}

static uint32_t exchange_priority_mask(uint32_t mask)
{
    uint32_t old;
    if (has_gicv3()) {
        old = (uint32_t)read_reg(S3_0_C4_C6_0);
        write_reg(S3_0_C4_C6_0, mask);
    } else {
        old = mmio_read(GICC_BASE + 4);
        mmio_write(GICC_BASE + 4, mask);
    }
    return old;
}

/* With a GICv3 the normal world's interrupts are FIQs in Secure state, too: they wait. */
void arch_fiqs(bool enabled)
{
    static uint32_t masks[CPUS_MAX];
    if (enabled) {
        masks[this_cpu()] = exchange_priority_mask(PMR_OURS);
        __asm__ volatile("msr daifclr, #1" ::: "memory");
    } else {
        __asm__ volatile("msr daifset, #1" ::: "memory");
        exchange_priority_mask(masks[this_cpu()]);
    }
}

/* ---- time, and the rest ---- */

void arch_secure_timer(uint32_t ticks)
{
    if (ticks) {
        write_reg(cntps_tval_el1, ticks);
    }
    write_reg(cntps_ctl_el1, ticks ? 1 : 0);
}

uint32_t arch_counter(void)
{
    return (uint32_t)read_reg(cntpct_el0);
}

uint32_t arch_frequency(void)
{
    return (uint32_t)read_reg(cntfrq_el0);
}

void arch_wait(void)
{
    __asm__ volatile("wfe" ::: "memory");
}

void arch_wake(void)
{
    __asm__ volatile("dsb sy\n\tsev" ::: "memory");
}
