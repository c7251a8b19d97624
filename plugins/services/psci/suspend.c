/* SPDX-License-Identifier: MIT */
/*
 * PSCI functions that suspend: a CPU in a power state of the table, or the whole system (Arm
 * DEN0022 5.1, 5.4, 6). Power-down is real: the CPU wakes at the entry point, reset. Standby
 * waits for an interrupt and returns.
 */
#include "psci.h"

/* In OS-initiated mode: is the caller the last one of every node it wants to put to sleep? */
static enum psci_code check_last_man(const struct psci *psci, unsigned caller, int state)
{
    const struct power_state *wanted = &psci->states[state];
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        if (i == caller || !wanted->level || !psci_same_node(psci, i, caller, wanted->level) ||
            psci->host->cpu_power(psci->self, i) == EL4_CPU_OFF || psci->cpus[i].switched_off) {
            continue;
        }
        int asked = psci->cpus[i].asked;
        if (asked == NO_STATE) {
            return PSCI_DENIED;
        }
        if (wanted->power_down && !psci->states[asked].power_down) {
            return PSCI_INVALID_PARAMETERS;
        }
    }
    return PSCI_SUCCESS;
}

/* True if the caller goes to sleep. */
static bool suspend(struct psci *psci, struct el4_call *call, int state, uint64_t address,
                    uint64_t context_id)
{
    struct el4_power_entry entry;
    enum psci_code code = PSCI_SUCCESS;
    bool power_down = psci->states[state].power_down;
    if (power_down) {
        code = psci_make_entry(psci, call, address, context_id, &entry);
    }
    if (code == PSCI_SUCCESS && psci->os_initiated) {
        code = check_last_man(psci, call->cpu, state);
    }
    el4_call_return_code(call, code);
    if (code == PSCI_SUCCESS) {
        psci_note_sleep(psci, call->cpu, state);
        psci->host->cpu_suspend(psci->self, power_down ? &entry : NULL);
    }
    return code == PSCI_SUCCESS;
}

void psci_cpu_suspend(struct psci *psci, struct el4_call *call)
{
    int state = psci_find_state(psci, (uint32_t)psci_arg(psci, call, 1));
    if (state == NO_STATE) {
        el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
        return;
    }
    uint64_t context_id = psci->version == PSCI_0_1 ? 0 : psci_arg(psci, call, 3);
    psci->suspended_in_mode |= suspend(psci, call, state, psci_arg(psci, call, 2), context_id);
}

void psci_cpu_default_suspend(struct psci *psci, struct el4_call *call)
{
    suspend(psci, call, psci_default_state(psci), psci_arg(psci, call, 1),
            psci_arg(psci, call, 2));
}

static bool others_are_off(const struct psci *psci, unsigned caller)
{
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        if (i != caller && psci->host->cpu_power(psci->self, i) != EL4_CPU_OFF) {
            return false;
        }
    }
    return true;
}

/* No row of the table: DEN0022 gives it no power_state, and no statistics. */
void psci_system_suspend(struct psci *psci, struct el4_call *call)
{
    struct el4_power_entry entry;
    enum psci_code code =
        psci_make_entry(psci, call, psci_arg(psci, call, 1), psci_arg(psci, call, 2), &entry);
    if (code == PSCI_SUCCESS && !others_are_off(psci, call->cpu)) {
        code = PSCI_DENIED;
    }
    el4_call_return_code(call, code);
    if (code == PSCI_SUCCESS) {
        psci->host->cpu_suspend(psci->self, &entry);
    }
}

/*
 * To OS-initiated mode: none has voted by CPU_SUSPEND yet. Back: no other CPU is on (DEN0022D.b
 * 5.20).
 */
static bool may_change_mode(const struct psci *psci, unsigned caller)
{
    return psci->os_initiated ? others_are_off(psci, caller) : !psci->suspended_in_mode;
}

void psci_set_suspend_mode(struct psci *psci, struct el4_call *call)
{
    uint64_t mode = psci_arg(psci, call, 1);
    if (mode > 1) {
        el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
        return;
    }
    bool wanted = mode == 1;
    if (wanted != psci->os_initiated) {
        if (!may_change_mode(psci, call->cpu)) {
            el4_call_return_code(call, PSCI_DENIED);
            return;
        }
        psci->os_initiated = wanted;
        psci->suspended_in_mode = false;
    }
    el4_call_return_code(call, PSCI_SUCCESS);
}
