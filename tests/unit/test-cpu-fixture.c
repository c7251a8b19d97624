/* SPDX-License-Identifier: MIT */
/* See test-cpu-fixture.h. */
#include "test-cpu-fixture.h"

#include <string.h>

static uint64_t counter(void *data)
{
    return ((struct machine *)data)->counter;
}

static void timer_deadline(void *data, struct el4_cpu *cpu, uint64_t deadline)
{
    ((struct machine *)data)->deadline = deadline;
}

static void output(void *data, struct el4_cpu *cpu, enum el4_cpu_output line, bool level)
{
    ((struct machine *)data)->output[line] = level;
}

static enum el4_conduit_result call(void *data, struct el4_cpu *cpu, int conduit,
                                    uint16_t immediate)
{
    struct machine *machine = data;
    machine->calls++;
    return machine->answer;
}

static enum el4_sysreg_result sysreg_read(void *data, struct el4_cpu *cpu, uint32_t encoding,
                                          uint64_t *value, unsigned *target_el)
{
    struct machine *machine = data;
    if (encoding == EL4_SYSREG(3, 0, 12, 12, 0)) { /* ICC_IAR1_EL1 */
        machine->devices_read++;
        *value = 1023;
        return EL4_SYSREG_OK;
    }
    if (encoding == EL4_SYSREG(3, 0, 12, 12, 1)) {
        *target_el = 2;
        return EL4_SYSREG_TRAP;
    }
    return EL4_SYSREG_UNKNOWN;
}

static void unimplemented(void *data, struct el4_cpu *cpu, uint32_t encoding, bool is_write)
{
    ((struct machine *)data)->unimplemented++;
}

static struct el4_cpu *const *cpus(void *data, unsigned *count)
{
    *count = 1;
    return &((struct machine *)data)->cpu;
}

static bool single_threaded(void *data)
{
    return true;
}

static const struct el4_cpu_env env = {
    .counter = counter,
    .timer_deadline = timer_deadline,
    .output = output,
    .call = call,
    .sysreg_read = sysreg_read,
    .unimplemented = unimplemented,
    .cpus = cpus,
    .single_threaded = single_threaded,
};

struct el4_cpu *machine_cpu(struct machine *machine, struct machine_options options)
{
    memset(machine, 0, sizeof(*machine));
    machine->answer = EL4_CONDUIT_NOT_CLAIMED;
    struct el4_cpu_config config = {
        .model = el4_cpu_model_find(options.model ? options.model : "max"),
        .mpidr = 0x80000000,
        .has_el2 = !options.no_el2,
        .has_el3 = !options.no_el3,
        .el3_is_emulated = options.emulated_el3,
        .has_gicv3 = options.gicv3,
        .aarch32_only = options.aarch32_only,
        .smc_conduit = options.smc_conduit,
        .cntfrq_hz = 62500000,
        .rvbar = 0x1000,
        .pmu_counters = 6,
        .env = &env,
        .env_data = machine,
    };
    machine->cpu = el4_cpu_new(&config);
    assert_non_null(machine->cpu);
    return machine->cpu;
}

void machine_set_el(struct el4_cpu *cpu, unsigned el)
{
    el4_cpu_set_el_sp(cpu, el, el > 0);
    el4_cpu_update_mode(cpu);
}

bool try_call(struct el4_cpu *cpu, el4_call_fn *fn, uint64_t a, uint64_t b, uint32_t aux,
              uint64_t *result)
{
    jmp_buf here;
    cpu->unwind = &here;
    if (setjmp(here)) {
        cpu->unwind = NULL;
        return false;
    }
    *result = fn(cpu, a, b, 0, aux);
    cpu->unwind = NULL;
    return true;
}

bool try_read(struct el4_cpu *cpu, uint32_t encoding, uint64_t *value)
{
    return try_call(cpu, el4_sysreg_read_call, 0, 0, encoding, value);
}

bool try_write(struct el4_cpu *cpu, uint32_t encoding, uint64_t value)
{
    uint64_t ignored;
    return try_call(cpu, el4_sysreg_write_call, value, 0, encoding, &ignored);
}

uint64_t read_register(struct el4_cpu *cpu, uint32_t encoding)
{
    uint64_t value = 0;
    assert_true(try_read(cpu, encoding, &value));
    return value;
}

void write_register(struct el4_cpu *cpu, uint32_t encoding, uint64_t value)
{
    assert_true(try_write(cpu, encoding, value));
}

void raise_and_take(struct el4_cpu *cpu, enum el4_raise_kind kind, uint64_t esr, uint64_t pc)
{
    jmp_buf here;
    cpu->unwind = &here;
    if (!setjmp(here)) {
        el4_cpu_raise(cpu, kind, esr);
    }
    cpu->unwind = NULL;
    el4_cpu_take_exception(cpu, &cpu->exception, cpu->exception.return_next ? pc + 4 : pc);
}
