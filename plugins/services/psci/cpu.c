/* SPDX-License-Identifier: MIT */
/*
 * PSCI functions that switch CPUs on and off and say who is on (Arm DEN0022 5.1), and the
 * place of a Trusted OS that runs on one CPU only.
 */
#include <errno.h>

#include "psci.h"

/* MPIDR_EL1 bits Aff3..Aff0; all others of an affinity argument must be zero. */
#define AFFINITY_MASK 0xff00ffffffull

static uint64_t affinity_of(const struct psci *psci, unsigned cpu)
{
    return psci->host->cpu_mpidr(psci->self, cpu) & AFFINITY_MASK;
}

/* The affinity fields from `level` upwards, with Aff3 moved next to Aff2. */
static uint32_t fields_from(uint64_t affinity, unsigned level)
{
    uint32_t packed = (uint32_t)(affinity & 0xffffff) | (uint32_t)(affinity >> 32 & 0xff) << 24;
    return level > PSCI_LEVEL_MAX ? 0 : packed >> (8 * level);
}

int psci_find_cpu(const struct psci *psci, uint64_t affinity)
{
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        if (affinity_of(psci, i) == affinity) {
            return (int)i;
        }
    }
    return -1;
}

bool psci_same_node(const struct psci *psci, unsigned a, unsigned b, unsigned level)
{
    return fields_from(affinity_of(psci, a), level) == fields_from(affinity_of(psci, b), level);
}

static void choose_level(const struct psci *psci, const struct el4_call *call,
                         struct el4_power_entry *entry)
{
    struct el4_cpu_state state = {.struct_size = sizeof(state)};
    psci->host->cpu_state(psci->self, call->cpu, &state);
    entry->big_endian = state.big_endian;
    entry->aarch32 = call->aarch32;
    if (call->el == 3 && psci->start_at_el3) {
        entry->el = 3;
        entry->secure = true;
    } else if (call->secure && call->el < 3) {
        /* Only with secure-callers: a Secure kernel goes on in its world. */
        entry->el = 1;
        entry->secure = true;
    } else {
        entry->el = state.has_el2 ? 2 : 1;
    }
}

enum psci_code psci_make_entry(const struct psci *psci, const struct el4_call *call,
                               uint64_t address, uint64_t context_id,
                               struct el4_power_entry *entry)
{
    *entry = (struct el4_power_entry){
        .struct_size = sizeof(*entry),
        .pc = address,
        .context_id = context_id,
    };
    choose_level(psci, call, entry);
    bool aligned = !(address & 3);
    if (entry->aarch32) {
        entry->thumb = address & 1;
        entry->pc = address & ~UINT64_C(1);
        aligned = entry->thumb || !(address & 2);
    }
    bool is_code =
        aligned && (!psci->check_entry || psci->host->memory_is_ram(psci->self, entry->pc, 4));
    if (is_code) {
        return PSCI_SUCCESS;
    }
    return psci->version >= PSCI_1_0 ? PSCI_INVALID_ADDRESS : PSCI_INVALID_PARAMETERS;
}

static enum psci_code code_of_cpu_on(const struct psci *psci, int result)
{
    /* 0.1 has no codes for these; others fold them into INVALID_PARAMETERS too. */
    bool old = psci->version == PSCI_0_1;
    switch (result) {
    case 0: return PSCI_SUCCESS;
    case -EALREADY: return old ? PSCI_INVALID_PARAMETERS : PSCI_ALREADY_ON;
    case -EINPROGRESS: return old ? PSCI_INVALID_PARAMETERS : PSCI_ON_PENDING;
    case -EINVAL: return PSCI_INVALID_PARAMETERS;
    default: return old ? PSCI_DENIED : PSCI_INTERNAL_FAILURE;
    }
}

void psci_cpu_on(struct psci *psci, struct el4_call *call)
{
    uint64_t context_id = psci->version == PSCI_0_1 ? 0 : psci_arg(psci, call, 3);
    int target = psci_find_cpu(psci, psci_arg(psci, call, 1));
    if (target < 0) {
        el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
        return;
    }
    struct el4_power_entry entry;
    enum psci_code code =
        psci_make_entry(psci, call, psci_arg(psci, call, 2), context_id, &entry);
    if (code == PSCI_SUCCESS) {
        code = code_of_cpu_on(psci, psci->host->cpu_on(psci->self, (unsigned)target, &entry));
    }
    if (code == PSCI_SUCCESS) {
        psci_note_on(psci, (unsigned)target);
    }
    el4_call_return_code(call, code);
}

void psci_cpu_off(struct psci *psci, struct el4_call *call)
{
    if (psci->trusted_os != TRUSTED_OS_NONE && psci->trusted_os_cpu == call->cpu) {
        el4_call_return_code(call, PSCI_DENIED);
        return;
    }
    psci_note_off(psci, call->cpu);
    psci->host->cpu_off(psci->self);
}

/* As CPU_OFF, but interrupts may stay targeted at the CPU: none of them wakes it. */
void psci_cpu_freeze(struct psci *psci, struct el4_call *call)
{
    psci_cpu_off(psci, call);
}

/* One core ON makes the node ON; else one that is starting makes it ON_PENDING. */
static int node_affinity_info(const struct psci *psci, uint64_t target, unsigned level)
{
    int info = PSCI_INVALID_PARAMETERS;
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        if (fields_from(affinity_of(psci, i), level) != fields_from(target, level)) {
            continue;
        }
        switch (psci->host->cpu_power(psci->self, i)) {
        case EL4_CPU_OFF: info = info < 0 ? EL4_CPU_OFF : info; break;
        case EL4_CPU_ON_PENDING: info = EL4_CPU_ON_PENDING; break;
        default: return EL4_CPU_ON; /* suspended counts as on */
        }
    }
    return info;
}

void psci_affinity_info(struct psci *psci, struct el4_call *call)
{
    uint64_t target = psci_arg(psci, call, 1);
    uint64_t level = psci_arg(psci, call, 2) & UINT32_MAX;
    if (target & ~AFFINITY_MASK || level > PSCI_LEVEL_MAX) {
        el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
        return;
    }
    el4_call_return_code(call, node_affinity_info(psci, target, (unsigned)level));
}

void psci_migrate(struct psci *psci, struct el4_call *call)
{
    int target = psci_find_cpu(psci, psci_arg(psci, call, 1));
    enum psci_code code = PSCI_SUCCESS;
    if (psci->trusted_os == TRUSTED_OS_NONE) {
        code = PSCI_NOT_SUPPORTED; /* 0.1 has no other way to say it */
    } else if (psci->trusted_os == TRUSTED_OS_FIXED) {
        code = PSCI_DENIED;
    } else if (psci->trusted_os_cpu != call->cpu) {
        code = psci->version >= PSCI_0_2 ? PSCI_NOT_PRESENT : PSCI_DENIED;
    } else if (target < 0) {
        code = PSCI_INVALID_PARAMETERS;
    } else {
        psci->trusted_os_cpu = (unsigned)target;
    }
    el4_call_return_code(call, code);
}

void psci_migrate_info_type(struct psci *psci, struct el4_call *call)
{
    static const int types[] = {
        [TRUSTED_OS_NONE] = 2,
        [TRUSTED_OS_MIGRATABLE] = 0,
        [TRUSTED_OS_FIXED] = 1,
    };
    el4_call_return_code(call, types[psci->trusted_os]);
}

void psci_migrate_info_up_cpu(struct psci *psci, struct el4_call *call)
{
    el4_call_return(call, 0, affinity_of(psci, psci->trusted_os_cpu));
}
