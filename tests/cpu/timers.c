/* SPDX-License-Identifier: MIT */
/*
 * Generic timers of every kind with their interrupts and masks, CNTVOFF, traps of the counters,
 * the event stream, WFI, and the PMU's cycle counter (DDI 0487 D11, D12).
 */
#include "common/cpu.h"

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

#define CNTHV_CTL  S3_4_C14_C3_1
#define CNTHV_CVAL S3_4_C14_C3_2
#define CNTHV_TVAL S3_4_C14_C3_0

/* PPIs of the virt board. */
enum {
    PPI_HYP_VIRT = 28,
    PPI_HYP = 26,
    PPI_VIRT = 27,
    PPI_SECURE = 29,
    PPI_PHYS = 30,
    PPI_PMU = 23
};

static volatile uint64_t fired; /* INTID of the last interrupt */

/* All interrupts go to EL3 here, Group 0 as FIQ; the hook silences the source. */
static bool silence(struct frame *frame)
{
    if ((frame->kind & 3) != 2) {
        return false;
    }
    uint64_t id = read_reg(S3_0_C12_C8_0);
    fired = id;
    switch (id) {
    case PPI_PHYS: write_reg(cntp_ctl_el0, 0); break;
    case PPI_VIRT: write_reg(cntv_ctl_el0, 0); break;
    case PPI_HYP: write_reg(cnthp_ctl_el2, 0); break;
    case PPI_SECURE: write_reg(cntps_ctl_el1, 0); break;
    case PPI_HYP_VIRT: write_reg(CNTHV_CTL, 0); break;
    case PPI_PMU: write_reg(pmovsclr_el0, 0xffffffff); break;
    default: break;
    }
    if (id < 1020) {
        write_reg(S3_0_C12_C8_1, id);
    }
    return true;
}

static bool fires_within(uint64_t us)
{
    uint64_t end = counter() + microseconds(us);
    write_reg(daif, 0x380);
    while (!fired && counter() < end) {
    }
    write_reg(daif, 0x3c0);
    return fired;
}

#define CHECK_TIMER(name, ppi, ctl, tval, cval)                                                \
    do {                                                                                       \
        fired = 0;                                                                             \
        write_reg(ctl, 0);                                                                     \
        uint64_t soonest = counter() + microseconds(5000);                                     \
        write_reg(tval, microseconds(5000));                                                   \
        write_reg(ctl, CTL_ENABLE);                                                            \
        uint64_t status = read_reg(ctl);                                                       \
        if (counter() < soonest) { /* a busy host may let 5 ms pass between two of these */    \
            check(name ": not yet", status, CTL_ENABLE);                                       \
        }                                                                                      \
        fires_within(2000000);                                                                 \
        check(name ": fires", fired, ppi);                                                     \
        fired = 0;                                                                             \
        write_reg(cval, 0);                                                                    \
        write_reg(ctl, CTL_ENABLE | CTL_IMASK);                                                \
        check(name ": masked, met", read_reg(ctl), CTL_ENABLE | CTL_IMASK | CTL_ISTATUS);      \
        fires_within(300);                                                                     \
        check(name ": masked does not fire", fired, 0);                                        \
        write_reg(ctl, CTL_ENABLE);                                                            \
        fires_within(2000000);                                                                 \
        check(name ": unmasked fires", fired, ppi);                                            \
    } while (0)

static void check_timers(void)
{
    exception_hook = silence;
    CHECK_TIMER("physical", PPI_PHYS, cntp_ctl_el0, cntp_tval_el0, cntp_cval_el0);
    CHECK_TIMER("virtual", PPI_VIRT, cntv_ctl_el0, cntv_tval_el0, cntv_cval_el0);
    CHECK_TIMER("hypervisor", PPI_HYP, cnthp_ctl_el2, cnthp_tval_el2, cnthp_cval_el2);
    CHECK_TIMER("secure", PPI_SECURE, cntps_ctl_el1, cntps_tval_el1, cntps_cval_el1);
    CHECK_TIMER("hypervisor virtual", PPI_HYP_VIRT, CNTHV_CTL, CNTHV_TVAL, CNTHV_CVAL);
    write_reg(cntp_tval_el0, -1000ull);
    check("TVAL of -1000: CVAL is before now", read_reg(cntp_cval_el0) < counter(), true);
    write_reg(cntp_cval_el0, counter() + microseconds(100000));
    uint64_t tval = read_reg(cntp_tval_el0);
    check("TVAL counts down", tval <= microseconds(100000) && tval > microseconds(1000), true);
}

static uint64_t read_virtual(uint64_t unused)
{
    isb();
    return read_reg(cntvct_el0);
}

static void check_offset(void)
{
    const uint64_t offset = 1ull << 40;
    write_reg(cntvoff_el2, offset);
    uint64_t before = counter() - offset;
    uint64_t seen = at_el1(read_virtual, 0);
    uint64_t after = counter() - offset;
    check("CNTVOFF: CNTVCT at EL1", seen >= before && seen <= after, true);
    /* The virtual timer compares with the virtual count. */
    fired = 0;
    write_reg(cntv_cval_el0, counter() - offset + microseconds(1000));
    write_reg(cntv_ctl_el0, CTL_ENABLE);
    fires_within(2000000);
    check("CNTVOFF: the virtual timer goes by it", fired, PPI_VIRT);
    write_reg(cntvoff_el2, 0);
}

static uint64_t read_physical(uint64_t unused)
{
    return read_reg(cntpct_el0);
}

static void check_counter_traps(void)
{
    write_reg(cnthctl_el2, 0);
    uint64_t before = note()->count;
    at_el1(read_physical, 0);
    check("CNTHCTL.EL1PCTEN clear: trap", note()->count - before, 1);
    check("... level", note()->level, 2);
    check("... class", CLASS(note()->esr), 0x18);
    write_reg(cnthctl_el2, 3);
}

/* ---- waiting ---- */

static void check_waiting(void)
{
    exception_hook = silence;
    fired = 0;
    write_reg(cntp_tval_el0, microseconds(2000));
    write_reg(cntp_ctl_el0, CTL_ENABLE);
    __asm__ volatile("wfi" ::: "memory");
    while (!(read_reg(cntp_ctl_el0) & CTL_ISTATUS)) {
        __asm__ volatile("wfi" ::: "memory"); /* it may end early (D1.7.2) */
    }
    check("WFI with the interrupt masked: ends, and nothing was taken", fired, 0);
    fires_within(1000000);
    check("... it is taken when unmasked", fired, PPI_PHYS);
    /* Event stream: bit 10 of the virtual counter, both enables (D11.2.4). */
    write_reg(cntkctl_el1, 10u << 4 | 4);
    __asm__ volatile("sevl\n\twfe");
    uint64_t start = counter();
    for (unsigned i = 0; i < 20; i++) {
        __asm__ volatile("wfe");
    }
    check("20 WFE with the event stream: back in a second",
          counter() - start < microseconds(1000000), true);
    write_reg(cntkctl_el1, 0);
}

/* ---- PMU ---- */

static uint64_t spin(uint64_t rounds)
{
    __asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(rounds)::"cc");
    return 0;
}

#define PMCR_E  1u
#define PMCR_C  4u
#define PMCR_LC 0x40u
#define CYCLES  (1u << 31)

static void check_cycles(void)
{
    write_reg(mdcr_el3, 1u << 17); /* SPME: Secure state counts */
    write_reg(pmcr_el0, PMCR_E | PMCR_C | PMCR_LC);
    write_reg(pmccfiltr_el0, 0);
    write_reg(pmcntenset_el0, CYCLES);
    uint64_t before = read_reg(pmccntr_el0);
    spin(10000);
    uint64_t passed = read_reg(pmccntr_el0) - before;
    check("cycle counter moves", passed > 1000, true);
    write_reg(pmcntenclr_el0, CYCLES);
    before = read_reg(pmccntr_el0);
    spin(1000);
    check("cycle counter disabled", read_reg(pmccntr_el0) - before, 0);
    write_reg(pmccfiltr_el0, 0x80000000); /* P without M: EL3 differs, so it does not count */
    write_reg(pmcntenset_el0, CYCLES);
    before = read_reg(pmccntr_el0);
    spin(1000);
    check("filtered at EL3", read_reg(pmccntr_el0) - before, 0);
    write_reg(pmccfiltr_el0, 0);
    /* Overflow with its interrupt. */
    fired = 0;
    write_reg(pmintenset_el1, CYCLES);
    write_reg(pmovsclr_el0, 0xffffffff);
    write_reg(pmccntr_el0, -200000ull);
    write_reg(daif, 0x380);
    for (unsigned i = 0; i < 2000 && !fired; i++) {
        spin(1000);
    }
    write_reg(daif, 0x3c0);
    check("overflow interrupt", fired, PPI_PMU);
    check("counter wrapped", read_reg(pmccntr_el0) < -200000ull, true);
    write_reg(pmcntenclr_el0, CYCLES);
    write_reg(pmintenclr_el1, CYCLES);
}

static void check_event_counters(void)
{
    unsigned counters = read_reg(pmcr_el0) >> 11 & 31;
    check("event counters", counters >= 1, true);
    write_reg(pmevtyper0_el0, 0); /* SW_INCR */
    write_reg(pmevcntr0_el0, 0xfffffffe);
    write_reg(pmcntenset_el0, 1);
    for (unsigned i = 0; i < 3; i++) {
        write_reg(pmswinc_el0, 1);
    }
    check("software increments", (uint32_t)read_reg(pmevcntr0_el0), 1);
    check("... overflow", read_reg(pmovsclr_el0) & 1, 1);
    write_reg(pmovsclr_el0, 1);
    check("... cleared", read_reg(pmovsclr_el0) & 1, 0);
    write_reg(pmcntenclr_el0, 1);
}

void test_main(void)
{
    static const unsigned ppis[] = {PPI_HYP_VIRT, PPI_HYP,  PPI_VIRT,
                                    PPI_SECURE,   PPI_PHYS, PPI_PMU};
    gic_start();
    for (unsigned i = 0; i < sizeof(ppis) / sizeof(ppis[0]); i++) {
        gic_set_group(ppis[i], 0);
    }
    write_reg(scr_el3, SCR_BASE | SCR_NS | SCR_FIQ);
    check_timers();
    check_offset();
    exception_hook = NULL;
    check_counter_traps();
    check_waiting();
    check_cycles();
    check_event_counters();
}
