/* SPDX-License-Identifier: MIT */
/*
 * Error codes of every PSCI function, and discovery, at version 1.3. Nothing here
 * switches anything on or off.
 */
#include "guest.h"

#define RAM   0x40000000ull
#define ENTRY ((uint64_t)secondary_entry)
#define UART  0x09000000ull

static void check_call(const char *name, uint64_t want, uint64_t id, uint64_t x1, uint64_t x2,
                       uint64_t x3)
{
    check_answer(name, call(by, id, x1, x2, x3), want);
}

static void check_features(void)
{
    static const struct {
        const char *name;
        uint64_t id, want;
    } cases[] = {
        {"PSCI_VERSION", PSCI_VERSION, 0},
        {"CPU_SUSPEND: original format, OSI", PSCI_CPU_SUSPEND, 1},
        {"CPU_SUSPEND, SMC64", PSCI_CPU_SUSPEND | SMC64, 1},
        {"CPU_OFF", PSCI_CPU_OFF, 0},
        {"CPU_OFF has no SMC64 form", PSCI_CPU_OFF | SMC64, NOT_SUPPORTED},
        {"CPU_ON", PSCI_CPU_ON | SMC64, 0},
        {"AFFINITY_INFO", PSCI_AFFINITY_INFO, 0},
        {"MIGRATE: no Trusted OS", PSCI_MIGRATE, NOT_SUPPORTED},
        {"MIGRATE_INFO_TYPE", PSCI_MIGRATE_TYPE, 0},
        {"SYSTEM_OFF", PSCI_SYSTEM_OFF, 0},
        {"SYSTEM_RESET", PSCI_SYSTEM_RESET, 0},
        {"PSCI_FEATURES", PSCI_FEATURES, 0},
        {"CPU_FREEZE", PSCI_CPU_FREEZE, 0},
        {"CPU_DEFAULT_SUSPEND", PSCI_DEFAULT_SUSPEND | SMC64, 0},
        {"NODE_HW_STATE", PSCI_NODE_HW_STATE | SMC64, 0},
        {"SYSTEM_SUSPEND", PSCI_SYSTEM_SUSPEND | SMC64, 0},
        {"SET_SUSPEND_MODE", PSCI_SUSPEND_MODE, 0},
        {"STAT_RESIDENCY", PSCI_STAT_RESIDENCY | SMC64, 0},
        {"STAT_COUNT", PSCI_STAT_COUNT | SMC64, 0},
        {"SYSTEM_RESET2", PSCI_SYSTEM_RESET2 | SMC64, 0},
        {"MEM_PROTECT", PSCI_MEM_PROTECT, 0},
        {"MEM_PROTECT_CHECK_RANGE", PSCI_CHECK_RANGE | SMC64, 0},
        {"SYSTEM_OFF2: hibernate", PSCI_SYSTEM_OFF2 | SMC64, 1},
        {"number 0x16", 0x84000016, NOT_SUPPORTED},
        {"number 0x1f", 0x8400001f, NOT_SUPPORTED},
        {"SMCCC_VERSION: no such service here", 0x80000000, NOT_SUPPORTED},
        {"an id of PSCI 0.1", 0x95c1ba60, NOT_SUPPORTED},
        {"all ones", 0xffffffff, NOT_SUPPORTED},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_call(cases[i].name, cases[i].want, PSCI_FEATURES, cases[i].id, 0, 0);
    }
}

static void check_cpu_calls(void)
{
    check_call("CPU_ON: no such CPU", INVALID_PARAMETERS, PSCI_CPU_ON, 9, ENTRY, 0);
    check_call("CPU_ON: MPIDR bit 31", INVALID_PARAMETERS, PSCI_CPU_ON, 0x80000001, ENTRY, 0);
    check_call("CPU_ON: MPIDR bit 30", INVALID_PARAMETERS, PSCI_CPU_ON, 0x40000001, ENTRY, 0);
    check_call("CPU_ON: bits above Aff3", INVALID_PARAMETERS, PSCI_CPU_ON | SMC64,
               0x10000000001, ENTRY, 0);
    check_call("CPU_ON: odd entry", INVALID_ADDRESS, PSCI_CPU_ON, 1, ENTRY + 1, 0);
    check_call("CPU_ON: entry is a device", INVALID_ADDRESS, PSCI_CPU_ON, 1, UART, 0);
    check_call("CPU_ON: entry is nothing", INVALID_ADDRESS, PSCI_CPU_ON | SMC64, 1,
               0xfffffffffffff000, 0);
    check_call("CPU_ON: CPU 1 is still off", 1, PSCI_AFFINITY_INFO, 1, 0, 0);
    check_call("AFFINITY_INFO: no such CPU", INVALID_PARAMETERS, PSCI_AFFINITY_INFO, 9, 0, 0);
    check_call("AFFINITY_INFO: level 4", INVALID_PARAMETERS, PSCI_AFFINITY_INFO, 0, 4, 0);
    check_call("AFFINITY_INFO: bad bits", INVALID_PARAMETERS, PSCI_AFFINITY_INFO, 0x80000000, 0,
               0);
    check_call("AFFINITY_INFO: level 3", 0, PSCI_AFFINITY_INFO, 0, 3, 0);
    check_call("MIGRATE", NOT_SUPPORTED, PSCI_MIGRATE, 0, 0, 0);
    check_call("MIGRATE_INFO_TYPE", 2, PSCI_MIGRATE_TYPE, 0, 0, 0);
    check_call("MIGRATE_INFO_UP_CPU", NOT_SUPPORTED, PSCI_MIGRATE_UP_CPU, 0, 0, 0);
    check_call("NODE_HW_STATE: this CPU is on", 0, PSCI_NODE_HW_STATE, 0, 0, 0);
    check_call("NODE_HW_STATE: CPU 1 is off", 1, PSCI_NODE_HW_STATE, 1, 0, 0);
    check_call("NODE_HW_STATE: the cluster is on", 0, PSCI_NODE_HW_STATE, 0, 1, 0);
    check_call("NODE_HW_STATE: level 5", INVALID_PARAMETERS, PSCI_NODE_HW_STATE, 0, 5, 0);
    check_call("NODE_HW_STATE: no such CPU", INVALID_PARAMETERS, PSCI_NODE_HW_STATE, 9, 0, 0);
}

static void check_suspend_calls(void)
{
    check_call("CPU_SUSPEND: reserved bit 31", INVALID_PARAMETERS, PSCI_CPU_SUSPEND, 0x80000000,
               ENTRY, 0);
    check_call("CPU_SUSPEND: reserved bit 17", INVALID_PARAMETERS, PSCI_CPU_SUSPEND, 0x20000,
               ENTRY, 0);
    check_call("CPU_SUSPEND: no such state", INVALID_PARAMETERS, PSCI_CPU_SUSPEND, 0x1234,
               ENTRY, 0);
    check_call("CPU_SUSPEND: odd entry", INVALID_ADDRESS, PSCI_CPU_SUSPEND, 0x10000, ENTRY + 1,
               0);
    check_call("CPU_SUSPEND: entry is a device", INVALID_ADDRESS, PSCI_CPU_SUSPEND, 0x10000,
               UART, 0);
    check_call("CPU_DEFAULT_SUSPEND: odd entry", INVALID_ADDRESS, PSCI_DEFAULT_SUSPEND,
               ENTRY + 1, 0, 0);
    check_call("SYSTEM_SUSPEND: entry is a device", INVALID_ADDRESS, PSCI_SYSTEM_SUSPEND, UART,
               0, 0);
    check_call("SET_SUSPEND_MODE: 2", INVALID_PARAMETERS, PSCI_SUSPEND_MODE, 2, 0, 0);
    check_call("SET_SUSPEND_MODE: OS-initiated, alone", 0, PSCI_SUSPEND_MODE, 1, 0, 0);
    check_call("SET_SUSPEND_MODE: back", 0, PSCI_SUSPEND_MODE, 0, 0, 0);
    check_call("STAT_COUNT: never slept", 0, PSCI_STAT_COUNT, 0, 0x10000, 0);
    check_call("STAT_COUNT: no such CPU", 0, PSCI_STAT_COUNT, 9, 0x10000, 0);
    check_call("STAT_RESIDENCY: no such state", 0, PSCI_STAT_RESIDENCY, 0, 0x1234, 0);
}

static void check_system_calls(void)
{
    check_call("SYSTEM_RESET2: type 1", INVALID_PARAMETERS, PSCI_SYSTEM_RESET2, 1, 0, 0);
    check_call("SYSTEM_RESET2: vendor type", INVALID_PARAMETERS, PSCI_SYSTEM_RESET2, 0x80000000,
               0, 0);
    check_call("SYSTEM_OFF2: type 2", INVALID_PARAMETERS, PSCI_SYSTEM_OFF2, 2, 0, 0);
    check_call("SYSTEM_OFF2: cookie", INVALID_PARAMETERS, PSCI_SYSTEM_OFF2 | SMC64, 1, 1, 0);
    check_call("MEM_PROTECT: was off", 0, PSCI_MEM_PROTECT, 1, 0, 0);
    check_call("MEM_PROTECT: was on", 1, PSCI_MEM_PROTECT, 0, 0, 0);
    check_call("MEM_PROTECT: was off again", 0, PSCI_MEM_PROTECT, 0, 0, 0);
    check_call("CHECK_RANGE: all RAM", 0, PSCI_CHECK_RANGE, RAM, 128 << 20, 0);
    check_call("CHECK_RANGE: a byte more", DENIED, PSCI_CHECK_RANGE, RAM, (128 << 20) + 1, 0);
    check_call("CHECK_RANGE: a device", DENIED, PSCI_CHECK_RANGE, UART, 4, 0);
    check_call("CHECK_RANGE: wraps", DENIED, PSCI_CHECK_RANGE | SMC64, RAM, 0xfffffffff0000000,
               0);
    check_call("CHECK_RANGE: nothing", DENIED, PSCI_CHECK_RANGE, RAM, 0, 0);
}

void guest_main(void)
{
    check_call("PSCI_VERSION", 0x10003, PSCI_VERSION, 0, 0, 0);
    check_features();
    check_cpu_calls();
    check_suspend_calls();
    check_system_calls();
}
