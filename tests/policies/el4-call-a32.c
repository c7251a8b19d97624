/* SPDX-License-Identifier: MIT */
/*
 * Guest firmware in Monitor mode gets every SMC, PSCI ids included, and hands PSCI on to el4 by
 * each form of an EL4 call; a CPU is brought up through each. HLT came with v8: on a v7 core it
 * is UNDEFINED. Nobody below may make such calls.
 */
#include "guest-a32.h"

#define PSCI_VERSION  0x84000000u
#define PSCI_CPU_ON   0x84000003u
#define PSCI_AFFINITY 0x84000004u
#define VENDOR_ID     0x82000001u
#define DOORBELL      0x0b000000u
#define FORMS         4
#define FORMS_V8      2 /* the last ones are v8's alone */

static const enum how forms[FORMS] = {EL4_DOORBELL, EL4_SYSREG, EL4_HLT, EL4_HLT_T32};
static const char *const names[FORMS] = {"by the doorbell", "by the register", "by HLT",
                                         "by HLT in T32"};

static volatile uint32_t started, context_seen, cpsr_seen;
static unsigned form_in_use, smcs_seen;

static struct outcome ask(enum how how, uint32_t id, uint32_t r1, uint32_t r2, uint32_t r3)
{
    const uint32_t r0_to_r3[4] = {id, r1, r2, r3};
    return call(how, r0_to_r3, how == EL4_DOORBELL ? DOORBELL : 0, 0);
}

static void check_answer(const char *name, struct outcome outcome, uint32_t want)
{
    check(name,
          outcome.trapped ? 0xbad00000u | outcome.table << 4 | outcome.vector : outcome.r[0],
          want);
}

static void check_exception(const char *name, struct outcome outcome, enum table table,
                            enum vector vector)
{
    check(name, outcome.trapped ? outcome.table << 4 | outcome.vector : 0xbad0,
          table << 4 | vector);
}

void guest_secondary(uint32_t context, uint32_t cpsr)
{
    context_seen = context;
    cpsr_seen = cpsr;
    __asm__ volatile("dmb" ::: "memory");
    started = 1;
}

/* The firmware: fast standard secure ids go on to el4, in the form of the moment. */
static void firmware(struct frame *frame, enum table table, uint32_t hsr)
{
    if (table != TABLE_MONITOR) {
        return;
    }
    smcs_seen++;
    if ((frame->r[0] & 0xff000000) == 0x84000000) {
        struct outcome outcome =
            ask(forms[form_in_use], frame->r[0], frame->r[1], frame->r[2], frame->r[3]);
        frame->r[0] = outcome.r[0];
    }
}

static unsigned form_count(void)
{
    return is_v8() ? FORMS : FORMS - FORMS_V8;
}

/* HLT is UNDEFINED: on v7, and where nobody answers. */
static void check_undefined_hlt(const char *name, uint32_t id, enum table table)
{
    check_exception(name, ask(EL4_HLT, id, 0, 0, 0), table, VECTOR_UNDEFINED);
    check_exception("... and in T32", ask(EL4_HLT_T32, id, 0, 0, 0), table, VECTOR_UNDEFINED);
}

static void check_forms_in_monitor_mode(void)
{
    check("in Monitor mode", current_mode(), MODE_MON);
    for (unsigned i = 0; i < form_count(); i++) {
        const uint32_t r0_to_r3[4] = {PSCI_VERSION, 1, 2, 3};
        uint32_t r9 = forms[i] == EL4_DOORBELL ? DOORBELL : 0;
        struct outcome outcome = call(forms[i], r0_to_r3, r9, 0);
        check_answer(names[i], outcome, 0x10001);
        check("... and nothing but r0 changes", kept_registers(&outcome, r0_to_r3, r9, 0),
              true);
    }
    if (is_v8()) {
        check_undefined_hlt("unclaimed, by HLT: UNDEFINED", VENDOR_ID, TABLE_SECURE);
    } else {
        check_undefined_hlt("HLT of a v7 core: UNDEFINED", PSCI_VERSION, TABLE_SECURE);
    }
    check_exception("unclaimed, by the register: UNDEFINED",
                    ask(EL4_SYSREG, VENDOR_ID, 0, 0, 0), TABLE_SECURE, VECTOR_UNDEFINED);
    check_answer("unclaimed, by the doorbell: a store to nobody",
                 ask(EL4_DOORBELL, VENDOR_ID, 0, 0, 0), VENDOR_ID);
}

/* Secure Supervisor mode is at EL3, too, but the firmware is in Monitor mode. */
static void check_forms_elsewhere(enum table table)
{
    check_undefined_hlt("by HLT: UNDEFINED", PSCI_VERSION, table);
    check_exception("by the register: UNDEFINED", ask(EL4_SYSREG, PSCI_VERSION, 0, 0, 0), table,
                    VECTOR_UNDEFINED);
    check_answer("by the doorbell: a store to nobody", ask(EL4_DOORBELL, PSCI_VERSION, 0, 0, 0),
                 PSCI_VERSION);
}

static bool wait_for_start(void)
{
    for (uint32_t i = 0; i < 200000000 && !started; i++) {
        __asm__ volatile("yield");
    }
    return started;
}

static void start_cpu(unsigned cpu)
{
    started = 0;
    unsigned before = smcs_seen;
    check(names[form_in_use],
          ask(SMC, PSCI_CPU_ON, cpu, (uint32_t)secondary_entry, 0x100 + cpu).r[0], 0);
    check("... the CPU runs", wait_for_start(), true);
    check("... with its context", context_seen, 0x100 + cpu);
    check("... in Hyp mode, all masked", cpsr_seen & 0x1df, 0x1c0 | MODE_HYP);
    check("... PSCI says it is on", ask(SMC, PSCI_AFFINITY, cpu, 0, 0).r[0], 0);
    check("... Monitor mode saw both SMCs", smcs_seen - before, 2);
}

static void at_normal_svc(void)
{
    check("in Supervisor mode", current_mode(), MODE_SVC);
    check_forms_elsewhere(TABLE_NORMAL);
    exception_hook = firmware;
    for (form_in_use = 0; form_in_use < form_count(); form_in_use++) {
        start_cpu(form_in_use + 1);
    }
    exception_hook = NULL;
    check_exception("other SMCs are the firmware's own", ask(SMC, VENDOR_ID, 0, 0, 0),
                    TABLE_MONITOR, VECTOR_CALL);
    finish();
}

static void at_hyp(void)
{
    check("in Hyp mode", current_mode(), MODE_HYP);
    check_forms_elsewhere(TABLE_HYP);
    leave_hyp(at_normal_svc);
}

void guest_main(void)
{
    check("starts in the Secure world", is_secure(), true);
    check_forms_elsewhere(TABLE_SECURE);
    in_monitor_mode(check_forms_in_monitor_mode);
    check_exception("SMC stays Monitor mode's", ask(SMC, PSCI_VERSION, 0, 0, 0), TABLE_MONITOR,
                    VECTOR_CALL);
    leave_secure(at_hyp, 0x1c0 | MODE_HYP, SCR_NS | SCR_HCE);
}
