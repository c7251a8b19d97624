/* SPDX-License-Identifier: MIT */
/*
 * The inside of the PSCI service (Arm DEN0022): what its files share.
 *
 * psci.c is the plugin: keys, the function table, dispatch, discovery. cpu.c has CPU_ON,
 * CPU_OFF, AFFINITY_INFO and migration; suspend.c what suspends; states.c the table of power
 * states, who is in which, and the time spent there; system.c what concerns the whole machine.
 */
#ifndef EL4_PSCI_H
#define EL4_PSCI_H

#include <el4/service.h>

/* Index of the version key's choices. */
enum psci_version {
    PSCI_0_1,
    PSCI_0_2,
    PSCI_1_0,
    PSCI_1_1,
    PSCI_1_2,
    PSCI_1_3,
};

/* DEN0022 5.2.2 */
enum psci_code {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6,
    PSCI_NOT_PRESENT = -7,
    PSCI_DISABLED = -8,
    PSCI_INVALID_ADDRESS = -9,
};

/* Index of the trusted-os key's choices. */
enum psci_trusted_os { TRUSTED_OS_NONE, TRUSTED_OS_MIGRATABLE, TRUSTED_OS_FIXED };

/* Functions of PSCI 0.1, whose ids are free. */
enum psci_old { OLD_CPU_SUSPEND, OLD_CPU_OFF, OLD_CPU_ON, OLD_MIGRATE, OLD_COUNT };

#define PSCI_STATES_MAX 16
#define PSCI_LEVEL_MAX  3
#define PSCI_VENDOR_MAX 8
#define NO_STATE        (-1)

/* A row of the table of power states, shallowest first. */
struct power_state {
    char name[24];
    uint32_t value; /* the power_state argument */
    unsigned level; /* highest power level concerned: 0 core, 1 cluster, ... */
    bool power_down;
};

/* Statistics of one power node (a core, or a cluster known by its first core) in one state. */
struct residency {
    uint64_t count;
    uint64_t total_ns;
};

struct psci_cpu {
    int asked;         /* power state asked for while suspended, else NO_STATE */
    bool switched_off; /* by the call being handled: the host does not show it yet */
    uint64_t asleep_since_ns;
    int own_state; /* level 0 state that the core itself is in, or NO_STATE */
    /* As first core of its node at level n: */
    struct {
        int state; /* state that the node is in, or NO_STATE */
        uint64_t since_ns;
    } node[PSCI_LEVEL_MAX + 1];
    struct residency residency[PSCI_STATES_MAX];
};

struct vendor_reset {
    uint32_t type;
    enum el4_system_event event;
};

struct psci {
    const struct el4_host *host;
    struct el4_instance *self;

    /* configuration */
    enum psci_version version;
    bool extended_format;
    bool has_os_initiated;
    bool secure_callers;
    bool check_entry;
    bool has_node;
    bool start_at_el3;
    enum psci_trusted_os trusted_os;
    unsigned trusted_os_first_cpu;
    struct {
        bool used;
        uint32_t id;
    } old[OLD_COUNT];
    struct power_state states[PSCI_STATES_MAX];
    unsigned state_count;
    struct vendor_reset vendor[PSCI_VENDOR_MAX];
    unsigned vendor_count;

    /* state */
    bool os_initiated;
    bool suspended_in_mode; /* some CPU called CPU_SUSPEND since the last change of mode */
    bool memory_protected;
    unsigned trusted_os_cpu;
    unsigned cpu_count;
    struct psci_cpu *cpus;
};

/* ---- psci.c ---- */
/* Argument n as the function's width has it; ids of 0.1 say nothing about width. */
uint64_t psci_arg(const struct psci *psci, const struct el4_call *call, unsigned n);

/* ---- cpu.c ---- */
/* Index of the CPU with this affinity (all other bits zero), or -1. */
int psci_find_cpu(const struct psci *psci, uint64_t affinity);
/* True if a and b, CPUs, belong to the same node at this level. */
bool psci_same_node(const struct psci *psci, unsigned a, unsigned b, unsigned level);
/*
 * Where a CPU starts that the caller asks to be started at this address (DEN0022 6.4); SUCCESS,
 * or the code for an address that cannot be one.
 */
enum psci_code psci_make_entry(const struct psci *psci, const struct el4_call *call,
                               uint64_t address, uint64_t context_id,
                               struct el4_power_entry *entry);
void psci_cpu_on(struct psci *psci, struct el4_call *call);
void psci_cpu_off(struct psci *psci, struct el4_call *call);
void psci_cpu_freeze(struct psci *psci, struct el4_call *call);
void psci_affinity_info(struct psci *psci, struct el4_call *call);
void psci_migrate(struct psci *psci, struct el4_call *call);
void psci_migrate_info_type(struct psci *psci, struct el4_call *call);
void psci_migrate_info_up_cpu(struct psci *psci, struct el4_call *call);

/* ---- states.c ---- */
/* Read the `states` key; false after fail(). */
bool psci_read_states(struct psci *psci);
void psci_reset_states(struct psci *psci);
int psci_find_state(const struct psci *psci, uint32_t value);
/* The shallowest power-down of a core alone, or NO_STATE. */
int psci_default_state(const struct psci *psci);
unsigned psci_highest_level(const struct psci *psci);
/* The CPU goes to sleep, is about to be off, is started, or runs again; nodes follow. */
void psci_note_sleep(struct psci *psci, unsigned cpu, int state);
void psci_note_off(struct psci *psci, unsigned cpu);
void psci_note_on(struct psci *psci, unsigned cpu);
void psci_note_awake(struct psci *psci, unsigned cpu);
void psci_node_hw_state(struct psci *psci, struct el4_call *call);
void psci_stat_residency(struct psci *psci, struct el4_call *call);
void psci_stat_count(struct psci *psci, struct el4_call *call);

/* ---- suspend.c ---- */
void psci_cpu_suspend(struct psci *psci, struct el4_call *call);
void psci_cpu_default_suspend(struct psci *psci, struct el4_call *call);
void psci_system_suspend(struct psci *psci, struct el4_call *call);
void psci_set_suspend_mode(struct psci *psci, struct el4_call *call);

/* ---- system.c ---- */
/* Read the `vendor-resets` key; false after fail(). */
bool psci_read_vendor_resets(struct psci *psci);
void psci_system_off(struct psci *psci, struct el4_call *call);
void psci_system_off2(struct psci *psci, struct el4_call *call);
void psci_system_reset(struct psci *psci, struct el4_call *call);
void psci_system_reset2(struct psci *psci, struct el4_call *call);
void psci_mem_protect(struct psci *psci, struct el4_call *call);
void psci_mem_protect_check_range(struct psci *psci, struct el4_call *call);

#endif
