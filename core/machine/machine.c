/* SPDX-License-Identifier: MIT */
/*
 * Building a machine from its configuration, in the order in which the parts need each other:
 * board plugin, core settings, CPUs, the board's tables, chains, the full check, freeze.
 */
#include "machine/described.h"

#include "cpu/code.h"
#include "cpu/crosscall.h"
#include "cpu/mem.h"
#include "cpu/tlb.h"
#include "engine/engine.h"
#include "isa/isa.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_MEMORY     (UINT64_C(512) << 20)
#define DEFAULT_COUNTER_HZ 62500000
#define DEFAULT_CPU        "cortex-a53"
/* Bit 31, as VMSAv8-64 has it. */
#define MPIDR_RES1 UINT64_C(0x80000000)

static const char *const el3_choices[] = {"none", "guest", "emulator", NULL};
static const char *const clock_choices[] = {"real", "virtual", NULL};

static const struct el4_config_key machine_keys[] = {
    {.name = "board",
     .type = EL4_CONFIG_STRING,
     .flags = EL4_CONFIG_REQUIRED,
     .help = "The board plugin; 'el4 plugins' lists them. 'described': none, sections of the "
             "configuration say what the board has."},
    {.name = "cpu",
     .type = EL4_CONFIG_STRING,
     .help = "The CPU model: cortex-a7, a9, a15, a53, a57, a72 or max. The board has a "
             "default."},
    {.name = "cpus",
     .type = EL4_CONFIG_UINT,
     .default_text = "1",
     .min = 1,
     .max = 512,
     .help = "How many CPUs the machine has."},
    {.name = "memory",
     .type = EL4_CONFIG_SIZE,
     .min = 1 << 20,
     .max = UINT64_C(1) << 42,
     .help = "Size of the main memory. It costs the host only what the guest touches."},
    {.name = "aarch64",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "no: no level of the CPUs uses AArch64, and they reset into AArch32, as a core "
             "whose AA64nAA32 input is low. Of effect on models that have AArch64."},
    {.name = "el2",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether the CPUs have EL2; a directly booted kernel then starts there."},
    {.name = "el3",
     .type = EL4_CONFIG_ENUM,
     .default_text = "none",
     .choices = el3_choices,
     .help = "Who owns EL3. none: there is no EL3. guest: the guest's own code runs there. "
             "emulator: the ID registers show it, and el4 plays its firmware."},
    {.name = "clock",
     .type = EL4_CONFIG_ENUM,
     .default_text = "real",
     .choices = clock_choices,
     .help =
         "real: a host thread for each CPU, and time is the host's. virtual: all CPUs on one "
         "thread, time is instructions retired, and a run repeats bit for bit."},
    {.name = "seed",
     .type = EL4_CONFIG_UINT,
     .default_text = "1",
     .max = UINT32_MAX,
     .help = "Seed of all random numbers when the clock is virtual."},
    {.name = "date",
     .type = EL4_CONFIG_UINT,
     .default_text = "1700000000",
     .max = UINT32_MAX,
     .help =
         "What the guest's calendar clock starts from when the clock is virtual, in seconds "
         "since 1970."},
    {.name = "semihosting",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether HLT #0xF000 is a semihosting call (console output and exit)."},
    {.name = "plugins",
     .type = EL4_CONFIG_PATHS,
     .help =
         "Folders to look for plugins in, before EL4_PLUGIN_PATH and the installed folder."},
    {.name = "control",
     .type = EL4_CONFIG_STRING,
     .help = "A socket that tells what the running machine does, for 'el4 top' and programs: "
             "socket:PATH or tcp:HOST:PORT."},
};

static const struct el4_config_key boot_keys[] = {
    {.name = "kernel",
     .type = EL4_CONFIG_PATH,
     .help = "Kernel to start: an arm64 Image (plain or gzip), an ELF file or a raw image."},
    {.name = "initrd", .type = EL4_CONFIG_PATH, .help = "Initial RAM disk for the kernel."},
    {.name = "append", .type = EL4_CONFIG_STRING, .help = "The kernel's command line."},
    {.name = "dtb",
     .type = EL4_CONFIG_PATH,
     .help = "Device tree to complete and use instead of the generated one."},
    {.name = "bios",
     .type = EL4_CONFIG_PATH,
     .help = "Firmware image to start at reset (U-Boot, EDK2, TF-A)."},
    {.name = "load-address",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Where a raw kernel image goes; 0: 512 KiB above the start of memory."},
    {.name = "load",
     .type = EL4_CONFIG_LIST,
     .help =
         "More files to put into memory at each reset, as they are: words FILE@ADDRESS. Paths "
         "are relative to the working folder."},
};

static const struct el4_config_schema machine_schema = {
    .struct_size = sizeof(machine_schema),
    .key_size = sizeof(struct el4_config_key),
    .section = "machine",
    .help = "The machine as a whole.",
    .keys = machine_keys,
    .key_count = G_N_ELEMENTS(machine_keys),
};

static const struct el4_config_schema boot_schema = {
    .struct_size = sizeof(boot_schema),
    .key_size = sizeof(struct el4_config_key),
    .section = "boot",
    .help = "What the machine starts.",
    .keys = boot_keys,
    .key_count = G_N_ELEMENTS(boot_keys),
};

bool el4_machine_add_schemas(struct el4_config *config, GError **error)
{
    return el4_config_add_schema(config, NULL, &machine_schema, error) &&
           el4_config_add_schema(config, NULL, &boot_schema, error) &&
           el4_trace_add_schema(config, error) && el4_calls_add_schema(config, error) &&
           el4_machine_chain_schemas(config, error);
}

bool el4_machine_add_named_schemas(struct el4_config *config, GError **error)
{
    return el4_machine_service_schema(config, "service NAME", error) &&
           el4_machine_fault_schema(config, "fault NAME", error) &&
           el4_described_part_schemas(config, error);
}

/* ---- hooks of the bus ---- */

static void bus_lock(void *data)
{
    struct el4_machine *machine = data;
    el4_io_lock(machine->io);
}

static void bus_unlock(void *data)
{
    struct el4_machine *machine = data;
    el4_io_unlock(machine->io);
}

static bool has_cpus(const struct el4_machine *machine)
{
    return machine->cpus && machine->cpus[machine->cpu_count - 1];
}

static void code_written(void *data, uint64_t pa, bool secure)
{
    struct el4_machine *machine = data;
    if (!has_cpus(machine)) {
        return; /* a plugin is at work while the machine is built: there is no code yet */
    }
    el4_mem_code_written_by_dma(machine->cpus, machine->cpu_count, pa);
}

static void drop_mappings(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    el4_tlb_invalidate_all(cpu, 0, 0, 0);
    cpu->code_ops->flush(cpu);
}

static void mapping_changed(void *data, uint64_t base, uint64_t bytes)
{
    struct el4_machine *machine = data;
    if (!has_cpus(machine)) {
        return;
    }
    el4_crosscall_post_all(NULL, machine->cpus, machine->cpu_count, drop_mappings, 0, 0, 0);
}

/* ---- steps ---- */

static bool check_section(struct el4_machine *machine, const char *section, GPtrArray *messages,
                          GError **error)
{
    if (el4_config_check_section(machine->config, section, messages)) {
        return true;
    }
    g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "the configuration has mistakes");
    return false;
}

static bool make_board(struct el4_machine *machine, GError **error)
{
    const char *name = el4_config_get_text(machine->config, "machine", "board");
    if (!name) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "[machine] board: not set; name one ('el4 plugins' lists them)");
        return false;
    }
    machine->board = el4_instance_new(machine, EL4_PLUGIN_BOARD, name, name, error);
    if (!machine->board) {
        g_prefix_error(error, "[machine] board: ");
        return false;
    }
    machine->board_ops = el4_instance_board(machine->board);
    return true;
}

/* All models, for messages; free it. */
static char *model_names(void)
{
    GString *names = g_string_new(NULL);
    const struct el4_cpu_model *model;
    for (unsigned i = 0; (model = el4_cpu_model_at(i)); i++) {
        g_string_append_printf(names, "%s%s", i ? ", " : "", model->name);
    }
    return g_string_free(names, FALSE);
}

static bool read_settings(struct el4_machine *machine, GError **error)
{
    const struct el4_config *config = machine->config;
    const struct el4_board_operations *board = machine->board_ops;

    machine->cpu_count = (unsigned)el4_config_get_uint(config, "machine", "cpus");
    if (board->cpus_max && machine->cpu_count > board->cpus_max) {
        el4_config_value_error(config, "machine", "cpus", error,
                               "board '%s' has room for %u CPUs", machine->board->plugin->name,
                               board->cpus_max);
        return false;
    }
    machine->memory_bytes = el4_config_get_size(config, "machine", "memory");
    if (!machine->memory_bytes) {
        machine->memory_bytes = board->memory_default ? board->memory_default : DEFAULT_MEMORY;
    }
    if (machine->memory_bytes % 4096) {
        el4_config_value_error(config, "machine", "memory", error,
                               "%" PRIu64 " bytes are no multiple of 4096",
                               machine->memory_bytes);
        return false;
    }
    machine->el2 = el4_config_get_bool(config, "machine", "el2");
    machine->el3 = (enum el3_owner)el4_config_get_enum(config, "machine", "el3");
    machine->counter_hz = board->counter_hz ? board->counter_hz : DEFAULT_COUNTER_HZ;
    if (machine->counter_hz > UINT32_MAX) {
        el4_instance_error(machine->board, "its counter_hz does not fit CNTFRQ_EL0", error);
        return false;
    }
    machine->semihosting = el4_config_get_bool(config, "machine", "semihosting");

    const char *section = "machine";
    const char *cpu = el4_config_get_string(config, section, "cpu");
    if (!cpu) {
        section = el4_described_is_board(machine) ? "board" : section;
        cpu = board->default_cpu ? board->default_cpu : DEFAULT_CPU;
    }
    machine->model = el4_cpu_model_find(cpu);
    if (!machine->model) {
        g_autofree char *names = model_names();
        el4_config_value_error(config, section, "cpu", error,
                               "there is no CPU model '%s'; there are %s", cpu, names);
        return false;
    }
    return true;
}

static void quit(void *opaque)
{
    el4_machine_stop(opaque, EL4_EXIT_OFF);
}

static void make_clock(struct el4_machine *machine)
{
    const struct el4_config *config = machine->config;
    machine->virtual_clock = el4_config_get_enum(config, "machine", "clock") == 1;
    machine->io = el4_io_new(machine->virtual_clock);
    el4_io_set_quit(machine->io, quit, machine);
    if (machine->look_only) {
        el4_io_set_look_only(machine->io);
    }
    if (machine->virtual_clock) {
        machine->random =
            g_rand_new_with_seed((guint32)el4_config_get_uint(config, "machine", "seed"));
        machine->wall_clock_start_s = (int64_t)el4_config_get_uint(config, "machine", "date");
    }
}

static void timer_expired(void *opaque, uint64_t now_ns)
{
    struct vcpu *vcpu = opaque;
    el4_cpu_notice(vcpu->cpu, EL4_ATTENTION_TIMER);
}

static void wake_is_due(void *opaque, uint64_t now_ns)
{
    el4_machine_wake(opaque);
}

uint64_t el4_machine_mpidr(const struct el4_machine *machine, unsigned index)
{
    const struct el4_board_operations *board = machine->board_ops;
    uint64_t affinity =
        board->cpu_affinity ? board->cpu_affinity(machine->board->state, index) : index;
    return affinity | MPIDR_RES1;
}

static bool make_cpu(struct el4_machine *machine, unsigned index, GError **error)
{
    static const struct el4_engine_config engine = {.decode_a64 = el4_a64_translate,
                                                    .decode_a32 = el4_a32_translate,
                                                    .decode_t32 = el4_t32_translate};
    struct vcpu *vcpu = &machine->vcpus[index];
    struct el4_cpu_config config = {
        .model = machine->model,
        .index = index,
        .mpidr = el4_machine_mpidr(machine, index),
        .has_el2 = machine->el2,
        .has_el3 = machine->el3 != EL3_NONE,
        .el3_is_emulated = machine->el3 == EL3_EMULATOR,
        .has_gicv3 = machine->sysregs->len > 0,
        .aarch32_only = !el4_config_get_bool(machine->config, "machine", "aarch64"),
        .cntfrq_hz = machine->counter_hz,
        .rvbar = machine->boot.reset_address,
        .periphbase = machine->boot.periphbase,
        .pmu_counters = 6,
        .smc_conduit = el4_smccc_has_chain(machine->smccc, EL4_CONDUIT_SMC),
        .bus = machine->bus,
        .env = &el4_machine_cpu_env,
        .env_data = vcpu,
    };
    /* Making a cpu resets it, and that sets its timer. */
    vcpu->timer = el4_io_timer_new(machine->io, timer_expired, vcpu);
    vcpu->wake_timer = el4_io_timer_new(machine->io, wake_is_due, vcpu);
    vcpu->cpu = el4_cpu_new(&config);
    if (!vcpu->cpu || !el4_engine_attach(vcpu->cpu, &engine)) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_INTERNAL, "no memory for CPU %u", index);
        return false;
    }
    machine->cpus[index] = vcpu->cpu;
    if (machine->el2 && !vcpu->cpu->features.el2) {
        el4_config_value_error(machine->config, "machine", "el2", error,
                               "%s has no EL2: take another cpu, or el2 = no",
                               machine->model->name);
        return false;
    }
    vcpu->cpu->trace = el4_trace_ops(machine->trace);
    vcpu->cpu->mode.trace_insn = vcpu->cpu->trace && (vcpu->cpu->trace->kinds & EL4_TRACE_INSN);
    return true;
}

/* Timed waits are by the monotonic clock. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void make_wires(struct el4_machine *machine)
{
    machine->vcpus = g_new0(struct vcpu, machine->cpu_count);
    machine->cpus = g_new0(struct el4_cpu *, machine->cpu_count);
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        machine->vcpus[i].machine = machine;
        machine->vcpus[i].schedstat = -1;
        machine->vcpus[i].interrupted_by = g_ptr_array_new();
        pthread_mutex_init(&machine->vcpus[i].sleep_lock, NULL);
        init_condition(&machine->vcpus[i].sleep_wake);
        GArray *ends = g_array_new(FALSE, TRUE, sizeof(struct wire_end));
        g_array_set_size(ends, EL4_CPU_OUT_COUNT);
        g_ptr_array_add(machine->wires_cpu, ends);
    }
}

static bool build_board(struct el4_machine *machine, GError **error)
{
    struct el4_instance *board = machine->board;
    board->building = true;
    bool built = machine->board_ops->build(board->state);
    if (!built || board->failure) {
        el4_instance_error(board, "could not be built, and it did not say why", error);
        return false;
    }
    if (!el4_described_add(machine, error)) {
        return false;
    }
    board->building = false;
    if (!machine->have_boot) {
        el4_instance_error(board, "said nothing about how it boots", error);
        return false;
    }
    if (!el4_machine_check_extras(machine, error)) {
        return false;
    }
    /* Devices' interrupts lead to the controller, which may come anywhere in the list. */
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *device = g_ptr_array_index(machine->instances, i);
        for (unsigned k = 0; machine->interrupt_controller && k < device->board.irq_count;
             k++) {
            el4_instance_connect(device, device->board.irqs[k].output,
                                 machine->interrupt_controller, device->board.irqs[k].intid);
        }
    }
    return el4_described_check_ways(machine, error);
}

static bool build(struct el4_machine *machine, GPtrArray *messages, GError **error)
{
    struct el4_config *config = machine->config;
    const char *const *folders;

    if (!check_section(machine, "machine", messages, error)) {
        return false;
    }
    folders = el4_config_get_list(config, "machine", "plugins", NULL);
    for (; folders && *folders; folders++) {
        el4_plugins_add_folder(machine->plugins, *folders);
    }
    if (!make_board(machine, error) || !check_section(machine, "board", messages, error)) {
        return false;
    }
    if (el4_described_is_board(machine)) {
        el4_described_read_board(machine);
    }
    if (!read_settings(machine, error) || !check_section(machine, "boot", messages, error) ||
        !check_section(machine, "trace", messages, error) ||
        !check_section(machine, "calls", messages, error)) {
        return false;
    }
    make_clock(machine);
    if (!el4_trace_from_config(machine, error) || !el4_calls_from_config(machine, error) ||
        !el4_control_from_config(machine, error)) {
        return false;
    }
    struct el4_bus_hooks hooks = {bus_lock, bus_unlock, code_written, mapping_changed, machine};
    el4_bus_set_hooks(machine->bus, &hooks);
    make_wires(machine);
    if (!el4_instance_create(machine->board, error) || !build_board(machine, error) ||
        !el4_machine_build_chains(machine, error) || !el4_machine_build_ways(machine, error)) {
        return false;
    }
    if (!el4_config_check(config, messages)) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "the configuration has mistakes");
        return false;
    }
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        if (!make_cpu(machine, i, error)) {
            return false;
        }
    }
    el4_bus_freeze(machine->bus);
    return el4_machine_prepare_boot(machine, error);
}

struct el4_machine *el4_machine_new(struct el4_config *config, struct el4_plugins *plugins,
                                    const GPtrArray *extras, enum el4_machine_use use,
                                    GPtrArray *messages, GError **error)
{
    struct el4_machine *machine = g_new0(struct el4_machine, 1);
    machine->look_only = use == EL4_MACHINE_LOOK;
    machine->config = config;
    machine->plugins = plugins;
    machine->bus = el4_bus_new();
    machine->smccc = el4_smccc_new();
    machine->instances = g_ptr_array_new();
    machine->devices = g_hash_table_new(g_str_hash, g_str_equal);
    machine->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    machine->extras = g_ptr_array_new();
    for (guint i = 0; extras && i < extras->len; i++) {
        g_ptr_array_add(machine->extras, g_ptr_array_index(extras, i));
    }
    machine->sysregs = g_array_new(FALSE, TRUE, sizeof(struct sysreg_claim));
    machine->wires_cpu = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    machine->high_inputs = g_hash_table_new(NULL, NULL);
    machine->taken_inputs = g_hash_table_new(NULL, NULL);
    machine->timers = g_ptr_array_new();
    machine->blobs =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    atomic_store(&machine->exit_status, -1);
    machine->guest_status = -1;
    el4_machine_fill_host(&machine->host);
    if (!build(machine, messages, error)) {
        el4_machine_free(machine);
        return NULL;
    }
    return machine;
}

static void free_cpus(struct el4_machine *machine)
{
    for (unsigned i = 0; machine->vcpus && i < machine->cpu_count; i++) {
        struct vcpu *vcpu = &machine->vcpus[i];
        if (vcpu->timer) {
            el4_io_timer_free(vcpu->timer);
            el4_io_timer_free(vcpu->wake_timer);
        }
        if (vcpu->cpu) {
            el4_engine_detach(vcpu->cpu);
            el4_cpu_free(vcpu->cpu);
        }
        g_ptr_array_unref(vcpu->interrupted_by);
        pthread_mutex_destroy(&vcpu->sleep_lock);
        pthread_cond_destroy(&vcpu->sleep_wake);
    }
    g_free(machine->vcpus);
    g_free(machine->cpus);
}

void el4_machine_free(struct el4_machine *machine)
{
    if (!machine) {
        return;
    }
    if (machine->io) {
        el4_io_stop(machine->io);
    }
    /* A device that lowers its outputs at its end must not reach one that is gone. */
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        g_array_set_size(instance->outputs, 0);
    }
    /* Devices first: they may still write back to files; services and board after them. */
    for (guint i = machine->instances->len; i-- > 0;) {
        el4_instance_free(g_ptr_array_index(machine->instances, i));
    }
    el4_instance_free(machine->board);
    g_ptr_array_unref(machine->instances);
    free_cpus(machine);
    el4_machine_free_timers(machine);
    g_hash_table_unref(machine->high_inputs);
    g_hash_table_unref(machine->taken_inputs);
    g_hash_table_unref(machine->devices);
    g_hash_table_unref(machine->places);
    g_ptr_array_unref(machine->extras);
    g_hash_table_unref(machine->blobs);
    g_array_unref(machine->sysregs);
    g_ptr_array_unref(machine->wires_cpu);
    if (machine->reserved) {
        g_array_unref(machine->reserved);
    }
    if (machine->dtb) {
        g_bytes_unref(machine->dtb);
    }
    if (machine->random) {
        g_rand_free(machine->random);
    }
    for (unsigned i = 0; i < machine->ram_count; i++) {
        g_free(machine->ram[i].name);
    }
    el4_trace_free(machine->trace);
    el4_smccc_free(machine->smccc);
    el4_bus_free(machine->bus);
    if (machine->io) {
        el4_io_free(machine->io);
    }
    el4_machine_free_typist(machine);
    if (machine->seen_calls) {
        g_array_unref(machine->seen_calls);
    }
    g_free(machine->control);
    g_free(machine);
}

const struct el4_smccc *el4_machine_smccc(const struct el4_machine *machine)
{
    return machine->smccc;
}

GBytes *el4_machine_device_tree(struct el4_machine *machine, GError **error)
{
    return el4_machine_make_dtb(machine, error);
}

static void describe_region(const struct el4_bus_region_info *info, void *data)
{
    static const char *const views[] = {"", "secure", "non-secure", "both"};
    g_string_append_printf(data, "; %016" PRIx64 "-%016" PRIx64 "  %-5s %-10s %s\n", info->base,
                           info->base + info->bytes - 1, info->kind, views[info->view],
                           info->name);
}

void el4_machine_describe(const struct el4_machine *machine, GString *out)
{
    g_string_append_printf(out, "\n; memory map of board %s, %u x %s\n",
                           machine->board->plugin->name, machine->cpu_count,
                           machine->model->name);
    el4_bus_visit(machine->bus, describe_region, out);
    el4_machine_describe_reserved(machine, out);
}
