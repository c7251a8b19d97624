/* SPDX-License-Identifier: MIT */
/*
 * As probe-a64.c, for AArch32. Here "el3" is Secure Supervisor mode (with an AArch32 EL3 that
 * is at EL3, as Monitor mode is), "el2" Hyp mode and "el1" Supervisor mode of the Normal world.
 */
#include "guest-a32.h"
#include "report.h"

#define EC_HVC    0x12
#define EC_SMC    0x13
#define HSR_IL    (1u << 25)
#define HSR_COND  (0x1fu << 20)
#define UNTRAP_ID 0x5e7u

/* From A32, and from T32: SMC and HVC are of four bytes there too. */
static uint32_t return_offset(bool is_hyp, bool is_undefined, bool is_smc, bool in_t32)
{
    if (is_hyp && (is_undefined || is_smc)) {
        return 0; /* ELR_hyp is the instruction, but the next one for HVC */
    }
    return is_undefined && in_t32 ? 2 : 4; /* LR_und and LR_mon */
}

/* HSR of Hyp mode's. A v7 one may have the condition of an SMC, a v8 one has nothing. */
static uint32_t syndrome(bool is_undefined, bool is_smc, unsigned immediate)
{
    uint32_t class = is_undefined ? 0 : is_smc ? EC_SMC : EC_HVC;
    return class << 26 | HSR_IL | (is_undefined || is_smc ? 0 : immediate);
}

static void report_exception(const struct outcome *outcome, enum form form, bool is_smc)
{
    static const char *const levels[] = {" el3", " el1", " el2", " el3"};
    bool is_hyp = outcome->table == TABLE_HYP;
    uint32_t class = outcome->hsr >> 26;
    bool is_undefined = is_hyp ? class == 0 : outcome->vector == VECTOR_UNDEFINED;
    bool in_t32 = form == IN_T32 || form == IT_TRUE || form == IT_FALSE;
    uint32_t ignored = is_smc && !is_v8() ? HSR_COND : 0;
    uint32_t hsr = is_hyp ? syndrome(is_undefined, is_smc, form == WITH_1) : 0;
    report(is_undefined ? "undefined" : "trap");
    report(levels[outcome->table]);
    if (!is_undefined) {
        report((is_hyp ? class == EC_SMC : is_smc) ? " smc" : " hvc");
    }
    bool vector_is_right =
        is_undefined ? outcome->vector == VECTOR_UNDEFINED || outcome->vector == VECTOR_HYP_TRAP
        : outcome->table == TABLE_MONITOR ? outcome->vector == VECTOR_CALL
                                          : is_hyp;
    if (outcome->return_offset != return_offset(is_hyp, is_undefined, is_smc, in_t32) ||
        (outcome->hsr & ~ignored) != hsr || !vector_is_right) {
        report(" +return");
    }
}

static void report_answer(uint32_t r0)
{
    bool is_negative = r0 > (uint32_t)-16;
    report(is_negative ? "answer -" : "answer ");
    report_hex(is_negative ? -r0 : r0);
}

static enum how how_to(enum form form, bool is_smc, bool in_user_mode)
{
    static const enum how smc[] = {
        [PLAIN] = SMC,
        [WITH_1] = SMC_1,
        [IN_T32] = SMC_T32,
        [IF_TRUE] = SMC_TRUE,
        [IF_FALSE] = SMC_FALSE,
        [IT_TRUE] = SMC_IT_TRUE,
        [IT_FALSE] = SMC_IT_FALSE,
    };
    static const enum how hvc[] = {[PLAIN] = HVC, [WITH_1] = HVC_1, [IN_T32] = HVC_T32};
    if (in_user_mode) {
        return is_smc ? (form == IN_T32 ? SMC_T32_USER : SMC_USER)
                      : (form == IN_T32 ? HVC_T32_USER : HVC_USER);
    }
    return is_smc ? smc[form] : hvc[form];
}

static bool is_false(enum form form)
{
    return form == IF_FALSE || form == IT_FALSE;
}

static void probe_one(const char *level, const struct probe_call *entry, bool is_smc,
                      bool in_user_mode)
{
    enum how how = how_to(entry->form, is_smc, in_user_mode);
    const uint32_t r0_to_r3[4] = {(uint32_t)entry->id, entry->argument};
    struct outcome outcome = call(how, r0_to_r3, 0, entry->r12);
    report_begin(entry);
    if (outcome.trapped) {
        report_exception(&outcome, entry->form, is_smc);
    } else if (is_false(entry->form) && outcome.r[0] == entry->id) {
        report("nothing");
    } else {
        report_answer(outcome.r[0]);
    }
    if (!kept_registers(&outcome, r0_to_r3, 0, entry->r12)) {
        report(" +registers");
    }
    report_end(level, is_smc);
}

static void probe(const char *level, unsigned where)
{
    for (unsigned i = 0; i < PROBE_CALLS; i++) {
        for (unsigned by = BY_SMC; by <= BY_HVC; by <<= 1) {
            if ((probe_calls[i].where & (where | ONLY_A64)) == where &&
                (probe_calls[i].where & by) && report_wants(level, by == BY_SMC)) {
                probe_one(level, &probe_calls[i], by == BY_SMC, where & AT_EL0);
            }
        }
    }
    report_level(level);
}

/* A trapped SMC with UNTRAP_ID is the last that is trapped. */
static void handle(struct frame *frame, enum table table, uint32_t hsr)
{
    if (table == TABLE_HYP && hsr >> 26 == EC_SMC && frame->r[0] == UNTRAP_ID) {
        write_hcr(0);
    }
}

static void at_normal_svc(void)
{
    static const uint32_t untrap[4] = {UNTRAP_ID};
    if (has_virtualization()) {
        probe("el1+tsc", WITH_TSC);
        call(SMC, untrap, 0, 0);
    }
    probe("el1", 0);
    probe("el0", AT_EL0);
    semihosting_exit(0);
}

static void at_hyp(void)
{
    probe("el2", 0);
    write_hcr(HCR_TSC);
    leave_hyp(at_normal_svc);
}

void guest_main(void)
{
    report_start();
    print(has_virtualization() ? "id el2: yes\n" : "id el2: no\n");
    print(has_security() ? "id el3: yes\n" : "id el3: no\n");
    exception_hook = handle;
    if (current_mode() == MODE_HYP) {
        at_hyp();
    }
    if (!is_secure()) {
        probe("el1", 0);
        probe("el0", AT_EL0);
        semihosting_exit(0);
    }
    probe("el3", 0);
    if (has_virtualization()) {
        leave_secure(at_hyp, 0x1c0 | MODE_HYP, SCR_NS | SCR_HCE);
    }
    leave_secure(at_normal_svc, 0x1c0 | MODE_SVC, SCR_NS);
}
