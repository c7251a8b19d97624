/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the guests that make calls: calls with a note of what they did, exception levels,
 * other CPUs, the timer and the GIC.
 */
#include "guest.h"

#define GICD       0x08000000ul
#define GICC       0x08010000ul
#define GICR       0x080a0000ul
#define EC_SVC     0x15
#define SPSR_EL1   0x3c5
#define PATTERN(n) (0xa5a50000c0de0000ull + (n))

void call_smc(uint64_t *x);
void call_smc_1(uint64_t *x);
void call_smc_ffff(uint64_t *x);
void call_smc_el0(uint64_t *x);
void call_hvc(uint64_t *x);
void call_hvc_1(uint64_t *x);
void call_hvc_el0(uint64_t *x);
void call_hlt(uint64_t *x);
void call_doorbell(uint64_t *x);
void call_sysreg(uint64_t *x);
extern const char call_smc_instruction[], call_smc_1_instruction[], call_smc_ffff_instruction[],
    call_smc_el0_instruction[], call_hvc_instruction[], call_hvc_1_instruction[],
    call_hvc_el0_instruction[], call_hlt_instruction[], call_doorbell_instruction[],
    call_sysreg_instruction[];
void drop_from_el3(void (*function)(void), uint64_t spsr) __attribute__((noreturn));
void drop_from_el3_no_el2(void (*function)(void), uint64_t spsr) __attribute__((noreturn));
void drop_from_el2(void (*function)(void), uint64_t spsr) __attribute__((noreturn));
void guest_start(void);
void guest_secondary(uint64_t context, uint64_t daif, uint64_t spsel);

enum how by;
bool (*exception_hook)(struct frame *frame);
void (*volatile secondary_hook)(uint64_t context, uint64_t daif, uint64_t spsel);

static struct exception_note notes[CPUS_MAX];

/* ---- checks ---- */

static void print_trap(unsigned level, uint64_t esr, uint64_t offset)
{
    print("el");
    print_number(level);
    print(" esr ");
    print_hex(esr);
    print(" return +");
    print_number((unsigned)offset);
}

static void print_outcome(const char *name, const struct outcome *outcome)
{
    print("check ");
    print(name);
    print(": got ");
    if (outcome->trapped) {
        print_trap(outcome->level, outcome->esr, outcome->elr_offset);
    } else {
        print_hex(outcome->x[0]);
    }
    print(" want ");
}

void check_answer(const char *name, struct outcome outcome, uint64_t want_x0)
{
    print_outcome(name, &outcome);
    print_hex(want_x0);
    conclude(!outcome.trapped && outcome.x[0] == want_x0);
}

void check_trap(const char *name, struct outcome outcome, unsigned level, uint64_t esr,
                uint64_t elr_offset)
{
    print_outcome(name, &outcome);
    print_trap(level, esr, elr_offset);
    conclude(outcome.trapped && outcome.level == level && outcome.esr == esr &&
             outcome.elr_offset == elr_offset);
}

void check_undefined(const char *name, struct outcome outcome, unsigned level)
{
    check_trap(name, outcome, level, ESR_UNDEFINED, 0);
}

/* ---- calls ---- */

static const struct {
    void (*call)(uint64_t *x);
    const char *instruction;
} ways[] = {
    [SMC] = {call_smc, call_smc_instruction},
    [SMC_1] = {call_smc_1, call_smc_1_instruction},
    [SMC_FFFF] = {call_smc_ffff, call_smc_ffff_instruction},
    [SMC_EL0] = {call_smc_el0, call_smc_el0_instruction},
    [HVC] = {call_hvc, call_hvc_instruction},
    [HVC_1] = {call_hvc_1, call_hvc_1_instruction},
    [HVC_EL0] = {call_hvc_el0, call_hvc_el0_instruction},
    [EL4_HLT] = {call_hlt, call_hlt_instruction},
    [EL4_DOORBELL] = {call_doorbell, call_doorbell_instruction},
    [EL4_SYSREG] = {call_sysreg, call_sysreg_instruction},
};

static struct outcome call_from(enum how how, struct outcome outcome)
{
    struct exception_note *note = last_exception();
    uint64_t before = note->count;
    ways[how].call(outcome.x);
    outcome.trapped = note->count != before;
    if (outcome.trapped) {
        outcome.level = (unsigned)note->level;
        outcome.esr = note->esr;
        outcome.elr_offset = note->elr - (uint64_t)ways[how].instruction;
    }
    return outcome;
}

static struct outcome prepare_call(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    struct outcome outcome = {0};
    outcome.x[0] = x0;
    outcome.x[1] = x1;
    outcome.x[2] = x2;
    outcome.x[3] = x3;
    for (unsigned i = 4; i < 18; i++) {
        outcome.x[i] = PATTERN(i);
    }
    return outcome;
}

struct outcome call(enum how how, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return call_from(how, prepare_call(x0, x1, x2, x3));
}

struct outcome call_with_x12(enum how how, uint64_t x0, uint64_t x1, uint64_t x12)
{
    struct outcome outcome = prepare_call(x0, x1, 0, 0);
    outcome.x[12] = x12;
    return call_from(how, outcome);
}

bool kept_registers(const struct outcome *outcome, uint64_t x1, uint64_t x2, uint64_t x3)
{
    bool kept = outcome->x[1] == x1 && outcome->x[2] == x2 && outcome->x[3] == x3;
    for (unsigned i = 4; i < 18; i++) {
        kept = kept && outcome->x[i] == PATTERN(i);
    }
    return kept;
}

int64_t psci(uint64_t id, uint64_t x1, uint64_t x2, uint64_t x3)
{
    struct outcome outcome = call(by, id, x1, x2, x3);
    if (outcome.trapped) {
        give_up("a PSCI call was not answered");
    }
    return (int64_t)outcome.x[0];
}

/* ---- levels and exceptions ---- */

void write_hcr(uint64_t hcr)
{
    write_reg(hcr_el2, hcr);
}

void drop_to(unsigned level, bool secure, uint64_t scr, void (*function)(void))
{
    uint64_t spsr = 0x3c1 | level << 2;
    unsigned from = current_level();
    if (level == 1) {
        write_reg(sctlr_el1, 0x30d00800);
    }
    if (from == 2) {
        set_up_el2();
        drop_from_el2(function, spsr);
    }
    if (from != 3) {
        give_up("drop_to() from EL1");
    }
    write_reg(scr_el3, scr | 0x430 | (secure ? 0 : 1));
    if (!has_el2()) {
        drop_from_el3_no_el2(function, spsr);
    }
    set_up_el2();
    write_reg(sctlr_el2, 0x30c50830);
    drop_from_el3(function, spsr);
}

struct exception_note *last_exception(void)
{
    return &notes[this_cpu() % CPUS_MAX];
}

void exception(struct frame *frame)
{
    struct exception_note *note = last_exception();
    uint64_t class = frame->esr >> 26 & 0x3f;
    if (class == EC_SVC) {
        frame->spsr = SPSR_EL1; /* how call_smc_el0 comes back */
        return;
    }
    note->level = frame->level;
    note->esr = frame->esr;
    note->elr = frame->elr;
    note->kind = frame->kind;
    note->x0 = frame->x[0];
    note->x12 = frame->x[12];
    note->count++;
    if (exception_hook && exception_hook(frame)) {
        return;
    }
    bool is_synchronous = (frame->kind & 3) == 0;
    bool is_call = class == 0x16 || class == 0x17;
    if (!is_synchronous || (class != 0 && !is_call)) {
        print("exception kind ");
        print_hex(frame->kind);
        print(" elr ");
        print_hex(frame->elr);
        print(" far ");
        print_hex(frame->far);
        print(" ");
        print_trap((unsigned)frame->level, frame->esr, 0);
        print("\n");
        give_up("unexpected exception");
    }
    if (class == 0x17 && frame->level == 3) {
        frame->x[0] = MONITOR_ANSWER; /* and ELR is the next instruction */
    } else if (class != 0x16) {
        frame->elr += 4; /* UNDEFINED, or SMC trapped to EL2: ELR is the instruction */
    }
}

/* ---- CPUs and time ---- */

unsigned this_cpu(void)
{
    return (unsigned)read_reg(mpidr_el1) & 0xff;
}

void guest_start(void)
{
    console_start();
    by = HVC;
    guest_main();
    finish();
}

void guest_secondary(uint64_t context, uint64_t daif, uint64_t spsel)
{
    if (secondary_hook) {
        secondary_hook(context, daif, spsel);
    }
}

/* ---- interrupts ---- */

static void gic_write(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static void gicv2_start(void)
{
    gic_write(GICD + 0x100, 1u << TIMER_INTERRUPT); /* ISENABLER0 */
    *(volatile uint8_t *)(GICD + 0x400 + TIMER_INTERRUPT) = 0x80;
    gic_write(GICD, 1);
    gic_write(GICC + 4, 0xff);
    gic_write(GICC, 1);
}

/* One security state (no EL3): everything is Group 1 by the system registers. */
static void gicv3_start(void)
{
    uint64_t redistributor = GICR + 0x20000 * this_cpu();
    uint64_t private = redistributor + 0x10000;
    gic_write(GICD, 1 << 4 | 1 << 1 | 1);  /* ARE, both groups */
    gic_write(redistributor + 0x14, 0);    /* WAKER: awake */
    gic_write(private + 0x80, 0xffffffff); /* IGROUPR0 */
    gic_write(private + 0x100, 1u << TIMER_INTERRUPT);
    *(volatile uint8_t *)(private + 0x400 + TIMER_INTERRUPT) = 0x80;
    write_reg(S3_0_C12_C12_5, 1);  /* ICC_SRE_EL1 */
    write_reg(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    write_reg(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
}

void gic_start(void)
{
    if (has_gicv3()) {
        gicv3_start();
    } else {
        gicv2_start();
    }
}

void gicv2_send_sgi(unsigned cpu, unsigned intid)
{
    gic_write(GICD + 0xf00, 1u << (16 + cpu) | intid);
}

unsigned gicv2_acknowledge(void)
{
    uint32_t acknowledged = *(volatile uint32_t *)(GICC + 0xc);
    gic_write(GICC + 0x10, acknowledged);
    return acknowledged & 0x3ff;
}

void timer_in_us(uint64_t us)
{
    write_reg(cntp_cval_el0, counter() + microseconds(us));
    write_reg(cntp_ctl_el0, 1);
}

void timer_off(void)
{
    write_reg(cntp_ctl_el0, 2);
}
