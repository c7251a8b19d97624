/* SPDX-License-Identifier: MIT */
/*
 * [device NAME] with a `type`, and [devices NAME]: devices that the configuration gives to a
 * machine, be its board described or a plugin. A device's section has the keys below and those
 * of its plugin; that of a group has the keys below, and each device of it a section of its
 * own.
 */
#include "machine/described.h"

#include <inttypes.h>
#include <string.h>

#define GROUP_MAX 256
#define INTID_MAX 1019u
/* Of devices that one level goes through: each of them calls the next. */
#define WAY_MAX 16

/* Of a group, of both, of a device: the schemas are parts of one table. */
enum { GROUP_KEYS = 2, COMMON_KEYS = 11, DEVICE_KEYS = 4 };

static const struct el4_config_key keys[GROUP_KEYS + COMMON_KEYS + DEVICE_KEYS] = {
    {.name = "count",
     .type = EL4_CONFIG_UINT,
     .flags = EL4_CONFIG_REQUIRED,
     .min = 1,
     .max = GROUP_MAX,
     .help = "How many: [device NAME0] and so on. Each has the next interrupt."},
    {.name = "stride",
     .type = EL4_CONFIG_UINT,
     .flags = EL4_CONFIG_REQUIRED,
     .min = 1,
     .max = UINT32_MAX,
     .help = "From one device's address to the next's."},

    {.name = "type",
     .type = EL4_CONFIG_STRING,
     .flags = EL4_CONFIG_REQUIRED,
     .help = "The device plugin; 'el4 plugins' lists them."},
    {.name = "base",
     .type = EL4_CONFIG_LIST,
     .help = "Where its regions go, in the order of the plugin's: ADDRESS, or ADDRESS+BYTES "
             "for less than all of it."},
    {.name = "irq",
     .type = EL4_CONFIG_LIST,
     .help = "Outputs that lead to the interrupt controller: [OUTPUT:]spiN[:edge], output 0 "
             "and level if it is not said."},
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
    {.name = "node",
     .type = EL4_CONFIG_STRING,
     .help = "Name of its node in the device tree, without @ADDRESS; not set: it has none."},
    {.name = "node-compatible",
     .type = EL4_CONFIG_STRING,
     .help = "Compatible strings of its node, with white space between; not set: the plugin "
             "writes them, if it does."},
    {.name = "node-clocks",
     .type = EL4_CONFIG_LIST,
     .help = "Clocks of its node: CLOCK-NAME:LABEL, the label being that of a [node NAME]."},
    {.name = "node-properties",
     .type = EL4_CONFIG_STRING,
     .help = "More properties of its node, as in [node NAME]."},
    {.name = "takes-disk",
     .type = EL4_CONFIG_LIST,
     .help = "It is where -drive may go: KEY=VALUE for the keys of its plugin that make a disk "
             "of it, or nothing."},
    {.name = "takes-network", .type = EL4_CONFIG_LIST, .help = "The same of -netdev."},

    {.name = "el2-base",
     .type = EL4_CONFIG_LIST,
     .help = "More of 'base' on machines with EL2."},
    {.name = "interrupt-controller",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "It is the one to which the others' 'irq' leads."},
    {.name = "wires",
     .type = EL4_CONFIG_LIST,
     .help = "Where other outputs lead: OUTPUT:DEVICE:INPUT, or FIRST-LAST:DEVICE:INPUT, whose "
             "inputs count up. INPUT is a number, spiN, or ppiN@CPU; what leads to a CPU that "
             "the machine does not have is left out."},
    {.name = "node-label",
     .type = EL4_CONFIG_STRING,
     .help = "Label by which properties of other nodes can refer to its node, as &LABEL."},
};

static const struct el4_config_schema group_schema = {
    .struct_size = sizeof(group_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Devices of one type, one after the other, as the slots of virtio-mmio.",
    .keys = keys,
    .key_count = GROUP_KEYS + COMMON_KEYS,
};

static const struct el4_config_schema device_schema = {
    .struct_size = sizeof(device_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A device that the configuration gives to the machine, with a 'type', or settings "
            "of one that the board has. The keys of its plugin come besides.",
    .keys = keys + GROUP_KEYS,
    .key_count = COMMON_KEYS + DEVICE_KEYS,
};

bool el4_described_device_schemas(struct el4_config *config, GError **error)
{
    return el4_config_add_schema(config, "device NAME", &device_schema, error) &&
           el4_config_add_schema(config, "devices NAME", &group_schema, error);
}

bool el4_described_is_device(const struct el4_config *config, const char *section)
{
    return el4_config_get_text(config, section, "type");
}

/* ---- reading ---- */

static bool read_regions(const struct el4_machine *machine, const char *section,
                         const char *key, struct el4_board_device *entry, GError **error)
{
    const char *const *words = el4_config_get_list(machine->config, section, key, NULL);
    for (; words && *words; words++) {
        if (entry->region_count == EL4_BOARD_REGIONS_MAX) {
            el4_config_value_error(machine->config, section, key, error, "more than %d regions",
                                   EL4_BOARD_REGIONS_MAX);
            return false;
        }
        uint64_t base, bytes;
        if (!el4_described_region(*words, &base, &bytes)) {
            el4_config_value_error(machine->config, section, key, error,
                                   "'%s' is no ADDRESS or ADDRESS+BYTES", *words);
            return false;
        }
        entry->regions[entry->region_count].base = base;
        entry->regions[entry->region_count++].bytes = bytes;
    }
    return true;
}

static bool read_irqs(const struct el4_machine *machine, const char *section,
                      struct el4_board_device *entry, GError **error)
{
    const char *const *words = el4_config_get_list(machine->config, section, "irq", NULL);
    for (; words && *words; words++) {
        if (entry->irq_count == EL4_BOARD_IRQS_MAX) {
            el4_config_value_error(machine->config, section, "irq", error,
                                   "more than %d interrupts", EL4_BOARD_IRQS_MAX);
            return false;
        }
        if (!el4_described_irq(*words, &entry->irqs[entry->irq_count++])) {
            el4_config_value_error(machine->config, section, "irq", error,
                                   "'%s' is no [OUTPUT:]spiN[:edge], N being 0 to 987; write "
                                   "for example spi5, or 1:spi6",
                                   *words);
            return false;
        }
    }
    return true;
}

/* All but the name, from a checked section. The strings are its own; free entry->compatible. */
static bool read_entry(const struct el4_machine *machine, const char *section,
                       struct el4_board_device *entry, GError **error)
{
    const struct el4_config *config = machine->config;
    entry->node = el4_config_get_string(config, section, "node");
    entry->compatible =
        (const char *const *)el4_described_strings(config, section, "node-compatible");
    entry->view = el4_described_view(machine, section);
    return read_regions(machine, section, "base", entry, error) &&
           read_irqs(machine, section, entry, error) &&
           el4_described_check_properties(config, section, "node-properties", error);
}

/* ---- places ---- */

/* Of KEY=VALUE words; g_strfreev() *words and g_free() the result. NULL with *words NULL: the
 * key is not set; NULL otherwise: *error is set. */
static struct el4_board_setting *read_takes(struct el4_machine *machine, const char *section,
                                            const char *key, char ***words, GError **error)
{
    const char *text = el4_config_get_text(machine->config, section, key);
    *words = text ? g_strsplit_set(text, ", \t", -1) : NULL;
    if (!text) {
        return NULL;
    }
    struct el4_board_setting *settings =
        g_new0(struct el4_board_setting, g_strv_length(*words) + 1);
    size_t count = 0;
    for (char **word = *words; *word; word++) {
        char *equals = strchr(*word, '=');
        if (!**word) {
            continue;
        }
        if (!equals || equals == *word) {
            el4_config_value_error(machine->config, section, key, error, "'%s' is no KEY=VALUE",
                                   *word);
            g_free(settings);
            return NULL;
        }
        *equals = '\0';
        settings[count++] = (struct el4_board_setting){*word, equals + 1};
    }
    return settings;
}

/* Before the device is made: its section gets what the command line brings. */
static bool tell_place(struct el4_machine *machine, const char *section, const char *name,
                       GError **error)
{
    g_auto(GStrv) disk_words = NULL;
    g_auto(GStrv) network_words = NULL;
    g_autofree struct el4_board_setting *disk =
        read_takes(machine, section, "takes-disk", &disk_words, error);
    if (disk_words && !disk) {
        return false;
    }
    g_autofree struct el4_board_setting *network =
        read_takes(machine, section, "takes-network", &network_words, error);
    if (network_words && !network) {
        return false;
    }
    const struct el4_board_place place = {
        .struct_size = sizeof(place), .device = name, .disk = disk, .network = network};
    if ((!disk && !network) || el4_machine_add_place(machine->board, &place)) {
        return true;
    }
    return el4_described_refuse_at(machine, section, disk ? "takes-disk" : "takes-network",
                                   error);
}

/* ---- adding ---- */

/* Interrupt controllers' plugins have two keys that follow the machine's levels. */
static struct el4_instance *make(struct el4_machine *machine, const char *section,
                                 const char *name, GError **error)
{
    const char *type = el4_config_get_text(machine->config, section, "type");
    g_autoptr(GError) problem = NULL;
    if (g_hash_table_contains(machine->devices, name)) {
        el4_config_value_error(machine->config, section, "type", error,
                               "the machine has a device '%s' already; choose another name",
                               name);
        return NULL;
    }
    if (!el4_plugins_find(machine->plugins, EL4_PLUGIN_DEVICE, type, &problem)) {
        el4_config_value_error(machine->config, section, "type", error, "%s", problem->message);
        return NULL;
    }
    const struct el4_board_setting settings[] = {
        {"security", machine->el3 != EL3_NONE ? "yes" : "no"},
        {"virtualization", machine->el2 ? "yes" : "no"},
        {0},
    };
    const struct el4_board_device entry = {.name = name, .plugin = type, .settings = settings};
    struct el4_instance *device = el4_machine_make_device(machine, &entry, true, error);
    if (device) {
        device->board.section = g_strdup(section);
    }
    return device;
}

static bool place(struct el4_instance *device, const struct el4_board_device *entry,
                  GError **error)
{
    struct el4_machine *machine = device->machine;
    const char *section = device->board.section;
    g_autoptr(GError) problem = NULL;
    if (!el4_machine_place_device(device, entry, &problem)) {
        g_autofree char *own_prefix = g_strdup_printf("[device %s]: ", device->name);
        bool has_prefix = g_str_has_prefix(problem->message, own_prefix);
        el4_config_value_error(machine->config, section, "base", error, "%s",
                               problem->message + (has_prefix ? strlen(own_prefix) : 0));
        return false;
    }
    return true;
}

static bool is_left_out(struct el4_machine *machine, const char *section, bool *left_out,
                        GError **error)
{
    bool applies = false;
    bool fine = el4_described_applies(machine, section, &applies, error);
    *left_out = !applies;
    return fine;
}

static bool read_controller(struct el4_machine *machine, const char *section,
                            struct el4_board_device *entry, GError **error)
{
    entry->interrupt_controller =
        el4_config_get_bool(machine->config, section, "interrupt-controller");
    if (entry->interrupt_controller && machine->interrupt_controller) {
        el4_config_value_error(machine->config, section, "interrupt-controller", error,
                               "this is the second one; '%s' is the machine's already",
                               machine->interrupt_controller->name);
        return false;
    }
    return true;
}

static bool add_device(struct el4_machine *machine, const char *section, const char *name,
                       GError **error)
{
    bool left_out;
    if (!el4_described_is_device(machine->config, section)) {
        return true; /* settings of a device that the board or a group has */
    }
    if (!is_left_out(machine, section, &left_out, error)) {
        return false;
    }
    if (left_out) {
        /* On the command line it was meant for this machine, and the full check says so. */
        el4_config_ignore_section(machine->config, section);
        return true;
    }
    if (!el4_config_add_schema(machine->config, section, &device_schema, error) ||
        !tell_place(machine, section, name, error)) {
        return false;
    }
    struct el4_board_device entry = {.name = name};
    struct el4_instance *device = make(machine, section, name, error);
    bool added = device && read_entry(machine, section, &entry, error) &&
                 (!machine->el2 || read_regions(machine, section, "el2-base", &entry, error)) &&
                 read_controller(machine, section, &entry, error) &&
                 place(device, &entry, error);
    g_strfreev((char **)entry.compatible);
    return added;
}

/* Device number i of a group whose first one is at `entry`. */
static bool add_of_group(struct el4_machine *machine, const char *group, const char *name,
                         const struct el4_board_device *like, unsigned i, GError **error)
{
    g_autofree char *own_name = g_strdup_printf("%s%u", name, i);
    struct el4_board_device entry = *like;
    uint64_t stride = el4_config_get_uint(machine->config, group, "stride");
    for (uint32_t k = 0; k < entry.region_count; k++) {
        entry.regions[k].base += i * stride;
    }
    for (uint32_t k = 0; k < entry.irq_count; k++) {
        entry.irqs[k].intid += i;
        if (entry.irqs[k].intid > INTID_MAX) {
            el4_config_value_error(machine->config, group, "irq", error,
                                   "%s%u has none: spi987 is the last", name, i);
            return false;
        }
    }
    struct el4_instance *device = make(machine, group, own_name, error);
    return device && place(device, &entry, error);
}

static bool add_group(struct el4_machine *machine, const char *section, const char *name,
                      GError **error)
{
    bool left_out = false;
    if (!el4_config_add_schema(machine->config, section, &group_schema, error) ||
        !el4_machine_check_section(machine, section, error) ||
        !is_left_out(machine, section, &left_out, error)) {
        return false;
    }
    struct el4_board_device entry = {0};
    uint64_t count = left_out ? 0 : el4_config_get_uint(machine->config, section, "count");
    bool added = left_out || read_entry(machine, section, &entry, error);
    /* The last ones first: the first are for sections that name them. */
    for (unsigned i = (unsigned)count; added && i-- > 0;) {
        g_autofree char *own_name = g_strdup_printf("%s%u", name, i);
        added = tell_place(machine, section, own_name, error);
    }
    for (unsigned i = 0; added && i < count; i++) {
        added = add_of_group(machine, section, name, &entry, i, error);
    }
    g_strfreev((char **)entry.compatible);
    return added;
}

/* ---- wires ---- */

/* One word. Outputs of one device can lead to another's CPU inputs, so there may be many. */
static bool add_wire(struct el4_machine *machine, const char *section, const char *name,
                     const char *word, GError **error)
{
    g_autofree char *device = NULL;
    uint32_t first, last, input;
    int cpu;
    const char *end = el4_described_outputs(word, &first, &last);
    if (!end || !el4_described_end(end, &device, &input, &cpu) || (cpu >= 0 && first != last)) {
        el4_config_value_error(machine->config, section, "wires", error,
                               "'%s' is no OUTPUT:DEVICE:INPUT or FIRST-LAST:DEVICE:INPUT; "
                               "INPUT is a number, spiN or ppiN@CPU, and outputs go up to %u",
                               word, EL4_OUTPUT_MAX);
        return false;
    }
    if (cpu >= (int)machine->cpu_count) {
        return true;
    }
    for (uint32_t output = first; output <= last; output++) {
        struct el4_board_wire wire = {.struct_size = sizeof(wire),
                                      .from_device = name,
                                      .output = output,
                                      .to_device = device,
                                      .input = input + (output - first)};
        if (!el4_machine_add_wire(machine->board, &wire)) {
            return el4_described_refuse_at(machine, section, "wires", error);
        }
    }
    return true;
}

static bool is_described(const struct el4_instance *instance)
{
    return instance->kind == EL4_PLUGIN_DEVICE && instance->board.section;
}

static bool connect_device(struct el4_machine *machine, const struct el4_instance *device,
                           GError **error)
{
    const char *section = device->board.section;
    bool is_group = strcmp(section, device->section) != 0;
    const char *const *words =
        is_group ? NULL : el4_config_get_list(machine->config, section, "wires", NULL);
    if (device->board.irq_count && !machine->interrupt_controller) {
        el4_config_value_error(machine->config, section, "irq", error,
                               "there is no interrupt controller; say 'interrupt-controller = "
                               "yes' in a [device NAME]");
        return false;
    }
    for (; words && *words; words++) {
        if (!add_wire(machine, section, device->name, *words, error)) {
            return false;
        }
    }
    return true;
}

bool el4_described_add_devices(struct el4_machine *machine, GError **error)
{
    if (!el4_described_each(machine, "device", "uart0", add_device, error) ||
        !el4_described_each(machine, "devices", "virtio", add_group, error)) {
        return false;
    }
    for (guint i = 0; i < machine->instances->len; i++) {
        const struct el4_instance *device = g_ptr_array_index(machine->instances, i);
        if (is_described(device) && !connect_device(machine, device, error)) {
            return false;
        }
    }
    return true;
}

/* The longest way from a device, in devices; -1 if it is too long, as circles are. */
static int longest_way(const struct el4_instance *from, GHashTable *known, int steps)
{
    int longest = 0;
    if (steps > WAY_MAX) {
        return -1;
    }
    for (guint i = 0; i < from->outputs->len; i++) {
        const struct el4_instance *next =
            g_array_index(from->outputs, struct wire_end, i).device;
        int way = next ? GPOINTER_TO_INT(g_hash_table_lookup(known, next)) : 0;
        if (next && !way) {
            way = longest_way(next, known, steps + 1);
        }
        if (way < 0 || steps + way > WAY_MAX) {
            return -1;
        }
        longest = MAX(longest, way);
    }
    g_hash_table_insert(known, (void *)from, GINT_TO_POINTER(longest + 1));
    return longest + 1;
}

bool el4_described_check_ways(struct el4_machine *machine, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < machine->instances->len; i++) {
        const struct el4_instance *device = g_ptr_array_index(machine->instances, i);
        if (is_described(device) && longest_way(device, known, 1) < 0) {
            bool has_wires = el4_config_find_key(machine->config, device->section, "wires") &&
                             el4_config_is_set(machine->config, device->section, "wires");
            el4_config_value_error(machine->config, device->board.section,
                                   has_wires ? "wires" : "irq", error,
                                   "from '%s' they lead in a circle, or through more than %d "
                                   "devices",
                                   device->name, WAY_MAX);
            return false;
        }
    }
    return true;
}
