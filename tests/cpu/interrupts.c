/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: which level takes a physical one for every routing bit, masks, priorities of the
 * GICv3 CPU interface, virtual interrupts by HCR_EL2 and by list registers, and interrupts
 * between CPUs (DDI 0487 D1.3.6, IHI 0069 4 and 5).
 */
#include "common/cpu.h"

#define HCR_FMO (1ull << 3)
#define HCR_IMO (1ull << 4)
#define HCR_AMO (1ull << 5)
#define HCR_VF  (1ull << 6)
#define HCR_VI  (1ull << 7)
#define HCR_VSE (1ull << 8)
#define HCR_TGE (1ull << 27)

#define ICC_PMR    S3_0_C4_C6_0
#define ICC_RPR    S3_0_C12_C11_3
#define ICC_IAR1   S3_0_C12_C12_0
#define ICC_EOIR1  S3_0_C12_C12_1
#define ICC_HPPIR1 S3_0_C12_C12_2
#define ICH_HCR    S3_4_C12_C11_0
#define ICH_VTR    S3_4_C12_C11_1
#define ICH_MISR   S3_4_C12_C11_2
#define ICH_VMCR   S3_4_C12_C11_7
#define ICH_LR0    S3_4_C12_C12_0
#define ICH_LR1    S3_4_C12_C12_1

#define SPSR_UNMASKED ~0x3c0ull

/* Unmask for a moment at the current level. */
static uint64_t unmask(uint64_t unused)
{
    write_reg(daif, 0);
    for (volatile unsigned i = 0; i < 20; i++) {
    }
    write_reg(daif, 0x3c0);
    return unused;
}

static uint64_t stay_masked(uint64_t unused)
{
    for (volatile unsigned i = 0; i < 20; i++) {
    }
    return unused;
}

static uint64_t drain_at_el1(uint64_t unused)
{
    uint64_t id;
    while ((id = read_reg(ICC_IAR1)) < 1020) {
        write_reg(ICC_EOIR1, id);
    }
    return unused;
}

static void drain(void)
{
    uint64_t id;
    while ((id = read_reg(ICC_IAR1)) < 1020) {
        write_reg(ICC_EOIR1, id);
    }
    /* 1021: a Non-secure Group 1 interrupt, which at EL3 is to be had at Non-secure EL1. */
    if (read_reg(S3_0_C12_C8_2) == 1021) {
        write_reg(hcr_el2, HCR_RW);
        write_reg(scr_el3, SCR_BASE | SCR_NS);
        run_lower(SPSR_EL1, drain_at_el1, 0);
    }
    while ((id = read_reg(S3_0_C12_C8_0)) < 1020) {
        write_reg(S3_0_C12_C8_1, id);
    }
}

static uint64_t first; /* level << 8 | kind */

/* Taken once: masked where it came from, and routed no longer. drain() does the rest. */
static bool take_once(struct frame *frame)
{
    if ((frame->kind & 3) == 0) {
        return false;
    }
    if (!first) {
        first = frame->level << 8 | (frame->kind & 3);
    }
    frame->spsr |= 0x3c0;
    if (frame->level == 3) {
        write_reg(scr_el3, read_reg(scr_el3) & ~(uint64_t)(SCR_IRQ | SCR_FIQ));
    } else if (frame->level == 2) {
        write_reg(hcr_el2, HCR_RW);
    }
    return true;
}

/*
 * Send one SGI to this CPU, run at a level, and see who takes it. want_level 0: nobody. kind: 1
 * IRQ, 2 FIQ.
 */
static void route(const char *name, unsigned sgi, unsigned el, bool masked, uint64_t scr,
                  uint64_t hcr, unsigned want_level, unsigned want_kind)
{
    write_reg(scr_el3, SCR_BASE | SCR_NS | scr);
    write_reg(hcr_el2, HCR_RW | hcr);
    send_sgi(sgi, this_cpu());
    delay_us(50);
    first = 0;
    if (el == 3) {
        (masked ? stay_masked : unmask)(0);
    } else {
        run_lower(el == 2 ? SPSR_EL2 : SPSR_EL1, masked ? stay_masked : unmask, 0);
    }
    check(name, first, want_level << 8 | want_kind);
    write_reg(hcr_el2, HCR_RW);
    drain();
}

static void check_routing(void)
{
    const unsigned ns = 1, sec = SGI_G1S, g0 = SGI_G0;
    exception_hook = take_once;
    /* D1.3.6, table of routing: SCR first, then HCR, else EL1; nothing goes down. */
    route("IRQ at EL1", ns, 1, false, 0, 0, 1, 1);
    route("IRQ at EL1, masked", ns, 1, true, 0, 0, 0, 0);
    route("IRQ at EL1, HCR.IMO", ns, 1, false, 0, HCR_IMO, 2, 1);
    route("IRQ at EL1, HCR.IMO, masked by EL1: taken all the same", ns, 1, true, 0, HCR_IMO, 2,
          1);
    route("IRQ at EL1, SCR.IRQ", ns, 1, false, SCR_IRQ, 0, 3, 1);
    route("IRQ at EL1, SCR.IRQ and IMO, masked", ns, 1, true, SCR_IRQ, HCR_IMO, 3, 1);
    route("IRQ at EL2, for EL1: pending", ns, 2, false, 0, 0, 0, 0);
    route("IRQ at EL2, HCR.IMO", ns, 2, false, 0, HCR_IMO, 2, 1);
    route("IRQ at EL2, HCR.IMO, masked", ns, 2, true, 0, HCR_IMO, 0, 0);
    route("IRQ at EL2, HCR.TGE", ns, 2, false, 0, HCR_TGE, 2, 1);
    route("IRQ at EL2, SCR.IRQ", ns, 2, true, SCR_IRQ, 0, 3, 1);
    /* At EL3 a Non-secure Group 1 interrupt is signalled as FIQ (IHI 0069 4.6.2). */
    route("IRQ at EL3, not routed: pending", ns, 3, false, 0, 0, 0, 0);
    route("Group 1 at EL3, SCR.FIQ: as FIQ", ns, 3, false, SCR_FIQ, 0, 3, 2);
    route("Group 1 at EL3, SCR.IRQ only: pending", ns, 3, false, SCR_IRQ, 0, 0, 0);
    route("Secure Group 1 at Non-secure EL1: FIQ to EL1", sec, 1, false, 0, 0, 1, 2);
    route("Secure Group 1 at EL1, SCR.FIQ", sec, 1, true, SCR_FIQ, 0, 3, 2);
    route("Secure Group 1 at EL1, HCR.FMO", sec, 1, true, 0, HCR_FMO, 2, 2);
    route("Group 0 at EL1, SCR.FIQ", g0, 1, true, SCR_FIQ, 0, 3, 2);
    route("Group 0 at EL2, SCR.FIQ", g0, 2, false, SCR_FIQ, 0, 3, 2);
    route("Group 0 at EL3, SCR.FIQ, masked", g0, 3, true, SCR_FIQ, 0, 0, 0);
    exception_hook = NULL;
}

/* ---- priorities, from EL1 with Non-secure SGIs ---- */

static unsigned order[8], taken;

static bool take_in_turn(struct frame *frame)
{
    if ((frame->kind & 3) != 1) {
        return false;
    }
    uint64_t id = read_reg(ICC_IAR1);
    order[taken++ & 7] = (unsigned)id;
    note()->intid = id;
    if (id < 1020) {
        write_reg(ICC_EOIR1, id);
    }
    return true;
}

static void set_priority(unsigned sgi, unsigned priority)
{
    *(volatile uint8_t *)(0x080a0000ul + 0x20000 * this_cpu() + 0x10400 + sgi) =
        (uint8_t)priority;
}

static uint64_t priorities_at_el1(uint64_t unused)
{
    taken = 0;
    exception_hook = take_in_turn;
    /* Non-secure priorities are seen shifted: 0x80 to 0xff of the Secure view. */
    set_priority(1, 0x40);
    set_priority(2, 0x20);
    set_priority(3, 0x60);
    write_reg(S3_0_C12_C11_5, 1ull << 24 | 1);
    write_reg(S3_0_C12_C11_5, 2ull << 24 | 1);
    write_reg(S3_0_C12_C11_5, 3ull << 24 | 1);
    dsb();
    delay_us(50);
    check("highest pending", read_reg(ICC_HPPIR1), 2);
    unmask(0);
    check("three at once: how many", taken, 3);
    check("... by priority", order[0] << 8 | order[1] << 4 | order[2], 0x213);
    write_reg(ICC_PMR, 0x50);
    taken = 0;
    write_reg(S3_0_C12_C11_5, 3ull << 24 | 1);
    dsb();
    delay_us(50);
    unmask(0);
    check("priority mask holds it back", taken, 0);
    check("... spurious", read_reg(ICC_IAR1), SPURIOUS);
    write_reg(ICC_PMR, 0xf0);
    delay_us(50);
    unmask(0);
    check("priority mask lets it go", taken, 1);
    /* Running priority: an active one holds lower ones back until its EOI. */
    taken = 0;
    write_reg(S3_0_C12_C11_5, 2ull << 24 | 1);
    dsb();
    delay_us(50);
    uint64_t id = read_reg(ICC_IAR1);
    check("acknowledged", id, 2);
    check("running priority", read_reg(ICC_RPR), 0x20);
    write_reg(S3_0_C12_C11_5, 3ull << 24 | 1);
    dsb();
    delay_us(50);
    unmask(0);
    check("lower priority waits", taken, 0);
    write_reg(ICC_EOIR1, id);
    delay_us(50);
    unmask(0);
    check("... until the EOI", taken, 1);
    exception_hook = NULL;
    return unused;
}

/* ---- virtual interrupts ---- */

static bool note_only(struct frame *frame)
{
    if ((frame->kind & 3) == 0) {
        return false;
    }
    frame->spsr |= 0x3c0; /* a level that nobody clears: take it once */
    return true;
}

static void virtual_by_hcr(const char *name, uint64_t hcr, uint64_t want_kind)
{
    write_reg(hcr_el2, HCR_RW | hcr);
    uint64_t before = note()->count;
    run_lower(SPSR_EL1, stay_masked, 0);
    check("masked at EL1: nothing", note()->count - before, 0);
    run_lower(SPSR_EL1, unmask, 0);
    const struct note *got = note();
    bool any = got->count != before;
    check(name, any ? got->level << 8 | (got->kind & 3) : 0,
          want_kind ? 1 << 8 | want_kind : 0);
    write_reg(hcr_el2, HCR_RW);
}

static void check_virtual_by_hcr(void)
{
    write_reg(scr_el3, SCR_BASE | SCR_NS);
    exception_hook = note_only;
    virtual_by_hcr("HCR.VI with IMO", HCR_VI | HCR_IMO, 1);
    virtual_by_hcr("HCR.VI without IMO", HCR_VI, 0);
    virtual_by_hcr("HCR.VF with FMO", HCR_VF | HCR_FMO, 2);
    virtual_by_hcr("HCR.VSE with AMO", HCR_VSE | HCR_AMO, 3);
    write_reg(hcr_el2, HCR_RW | HCR_VSE | HCR_AMO);
    run_lower(SPSR_EL1, unmask, 0);
    check("HCR.VSE is cleared when it is taken", read_reg(hcr_el2) & HCR_VSE, 0);
    write_reg(hcr_el2, HCR_RW | HCR_VI | HCR_IMO);
    uint64_t before = note()->count;
    run_lower(SPSR_EL2, unmask, 0);
    check("HCR.VI at EL2: nothing", note()->count - before, 0);
    write_reg(hcr_el2, HCR_RW);
    exception_hook = NULL;
}

static uint64_t guest_takes(uint64_t unused)
{
    write_reg(ICC_PMR, 0xf0);     /* the virtual interface now: ICV_PMR */
    write_reg(S3_0_C12_C12_7, 1); /* ICV_IGRPEN1 */
    taken = 0;
    exception_hook = take_in_turn;
    unmask(0);
    exception_hook = NULL;
    return unused;
}

static uint64_t guest_reads_isr(uint64_t unused)
{
    return read_reg(isr_el1);
}

static void check_list_registers(void)
{
    write_reg(hcr_el2, HCR_RW | HCR_IMO | HCR_FMO);
    write_reg(ICH_VMCR, 0);
    write_reg(ICH_HCR, 1);
    write_reg(ICH_LR0, 1ull << 62 | 1ull << 60 | 0x50ull << 48 | 40); /* pending, Group 1 */
    write_reg(ICH_LR1, 1ull << 62 | 1ull << 60 | 0x30ull << 48 | 41);
    check("list registers: some", (read_reg(ICH_VTR) & 31) >= 1, true);
    run_lower(SPSR_EL1, guest_takes, 0);
    check("guest took", taken, 2);
    check("... by priority", order[0] << 8 | order[1], 41 << 8 | 40);
    check("list register 0 is empty", read_reg(ICH_LR0) >> 62, 0);
    check("list register 1 is empty", read_reg(ICH_LR1) >> 62, 0);
    write_reg(ICH_LR0, 1ull << 62 | 1ull << 60 | 0x50ull << 48 | 42);
    check("ISR_EL1 in the guest: I", run_lower(SPSR_EL1, guest_reads_isr, 0), 1u << 7);
    write_reg(ICH_LR0, 0);
    check("ISR_EL1 in the guest: none", run_lower(SPSR_EL1, guest_reads_isr, 0), 0);
    /* Maintenance: underflow (ICH_HCR.UIE) shows in ICH_MISR.U. */
    write_reg(ICH_HCR, 3);
    check("ICH_MISR.U", read_reg(ICH_MISR) & 2, 2);
    write_reg(ICH_HCR, 0);
    write_reg(hcr_el2, HCR_RW);
}

/* ---- between CPUs ---- */

static volatile uint64_t received;

static bool count_received(struct frame *frame)
{
    if ((frame->kind & 3) != 2 || this_cpu() == 0) {
        return false;
    }
    uint64_t id = read_reg(S3_0_C12_C8_0);
    if (id == SGI_G0) {
        received++;
    }
    if (id < 1020) {
        write_reg(S3_0_C12_C8_1, id);
    }
    return true;
}

static uint64_t wait_for_sgis(uint64_t count)
{
    gic_start();
    write_reg(scr_el3, SCR_BASE | SCR_NS | SCR_FIQ);
    received = 0;
    /* Masked between the check and the WFI: the last SGI must not be taken there, or nothing is
     * left to wake the WFI (a masked interrupt does). */
    while (received < count) {
        __asm__ volatile("wfi");
        write_reg(daif, 0x380);
        isb();
        write_reg(daif, 0x3c0);
    }
    return received;
}

static void check_between_cpus(void)
{
    const uint64_t count = 500;
    exception_hook = count_received;
    received = 0xffff;
    start_on(1, wait_for_sgis, count);
    wait_for(&received, 0);
    for (uint64_t i = 0; i < count; i++) {
        send_sgi(SGI_G0, 1);
        if (!wait_for(&received, i + 1)) {
            break;
        }
    }
    check("SGIs to a CPU in WFI", result_of(1), count);
    exception_hook = NULL;
}

void test_main(void)
{
    gic_start();
    check_routing();
    /* With SCR.FIQ the Non-secure side has its own view of priorities (IHI 0069 4.8.6). */
    write_reg(scr_el3, SCR_BASE | SCR_NS | SCR_FIQ);
    run_lower(SPSR_EL1, priorities_at_el1, 0);
    write_reg(scr_el3, SCR_BASE | SCR_NS);
    write_reg(ICC_PMR, 0xff);
    check_virtual_by_hcr();
    check_list_registers();
    check_between_cpus();
}
