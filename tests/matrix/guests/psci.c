/* SPDX-License-Identifier: MIT */
/*
 * PSCI 0.1 to 1.3, by either conduit, on every board, in A64 and A32: what config/matrix/
 * psci-conformance.ini runs. The command line is BOARD VERSION CONDUIT CPUS PART. What is
 * checked is DEN0022; what a version does not have must be answered NOT_SUPPORTED, by whoever
 * stands behind PSCI in the chain.
 */
#include "platform.h"
#include "psci-names.h"

#define CONTEXT 0x12345670u
#define ROUNDS  20
#define NAP     20000u /* ticks */
/* Ticks until something that must happen is given up: seconds, for hosts that are busy. */
#define PATIENCE 0x20000000u

static unsigned minor_version; /* of 1.x; below it: */
static bool is_old, is_0_2;

/* ---- what versions differ in ---- */

static void read_version(void)
{
    const char *text = word(WORD_VERSION);
    is_old = is_same(text, "0.1");
    is_0_2 = is_same(text, "0.2");
    minor_version = text[0] == '1' ? (unsigned)(text[2] - '0') : 0;
}

static bool has_1(unsigned minor)
{
    return !is_old && !is_0_2 && minor_version >= minor;
}

/* 0.1 has the codes 0 to -3 alone, and 0.2 has no INVALID_ADDRESS. */
static int code(int of_1_0)
{
    bool is_unknown = is_old ? of_1_0 < DENIED : is_0_2 && of_1_0 == INVALID_ADDRESS;
    return is_unknown ? INVALID_PARAMETERS : of_1_0;
}

/* In A64 functions with addresses are called by their SMC64 ids; 0.1 has one id for both. */
static uint32_t wide(uint32_t id)
{
    return sizeof(uintptr_t) == 8 ? id | SMC64_BIT : id;
}

static int psci(uint32_t id, uintptr_t a, uintptr_t b, uintptr_t c)
{
    return (int)firmware(id, a, b, c);
}

static void check_psci(const char *name, int want, uint32_t id, uintptr_t a, uintptr_t b,
                       uintptr_t c)
{
    check(name, (uint32_t)psci(id, a, b, c), (uint32_t)want);
}

/* As before if the version has the function since 1.minor. */
static void check_since(unsigned minor, const char *name, int want, uint32_t id, uintptr_t a,
                        uintptr_t b, uintptr_t c)
{
    check_psci(name, has_1(minor) ? want : NOT_SUPPORTED, id, a, b, c);
}

/* 0.1 has no context id. */
static void check_context(const char *name, uintptr_t context, uintptr_t want)
{
    check(name, is_old ? want : context, want);
}

static int turn_on(uint32_t affinity, uintptr_t entry, uintptr_t context)
{
    return psci(is_old ? OLD_ON : wide(CPU_ON), affinity, entry, context);
}

static int info(unsigned cpu)
{
    return psci(wide(AFFINITY_INFO), affinity_of(cpu), 0, 0);
}

static int suspend(uint32_t state, uintptr_t context)
{
    return psci(is_old ? OLD_SUSPEND : wide(CPU_SUSPEND), state, entry_address, context);
}

/* ---- the other CPUs ---- */

enum command { STAY, GO_OFF, START, SLEEP_STANDBY, SLEEP_DOWN, FREEZE };

static struct {
    volatile enum command command;
    volatile unsigned starts; /* how often it came to its entry point */
    volatile bool state_was_right;
    volatile uintptr_t context;
    volatile int answer; /* of the command; 0x77: none yet */
    volatile unsigned woken_by;
    volatile bool is_busy;
} cpus[CPUS_LIMIT];

#define NO_ANSWER 0x77
#define TARGET    (cpu_count() - 1) /* of the races */

static void serve(unsigned cpu)
{
    for (;;) {
        enum command command = cpus[cpu].command;
        if (command != STAY) {
            cpus[cpu].command = STAY; /* else one that came meanwhile would be lost */
        }
        switch (command) {
        case GO_OFF: cpus[cpu].answer = psci(is_old ? OLD_OFF : CPU_OFF, 0, 0, 0); break;
        case START: cpus[cpu].answer = turn_on(affinity_of(TARGET), entry_address, cpu); break;
        case SLEEP_STANDBY:
        case SLEEP_DOWN:
            wakers_start();
            cpus[cpu].is_busy = true;
            cpus[cpu].answer =
                suspend(command == SLEEP_DOWN ? STATE_CORE_OFF : STATE_STANDBY, CONTEXT);
            cpus[cpu].woken_by = acknowledge();
            cpus[cpu].is_busy = false;
            break;
        case FREEZE:
            wakers_start();
            cpus[cpu].is_busy = true;
            cpus[cpu].answer = psci(CPU_FREEZE, 0, 0, 0);
            break;
        case STAY: wait_for_event(); break;
        }
        send_event();
    }
}

static void resumed(uintptr_t context, bool state_is_right);

void entered(uintptr_t context, bool state_is_right)
{
    unsigned cpu = this_cpu_index();
    if (cpu == 0) {
        resumed(context, state_is_right);
        return;
    }
    cpus[cpu].context = context;
    cpus[cpu].state_was_right = state_is_right;
    cpus[cpu].starts++;
    send_event();
    if (cpus[cpu].is_busy) {
        wakers_start(); /* the interrupt controller's part of the CPU was off, too */
        cpus[cpu].woken_by = acknowledge();
        cpus[cpu].is_busy = false;
    }
    serve(cpu);
}

/* Until the condition holds, or patience ends. */
#define WAIT_UNTIL(condition)                                                                  \
    for (uint64_t end_ = ticks() + PATIENCE; !(condition) && ticks() < end_;) {                \
        wait_for_event();                                                                      \
    }

static bool wait_for_starts(unsigned cpu, unsigned starts)
{
    WAIT_UNTIL(cpus[cpu].starts >= starts);
    return cpus[cpu].starts == starts;
}

static bool wait_for_info(unsigned cpu, int want)
{
    WAIT_UNTIL(info(cpu) == want);
    return info(cpu) == want;
}

static void wait_for_answer(unsigned cpu)
{
    WAIT_UNTIL(cpus[cpu].answer != NO_ANSWER);
}

static void tell(unsigned cpu, enum command command)
{
    cpus[cpu].answer = NO_ANSWER;
    cpus[cpu].command = command;
    send_event();
}

/* Until it works: of 0.1, which has no AFFINITY_INFO. The number of wrong refusals. */
static unsigned turn_on_at_last(unsigned cpu)
{
    unsigned odd = 0;
    uint64_t end = ticks() + PATIENCE;
    int answer;
    while ((answer = turn_on(affinity_of(cpu), entry_address, CONTEXT)) != SUCCESS) {
        odd += answer != code(ALREADY_ON);
        if (ticks() >= end) {
            return odd + 1;
        }
    }
    return odd;
}

static void start_cpu(unsigned cpu)
{
    unsigned before = cpus[cpu].starts;
    if (turn_on(affinity_of(cpu), entry_address, CONTEXT) != SUCCESS ||
        !wait_for_starts(cpu, before + 1)) {
        give_up("a CPU does not start");
    }
}

/* ---- part: functions ---- */

static const struct function {
    const char *name;
    uint32_t id;
    unsigned since; /* 1.n; OF_0_2 */
    bool has_wide;
    int features; /* what PSCI_FEATURES says of it where it is there */
} functions[] = {
#define OF_0_2 99
    {"PSCI_VERSION", VERSION, OF_0_2, false, 0},
    {"CPU_SUSPEND: original format, OSI", CPU_SUSPEND, OF_0_2, true, 1},
    {"CPU_OFF", CPU_OFF, OF_0_2, false, 0},
    {"CPU_ON", CPU_ON, OF_0_2, true, 0},
    {"AFFINITY_INFO", AFFINITY_INFO, OF_0_2, true, 0},
    {"MIGRATE: no Trusted OS", MIGRATE, OF_0_2, true, NOT_SUPPORTED},
    {"MIGRATE_INFO_TYPE", MIGRATE_INFO_TYPE, OF_0_2, false, 0},
    {"MIGRATE_INFO_UP_CPU: no Trusted OS", MIGRATE_INFO_UP_CPU, OF_0_2, true, NOT_SUPPORTED},
    {"SYSTEM_OFF", SYSTEM_OFF, OF_0_2, false, 0},
    {"SYSTEM_RESET", SYSTEM_RESET, OF_0_2, false, 0},
    {"PSCI_FEATURES", FEATURES, 0, false, 0},
    {"CPU_FREEZE", CPU_FREEZE, 0, false, 0},
    {"CPU_DEFAULT_SUSPEND", CPU_DEFAULT_SUSPEND, 0, true, 0},
    {"NODE_HW_STATE", NODE_HW_STATE, 0, true, 0},
    {"SYSTEM_SUSPEND", SYSTEM_SUSPEND, 0, true, 0},
    {"PSCI_SET_SUSPEND_MODE", SET_SUSPEND_MODE, 0, false, 0},
    {"PSCI_STAT_RESIDENCY", STAT_RESIDENCY, 0, true, 0},
    {"PSCI_STAT_COUNT", STAT_COUNT, 0, true, 0},
    {"SYSTEM_RESET2", SYSTEM_RESET2, 1, true, 0},
    {"MEM_PROTECT", MEM_PROTECT, 1, false, 0},
    {"MEM_PROTECT_CHECK_RANGE", MEM_CHECK_RANGE, 1, true, 0},
    {"SYSTEM_OFF2: hibernate", SYSTEM_OFF2, 3, true, 1},
    {"function 0x1e", 0x8400001e, 100, true, 0},
    {"function 0x1f", 0x8400001f, 100, true, 0},
    {"CPU_ON of PSCI 0.1", OLD_ON, 100, false, 0},
    {"what is no fast call", 0x00000001, 100, false, 0},
};

static bool has_function(const struct function *function)
{
    return function->since == OF_0_2 ? !is_old
                                     : function->since < OF_0_2 && has_1(function->since);
}

static void part_functions(void)
{
    static const char *const names[] = {"1.0", "1.1", "1.2", "1.3"};
    int version = is_old ? NOT_SUPPORTED : is_0_2 ? 2 : (int)(0x10000 | minor_version);
    check("the command line's version",
          is_old || is_0_2 || is_same(names[minor_version & 3], word(WORD_VERSION)), true);
    check_psci("PSCI_VERSION", version, VERSION, 0, 0, 0);
    for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        const struct function *function = &functions[i];
        int want = has_1(0) && has_function(function) ? function->features : NOT_SUPPORTED;
        check_psci(function->name, want, FEATURES, function->id, 0, 0);
        if (sizeof(uintptr_t) == 8) {
            check_psci("its SMC64 id", function->has_wide ? want : NOT_SUPPORTED, FEATURES,
                       function->id | SMC64_BIT, 0, 0);
        }
    }
}

/* Functions that a version does not have are not there when they are called, either. */
static void part_absent(void)
{
    check_psci("function 0x1f", NOT_SUPPORTED, 0x8400001f, 0, 0, 0);
    check_psci("CPU_OFF has no SMC64 id", NOT_SUPPORTED, CPU_OFF | SMC64_BIT, 0, 0, 0);
    if (sizeof(uintptr_t) == 4) {
        check_psci("no SMC64 call from AArch32", NOT_SUPPORTED, CPU_ON | SMC64_BIT,
                   affinity_of(1), entry_address, 0);
        check_psci("no SMC64 call from AArch32", NOT_SUPPORTED, AFFINITY_INFO | SMC64_BIT,
                   affinity_of(0), 0, 0);
    }
    if (is_old) {
        check_psci("0.2: CPU_ON", NOT_SUPPORTED, wide(CPU_ON), affinity_of(1), entry_address,
                   0);
        check_psci("0.2: CPU_OFF", NOT_SUPPORTED, CPU_OFF, 0, 0, 0);
        check_psci("0.2: CPU_SUSPEND", NOT_SUPPORTED, wide(CPU_SUSPEND), 0, 0, 0);
        check_psci("0.2: AFFINITY_INFO", NOT_SUPPORTED, wide(AFFINITY_INFO), 0, 0, 0);
        check_psci("0.2: MIGRATE_INFO_TYPE", NOT_SUPPORTED, MIGRATE_INFO_TYPE, 0, 0, 0);
        check_psci("0.2: SYSTEM_OFF", NOT_SUPPORTED, SYSTEM_OFF, 0, 0, 0);
        check_psci("0.2: SYSTEM_RESET", NOT_SUPPORTED, SYSTEM_RESET, 0, 0, 0);
    } else {
        check_psci("0.1: CPU_ON", NOT_SUPPORTED, OLD_ON, affinity_of(1), entry_address, 0);
        check_psci("0.1: CPU_OFF", NOT_SUPPORTED, OLD_OFF, 0, 0, 0);
        check_psci("0.1: CPU_SUSPEND", NOT_SUPPORTED, OLD_SUSPEND, 0, 0, 0);
        check_psci("0.1: MIGRATE", NOT_SUPPORTED, OLD_MIGRATE, 0, 0, 0);
    }
    if (!has_1(0)) {
        check_psci("1.0: CPU_FREEZE", NOT_SUPPORTED, CPU_FREEZE, 0, 0, 0);
        check_psci("1.0: CPU_DEFAULT_SUSPEND", NOT_SUPPORTED, wide(CPU_DEFAULT_SUSPEND),
                   entry_address, 0, 0);
        check_psci("1.0: SYSTEM_SUSPEND", NOT_SUPPORTED, wide(SYSTEM_SUSPEND), entry_address, 0,
                   0);
    }
    if (!has_1(1)) {
        check_psci("1.1: SYSTEM_RESET2", NOT_SUPPORTED, wide(SYSTEM_RESET2), 0, 0, 0);
    }
    if (!has_1(3)) {
        check_psci("1.3: SYSTEM_OFF2", NOT_SUPPORTED, wide(SYSTEM_OFF2), 1, 0, 0);
    }
}

/* ---- part: errors ---- */

/* Levels above that of cores are optional since 1.0. */
static void check_cluster_info(void)
{
    int info_of_level_1 = psci(wide(AFFINITY_INFO), affinity_of(0), 1, 0);
    bool is_left_out = has_1(0) && info_of_level_1 == INVALID_PARAMETERS;
    check("AFFINITY_INFO: level 1", is_left_out ? IS_ON : (uint32_t)info_of_level_1, IS_ON);
}

static void check_entry_errors(const char *name, uint32_t id, uintptr_t before, bool has_before)
{
    const struct {
        const char *name;
        uintptr_t address;
    } entries[] = {
        {"... misaligned entry", entry_address | misaligned_bits},
        {"... entry is a device", device_address},
        {"... entry is nothing", (uintptr_t)-0x10000},
    };
    print(name);
    print("\n");
    for (unsigned i = 0; i < 3; i++) {
        check_psci(entries[i].name, code(INVALID_ADDRESS), id,
                   has_before ? before : entries[i].address,
                   has_before ? entries[i].address : 0, 0);
    }
}

static void cpu_errors(void)
{
    uint32_t on = is_old ? OLD_ON : CPU_ON;
    check_psci("CPU_ON: no such CPU", INVALID_PARAMETERS, on, affinity_of(cpu_count()),
               entry_address, 0);
    check_psci("CPU_ON: bit 31 of an MPIDR", INVALID_PARAMETERS, on, affinity_of(0) | 1u << 31,
               entry_address, 0);
    check_psci("CPU_ON: bit 24", INVALID_PARAMETERS, on, affinity_of(0) | 1u << 24,
               entry_address, 0);
    check_psci("CPU_ON of oneself", code(ALREADY_ON), on, affinity_of(0), entry_address, 0);
    if (sizeof(uintptr_t) == 8 && !is_old) {
        check_psci("CPU_ON: bits above Aff3", INVALID_PARAMETERS, CPU_ON | SMC64_BIT,
                   (uintptr_t)(1ull << 40 | affinity_of(0)), entry_address, 0);
    }
    if (cpu_count() > 1) {
        check_entry_errors("CPU_ON", is_old ? OLD_ON : wide(CPU_ON), affinity_of(1), true);
    }
    if (is_old) {
        return;
    }
    if (cpu_count() > 1) {
        check_psci("CPU 1 is still off", IS_OFF, AFFINITY_INFO, affinity_of(1), 0, 0);
    }
    check_psci("AFFINITY_INFO: this CPU", IS_ON, AFFINITY_INFO, affinity_of(0), 0, 0);
    check_cluster_info();
    check_psci("AFFINITY_INFO: level 4", INVALID_PARAMETERS, AFFINITY_INFO, affinity_of(0), 4,
               0);
    check_psci("AFFINITY_INFO: no such CPU", INVALID_PARAMETERS, AFFINITY_INFO,
               affinity_of(cpu_count()), 0, 0);
    check_psci("AFFINITY_INFO: bit 31", INVALID_PARAMETERS, AFFINITY_INFO,
               affinity_of(0) | 1u << 31, 0, 0);
    check_psci("MIGRATE: no Trusted OS", NOT_SUPPORTED, MIGRATE, affinity_of(0), 0, 0);
    check_psci("MIGRATE_INFO_TYPE: no need", 2, MIGRATE_INFO_TYPE, 0, 0, 0);
    check_psci("MIGRATE_INFO_UP_CPU: no Trusted OS", NOT_SUPPORTED, MIGRATE_INFO_UP_CPU, 0, 0,
               0);
}

static void suspend_errors(void)
{
    uint32_t id = is_old ? OLD_SUSPEND : CPU_SUSPEND;
    check_psci("CPU_SUSPEND: bit 31", INVALID_PARAMETERS, id, 1u << 31, entry_address, 0);
    check_psci("CPU_SUSPEND: bit 17", INVALID_PARAMETERS, id, 1u << 17, entry_address, 0);
    check_psci("CPU_SUSPEND: no such state", INVALID_PARAMETERS, id, 0x1234, entry_address, 0);
    check_entry_errors("CPU_SUSPEND", is_old ? OLD_SUSPEND : wide(CPU_SUSPEND), STATE_CORE_OFF,
                       true);
    if (has_1(0)) {
        check_entry_errors("CPU_DEFAULT_SUSPEND", wide(CPU_DEFAULT_SUSPEND), 0, false);
        check_entry_errors("SYSTEM_SUSPEND", wide(SYSTEM_SUSPEND), 0, false);
    }
}

static void part_errors(void)
{
    cpu_errors();
    suspend_errors();
    check_since(0, "SET_SUSPEND_MODE: 2", INVALID_PARAMETERS, SET_SUSPEND_MODE, 2, 0, 0);
    check_since(0, "NODE_HW_STATE: level 5", INVALID_PARAMETERS, NODE_HW_STATE, affinity_of(0),
                5, 0);
    check_since(0, "NODE_HW_STATE: no such CPU", INVALID_PARAMETERS, NODE_HW_STATE,
                affinity_of(cpu_count()), 0, 0);
    check_since(1, "SYSTEM_RESET2: type 1", INVALID_PARAMETERS, SYSTEM_RESET2, 1, 0, 0);
    check_since(1, "SYSTEM_RESET2: a vendor's", INVALID_PARAMETERS, SYSTEM_RESET2, 1u << 31, 0,
                0);
    check_since(1, "MEM_PROTECT_CHECK_RANGE: a device", DENIED, MEM_CHECK_RANGE, device_address,
                4, 0);
    check_since(1, "MEM_PROTECT_CHECK_RANGE: nothing", DENIED, MEM_CHECK_RANGE, ram_base, 0, 0);
    check_since(1, "MEM_PROTECT_CHECK_RANGE: wraps", DENIED, MEM_CHECK_RANGE, ram_base + 0x1000,
                (uint32_t)-0x800, 0);
    check_since(3, "SYSTEM_OFF2: type 2", INVALID_PARAMETERS, SYSTEM_OFF2, 2, 0, 0);
    check_since(3, "SYSTEM_OFF2: a cookie", INVALID_PARAMETERS, SYSTEM_OFF2, 1, 1, 0);
}

/* ---- part: states ---- */

static void part_states(void)
{
    check_since(0, "NODE_HW_STATE: this CPU", HW_ON, NODE_HW_STATE, affinity_of(0), 0, 0);
    check_since(0, "NODE_HW_STATE: its cluster", HW_ON, NODE_HW_STATE, affinity_of(0), 1, 0);
    if (cpu_count() > 1) {
        check_since(0, "NODE_HW_STATE: CPU 1", HW_OFF, NODE_HW_STATE, affinity_of(1), 0, 0);
    }
    check_since(0, "SET_SUSPEND_MODE: OS-initiated, alone", SUCCESS, SET_SUSPEND_MODE, 1, 0, 0);
    check_since(0, "SET_SUSPEND_MODE: and back", SUCCESS, SET_SUSPEND_MODE, 0, 0, 0);
    check_since(0, "PSCI_STAT_COUNT: never slept", 0, STAT_COUNT, affinity_of(0),
                STATE_CORE_OFF, 0);
    check_since(0, "PSCI_STAT_RESIDENCY: never slept", 0, STAT_RESIDENCY, affinity_of(0),
                STATE_CORE_OFF, 0);
    check_since(1, "MEM_PROTECT: on", 0, MEM_PROTECT, 1, 0, 0);
    check_since(1, "MEM_PROTECT: was on; off", 1, MEM_PROTECT, 0, 0, 0);
    check_since(1, "MEM_PROTECT: was off", 0, MEM_PROTECT, 0, 0, 0);
    check_since(1, "MEM_PROTECT_CHECK_RANGE: all RAM", SUCCESS, MEM_CHECK_RANGE, ram_base,
                128 << 20, 0);
    check_since(1, "MEM_PROTECT_CHECK_RANGE: a byte more", DENIED, MEM_CHECK_RANGE, ram_base,
                (128 << 20) + 1, 0);
}

/* ---- part: cpus ---- */

static void start_one(unsigned cpu)
{
    uint32_t on = is_old ? OLD_ON : wide(CPU_ON);
    if (!is_old) {
        check("AFFINITY_INFO before: OFF", (uint32_t)info(cpu), IS_OFF);
    }
    check_psci("CPU_ON", SUCCESS, on, affinity_of(cpu), entry_address, CONTEXT + cpu);
    check("it starts", wait_for_starts(cpu, 1), true);
    check_context("... with its context id", cpus[cpu].context, CONTEXT + cpu);
    check("... at the right level and masked, with the MMU off", cpus[cpu].state_was_right,
          true);
    if (!is_old) {
        check("AFFINITY_INFO after: ON", (uint32_t)info(cpu), IS_ON);
    }
    check_psci("CPU_ON again", code(ALREADY_ON), on, affinity_of(cpu), entry_address, 0);
}

static void stop_one(unsigned cpu)
{
    tell(cpu, GO_OFF);
    if (!is_old) {
        check("CPU_OFF is seen by AFFINITY_INFO", wait_for_info(cpu, IS_OFF), true);
        check("... and does not return", (uint32_t)cpus[cpu].answer, NO_ANSWER);
    }
    check("CPU_ON after CPU_OFF", turn_on_at_last(cpu), 0);
    check("it starts once more", wait_for_starts(cpu, 2), true);
    check("CPU_OFF did not return", (uint32_t)cpus[cpu].answer, NO_ANSWER);
}

static void part_cpus(void)
{
    for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
        start_one(cpu);
    }
    for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
        stop_one(cpu);
    }
    if (is_old) {
        return;
    }
    check_cluster_info();
    /* An SMC32 call has arguments of 32 bits. */
    tell(1, GO_OFF);
    check("CPU 1 goes off", wait_for_info(1, IS_OFF), true);
    check_psci("CPU_ON, SMC32", SUCCESS, CPU_ON, affinity_of(1) | (uintptr_t)-1 << 16 << 16,
               entry_address | (uintptr_t)-1 << 16 << 16, CONTEXT | (uintptr_t)-1 << 16 << 16);
    check("it starts", wait_for_starts(1, 3), true);
    check("... with 32 bits of the context id", cpus[1].context, CONTEXT);
}

/* ---- part: races ---- */

/* CPU_ON while the CPU is on its way off: refused as ALREADY_ON, until it works, once. */
static void race_of_off_and_on(void)
{
    unsigned odd = 0, starts = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned before = cpus[1].starts;
        tell(1, GO_OFF);
        odd += turn_on_at_last(1);
        starts += wait_for_starts(1, before + 1);
    }
    check("CPU_OFF and CPU_ON: nothing but ALREADY_ON", odd, 0);
    check("CPU_OFF and CPU_ON: one start each", starts, ROUNDS);
    check("CPU_OFF and CPU_ON: it never returned", (uint32_t)cpus[1].answer, NO_ANSWER);
}

/* From CPU_ON until the CPU runs: ON_PENDING, then ON, and nothing else. */
static void race_of_info(void)
{
    unsigned odd = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        tell(1, GO_OFF);
        odd += !wait_for_info(1, IS_OFF);
        unsigned before = cpus[1].starts;
        odd += turn_on(affinity_of(1), entry_address, 0) != SUCCESS;
        int second = turn_on(affinity_of(1), entry_address, 0);
        odd += second != ON_PENDING && second != ALREADY_ON;
        bool on = false;
        for (uint64_t end = ticks() + PATIENCE; cpus[1].starts == before && ticks() < end;) {
            int now = info(1);
            odd += now != IS_ON && (now != IS_ON_PENDING || on);
            on = now == IS_ON;
        }
        odd += cpus[1].starts != before + 1;
    }
    check("AFFINITY_INFO: OFF, ON_PENDING, ON in order", odd, 0);
}

/* This CPU and CPU 1 start the same CPU: one does. */
static void race_of_two(void)
{
    unsigned successes = 0, refusals = 0, starts = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned before = cpus[TARGET].starts;
        tell(1, START);
        int mine = turn_on(affinity_of(TARGET), entry_address, 0);
        wait_for_answer(1);
        int its = cpus[1].answer;
        successes += (mine == SUCCESS) + (its == SUCCESS);
        refusals += (mine == ALREADY_ON || mine == ON_PENDING) +
                    (its == ALREADY_ON || its == ON_PENDING);
        starts += wait_for_starts(TARGET, before + 1);
        tell(TARGET, GO_OFF);
        wait_for_info(TARGET, IS_OFF);
    }
    check("two CPU_ON of one CPU: one success each time", successes, ROUNDS);
    check("two CPU_ON of one CPU: the other one is told", refusals, ROUNDS);
    check("two CPU_ON of one CPU: one start each time", starts, ROUNDS);
}

static void part_races(void)
{
    start_cpu(1);
    race_of_off_and_on();
    if (is_old) {
        return;
    }
    race_of_info();
    if (cpu_count() > 2) {
        race_of_two();
    }
}

/* ---- part: suspend ---- */

static volatile unsigned stage;
static volatile uint64_t asleep_at;

static void nap(void)
{
    wakers_start();
    asleep_at = ticks();
    wake_in(NAP);
}

static void check_nap(const char *name)
{
    uint64_t slept = ticks() - asleep_at;
    check(name, slept >= NAP, true);
    wake_done();
}

static void check_count(const char *name, uint32_t state, int want)
{
    check_since(0, name, want, wide(STAT_COUNT), affinity_of(0), state, 0);
}

/* CPU 0 at its entry point: each time the next way to go down. */
static void resumed(uintptr_t context, bool state_is_right)
{
    check_context("woken with the context id", context, CONTEXT + stage);
    check("... at the right level and masked, with the MMU off", state_is_right, true);
    check_nap("... after the timer");
    switch (++stage) {
    case 1:
        nap();
        suspend(STATE_CLUSTER_OFF, CONTEXT + stage);
        give_up("CPU_SUSPEND, power-down of the cluster, returned");
    case 2:
        if (!has_1(0)) {
            finish();
        }
        nap();
        psci(wide(CPU_DEFAULT_SUSPEND), entry_address, CONTEXT + stage, 0);
        give_up("CPU_DEFAULT_SUSPEND returned");
    case 3:
        check_count("PSCI_STAT_COUNT: standby", STATE_STANDBY, 2);
        check_count("PSCI_STAT_COUNT: core, of the cluster's, too", STATE_CORE_OFF, 3);
        check_count("PSCI_STAT_COUNT: cluster", STATE_CLUSTER_OFF, 1);
        nap();
        psci(wide(SYSTEM_SUSPEND), entry_address, CONTEXT + stage, 0);
        give_up("SYSTEM_SUSPEND returned");
    default: finish();
    }
}

static void part_suspend(void)
{
    nap();
    check("standby", (uint32_t)suspend(STATE_STANDBY, 0), SUCCESS);
    check_nap("... until the timer");
    wake_in(1);
    for (uint64_t until = ticks() + NAP; ticks() < until;) {
    }
    check("standby with an interrupt pending", (uint32_t)suspend(STATE_STANDBY, 0), SUCCESS);
    wake_done();
    nap();
    suspend(STATE_CORE_OFF, CONTEXT);
    give_up("CPU_SUSPEND, power-down of the core, returned");
}

/* ---- part: wake ---- */

#define WAKING_SGI 5

static void wait_until_busy(unsigned cpu)
{
    WAIT_UNTIL(cpus[cpu].is_busy);
}

static void wait_until_idle(unsigned cpu)
{
    WAIT_UNTIL(!cpus[cpu].is_busy);
}

/* It was busy, so it is about to call: wait until the firmware has seen it, if it can be asked.
 */
static void wait_until_asleep(unsigned cpu, int hw_state)
{
    if (has_1(0)) {
        WAIT_UNTIL(psci(NODE_HW_STATE, affinity_of(cpu), 0, 0) == hw_state);
    } else {
        for (uint64_t end = ticks() + 10 * NAP; ticks() < end;) {
        }
    }
}

/* Asleep is ON, and another CPU's interrupt ends it. */
static void check_sleeper(const char *name, enum command how, int hw_state)
{
    unsigned before = cpus[1].starts;
    print(name);
    print("\n");
    tell(1, how);
    wait_until_busy(1);
    wait_until_asleep(1, hw_state);
    check("it sleeps", cpus[1].is_busy && cpus[1].answer == NO_ANSWER, true);
    if (!is_old) {
        check("AFFINITY_INFO: ON", (uint32_t)info(1), IS_ON);
    }
    check("CPU_ON", (uint32_t)turn_on(affinity_of(1), entry_address, 0),
          (uint32_t)code(ALREADY_ON));
    check_since(0, "NODE_HW_STATE", hw_state, NODE_HW_STATE, affinity_of(1), 0, 0);
    if (has_1(0)) {
        check_psci("SYSTEM_SUSPEND while it is on", DENIED, wide(SYSTEM_SUSPEND), entry_address,
                   0, 0);
    }
    send_sgi(1, WAKING_SGI);
    wait_until_idle(1);
    check("the interrupt woke it", cpus[1].woken_by, WAKING_SGI);
    if (how == SLEEP_DOWN) {
        check("... at its entry point", cpus[1].starts, before + 1);
        check_context("... with its context id", cpus[1].context, CONTEXT);
        check("... in the right state", cpus[1].state_was_right, true);
    } else {
        check("... behind its call", (uint32_t)cpus[1].answer, SUCCESS);
    }
}

static void part_wake(void)
{
    wakers_start();
    start_cpu(1);
    check_sleeper("CPU 1 in standby", SLEEP_STANDBY, HW_STANDBY);
    check_sleeper("CPU 1 powered down", SLEEP_DOWN, HW_OFF);
    if (has_1(0)) {
        tell(1, FREEZE);
        wait_until_busy(1);
        send_sgi(1, WAKING_SGI);
        for (uint64_t end = ticks() + 10 * NAP; ticks() < end;) {
        }
        check("CPU_FREEZE: no interrupt ends it",
              cpus[1].is_busy && cpus[1].answer == NO_ANSWER, true);
    }
}

/* ---- parts: off, reset ---- */

static void part_off(void)
{
    check_psci("PSCI_VERSION", has_1(0) ? (int)(0x10000 | minor_version) : 2, VERSION, 0, 0, 0);
    summarise();
    psci(SYSTEM_OFF, 0, 0, 0);
    give_up("SYSTEM_OFF returned");
}

static void part_off2(void)
{
    check_psci("PSCI_FEATURES: hibernate", 1, FEATURES, wide(SYSTEM_OFF2), 0, 0);
    summarise();
    psci(wide(SYSTEM_OFF2), 1, 0, 0);
    give_up("SYSTEM_OFF2 returned");
}

/* RAM behind all images, which is zero at first and outlives a reset. */
#define KEPT ((volatile uint32_t *)(ram_base + (96u << 20)))
#define MARK 0x6d61726bu

static void part_reset(void)
{
    if (KEPT[0] != MARK) {
        check("memory is zero at first", KEPT[0] | KEPT[1], 0);
        KEPT[0] = MARK;
        summarise();
        psci(SYSTEM_RESET, 0, 0, 0);
        give_up("SYSTEM_RESET returned");
    }
    check("RAM is kept by a reset", KEPT[0], MARK);
    if (cpu_count() > 1) {
        check("CPU 1 is off", (uint32_t)info(1), IS_OFF);
    }
    if (has_1(1) && !KEPT[1]) {
        KEPT[1] = 1;
        summarise();
        psci(wide(SYSTEM_RESET2), 0, 0, 0);
        give_up("SYSTEM_RESET2 returned");
    }
    check("SYSTEM_RESET2, if the version has it", KEPT[1], has_1(1));
}

void probe_main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {
        {"functions", part_functions}, {"absent", part_absent}, {"errors", part_errors},
        {"states", part_states},       {"cpus", part_cpus},     {"races", part_races},
        {"suspend", part_suspend},     {"wake", part_wake},     {"off", part_off},
        {"off2", part_off2},           {"reset", part_reset},
    };
    read_version();
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (is_same(word(WORD_PART), parts[i].name)) {
            parts[i].run();
            finish();
        }
    }
    give_up("no such part");
}
