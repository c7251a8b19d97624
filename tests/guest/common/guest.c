/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the bare-metal guests: output on the PL011, checks, calls with a note of what they
 * did, exception levels, the timer and a GICv2.
 */
#include "guest.h"

#define UART       0x09000000ul
#define GICD       0x08000000ul
#define GICC       0x08010000ul
#define GICR       0x080a0000ul
#define EC_SVC     0x15
#define SPSR_EL1   0x3c5
#define PATTERN(n) (0xa5a50000c0de0000ull + (n))

#define read_register(name)                                                                    \
    ({                                                                                         \
        uint64_t read_value;                                                                   \
        __asm__ volatile("mrs %0, " #name : "=r"(read_value)::"memory");                       \
        read_value;                                                                            \
    })
#define write_register(name, value)                                                            \
    __asm__ volatile("msr " #name ", %0\n\tisb" ::"r"((uint64_t)(value)) : "memory")

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
void semihosting_exit(uint64_t status) __attribute__((noreturn));
void guest_start(void);
void guest_secondary(uint64_t context, uint64_t daif, uint64_t spsel);
void guest_exception(struct frame *frame);
void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);

enum how by;
bool (*exception_hook)(struct frame *frame);
void (*volatile secondary_hook)(uint64_t context, uint64_t daif, uint64_t spsel);

static struct exception_note notes[CPUS_MAX];
static unsigned passed, failed;

/* The compiler calls these by itself. */
void *memset(void *to, int byte, size_t bytes)
{
    for (char *at = to; bytes--; at++) {
        *at = (char)byte;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    char *at = to;
    const char *source = from;
    while (bytes--) {
        *at++ = *source++;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

/* ---- output and checks ---- */

static void print_char(char c)
{
    while (*(volatile uint32_t *)(UART + 0x18) & 0x20) {
    }
    *(volatile uint32_t *)UART = (uint32_t)c;
}

void print(const char *text)
{
    for (; *text; text++) {
        print_char(*text);
    }
}

void print_hex(uint64_t value)
{
    int digits = 1;
    while (digits < 16 && value >> (4 * digits)) {
        digits++;
    }
    print("0x");
    while (digits--) {
        print_char("0123456789abcdef"[value >> (4 * digits) & 15]);
    }
}

static void print_number(unsigned value)
{
    if (value >= 10) {
        print_number(value / 10);
    }
    print_char((char)('0' + value % 10));
}

static void conclude(bool good)
{
    print(good ? " ok\n" : " FAIL\n");
    *(good ? &passed : &failed) += 1;
}

void check(const char *name, uint64_t got, uint64_t want)
{
    print("check ");
    print(name);
    print(": got ");
    print_hex(got);
    print(" want ");
    print_hex(want);
    conclude(got == want);
}

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

void summarise(void)
{
    print_number(passed);
    print(" passed, ");
    print_number(failed);
    print(" failed\n");
}

void finish(void)
{
    summarise();
    semihosting_exit(failed || !passed ? 3 : 0);
}

void give_up(const char *why)
{
    print("guest gives up: ");
    print(why);
    print("\n");
    failed++;
    finish();
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

unsigned current_level(void)
{
    return (unsigned)read_register(CurrentEL) >> 2;
}

bool has_el2(void)
{
    return read_register(id_aa64pfr0_el1) >> 8 & 15;
}

void write_hcr(uint64_t hcr)
{
    write_register(hcr_el2, hcr);
}

static void set_up_el2(void)
{
    write_register(hcr_el2, HCR_RW);
    write_register(cptr_el2, 0x33ff);
    write_register(cnthctl_el2, 3);
    write_register(cntvoff_el2, 0);
    write_register(mdcr_el2, 0);
    write_register(vttbr_el2, 0);
    write_register(vpidr_el2, read_register(midr_el1));
    write_register(vmpidr_el2, read_register(mpidr_el1));
}

void drop_to(unsigned level, bool secure, uint64_t scr, void (*function)(void))
{
    uint64_t spsr = 0x3c1 | level << 2;
    unsigned from = current_level();
    if (level == 1) {
        write_register(sctlr_el1, 0x30d00800);
    }
    if (from == 2) {
        set_up_el2();
        drop_from_el2(function, spsr);
    }
    if (from != 3) {
        give_up("drop_to() from EL1");
    }
    write_register(scr_el3, scr | 0x430 | (secure ? 0 : 1));
    if (!has_el2()) {
        drop_from_el3_no_el2(function, spsr);
    }
    set_up_el2();
    write_register(sctlr_el2, 0x30c50830);
    drop_from_el3(function, spsr);
}

struct exception_note *last_exception(void)
{
    return &notes[this_cpu() % CPUS_MAX];
}

void guest_exception(struct frame *frame)
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
    return (unsigned)read_register(mpidr_el1) & 0xff;
}

void guest_start(void)
{
    *(volatile uint32_t *)(UART + 0x30) = 0x301;
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

uint64_t counter(void)
{
    __asm__ volatile("isb");
    return read_register(cntpct_el0);
}

uint64_t counter_frequency(void)
{
    return read_register(cntfrq_el0);
}

void delay_us(uint64_t us)
{
    uint64_t end = counter() + us * counter_frequency() / 1000000;
    while (counter() < end) {
    }
}

bool wait_for(volatile uint64_t *flag, uint64_t value)
{
    uint64_t end = counter() + 5 * counter_frequency();
    while (*flag != value && counter() < end) {
        __asm__ volatile("yield");
    }
    return *flag == value;
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
    write_register(S3_0_C12_C12_5, 1);  /* ICC_SRE_EL1 */
    write_register(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    write_register(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
}

void gic_start(void)
{
    if (read_register(id_aa64pfr0_el1) >> 24 & 15) {
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
    write_register(cntp_cval_el0, counter() + us * counter_frequency() / 1000000);
    write_register(cntp_ctl_el0, 1);
}

void timer_off(void)
{
    write_register(cntp_ctl_el0, 2);
}
