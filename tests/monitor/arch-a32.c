/* SPDX-License-Identifier: MIT */
/* AArch32's part: Secure system registers, worlds, GICv2, the Secure timer, exit. */
#include "monitor.h"

#define read_cp15(opc1, crn, crm, opc2)                                                        \
    ({                                                                                         \
        uint32_t read_value;                                                                   \
        __asm__ volatile("mrc p15, " #opc1 ", %0, " #crn ", " #crm ", " #opc2                  \
                         : "=r"(read_value)::"memory");                                        \
        read_value;                                                                            \
    })
#define write_cp15(value, opc1, crn, crm, opc2)                                                \
    __asm__ volatile("mcr p15, " #opc1 ", %0, " #crn ", " #crm ", " #opc2                      \
                     "\n\tisb" ::"r"((uint32_t)(value))                                        \
                     : "memory")

/* FW is 0: the normal world cannot mask FIQs. */
#define SCR_NS  (1u << 0)
#define SCR_FIQ (1u << 2)
#define SCR_AW  (1u << 5)
#define SCR_HCE (1u << 8)

#define NSACR_FP     (3u << 10)
#define SCTLR_RESET  0x00c50078u
#define HSCTLR_RESET 0x30c50818u
#define CPSR_AIF     0x1c0u
#define CPSR_AI      0x180u
#define MODE_SVC     0x13u
#define MODE_HYP     0x1au
#define PMR_OURS     0x80u

extern const char vectors_payload[];
void restore_modes(const struct banked *banked);
uint32_t monitor_scr(void);

static uint8_t fiq_stacks[CPUS_MAX][1024] __attribute__((aligned(16)));

unsigned this_cpu(void)
{
    return read_cp15(0, c0, c0, 5) & 0xff;
}

static bool has_hyp(void)
{
    return read_cp15(0, c0, c1, 1) >> 12 & 15; /* ID_PFR1.Virtualization */
}

/* ---- worlds ---- */

static uint32_t normal_scr(void)
{
    return SCR_NS | SCR_FIQ | SCR_AW | (has_hyp() ? SCR_HCE : 0);
}

/* The monitor itself runs with NS clear; the way out sets what the world is to have. */
uint32_t monitor_scr(void)
{
    return cpus[this_cpu()].world == NORMAL ? normal_scr() : 0;
}

void arch_init_cpu(void)
{
    write_cp15(0, 0, c1, c1, 0);
    write_cp15(NSACR_FP, 0, c1, c1, 2);
    write_cp15((uintptr_t)vectors_payload, 0, c12, c0, 0); /* VBAR of Secure state */
    if (TIMER_HZ) {
        write_cp15(TIMER_HZ, 0, c14, c0, 0);
    }
}

void arch_restore_banked(const struct banked *banked, enum world world)
{
    (void)world;
    restore_modes(banked);
}

void arch_normal_frame(struct frame *frame, struct banked *banked, uintptr_t pc,
                       uintptr_t argument, uintptr_t fdt)
{
    /* Without Virtualization Extensions F counts even with FW clear, and nobody clears it. */
    *frame = (struct frame){.pc = pc & ~1u,
                            .psr = has_hyp() ? CPSR_AIF | MODE_HYP : CPSR_AI | MODE_SVC};
    frame->psr |= pc & 1 ? 1u << 5 : 0;
    *banked = (struct banked){0};
    frame->r[0] = argument;
    if (fdt) {
        frame->r[0] = fdt;
        frame->r[1] = KERNEL_BASE;
    }
    /* The normal world's own registers as after a reset: those of Monitor mode with NS = 1. */
    write_cp15(normal_scr(), 0, c1, c1, 0);
    write_cp15(SCTLR_RESET, 0, c1, c0, 0);
    if (has_hyp()) {
        write_cp15(HSCTLR_RESET, 4, c1, c0, 0);
        write_cp15(0, 4, c1, c1, 0);                                  /* HCR */
        __asm__ volatile("mcrr p15, 4, %0, %0, c14\n\tisb" ::"r"(0)); /* CNTVOFF */
    }
    write_cp15(0, 0, c1, c1, 0);
}

void arch_secure_frame(struct frame *frame, struct banked *banked, void (*pc)(struct cpu *),
                       uintptr_t stack, struct cpu *argument)
{
    unsigned index = (unsigned)(argument - cpus);
    *frame = (struct frame){.pc = (uintptr_t)pc, .psr = CPSR_AIF | MODE_SVC};
    frame->r[0] = (uintptr_t)argument;
    *banked = (struct banked){
        .sp_svc = stack,
        .spsr_svc = MODE_SVC,
        .spsr_abt = MODE_SVC,
        .spsr_und = MODE_SVC,
        .spsr_irq = MODE_SVC,
        .sp_fiq = (uintptr_t)fiq_stacks[index + 1],
        .spsr_fiq = MODE_SVC,
    };
}

bool arch_is_smc64_caller(const struct frame *frame)
{
    (void)frame;
    return false;
}

/* ---- interrupts: all are Group 1, but the Secure timer's ---- */

void arch_gic_distributor(void)
{
    unsigned words = (mmio_read(GICD_BASE + 4) & 31) + 1;
    for (unsigned i = 1; i < words; i++) {
        mmio_write(GICD_BASE + 0x80 + 4 * i, UINT32_MAX);
    }
    mmio_write(GICD_BASE, 3);
}

void arch_gic_cpu(void)
{
    mmio_write(GICD_BASE + 0x80, ~(1u << SECURE_TIMER_INTID));
    *(volatile uint8_t *)(GICD_BASE + 0x400 + SECURE_TIMER_INTID) = 0x10;
    mmio_write(GICD_BASE + 0x100, 1u << SECURE_TIMER_INTID);
    mmio_write(GICC_BASE + 4, 0xff);
    mmio_write(GICC_BASE, 0xb); /* both groups; Group 0 by FIQ */
}

void arch_gic_cpu_off(void)
{
    mmio_write(GICC_BASE, 0);
}

unsigned arch_fiq_acknowledge(void)
{
    return mmio_read(GICC_BASE + 0xc) & 0x3ff;
}

void arch_fiq_end(unsigned intid)
{
    mmio_write(GICC_BASE + 0x10, intid);
}

void arch_fiqs(bool enabled)
{
    static uint32_t masks[CPUS_MAX];
    if (enabled) {
        masks[this_cpu()] = mmio_read(GICC_BASE + 4);
        mmio_write(GICC_BASE + 4, PMR_OURS);
        __asm__ volatile("cpsie f" ::: "memory");
    } else {
        __asm__ volatile("cpsid f" ::: "memory");
        mmio_write(GICC_BASE + 4, masks[this_cpu()]);
    }
}

/* ---- time, and the rest ---- */

/* CNTP is the Secure one in Secure state. */
void arch_secure_timer(uint32_t ticks)
{
    if (ticks) {
        write_cp15(ticks, 0, c14, c2, 0);
    }
    write_cp15(ticks ? 1 : 0, 0, c14, c2, 1);
}

uint32_t arch_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("isb\n\tmrrc p15, 0, %0, %1, c14" : "=r"(low), "=r"(high)::"memory");
    return low;
}

uint32_t arch_frequency(void)
{
    return read_cp15(0, c14, c0, 0);
}

void arch_wait(void)
{
    __asm__ volatile("wfe" ::: "memory");
}

void arch_wake(void)
{
    __asm__ volatile("dsb sy\n\tsev" ::: "memory");
}
