/* SPDX-License-Identifier: MIT */
/*
 * Makes the calls of calls.h from each level that the machine gives to it, and prints what came
 * of each as report.h has it; an OUTCOME is
 *
 *   answer VALUE | trap TO INSTRUCTION | undefined AT
 *
 * "+registers" behind it says that more than x0 changed, "+return" that an exception's
 * preferred return address or syndrome is not the manual's. It judges nothing: policies.py
 * does, and the expectations of config/matrix/smc-policy.ini.
 */
#include "guest.h"
#include "report.h"

#define CPTR_EL2_TFP 0x37ffull
#define EC_FP        0x07

void drop_from_el2(void (*function)(void), uint64_t spsr) __attribute__((noreturn));

static void report_answer(uint64_t x0)
{
    if ((int64_t)x0 < 0 && (int64_t)x0 > -16) {
        report("-");
        x0 = -x0;
    }
    report_hex(x0);
}

static void report_at(const char *word, unsigned level)
{
    static const char *const names[] = {" el0", " el1", " el2", " el3"};
    report(word);
    report(names[level & 3]);
}

static void report_exception(const struct outcome *outcome, bool is_smc, unsigned immediate)
{
    unsigned class = outcome->esr >> 26 & 0x3f;
    bool is_call = class == 0x16 || class == 0x17;
    uint64_t esr = is_call ? (is_smc ? ESR_SMC(immediate) : ESR_HVC(immediate)) : ESR_UNDEFINED;
    /* An SMC that is trapped returns to itself, one that goes to EL3 to the next. */
    uint64_t offset = is_call && !(is_smc && outcome->level == 2) ? 4 : 0;
    report_at(is_call ? "trap" : "undefined", outcome->level);
    if (is_call) {
        report(class == 0x17 ? " smc" : " hvc");
    }
    if (outcome->esr != esr || outcome->elr_offset != offset) {
        report(" +return");
    }
}

static enum how how_to(const struct probe_call *entry, bool is_smc, bool at_el0)
{
    if (at_el0) {
        return is_smc ? SMC_EL0 : HVC_EL0;
    }
    return is_smc ? (entry->form == WITH_1 ? SMC_1 : SMC)
                  : (entry->form == WITH_1 ? HVC_1 : HVC);
}

static void probe_one(const char *level, const struct probe_call *entry, bool is_smc,
                      bool at_el0)
{
    enum how how = how_to(entry, is_smc, at_el0);
    struct outcome outcome = entry->r12
                                 ? call_with_x12(how, entry->id, entry->argument, entry->r12)
                                 : call(how, entry->id, entry->argument, 0, 0);
    report_begin(entry);
    if (outcome.trapped) {
        report_exception(&outcome, is_smc, entry->form == WITH_1);
    } else {
        report("answer ");
        report_answer(outcome.x[0]);
    }
    if (!entry->r12 && !kept_registers(&outcome, entry->argument, 0, 0)) {
        report(" +registers");
    }
    report_end(level, is_smc);
}

static void probe(const char *level, unsigned where)
{
    for (unsigned i = 0; i < PROBE_CALLS; i++) {
        for (unsigned by = BY_SMC; by <= BY_HVC; by <<= 1) {
            if ((probe_calls[i].where & (where | ONLY_A32)) == where &&
                (probe_calls[i].where & by) && report_wants(level, by == BY_SMC)) {
                probe_one(level, &probe_calls[i], by == BY_SMC, where & AT_EL0);
            }
        }
    }
    report_level(level);
}

static void write_cptr_el2(uint64_t cptr)
{
    __asm__ volatile("msr cptr_el2, %0\n\tisb" ::"r"(cptr));
}

static void write_cptr_el3(uint64_t cptr)
{
    __asm__ volatile("msr cptr_el3, %0\n\tisb" ::"r"(cptr));
}

static void use_fp(void)
{
    __asm__ volatile(
        "msr cpacr_el1, %0\n\tisb\n\t.inst 0x1e270000 /* fmov s0, w0 */" ::"r"(3ull << 20));
}

static void at_normal_el1(void)
{
    if (has_el2()) {
        probe("el1+tsc", WITH_TSC);
        use_fp(); /* to the hypervisor, by a way that no policy is about */
    }
    probe("el1", 0);
    probe("el0", AT_EL0);
    semihosting_exit(0);
}

/* drop_to() would reset the traps. */
static void to_normal_el1(void)
{
    write_hcr(HCR_RW | HCR_TSC);
    write_cptr_el2(CPTR_EL2_TFP);
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" ::"r"(0x30d00800ull));
    drop_from_el2(at_normal_el1, 0x3c5);
}

static void at_normal_el2(void)
{
    probe("el2", 0);
    to_normal_el1();
}

static void leave_secure_world(void) __attribute__((noreturn));

/* FP instructions are traps here: from Secure EL1 on to the Normal world, from EL1 to untrap.
 */
static bool handle(struct frame *frame)
{
    if ((frame->esr >> 26 & 0x3f) != EC_FP) {
        return false;
    }
    if (frame->level == 3) {
        leave_secure_world();
    }
    write_hcr(HCR_RW);
    write_cptr_el2(0x33ff);
    frame->elr += 4;
    return true;
}

static void leave_secure_world(void)
{
    write_cptr_el3(0);
    if (has_el2()) {
        drop_to(2, false, SCR_HCE, at_normal_el2);
    }
    drop_to(1, false, SCR_HCE, at_normal_el1);
}

static void at_secure_el1(void)
{
    probe("s-el1", 0);
    use_fp();
    give_up("EL3 did not go on");
}

void guest_main(void)
{
    report_start();
    uint64_t features;
    __asm__("mrs %0, id_aa64pfr0_el1" : "=r"(features));
    print("id el2: ");
    print(features >> 8 & 15 ? "yes\n" : "no\n");
    print("id el3: ");
    print(features >> 12 & 15 ? "yes\n" : "no\n");
    exception_hook = handle;
    switch (current_level()) {
    case 3:
        probe("el3", 0);
        write_cptr_el3(1u << 10);
        drop_to(1, true, 0, at_secure_el1);
    case 2: at_normal_el2(); break;
    default: at_normal_el1();
    }
}
