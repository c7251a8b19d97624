/* SPDX-License-Identifier: MIT */
/*
 * Power states: which there are, which core and which cluster is in one, and for how long.
 *
 * A power node is a core (level 0) or all cores that share the affinity fields above a level; a
 * node is known by its first core. In platform-coordinated mode a node goes into the shallowest
 * state that its cores ask for, once all of them are off or ask for one of its level; in
 * OS-initiated mode, into the state that the last core asks for (Arm DEN0022 4.2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "psci.h"

/* Bits of power_state that must be zero, DEN0022 5.4.2. */
#define ORIGINAL_ZERO_BITS   0xfcfe0000u
#define ORIGINAL_POWER_DOWN  (1u << 16)
#define ORIGINAL_LEVEL_SHIFT 24
#define EXTENDED_ZERO_BITS   0xb0000000u
#define EXTENDED_POWER_DOWN  (1u << 30)

static const char *const original_states[] = {"standby=0x00000000", "core-off=0x00010000",
                                              "cluster-off=0x01010000", NULL};
static const char *const extended_states[] = {"standby=0x00000001@0", "core-off=0x40000002@0",
                                              "cluster-off=0x40000022@1", NULL};

/* ---- the table ---- */

static bool read_number(const char **text, uint64_t max, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(*text, &end, 0);
    bool good = !errno && end != *text && **text != '-' && *number <= max;
    *text = end;
    return good;
}

/* NAME=VALUE[@LEVEL]; NULL, or what is wrong with it. */
static const char *parse_state(const struct psci *psci, const char *word,
                               struct power_state *state)
{
    const char *value = strchr(word, '=');
    if (!value || value == word || (size_t)(value - word) >= sizeof(state->name)) {
        return "it is not NAME=VALUE[@LEVEL] with a short name";
    }
    memcpy(state->name, word, (size_t)(value - word));
    value++;
    uint64_t number;
    if (!read_number(&value, UINT32_MAX, &number)) {
        return "its value is no 32-bit number";
    }
    state->value = (uint32_t)number;
    if (state->value & (psci->extended_format ? EXTENDED_ZERO_BITS : ORIGINAL_ZERO_BITS)) {
        return "its value has bits that must be zero in this suspend-format";
    }
    state->power_down =
        state->value & (psci->extended_format ? EXTENDED_POWER_DOWN : ORIGINAL_POWER_DOWN);
    state->level = psci->extended_format ? 0 : state->value >> ORIGINAL_LEVEL_SHIFT & 3;
    if (!*value) {
        return NULL;
    }
    value++;
    if (value[-1] != '@' || !read_number(&value, PSCI_LEVEL_MAX, &number) || *value) {
        return "what follows its value is not @0 to @3";
    }
    if (!psci->extended_format && number != state->level) {
        return "its level is not the one in bits 25:24";
    }
    state->level = (unsigned)number;
    return NULL;
}

static bool is_deeper(const struct power_state *a, const struct power_state *b)
{
    return a->level != b->level ? a->level > b->level : a->power_down > b->power_down;
}

/* Keeps the table shallowest first. */
static bool add_state(struct psci *psci, const char *word)
{
    struct power_state state = {0};
    const char *problem = parse_state(psci, word, &state);
    if (!problem && psci->state_count == PSCI_STATES_MAX) {
        problem = "there are too many";
    }
    if (!problem && psci_find_state(psci, state.value) != NO_STATE) {
        problem = "its value is there already";
    }
    if (problem) {
        psci->host->fail(psci->self, "states: '%s': %s", word, problem);
        return false;
    }
    unsigned place = psci->state_count++;
    for (; place > 0 && is_deeper(&psci->states[place - 1], &state); place--) {
        psci->states[place] = psci->states[place - 1];
    }
    psci->states[place] = state;
    return true;
}

bool psci_read_states(struct psci *psci)
{
    if (!psci->host->config_is_set(psci->self, "states")) {
        const char *const *word = psci->extended_format ? extended_states : original_states;
        for (; *word; word++) {
            add_state(psci, *word);
        }
        return true;
    }
    const char *word;
    for (size_t i = 0; (word = psci->host->config_list(psci->self, "states", i)); i++) {
        if (!add_state(psci, word)) {
            return false;
        }
    }
    return true;
}

int psci_find_state(const struct psci *psci, uint32_t value)
{
    for (unsigned i = 0; i < psci->state_count; i++) {
        if (psci->states[i].value == value) {
            return (int)i;
        }
    }
    return NO_STATE;
}

int psci_default_state(const struct psci *psci)
{
    for (unsigned i = 0; i < psci->state_count; i++) {
        if (psci->states[i].level == 0 && psci->states[i].power_down) {
            return (int)i;
        }
    }
    return NO_STATE;
}

unsigned psci_highest_level(const struct psci *psci)
{
    return psci->state_count ? psci->states[psci->state_count - 1].level : 0;
}

/* What asking for `state` means at a lower level: the deepest state there of the same kind. */
static int state_at_level(const struct psci *psci, int state, unsigned level)
{
    if (state == NO_STATE || psci->states[state].level == level) {
        return state;
    }
    for (int i = state - 1; i >= 0; i--) {
        if (psci->states[i].level == level &&
            psci->states[i].power_down == psci->states[state].power_down) {
            return i;
        }
    }
    return NO_STATE;
}

/* ---- who is in which ---- */

void psci_reset_states(struct psci *psci)
{
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        struct psci_cpu *cpu = &psci->cpus[i];
        memset(cpu, 0, sizeof(*cpu));
        cpu->asked = NO_STATE;
        cpu->own_state = NO_STATE;
        for (unsigned level = 0; level <= PSCI_LEVEL_MAX; level++) {
            cpu->node[level].state = NO_STATE;
        }
    }
}

static unsigned first_of_node(const struct psci *psci, unsigned cpu, unsigned level)
{
    unsigned first = 0;
    while (!psci_same_node(psci, first, cpu, level)) {
        first++; /* ends at cpu itself */
    }
    return first;
}

static bool is_off(const struct psci *psci, unsigned cpu)
{
    return psci->cpus[cpu].switched_off ||
           psci->host->cpu_power(psci->self, cpu) == EL4_CPU_OFF;
}

/* The state that the cores of a node agree on: all off, or asking for this level or a higher.
 */
static int agreed_state(const struct psci *psci, unsigned first, unsigned level)
{
    int agreed = NO_STATE;
    for (unsigned i = first; i < psci->cpu_count; i++) {
        if (!psci_same_node(psci, first, i, level) || is_off(psci, i)) {
            continue;
        }
        int asked = psci->cpus[i].asked;
        if (asked == NO_STATE || psci->states[asked].level < level) {
            return NO_STATE;
        }
        agreed = agreed == NO_STATE || asked < agreed ? asked : agreed;
    }
    return state_at_level(psci, agreed, level);
}

static bool all_sleep(const struct psci *psci, unsigned first, unsigned level)
{
    for (unsigned i = first; i < psci->cpu_count; i++) {
        if (psci_same_node(psci, first, i, level) && !is_off(psci, i) &&
            psci->cpus[i].asked == NO_STATE) {
            return false;
        }
    }
    return true;
}

static void set_node(struct psci *psci, unsigned first, unsigned level, int state, uint64_t now)
{
    struct psci_cpu *cpu = &psci->cpus[first];
    int before = cpu->node[level].state;
    if (before == state) {
        return;
    }
    if (before != NO_STATE) {
        cpu->residency[before].count++;
        cpu->residency[before].total_ns += now - cpu->node[level].since_ns;
    }
    cpu->node[level].state = state;
    cpu->node[level].since_ns = now;
}

static void update_nodes(struct psci *psci, uint64_t now)
{
    for (unsigned level = 1; level <= psci_highest_level(psci); level++) {
        for (unsigned i = 0; i < psci->cpu_count; i++) {
            if (first_of_node(psci, i, level) != i) {
                continue;
            }
            if (!psci->os_initiated) {
                set_node(psci, i, level, agreed_state(psci, i, level), now);
            } else if (!all_sleep(psci, i, level)) {
                set_node(psci, i, level, NO_STATE, now);
            }
        }
    }
}

void psci_note_sleep(struct psci *psci, unsigned cpu, int state)
{
    uint64_t now = psci->host->now_ns(psci->self);
    psci->cpus[cpu].asked = state;
    psci->cpus[cpu].own_state = state_at_level(psci, state, 0);
    psci->cpus[cpu].asleep_since_ns = now;
    for (unsigned level = 1; psci->os_initiated && level <= psci->states[state].level;
         level++) {
        set_node(psci, first_of_node(psci, cpu, level), level,
                 state_at_level(psci, state, level), now);
    }
    update_nodes(psci, now);
}

void psci_note_off(struct psci *psci, unsigned cpu)
{
    psci->cpus[cpu].switched_off = true;
    update_nodes(psci, psci->host->now_ns(psci->self));
}

void psci_note_on(struct psci *psci, unsigned cpu)
{
    psci->cpus[cpu].switched_off = false;
    update_nodes(psci, psci->host->now_ns(psci->self));
}

void psci_note_awake(struct psci *psci, unsigned cpu)
{
    struct psci_cpu *woken = &psci->cpus[cpu];
    if (woken->asked == NO_STATE && woken->own_state == NO_STATE && !woken->switched_off) {
        return; /* it was: nothing changes for any node */
    }
    uint64_t now = psci->host->now_ns(psci->self);
    if (woken->own_state != NO_STATE) {
        woken->residency[woken->own_state].count++;
        woken->residency[woken->own_state].total_ns += now - woken->asleep_since_ns;
    }
    woken->asked = NO_STATE;
    woken->own_state = NO_STATE;
    woken->switched_off = false;
    update_nodes(psci, now);
}

/* ---- what guests ask about it ---- */

enum hw_state { HW_ON = 0, HW_OFF = 1, HW_STANDBY = 2 };

static enum hw_state hw_state_of(const struct psci *psci, int state)
{
    return state == NO_STATE ? HW_ON : psci->states[state].power_down ? HW_OFF : HW_STANDBY;
}

static bool all_off(const struct psci *psci, unsigned cpu, unsigned level)
{
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        if (psci_same_node(psci, cpu, i, level) && !is_off(psci, i)) {
            return false;
        }
    }
    return true;
}

void psci_node_hw_state(struct psci *psci, struct el4_call *call)
{
    int target = psci_find_cpu(psci, psci_arg(psci, call, 1));
    uint64_t level = psci_arg(psci, call, 2) & UINT32_MAX;
    if (target < 0 || level > psci_highest_level(psci)) {
        el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
        return;
    }
    unsigned cpu = (unsigned)target;
    unsigned first = first_of_node(psci, cpu, (unsigned)level);
    enum hw_state state = level == 0 ? hw_state_of(psci, psci->cpus[cpu].own_state)
                                     : hw_state_of(psci, psci->cpus[first].node[level].state);
    el4_call_return_code(call, all_off(psci, cpu, (unsigned)level) ? HW_OFF : state);
}

/* Statistics of the node of the target that the state is about; NULL for bad arguments. */
static const struct residency *find_residency(const struct psci *psci,
                                              const struct el4_call *call)
{
    int target = psci_find_cpu(psci, psci_arg(psci, call, 1));
    int state = psci_find_state(psci, (uint32_t)psci_arg(psci, call, 2));
    if (target < 0 || state == NO_STATE) {
        return NULL;
    }
    unsigned first = first_of_node(psci, (unsigned)target, psci->states[state].level);
    return &psci->cpus[first].residency[state];
}

static void return_unsigned(struct el4_call *call, uint64_t value)
{
    el4_call_return(call, 0, call->id & (1u << 30) ? value : (uint32_t)value);
}

void psci_stat_residency(struct psci *psci, struct el4_call *call)
{
    const struct residency *residency = find_residency(psci, call);
    return_unsigned(call, residency ? residency->total_ns / 1000 : 0);
}

void psci_stat_count(struct psci *psci, struct el4_call *call)
{
    const struct residency *residency = find_residency(psci, call);
    return_unsigned(call, residency ? residency->count : 0);
}
