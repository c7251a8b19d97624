/* SPDX-License-Identifier: MIT */
/*
 * The board that sections describe: [board] and [memory NAME], and the wires of its CPUs.
 */
#include "machine/described.h"

#include <inttypes.h>
#include <string.h>

#define CPUS_MAX     512u
#define AFFINITY_MAX 0xfdffffu /* leaves room for CPU numbers below bit 24 */

enum when { WHEN_ALWAYS, WHEN_EL2, WHEN_EL3, WHEN_EL3_GUEST };
enum view { VIEW_BOTH, VIEW_SECURE, VIEW_NONSECURE, VIEW_FIRMWARE };
enum conduit { CONDUIT_ABOVE, CONDUIT_SMC, CONDUIT_HVC };

const char *const el4_described_when_choices[] = {"always", "el2", "el3", "el3-guest", NULL};
const char *const el4_described_view_choices[] = {"both", "secure", "nonsecure", "firmware",
                                                  NULL};
static const char *const kind_choices[] = {"ram", "rom", NULL};
static const char *const conduit_choices[] = {"above", "smc", "hvc", NULL};

#define CPU_WIRE_HELP                                                                          \
    " interrupt leads to: ppiN of the interrupt controller for all CPUs, or a word for each "  \
    "CPU, spiN or DEVICE:INPUT."

/* ---- schemas ---- */

static const struct el4_config_key board_keys[] = {
    {.name = "model",
     .type = EL4_CONFIG_STRING,
     .default_text = "described",
     .help = "What the board is called, for the device tree and messages."},
    {.name = "compatible",
     .type = EL4_CONFIG_STRING,
     .help = "The device tree's root: compatible strings, with white space between."},
    {.name = "properties",
     .type = EL4_CONFIG_STRING,
     .help = "More properties of the root, as in [node NAME]."},
    {.name = "cpu",
     .type = EL4_CONFIG_STRING,
     .help = "The CPU model if [machine] cpu names none."},
    {.name = "cpus-max",
     .type = EL4_CONFIG_UINT,
     .default_text = "8",
     .min = 1,
     .max = CPUS_MAX,
     .help = "How many CPUs the board has room for."},
    {.name = "cluster",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .max = 256,
     .help = "CPUs of one cluster: the affinity level 0 of MPIDR_EL1 counts them, level 1 "
             "counts clusters. 0: level 0 counts all CPUs."},
    {.name = "affinity",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .max = AFFINITY_MAX,
     .help = "Affinity fields of CPU 0; those of the others are counted from there."},
    {.name = "memory",
     .type = EL4_CONFIG_SIZE,
     .default_text = "512M",
     .min = 1 << 20,
     .max = UINT64_C(1) << 42,
     .help = "Size of the main memory if [machine] memory gives none."},
    {.name = "counter-hz",
     .type = EL4_CONFIG_UINT,
     .default_text = "62500000",
     .min = 1,
     .max = UINT32_MAX,
     .help = "Frequency of the system counter."},
    {.name = "services",
     .type = EL4_CONFIG_LIST,
     .help = "The default chain, on the conduit that 'conduit' says. With el3 = guest there "
             "is none."},
    {.name = "conduit",
     .type = EL4_CONFIG_ENUM,
     .default_text = "above",
     .choices = conduit_choices,
     .help = "Which chain 'services' is: above: hvc if the guest has EL1 only, smc if it has "
             "EL2 or el3 = emulator."},
    {.name = "reset-address",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "The first instruction of firmware, a multiple of 4."},
    {.name = "firmware-base",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Where [boot] bios is loaded."},
    {.name = "firmware-bytes",
     .type = EL4_CONFIG_SIZE,
     .default_text = "0",
     .help = "Room for [boot] bios; 0: the board takes none."},
    {.name = "dtb-address",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Where firmware expects the device tree; 0: the loader chooses."},
    {.name = "secure-kernel",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "With el3 = guest a directly booted kernel starts in the Secure world, at EL1."},
    {.name = "all-cpus-start",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "All CPUs run firmware from reset, if no service starts CPUs; no: CPU 0 alone."},
    {.name = "periphbase",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Base of the CPUs' private peripherals, which they tell in CBAR."},
    {.name = "stub",
     .type = EL4_CONFIG_LIST,
     .help = "Instructions and data (32-bit words) of the board's own around a directly booted "
             "kernel, as a boot ROM would leave them in memory."},
    {.name = "stub-address",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Where the stub is written, a multiple of 4."},
    {.name = "stub-first-cpu",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "With el3 = guest CPU 0 begins here, at EL3, the kernel's entry in r14 (x30). 0: "
             "it begins at the kernel."},
    {.name = "stub-other-cpus",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "The other CPUs begin here if no service starts CPUs. 0: they stay off."},
    {.name = "timer-secure",
     .type = EL4_CONFIG_LIST,
     .help = "Where the Secure physical timer's" CPU_WIRE_HELP},
    {.name = "timer-physical",
     .type = EL4_CONFIG_LIST,
     .help = "Where the Non-secure physical timer's" CPU_WIRE_HELP},
    {.name = "timer-virtual",
     .type = EL4_CONFIG_LIST,
     .help = "Where the virtual timer's" CPU_WIRE_HELP},
    {.name = "timer-hyp",
     .type = EL4_CONFIG_LIST,
     .help = "Where the EL2 physical timer's" CPU_WIRE_HELP},
    {.name = "timer-hyp-virtual",
     .type = EL4_CONFIG_LIST,
     .help = "Where the EL2 virtual timer's" CPU_WIRE_HELP},
    {.name = "pmu",
     .type = EL4_CONFIG_LIST,
     .help = "Where the performance monitors'" CPU_WIRE_HELP},
};

static const struct el4_config_schema board_schema = {
    .struct_size = sizeof(board_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A board that [memory NAME], [device NAME], [devices NAME] and [node NAME] "
            "describe.",
    .keys = board_keys,
    .key_count = G_N_ELEMENTS(board_keys),
};

static const struct el4_config_key memory_keys[] = {
    {.name = "base",
     .type = EL4_CONFIG_UINT,
     .flags = EL4_CONFIG_REQUIRED,
     .help = "Its address, a multiple of 4096."},
    {.name = "bytes",
     .type = EL4_CONFIG_SIZE,
     .flags = EL4_CONFIG_REQUIRED,
     .min = 4096,
     .max = UINT64_C(1) << 42,
     .help = "Its size, a multiple of 4096; of the main memory: the most that fits."},
    {.name = "kind",
     .type = EL4_CONFIG_ENUM,
     .default_text = "ram",
     .choices = kind_choices,
     .help = "RAM, or ROM: guests can't write to it."},
    {.name = "main",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "The main memory, which kernels get, and as large as [machine] memory says."},
    {.name = "view",
     .type = EL4_CONFIG_ENUM,
     .default_text = "both",
     .choices = el4_described_view_choices,
     .help = EL4_DESCRIBED_VIEW_HELP},
    {.name = "when",
     .type = EL4_CONFIG_ENUM,
     .default_text = "always",
     .choices = el4_described_when_choices,
     .help = EL4_DESCRIBED_WHEN_HELP},
};

static const struct el4_config_schema memory_schema = {
    .struct_size = sizeof(memory_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Memory of a described board.",
    .keys = memory_keys,
    .key_count = G_N_ELEMENTS(memory_keys),
};

bool el4_described_part_schemas(struct el4_config *config, GError **error)
{
    return el4_config_add_schema(config, "board (described)", &board_schema, error) &&
           el4_config_add_schema(config, "memory NAME", &memory_schema, error) &&
           el4_described_device_schemas(config, error) &&
           el4_described_node_schemas(config, error);
}

/* ---- which parts ---- */

bool el4_described_applies(const struct el4_machine *machine, const char *section,
                           bool *applies, GError **error)
{
    const char *text = el4_config_get_text(machine->config, section, "when");
    const char *const *choices = el4_described_when_choices;
    unsigned when = 0;
    while (text && choices[when] && strcmp(text, choices[when]) != 0) {
        when++;
    }
    switch (when) {
    case WHEN_ALWAYS: *applies = true; return true;
    case WHEN_EL2: *applies = machine->el2; return true;
    case WHEN_EL3: *applies = machine->el3 != EL3_NONE; return true;
    case WHEN_EL3_GUEST: *applies = machine->el3 == EL3_GUEST; return true;
    default: break;
    }
    g_autofree char *names = g_strjoinv(", ", (char **)choices);
    el4_config_value_error(machine->config, section, "when", error,
                           "'%s' is not a choice here; write one of %s", text, names);
    return false;
}

uint32_t el4_described_view(const struct el4_machine *machine, const char *section)
{
    switch ((enum view)el4_config_get_enum(machine->config, section, "view")) {
    case VIEW_SECURE: return EL4_VIEW_SECURE;
    case VIEW_NONSECURE: return EL4_VIEW_NONSECURE;
    case VIEW_FIRMWARE: return machine->el3 == EL3_GUEST ? EL4_VIEW_SECURE : 0;
    case VIEW_BOTH: break;
    }
    return 0;
}

/* ---- memory ---- */

bool el4_described_refuse_at(struct el4_machine *machine, const char *section, const char *key,
                             GError **error)
{
    g_autofree char *text = g_steal_pointer(&machine->board->failure);
    el4_config_value_error(machine->config, section, key, error, "%s", text);
    return false;
}

static bool size_main_memory(struct el4_machine *machine, const char *section,
                             struct el4_board_memory *memory, GError **error)
{
    if (memory->kind != EL4_MEMORY_RAM) {
        el4_config_value_error(machine->config, section, "kind", error,
                               "the main memory must be RAM");
        return false;
    }
    if (machine->have_boot) {
        el4_config_value_error(machine->config, section, "main", error,
                               "this is the second main memory; a board has one");
        return false;
    }
    if (machine->memory_bytes > memory->bytes) {
        el4_config_value_error(machine->config, "machine", "memory", error,
                               "%" PRIu64 " bytes are too many: [%s] has room for %" PRIu64,
                               machine->memory_bytes, section, memory->bytes);
        return false;
    }
    memory->bytes = machine->memory_bytes;
    machine->boot.ram_base = memory->base;
    machine->have_boot = true;
    return true;
}

static bool add_memory(struct el4_machine *machine, const char *section, const char *name,
                       GError **error)
{
    struct el4_config *config = machine->config;
    bool applies;
    if (!el4_config_add_schema(config, section, &memory_schema, error) ||
        !el4_machine_check_section(machine, section, error) ||
        !el4_described_applies(machine, section, &applies, error)) {
        return false;
    }
    if (!applies) {
        return true;
    }
    struct el4_board_memory memory = {
        .struct_size = sizeof(memory),
        .name = name,
        .base = el4_config_get_uint(config, section, "base"),
        .bytes = el4_config_get_size(config, section, "bytes"),
        .kind = (uint32_t)el4_config_get_enum(config, section, "kind"),
        .view = el4_described_view(machine, section),
        .main = el4_config_get_bool(config, section, "main"),
    };
    if (memory.main && !size_main_memory(machine, section, &memory, error)) {
        return false;
    }
    return el4_machine_add_memory(machine->board, &memory) ||
           el4_described_refuse_at(machine, section, "base", error);
}

bool el4_described_each(struct el4_machine *machine, const char *word, const char *example,
                        el4_described_part *add, GError **error)
{
    g_autoptr(GPtrArray) sections = el4_config_sections(machine->config, word);
    for (guint i = 0; i < sections->len; i++) {
        const char *section = g_ptr_array_index(sections, i);
        if (strcmp(section, word) == 0) {
            g_autofree char *origin = el4_config_section_origin(machine->config, section);
            g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                        "%s: [%s]: it needs a name, as in [%s %s]", origin, word, word,
                        example);
            return false;
        }
        if (!add(machine, section, section + strlen(word) + 1, error)) {
            return false;
        }
    }
    return true;
}

/* ---- boot ---- */

static bool read_stub(struct el4_machine *machine, struct described *board, GError **error)
{
    const struct el4_config *config = machine->config;
    size_t count;
    const char *const *words = el4_config_get_list(config, "board", "stub", &count);
    board->stub = g_new0(uint32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        uint64_t word;
        if (!el4_config_read_number(words[i], strlen(words[i]), &word) || word > UINT32_MAX) {
            el4_config_value_error(config, "board", "stub", error,
                                   "'%s' is no word of 32 bits; write it as 0xe320f003",
                                   words[i]);
            return false;
        }
        board->stub[i] = (uint32_t)word;
    }
    machine->boot.stub.code = count ? board->stub : NULL;
    machine->boot.stub.words = (uint32_t)count;
    machine->boot.stub.address = el4_config_get_uint(config, "board", "stub-address");
    machine->boot.stub.first_cpu = el4_config_get_uint(config, "board", "stub-first-cpu");
    machine->boot.stub.other_cpus = el4_config_get_uint(config, "board", "stub-other-cpus");
    return true;
}

static bool read_boot(struct el4_machine *machine, GError **error)
{
    static const char *const of_code[] = {"reset-address", "stub-address", "stub-first-cpu",
                                          "stub-other-cpus"};
    const struct el4_config *config = machine->config;
    for (size_t i = 0; i < G_N_ELEMENTS(of_code); i++) {
        if (el4_config_get_uint(config, "board", of_code[i]) % 4) {
            el4_config_value_error(config, "board", of_code[i], error, "no multiple of 4");
            return false;
        }
    }
    bool is_secure =
        machine->el3 == EL3_GUEST && el4_config_get_bool(config, "board", "secure-kernel");
    machine->boot.struct_size = sizeof(machine->boot);
    machine->boot.reset_address = el4_config_get_uint(config, "board", "reset-address");
    machine->boot.bios_base = el4_config_get_uint(config, "board", "firmware-base");
    machine->boot.bios_bytes = el4_config_get_size(config, "board", "firmware-bytes");
    machine->boot.dtb_address = el4_config_get_uint(config, "board", "dtb-address");
    machine->boot.kernel_secure = is_secure;
    machine->boot.kernel_el = is_secure ? 1 : 0;
    machine->boot.all_cpus_start = el4_config_get_bool(config, "board", "all-cpus-start");
    machine->boot.periphbase = el4_config_get_uint(config, "board", "periphbase");
    return read_stub(machine, machine->board->state, error);
}

/* ---- wires of the CPUs ---- */

/* One word for one CPU. */
static bool connect_cpu(struct el4_machine *machine, const char *key, const char *word,
                        unsigned cpu, uint32_t output, GError **error)
{
    g_autofree char *device = NULL;
    uint32_t input;
    int input_cpu;
    if (el4_described_interrupt(word, &input)) {
        if (!machine->interrupt_controller) {
            el4_config_value_error(machine->config, "board", key, error,
                                   "there is no interrupt controller; say "
                                   "'interrupt-controller = yes' in a [device NAME]");
            return false;
        }
        device = g_strdup(machine->interrupt_controller->name);
        input = input < 32 ? EL4_INPUT_PRIVATE(cpu, input) : input;
    } else if (!el4_described_end(word, &device, &input, &input_cpu)) {
        el4_config_value_error(machine->config, "board", key, error,
                               "'%s' is no ppiN (0 to 15), spiN (0 to 987) or DEVICE:INPUT",
                               word);
        return false;
    }
    struct el4_board_wire wire = {.struct_size = sizeof(wire),
                                  .cpu = cpu,
                                  .output = output,
                                  .to_device = device,
                                  .input = input};
    return el4_machine_add_wire(machine->board, &wire) ||
           el4_described_refuse_at(machine, "board", key, error);
}

static bool connect_cpus(struct el4_machine *machine, GError **error)
{
    static const struct {
        const char *key;
        uint32_t output;
    } wires[] = {
        {"timer-secure", EL4_CPU_WIRE_TIMER_SEC},
        {"timer-physical", EL4_CPU_WIRE_TIMER_NS_PHYS},
        {"timer-virtual", EL4_CPU_WIRE_TIMER_VIRT},
        {"timer-hyp", EL4_CPU_WIRE_TIMER_HYP},
        {"timer-hyp-virtual", EL4_CPU_WIRE_TIMER_HYP_VIRT},
        {"pmu", EL4_CPU_WIRE_PMU},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wires); i++) {
        const char *key = wires[i].key;
        size_t count;
        const char *const *words = el4_config_get_list(machine->config, "board", key, &count);
        bool is_shared = count == 1 && g_str_has_prefix(words[0], "ppi");
        if (count && !is_shared && count < machine->cpu_count) {
            el4_config_value_error(machine->config, "board", key, error,
                                   "%zu words for %u CPUs; give each CPU one, or all one ppiN",
                                   count, machine->cpu_count);
            return false;
        }
        for (unsigned cpu = 0; count && cpu < machine->cpu_count; cpu++) {
            if (!connect_cpu(machine, key, words[is_shared ? 0 : cpu], cpu, wires[i].output,
                             error)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- the board ---- */

bool el4_described_is_board(const struct el4_machine *machine)
{
    return machine->board->plugin == &el4_described_board;
}

void el4_described_read_board(struct el4_machine *machine)
{
    const struct el4_config *config = machine->config;
    struct el4_board_operations *operations = &machine->board->operations.board;
    operations->default_cpu = el4_config_get_string(config, "board", "cpu");
    operations->cpus_max = (unsigned)el4_config_get_uint(config, "board", "cpus-max");
    operations->counter_hz = el4_config_get_uint(config, "board", "counter-hz");
    operations->memory_default = el4_config_get_size(config, "board", "memory");
}

static bool add_board(struct el4_machine *machine, GError **error)
{
    if (!el4_described_each(machine, "memory", "ram", add_memory, error)) {
        return false;
    }
    if (!machine->have_boot) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "[board]: no memory is the main memory; say 'main = yes' in a [memory "
                    "NAME]");
        return false;
    }
    return read_boot(machine, error) &&
           el4_described_check_properties(machine->config, "board", "properties", error);
}

bool el4_described_add(struct el4_machine *machine, GError **error)
{
    bool is_board = el4_described_is_board(machine);
    return (!is_board || add_board(machine, error)) &&
           el4_described_add_devices(machine, error) &&
           (!is_board || connect_cpus(machine, error)) &&
           el4_described_check_nodes(machine, error);
}

static void *described_create(const struct el4_host *host, struct el4_instance *self)
{
    struct described *board = g_new0(struct described, 1);
    board->machine = self->machine;
    return board;
}

static void described_destroy(void *state)
{
    struct described *board = state;
    g_free(board->stub);
    g_free(board);
}

/* el4_described_add() does it, with errors that name keys. */
static bool described_build(void *state)
{
    return true;
}

static uint64_t described_cpu_affinity(void *state, unsigned cpu)
{
    const struct described *board = state;
    const struct el4_config *config = board->machine->config;
    uint64_t cluster = el4_config_get_uint(config, "board", "cluster");
    uint64_t affinity = cluster ? (cpu / cluster) << 8 | cpu % cluster : cpu;
    return el4_config_get_uint(config, "board", "affinity") + affinity;
}

static const char *described_default_chain(void *state, unsigned conduit)
{
    const struct el4_machine *machine = ((struct described *)state)->machine;
    bool by_smc = machine->el2 || machine->el3 == EL3_EMULATOR;
    switch ((enum conduit)el4_config_get_enum(machine->config, "board", "conduit")) {
    case CONDUIT_SMC: by_smc = true; break;
    case CONDUIT_HVC: by_smc = false; break;
    case CONDUIT_ABOVE: break;
    }
    return machine->el3 != EL3_GUEST && conduit == (by_smc ? EL4_CONDUIT_SMC : EL4_CONDUIT_HVC)
               ? el4_config_get_text(machine->config, "board", "services")
               : NULL;
}

static void described_fdt(void *state, struct el4_fdt *fdt)
{
    static const uint32_t two = 2;
    const struct el4_config *config = ((struct described *)state)->machine->config;
    g_auto(GStrv) compatible = el4_described_strings(config, "board", "compatible");
    if (compatible) {
        el4_fdt_strings(fdt, "compatible", (const char *const *)compatible);
    }
    el4_fdt_string(fdt, "model", el4_config_get_string(config, "board", "model"));
    el4_fdt_cells(fdt, "#address-cells", &two, 1);
    el4_fdt_cells(fdt, "#size-cells", &two, 1);
    el4_described_write_properties(config, "board", "properties", fdt);
}

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = described_create,
    .destroy = described_destroy,
    .build = described_build,
    .cpu_affinity = described_cpu_affinity,
    .default_chain = described_default_chain,
    .fdt = described_fdt,
};

const struct el4_plugin el4_described_board = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "described",
    .version = "1.0",
    .description = "A board that sections of the configuration describe",
    .schema = &board_schema,
    .operations = &operations,
};
