/* SPDX-License-Identifier: MIT */
/*
 * The monitor: PSCI and the Arm architecture calls for the normal world, the switch to the
 * payload in Secure state and back, and a count of every SMC by its id. What it does not know
 * gets -1, as SMCCC says.
 */
#include "monitor.h"

#define PSCI_VERSION       0x84000000u
#define PSCI_CPU_OFF       0x84000002u
#define PSCI_CPU_ON        0x84000003u
#define PSCI_AFFINITY_INFO 0x84000004u
#define PSCI_MIGRATE_TYPE  0x84000006u
#define PSCI_SYSTEM_OFF    0x84000008u
#define PSCI_SYSTEM_RESET  0x84000009u
#define PSCI_FEATURES      0x8400000au
#define SMCCC_VERSION      0x80000000u
#define TRNG_VERSION       0x84000050u
#define TRNG_FEATURES      0x84000051u
#define TRNG_UUID          0x84000052u
#define TRNG_RND           0x84000053u
#define SIP_COUNT          0x82000001u /* r1: id, or 0 for all; how often it was called */
#define SIP_FAILED         0x820000ffu /* r1: the check of the shim that failed */
#define TOS_ADD            0xb2000001u /* r1 + r2, by the payload */
#define TOS_WAIT           0xb2000002u /* the payload waits for a timer FIQ of its own */
#define SMC64              0x40000000u

#define NOT_SUPPORTED      ((uintptr_t)-1)
#define INVALID_PARAMETERS ((uintptr_t)-2)
#define ALREADY_ON         ((uintptr_t)-4)
#define ON_PENDING         ((uintptr_t)-5)

#define IDS_MAX       64
#define PAYLOAD_STACK 4096
#define FDT_OFFSET    0x100000 /* of ours behind the given one */
#define FDT_BYTES_MAX 0x80000

struct cpu cpus[CPUS_MAX];

static struct {
    uint32_t id, count;
} ids[IDS_MAX];
static unsigned id_count;
static volatile unsigned lock;
static uint8_t payload_stacks[CPUS_MAX][PAYLOAD_STACK] __attribute__((aligned(16)));

/* ---- output ---- */

static void print_field(const char *name, uint32_t value)
{
    print(" ");
    print(name);
    print("=");
    print_number(value);
}

void monitor_panic(const char *what, uintptr_t pc, uintptr_t syndrome)
{
    print("\nMONITOR: panic: ");
    print(what);
    print(" pc ");
    print_hex(pc);
    print(" syndrome ");
    print_hex(syndrome);
    print("\n");
    semihosting_exit(1);
}

/* ---- counts ---- */

static void take_lock(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
}

static void drop_lock(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static void count(uint32_t id)
{
    unsigned i = 0;
    take_lock();
    while (i < id_count && ids[i].id != id) {
        i++;
    }
    if (i == IDS_MAX) {
        monitor_panic("too many ids", id, 0);
    }
    if (i == id_count) {
        ids[id_count++].id = id;
    }
    ids[i].count++;
    drop_lock();
}

static uint32_t count_of(uint32_t id)
{
    uint32_t sum = 0;
    take_lock();
    for (unsigned i = 0; i < id_count; i++) {
        sum += id == 0 || ids[i].id == id ? ids[i].count : 0;
    }
    drop_lock();
    return sum;
}

/* What the test compares with el4's trace, and with what Linux says it did. */
static void report(const char *end)
{
    print("\n");
    for (unsigned i = 0; i < id_count; i++) {
        print("MONITOR: smc ");
        print_hex(ids[i].id);
        print_field("count", ids[i].count);
        print("\n");
    }
    for (unsigned i = 0; i < CPUS_MAX; i++) {
        const struct cpu *cpu = &cpus[i];
        if (!cpu->entered) {
            continue;
        }
        print("MONITOR: cpu");
        print_number(i);
        print_field("smcs", cpu->smcs_normal);
        print_field("secure-smcs", cpu->smcs_secure);
        print_field("fiqs", cpu->fiqs);
        print_field("timer-fiqs-normal", cpu->timer_fiqs_normal);
        print_field("timer-fiqs-own", cpu->timer_fiqs_own);
        print_field("other-fiqs", cpu->other_fiqs);
        print_field("payload-calls", cpu->calls_to_payload);
        print_field("starts", cpu->entered);
        print("\n");
    }
    print("MONITOR: ");
    print(end);
    print("\n");
}

/* ---- worlds ---- */

/* Leave the world that runs for the other one; the frame is what the return will load. */
static void switch_world(struct cpu *cpu, struct frame *frame)
{
    enum world from = cpu->world, to = from == SECURE ? NORMAL : SECURE;
    cpu->saved[from] = *frame;
    arch_save_banked(&cpu->banked[from]);
    cpu->world = to;
    arch_restore_banked(&cpu->banked[to], to);
    *frame = cpu->saved[to];
}

static void to_payload(struct cpu *cpu, struct frame *frame, enum reason reason)
{
    uintptr_t x[4];
    for (unsigned i = 0; i < 4; i++) {
        x[i] = frame->r[i];
    }
    cpu->reason = reason;
    switch_world(cpu, frame);
    frame->r[0] = reason;
    /* The id goes last, where the payload's SMC has its fourth value. */
    frame->r[1] = x[1];
    frame->r[2] = x[2];
    frame->r[3] = x[0];
}

/* The payload is done with what it was given, or with setting itself up. */
static void from_payload(struct cpu *cpu, struct frame *frame)
{
    uintptr_t x[4];
    for (unsigned i = 0; i < 4; i++) {
        x[i] = frame->r[i + 1];
    }
    bool answers = cpu->payload_ready && cpu->reason == REASON_CALL;
    cpu->payload_ready = true;
    switch_world(cpu, frame);
    for (unsigned i = 0; i < 4 && answers; i++) {
        frame->r[i] = x[i];
    }
}

/* Power-on of a CPU: first into the payload, whose first call leads to the normal world. */
static void power_on(struct frame *frame, unsigned index, uintptr_t fdt)
{
    struct cpu *cpu = &cpus[index];
    arch_init_cpu();
    arch_gic_cpu();
    cpu->payload_ready = false;
    cpu->entered++;
    arch_normal_frame(&cpu->saved[NORMAL], &cpu->banked[NORMAL], cpu->entry, cpu->context, fdt);
    arch_secure_frame(frame, &cpu->banked[SECURE], payload_main,
                      (uintptr_t)payload_stacks[index + 1], cpu);
    cpu->world = SECURE;
    arch_restore_banked(&cpu->banked[SECURE], SECURE);
    __atomic_store_n(&cpu->power, POWER_ON, __ATOMIC_RELEASE);
}

static void wait_and_power_on(struct frame *frame, unsigned index)
{
    while (__atomic_load_n(&cpus[index].power, __ATOMIC_ACQUIRE) != POWER_ON_PENDING) {
        arch_wait();
    }
    power_on(frame, index, 0);
}

void monitor_start(struct frame *frame, unsigned index, uintptr_t fdt)
{
    uintptr_t ours = fdt + FDT_OFFSET;
    if (index >= CPUS_MAX) {
        for (;;) {
            arch_wait();
        }
    }
    if (index != 0) {
        wait_and_power_on(frame, index);
        return;
    }
    console_start();
    print("MONITOR: starts\n");
    arch_gic_distributor();
    memcpy((void *)SHIM_BASE, shim_start, (size_t)(shim_end - shim_start));
    if (!fdt_add_psci((const void *)fdt, (void *)ours, FDT_BYTES_MAX)) {
        monitor_panic("device tree", fdt, 0);
    }
    cpus[0].entry = SHIM_BASE;
    power_on(frame, 0, ours);
}

/* ---- PSCI ---- */

static struct cpu *find_cpu(uintptr_t affinity)
{
    return affinity < CPUS_MAX ? &cpus[affinity] : NULL;
}

static uintptr_t cpu_on(uintptr_t affinity, uintptr_t entry, uintptr_t context)
{
    struct cpu *cpu = find_cpu(affinity);
    uintptr_t answer = 0;
    if (!cpu) {
        return INVALID_PARAMETERS;
    }
    take_lock();
    if (cpu->power == POWER_ON) {
        answer = ALREADY_ON;
    } else if (cpu->power == POWER_ON_PENDING) {
        answer = ON_PENDING;
    } else {
        cpu->entry = entry;
        cpu->context = context;
        __atomic_store_n(&cpu->power, POWER_ON_PENDING, __ATOMIC_RELEASE);
        arch_wake();
    }
    drop_lock();
    return answer;
}

static uintptr_t affinity_info(uintptr_t affinity, uintptr_t level)
{
    static const uint8_t answers[] = {[POWER_ON] = 0, [POWER_OFF] = 1, [POWER_ON_PENDING] = 2};
    const struct cpu *cpu = find_cpu(affinity);
    return cpu && level == 0 ? answers[cpu->power] : INVALID_PARAMETERS;
}

static void cpu_off(struct frame *frame, struct cpu *cpu)
{
    arch_secure_timer(0);
    arch_gic_cpu_off();
    cpu->power = POWER_OFF;
    wait_and_power_on(frame, (unsigned)(cpu - cpus));
}

static void stop(const char *end)
{
    /* No more FIQs, so that the counts are final. */
    mmio_write(GICD_BASE, 0);
    uint32_t start = arch_counter();
    while (arch_counter() - start < arch_frequency() / 100) {
    }
    report(end);
}

static void system_off(void)
{
    stop("off");
    semihosting_exit(0);
}

/* A board without a reset in the monitor's reach ends with a status that says so. */
static void system_reset(void)
{
    stop("reset");
#ifdef WATCHDOG
    *(volatile uint16_t *)WATCHDOG = WATCHDOG_RESET;
    for (;;) {
        arch_wait();
    }
#else
    monitor_panic("this board has no reset", 0, 0);
#endif
}

static uintptr_t psci_features(uint32_t id)
{
    switch (id & ~SMC64) {
    case PSCI_VERSION:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_AFFINITY_INFO:
    case PSCI_MIGRATE_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES:
    case SMCCC_VERSION: break;
    default: return NOT_SUPPORTED;
    }
    bool has_smc64 = (id & ~SMC64) == PSCI_CPU_ON || (id & ~SMC64) == PSCI_AFFINITY_INFO;
    return id & SMC64 && (!has_smc64 || sizeof(uintptr_t) == 4) ? NOT_SUPPORTED : 0;
}

/* ---- calls of the normal world ---- */

/* The calls that change more than r0; false: it is not one of them. */
static bool call_with_frame(struct frame *frame, struct cpu *cpu, uint32_t id)
{
    switch (id) {
    case PSCI_CPU_OFF: cpu_off(frame, cpu); return true;
    case TRNG_UUID:
        frame->r[0] = 0x0d21e001;
        frame->r[1] = 0x43e14a11;
        frame->r[2] = 0x44525f84;
        frame->r[3] = 0x4c5a4e56;
        return true;
    case TRNG_RND:
    case TRNG_RND | SMC64:
    case TOS_ADD:
    case TOS_WAIT:
        cpu->calls_to_payload++;
        to_payload(cpu, frame, REASON_CALL);
        return true;
    default: return false;
    }
}

static uintptr_t call(uint32_t id, const uintptr_t *r)
{
    switch (id) {
    case PSCI_VERSION:
    case SMCCC_VERSION: return 0x10001;
    case PSCI_CPU_ON: return cpu_on((uint32_t)r[1], (uint32_t)r[2], (uint32_t)r[3]);
    case PSCI_CPU_ON | SMC64: return cpu_on(r[1], r[2], r[3]);
    case PSCI_AFFINITY_INFO: return affinity_info((uint32_t)r[1], (uint32_t)r[2]);
    case PSCI_AFFINITY_INFO | SMC64: return affinity_info(r[1], (uint32_t)r[2]);
    case PSCI_MIGRATE_TYPE: return 2; /* the payload runs on every CPU */
    case PSCI_SYSTEM_OFF: system_off(); return 0;
    case PSCI_SYSTEM_RESET: system_reset(); return 0;
    case PSCI_FEATURES: return psci_features((uint32_t)r[1]);
    case TRNG_VERSION: return 0x10000;
    case TRNG_FEATURES: {
        uint32_t asked = (uint32_t)r[1];
        bool known = (asked >= TRNG_VERSION && asked <= TRNG_RND) ||
                     (asked == (TRNG_RND | SMC64) && sizeof(uintptr_t) == 8);
        return known ? 0 : NOT_SUPPORTED;
    }
    case SIP_COUNT: return count_of((uint32_t)r[1]);
    case SIP_FAILED: monitor_panic("the shim's check failed", r[1], r[2]);
    default: return NOT_SUPPORTED;
    }
}

void monitor_smc(struct frame *frame)
{
    struct cpu *cpu = &cpus[this_cpu()];
    uint32_t id = (uint32_t)frame->r[0];
    if (cpu->world == SECURE) {
        cpu->smcs_secure++;
        if (id != PAYLOAD_DONE) {
            monitor_panic("call of the payload", frame->pc, id);
        }
        from_payload(cpu, frame);
        return;
    }
    cpu->smcs_normal++;
    count(id);
    if (id & SMC64 && !arch_is_smc64_caller(frame)) {
        frame->r[0] = NOT_SUPPORTED;
    } else if (!call_with_frame(frame, cpu, id)) {
        frame->r[0] = call(id, frame->r);
    }
}

/* The Secure timer's, while the normal world runs. */
void monitor_fiq(struct frame *frame)
{
    struct cpu *cpu = &cpus[this_cpu()];
    if (cpu->world == SECURE) {
        monitor_panic("FIQ of the payload came here", frame->pc, 0);
    }
    cpu->fiqs++;
    to_payload(cpu, frame, REASON_FIQ);
}
