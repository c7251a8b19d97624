/* SPDX-License-Identifier: MIT */
/*
 * As probe-a64.c, for AArch32. Here "el3" is Secure Supervisor mode (with an AArch32 EL3 that
 * is at EL3, as Monitor mode is), "el2" Hyp mode and "el1" Supervisor mode of the Normal world.
 */
#include "calls.h"
#include "guest-a32.h"

#define EC_SMC    0x13
#define UNTRAP_ID 0x5e7u

static void print_exception(const struct outcome *outcome, bool is_smc)
{
    static const char *const levels[] = {" el3", " el1", " el2", " el3"};
    bool is_hyp = outcome->table == TABLE_HYP;
    uint32_t class = outcome->hsr >> 26;
    bool is_undefined = is_hyp ? class == 0 : outcome->vector == VECTOR_UNDEFINED;
    /* LR_und and LR_mon are the next instruction, ELR_hyp the instruction but for HVC. */
    uint32_t offset = is_hyp && (is_undefined || is_smc) ? 0 : 4;
    print(is_undefined ? "undefined" : "trap");
    print(levels[outcome->table]);
    if (!is_undefined) {
        print((is_hyp ? class == EC_SMC : is_smc) ? " smc" : " hvc");
    }
    bool vector_is_right =
        is_undefined ? outcome->vector == VECTOR_UNDEFINED || outcome->vector == VECTOR_HYP_TRAP
        : outcome->table == TABLE_MONITOR ? outcome->vector == VECTOR_CALL
                                          : is_hyp;
    if (outcome->return_offset != offset || !vector_is_right) {
        print(" +return");
    }
}

static void print_answer(uint32_t r0)
{
    bool is_negative = r0 > (uint32_t)-16;
    print(is_negative ? "answer -" : "answer ");
    print_hex(is_negative ? -r0 : r0);
}

static void probe_one(const char *level, const struct probe_call *entry, bool is_smc)
{
    enum how how = is_smc ? (entry->immediate ? SMC_1 : SMC) : (entry->immediate ? HVC_1 : HVC);
    const uint32_t r0_to_r3[4] = {(uint32_t)entry->id, entry->argument};
    struct outcome outcome = call(how, r0_to_r3, 0, entry->r12);
    print(level);
    print(is_smc ? " smc " : " hvc ");
    print(entry->name);
    print(": ");
    if (outcome.trapped) {
        print_exception(&outcome, is_smc);
    } else {
        print_answer(outcome.r[0]);
    }
    if (!kept_registers(&outcome, r0_to_r3, 0, entry->r12)) {
        print(" +registers");
    }
    print("\n");
}

static void probe(const char *level, unsigned where)
{
    for (unsigned i = 0; i < PROBE_CALLS; i++) {
        for (unsigned by = BY_SMC; by <= BY_HVC; by <<= 1) {
            if ((probe_calls[i].where & (where | ONLY_A64)) == where &&
                (probe_calls[i].where & by)) {
                probe_one(level, &probe_calls[i], by == BY_SMC);
            }
        }
    }
}

/* A trapped SMC with UNTRAP_ID is the last that is trapped. */
static bool handle(struct frame *frame, enum table table, uint32_t hsr)
{
    if (table == TABLE_HYP && hsr >> 26 == EC_SMC && frame->r[0] == UNTRAP_ID) {
        write_hcr(0);
    }
    return true;
}

static void at_normal_svc(void)
{
    static const uint32_t untrap[4] = {UNTRAP_ID};
    if (has_virtualization()) {
        probe("el1+tsc", WITH_TSC);
        call(SMC, untrap, 0, 0);
    }
    probe("el1", 0);
    finish(0);
}

static void at_hyp(void)
{
    probe("el2", 0);
    write_hcr(HCR_TSC);
    leave_hyp(at_normal_svc);
}

void guest_secondary(uint32_t context, uint32_t cpsr)
{
}

void guest_main(void)
{
    print(has_virtualization() ? "id el2: yes\n" : "id el2: no\n");
    print(has_security() ? "id el3: yes\n" : "id el3: no\n");
    exception_hook = handle;
    if (current_mode() == MODE_HYP) {
        at_hyp();
    }
    if (!is_secure()) {
        probe("el1", 0);
        return;
    }
    probe("el3", 0);
    if (has_virtualization()) {
        leave_secure(at_hyp, 0x1c0 | MODE_HYP, SCR_NS | SCR_HCE);
    }
    leave_secure(at_normal_svc, 0x1c0 | MODE_SVC, SCR_NS);
}
