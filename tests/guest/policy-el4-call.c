/* SPDX-License-Identifier: MIT */
/*
 * Guest firmware at EL3 gets every SMC, PSCI ids included, and hands PSCI on to el4 by each of
 * the three forms of an EL4 call; a CPU is brought up through each. Nobody but EL3 may.
 */
#include "guest.h"

#define FORMS 3

static const enum how forms[FORMS] = {EL4_HLT, EL4_DOORBELL, EL4_SYSREG};
static const char *const names[FORMS] = {"by HLT", "by the doorbell", "by the register"};

static volatile uint64_t started[CPUS_MAX], context_seen[CPUS_MAX], level_seen[CPUS_MAX];
static volatile uint64_t masked_seen[CPUS_MAX];
static unsigned form_in_use;
static unsigned smcs_seen;

static void secondary(uint64_t context, uint64_t daif, uint64_t spsel)
{
    unsigned cpu = this_cpu();
    context_seen[cpu] = context;
    level_seen[cpu] = current_level();
    masked_seen[cpu] = daif == 0x3c0 && spsel == 1;
    started[cpu] = 1;
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* The firmware: SMCs with a fast standard secure id go on to el4, in the form of the moment. */
static bool firmware(struct frame *frame)
{
    if (frame->level != 3 || (frame->esr >> 26 & 0x3f) != 0x17) {
        return false;
    }
    smcs_seen++;
    if ((frame->x[0] & 0xbf000000) != 0x84000000) {
        return false;
    }
    struct outcome outcome =
        call(forms[form_in_use], frame->x[0], frame->x[1], frame->x[2], frame->x[3]);
    frame->x[0] = outcome.x[0];
    return true;
}

static void check_forms_at_el3(void)
{
    for (unsigned i = 0; i < FORMS; i++) {
        struct outcome outcome = call(forms[i], PSCI_VERSION, 1, 2, 3);
        check_answer(names[i], outcome, 0x10001);
        check("... and nothing but x0 changes", kept_registers(&outcome, 1, 2, 3), true);
    }
    check_undefined("unclaimed, by HLT", call(EL4_HLT, 0x82000001, 0, 0, 0), 3);
    check_undefined("unclaimed, by the register", call(EL4_SYSREG, 0x82000001, 0, 0, 0), 3);
    check_answer("unclaimed, by the doorbell: a store to nobody",
                 call(EL4_DOORBELL, 0x82000001, 0, 0, 0), 0x82000001);
    check_trap("SMC stays EL3's", call(SMC, PSCI_VERSION, 0, 0, 0), 3, 0x5e000000, 4);
}

static void check_forms_below(unsigned level)
{
    check_undefined("from below EL3: HLT", call(EL4_HLT, PSCI_VERSION, 0, 0, 0), level);
    check_undefined("from below EL3: register", call(EL4_SYSREG, PSCI_VERSION, 0, 0, 0), level);
    check_answer("from below EL3: doorbell", call(EL4_DOORBELL, PSCI_VERSION, 0, 0, 0),
                 PSCI_VERSION);
}

/* To EL1 it is an SMC like any other, which EL3 answers. */
static uint64_t ask(uint64_t id, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return call(SMC, id, x1, x2, x3).x[0];
}

static void at_normal_el1(void)
{
    check("at EL1", current_level(), 1);
    check_forms_below(1);
    exception_hook = firmware;
    for (form_in_use = 0; form_in_use < FORMS; form_in_use++) {
        unsigned cpu = form_in_use + 1;
        unsigned before = smcs_seen;
        check(names[form_in_use],
              ask(PSCI_CPU_ON | SMC64, cpu, (uint64_t)secondary_entry, 0x100 + cpu), 0);
        check("... the CPU runs", wait_for(&started[cpu], 1), true);
        check("... with its context", context_seen[cpu], 0x100 + cpu);
        check("... at EL2", level_seen[cpu], 2);
        check("... all masked, on SP_EL2", masked_seen[cpu], true);
        check("... PSCI says it is on", ask(PSCI_AFFINITY_INFO, cpu, 0, 0), 0);
        check("... EL3 saw both SMCs", smcs_seen - before, 2);
    }
    form_in_use = 0;
    struct outcome outcome = call(SMC, 0x82000001, 0, 0, 0);
    check_trap("other SMCs are the firmware's own", outcome, 3, 0x5e000000, 4);
    finish();
}

void guest_main(void)
{
    check("starts at EL3", current_level(), 3);
    secondary_hook = secondary;
    check_forms_at_el3();
    drop_to(1, false, SCR_HCE, at_normal_el1);
}
