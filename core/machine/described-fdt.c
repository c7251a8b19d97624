/* SPDX-License-Identifier: MIT */
/*
 * What the configuration says of the device tree: [node NAME], and the node- keys of described
 * devices. Properties are words NAME or NAME=VALUE. A value is a text, or cells with '/'
 * between: numbers, and &LABEL for the phandle of a node.
 */
#include "machine/described.h"

#include <string.h>

#define NODES_MAX    256u
#define DEPTH_MAX    8u
#define CELLS_MAX    64u
#define PROPERTY_MAX 31u /* bytes of a property's name (Devicetree Specification 2.2.4.1) */

static const struct el4_config_key node_keys[] = {
    {.name = "parent",
     .type = EL4_CONFIG_STRING,
     .help = "The [node NAME] in which it is; not set: the root."},
    {.name = "name",
     .type = EL4_CONFIG_STRING,
     .help = "Its name in the device tree; not set: the section's."},
    {.name = "label",
     .type = EL4_CONFIG_STRING,
     .help = "Label by which properties of other nodes can refer to it, as &LABEL."},
    {.name = "compatible",
     .type = EL4_CONFIG_STRING,
     .help = "Compatible strings, with white space between."},
    {.name = "interrupts",
     .type = EL4_CONFIG_LIST,
     .help = "Interrupts of the interrupt controller, for the guest to read: ppiN, spiN, "
             "spiN:edge. Wires are another matter."},
    {.name = "properties",
     .type = EL4_CONFIG_STRING,
     .help = "Properties, with white space between: NAME, or NAME=VALUE, the value being a "
             "text or cells, numbers and &LABEL, with '/' between. White space within single "
             "quotes belongs to a value."},
};

static const struct el4_config_schema node_schema = {
    .struct_size = sizeof(node_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A node of the device tree that stands for no device of el4's.",
    .keys = node_keys,
    .key_count = G_N_ELEMENTS(node_keys),
};

bool el4_described_node_schemas(struct el4_config *config, GError **error)
{
    return el4_config_add_schema(config, "node NAME", &node_schema, error);
}

/* ---- properties ---- */

struct property {
    char *name;
    const char *text; /* NULL: no value, or cells */
    char **cells;     /* NULL: no value, or text */
};

static bool is_cell(const char *word)
{
    uint64_t number;
    return (word[0] == '&' && word[1]) ||
           (el4_config_read_number(word, strlen(word), &number) && number <= UINT32_MAX);
}

static bool is_property_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789,._+?#-");
    return length && !name[length] && length <= PROPERTY_MAX;
}

/* False if it is none. free_property() afterwards in any case. */
static bool parse_property(const char *word, struct property *property)
{
    const char *equals = strchr(word, '=');
    *property = (struct property){.name = equals ? g_strndup(word, (size_t)(equals - word))
                                                 : g_strdup(word)};
    if (!is_property_name(property->name)) {
        return false;
    }
    if (!equals) {
        return true;
    }
    property->text = equals + 1;
    g_auto(GStrv) items = g_strsplit(property->text, "/", CELLS_MAX + 1);
    size_t count = 0;
    while (items[count] && is_cell(items[count])) {
        count++;
    }
    if (count && !items[count] && count <= CELLS_MAX) {
        property->text = NULL;
        property->cells = g_steal_pointer(&items);
    }
    return true;
}

static void free_property(struct property *property)
{
    g_free(property->name);
    g_strfreev(property->cells);
}

char **el4_described_strings(const struct el4_config *config, const char *section,
                             const char *key)
{
    const char *at = el4_config_get_string(config, section, key);
    GPtrArray *words = g_ptr_array_new();
    while (at && *(at += strspn(at, " \t"))) {
        GString *word = g_string_new(NULL);
        for (bool quoted = false; *at && (quoted || (*at != ' ' && *at != '\t')); at++) {
            if (*at == '\'') {
                quoted = !quoted;
            } else {
                g_string_append_c(word, *at);
            }
        }
        g_ptr_array_add(words, g_string_free(word, FALSE));
    }
    if (words->len) {
        g_ptr_array_add(words, NULL);
    }
    return (char **)g_ptr_array_free(words, words->len == 0);
}

bool el4_described_check_properties(const struct el4_config *config, const char *section,
                                    const char *key, GError **error)
{
    g_auto(GStrv) words = el4_described_strings(config, section, key);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **word = words; word && *word; word++) {
        struct property property;
        bool is_one = parse_property(*word, &property);
        bool is_new = is_one && g_hash_table_add(names, g_strdup(property.name));
        free_property(&property);
        if (!is_new) {
            el4_config_value_error(config, section, key, error,
                                   is_one ? "'%s' is the second of that name"
                                          : "'%s' is no NAME or NAME=VALUE; names have "
                                            "letters, digits and ,._+?#-, 31 at most",
                                   *word);
            return false;
        }
    }
    return true;
}

static void write_cells(const struct property *property, struct el4_fdt *fdt)
{
    uint32_t cells[CELLS_MAX];
    size_t count = 0;
    for (; property->cells[count]; count++) {
        const char *word = property->cells[count];
        uint64_t number = 0;
        if (*word == '&') {
            number = el4_fdt_phandle(fdt, word + 1);
        } else {
            el4_config_read_number(word, strlen(word), &number);
        }
        cells[count] = (uint32_t)number;
    }
    el4_fdt_cells(fdt, property->name, cells, count);
}

void el4_described_write_properties(const struct el4_config *config, const char *section,
                                    const char *key, struct el4_fdt *fdt)
{
    g_auto(GStrv) words = el4_described_strings(config, section, key);
    for (char **word = words; word && *word; word++) {
        struct property property;
        parse_property(*word, &property);
        if (property.cells) {
            write_cells(&property, fdt);
        } else if (property.text) {
            el4_fdt_string(fdt, property.name, property.text);
        } else {
            el4_fdt_flag(fdt, property.name);
        }
        free_property(&property);
    }
}

/* ---- devices ---- */

static void write_clocks(const struct el4_config *config, const char *section,
                         struct el4_fdt *fdt)
{
    uint32_t cells[CELLS_MAX];
    size_t count;
    const char *const *words = el4_config_get_list(config, section, "node-clocks", &count);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < MIN(count, CELLS_MAX); i++) {
        const char *colon = strchr(words[i], ':');
        cells[i] = el4_fdt_phandle(fdt, colon + 1);
        g_ptr_array_add(names, g_strndup(words[i], (size_t)(colon - words[i])));
    }
    if (names->len) {
        el4_fdt_cells(fdt, "clocks", cells, names->len);
        g_ptr_array_add(names, NULL);
        el4_fdt_strings(fdt, "clock-names", (const char *const *)names->pdata);
    }
}

static bool check_clocks(const struct el4_config *config, const char *section, GError **error)
{
    size_t count;
    const char *const *words = el4_config_get_list(config, section, "node-clocks", &count);
    for (size_t i = 0; i < count; i++) {
        const char *colon = strchr(words[i], ':');
        if (!colon || colon == words[i] || !colon[1] || i == CELLS_MAX) {
            el4_config_value_error(config, section, "node-clocks", error,
                                   i == CELLS_MAX ? "'%s' is one too many"
                                                  : "'%s' is no CLOCK-NAME:LABEL",
                                   words[i]);
            return false;
        }
    }
    return true;
}

void el4_described_write_device(const struct el4_machine *machine,
                                const struct el4_instance *device, struct el4_fdt *fdt)
{
    const char *section = device->board.section;
    /* The devices of a group have none. */
    const char *label = el4_config_find_key(machine->config, section, "node-label")
                            ? el4_config_get_string(machine->config, section, "node-label")
                            : NULL;
    el4_described_write_properties(machine->config, section, "node-properties", fdt);
    write_clocks(machine->config, section, fdt);
    if (label) {
        el4_fdt_label(fdt, label);
    }
}

/* ---- nodes ---- */

static char *node_section(const char *name)
{
    return g_strdup_printf("node %s", name);
}

static const char *parent_of(const struct el4_config *config, const char *section)
{
    return el4_config_get_string(config, section, "parent");
}

static bool is_node(const struct el4_config *config, const char *section)
{
    return el4_config_find_key(config, section, "parent");
}

static bool check_parents(const struct el4_config *config, const char *section, GError **error)
{
    g_autofree char *at = g_strdup(section);
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        const char *parent = parent_of(config, at);
        if (!parent) {
            return true;
        }
        g_free(at);
        at = node_section(parent);
        if (!is_node(config, at)) {
            el4_config_value_error(config, section, "parent", error, "there is no [%s]", at);
            return false;
        }
    }
    el4_config_value_error(config, section, "parent", error,
                           "it leads in a circle, or %u nodes deep", DEPTH_MAX);
    return false;
}

static bool check_interrupts(const struct el4_config *config, const char *section,
                             GError **error)
{
    size_t count;
    const char *const *words = el4_config_get_list(config, section, "interrupts", &count);
    for (size_t i = 0; i < count; i++) {
        struct el4_board_irq irq;
        if (i == CELLS_MAX || !el4_described_interrupt_flags(words[i], &irq)) {
            el4_config_value_error(config, section, "interrupts", error,
                                   i == CELLS_MAX ? "'%s' is one too many"
                                                  : "'%s' is no ppiN, spiN or spiN:edge",
                                   words[i]);
            return false;
        }
    }
    return true;
}

static bool register_node(struct el4_machine *machine, const char *section, const char *name,
                          GError **error)
{
    return el4_config_add_schema(machine->config, section, &node_schema, error) &&
           el4_machine_check_section(machine, section, error);
}

static bool check_node(struct el4_machine *machine, const char *section, const char *name,
                       GError **error)
{
    return check_parents(machine->config, section, error) &&
           check_interrupts(machine->config, section, error) &&
           el4_described_check_properties(machine->config, section, "properties", error);
}

bool el4_described_check_nodes(struct el4_machine *machine, GError **error)
{
    g_autoptr(GPtrArray) nodes = el4_config_sections(machine->config, "node");
    if (nodes->len > NODES_MAX) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "%u sections [node NAME] are too many; there may be %u", nodes->len,
                    NODES_MAX);
        return false;
    }
    for (guint i = 0; i < machine->instances->len; i++) {
        const struct el4_instance *device = g_ptr_array_index(machine->instances, i);
        if (device->board.section &&
            !check_clocks(machine->config, device->board.section, error)) {
            return false;
        }
    }
    return el4_described_each(machine, "node", "timer", register_node, error) &&
           el4_described_each(machine, "node", "timer", check_node, error);
}

/* Bits 15:8 of a private interrupt's flags: the CPUs, in the binding of GICv2. */
static uint32_t cpu_mask(const struct el4_machine *machine)
{
    const struct el4_instance *controller = machine->interrupt_controller;
    bool has_mask = controller && strcmp(controller->plugin->name, "gicv2") == 0;
    return has_mask ? ((1u << MIN(machine->cpu_count, 8)) - 1) << 8 : 0;
}

static void write_interrupts(const struct el4_machine *machine, const char *section,
                             struct el4_fdt *fdt)
{
    uint32_t cells[3 * CELLS_MAX];
    size_t count;
    const char *const *words =
        el4_config_get_list(machine->config, section, "interrupts", &count);
    for (size_t i = 0; i < MIN(count, CELLS_MAX); i++) {
        struct el4_board_irq irq;
        el4_described_interrupt_flags(words[i], &irq);
        if (irq.intid < 32) {
            irq.flags |= cpu_mask(machine);
        }
        el4_machine_interrupt_cells(&irq, &cells[3 * i]);
    }
    if (count) {
        el4_fdt_cells(fdt, "interrupts", cells, 3 * MIN(count, CELLS_MAX));
    }
}

static void write_children(struct el4_machine *machine, const GPtrArray *nodes,
                           const char *parent, struct el4_fdt *fdt);

static void write_node(struct el4_machine *machine, const GPtrArray *nodes, const char *section,
                       struct el4_fdt *fdt)
{
    const struct el4_config *config = machine->config;
    const char *own_name = section + strlen("node ");
    const char *name = el4_config_get_string(config, section, "name");
    const char *label = el4_config_get_string(config, section, "label");
    g_auto(GStrv) compatible = el4_described_strings(config, section, "compatible");
    el4_fdt_begin(fdt, name ? name : own_name);
    if (compatible) {
        el4_fdt_strings(fdt, "compatible", (const char *const *)compatible);
    }
    write_interrupts(machine, section, fdt);
    el4_described_write_properties(config, section, "properties", fdt);
    if (label) {
        el4_fdt_label(fdt, label);
    }
    write_children(machine, nodes, own_name, fdt);
    el4_fdt_end(fdt);
}

/* Of the root if parent is NULL. */
static void write_children(struct el4_machine *machine, const GPtrArray *nodes,
                           const char *parent, struct el4_fdt *fdt)
{
    for (guint i = 0; i < nodes->len; i++) {
        const char *section = g_ptr_array_index(nodes, i);
        if (g_strcmp0(parent_of(machine->config, section), parent) == 0) {
            write_node(machine, nodes, section, fdt);
        }
    }
}

void el4_described_write_nodes(struct el4_machine *machine, struct el4_fdt *fdt)
{
    g_autoptr(GPtrArray) nodes = el4_config_sections(machine->config, "node");
    write_children(machine, nodes, NULL, fdt);
}
