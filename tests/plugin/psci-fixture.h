/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the psci plugin start from: function ids, return codes and power states by
 * name, and a fake host with CPUs four a cluster.
 */
#ifndef PSCI_FIXTURE_H
#define PSCI_FIXTURE_H

#include "service-calls.h"

#define SMC64      0x40000000u
#define RAM_BASE   0x40000000u
#define RAM_BYTES  0x10000000u
#define ENTRY      0x40001000u
#define OTHER_CODE 0x09000000u /* not RAM */

#define SUSPEND         0x84000001u
#define CPU_OFF         0x84000002u
#define CPU_ON          0x84000003u
#define AFFINITY_INFO   0x84000004u
#define MIGRATE         0x84000005u
#define MIGRATE_TYPE    0x84000006u
#define MIGRATE_UP_CPU  0x84000007u
#define SYSTEM_OFF      0x84000008u
#define SYSTEM_RESET    0x84000009u
#define FEATURES        0x8400000au
#define FREEZE          0x8400000bu
#define DEFAULT_SUSPEND 0x8400000cu
#define NODE_HW_STATE   0x8400000du
#define SYSTEM_SUSPEND  0x8400000eu
#define SET_MODE        0x8400000fu
#define STAT_RESIDENCY  0x84000010u
#define STAT_COUNT      0x84000011u
#define SYSTEM_RESET2   0x84000012u
#define MEM_PROTECT     0x84000013u
#define CHECK_RANGE     0x84000014u
#define SYSTEM_OFF2     0x84000015u

#define STANDBY     0x00000000u
#define CORE_OFF    0x00010000u
#define CLUSTER_OFF 0x01010000u

enum {
    SUCCESS = 0,
    NOT_SUPPORTED = -1,
    INVALID_PARAMETERS = -2,
    DENIED = -3,
    ALREADY_ON = -4,
    ON_PENDING = -5,
    INTERNAL_FAILURE = -6,
    NOT_PRESENT = -7,
    INVALID_ADDRESS = -9,
};

/* CPUs four a cluster; CPU 0 is on. */
static inline struct el4_instance *prepare(unsigned cpus, const struct fake_setting *settings)
{
    struct el4_instance *psci = fake_new(settings, cpus);
    for (unsigned i = 0; i < cpus; i++) {
        psci->mpidr[i] = 0x80000000u | (i / 4) << 8 | i % 4;
        psci->cpu_power[i] = i ? EL4_CPU_OFF : EL4_CPU_ON;
        psci->cpu_state[i].el = 1;
    }
    psci->ram_base = RAM_BASE;
    psci->ram_bytes = RAM_BYTES;
    return psci;
}

static inline struct el4_instance *make(unsigned cpus, const struct fake_setting *settings)
{
    struct el4_instance *psci = prepare(cpus, settings);
    fake_create_service(psci);
    return psci;
}

static inline struct el4_instance *make_version(const char *version)
{
    /* Read while the instance is made only. */
    const struct fake_setting settings[] = {{"version", version}, {0}};
    return make(4, settings);
}

/* What the last call asked for; forgets it. */
static inline bool was_switched_off(struct el4_instance *psci)
{
    bool was = psci->cpu_off_count;
    psci->cpu_off_count = 0;
    return was;
}

static inline bool was_suspended(struct el4_instance *psci)
{
    bool was = psci->suspend_count;
    psci->suspend_count = 0;
    return was;
}

static inline int last_event(struct el4_instance *psci)
{
    int event = psci->event;
    psci->event = -1;
    return event;
}

static inline void wake(struct el4_instance *psci, unsigned cpu)
{
    fake_service_ops()->cpu_woke(psci->state, cpu);
}

static inline int64_t call1(struct el4_instance *psci, uint64_t id, uint64_t x1)
{
    return service_smc(psci, 0, id, x1, 0, 0);
}

static inline int64_t call3(struct el4_instance *psci, uint64_t id, uint64_t x1, uint64_t x2,
                            uint64_t x3)
{
    return service_smc(psci, 0, id, x1, x2, x3);
}

#endif
