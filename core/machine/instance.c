/* SPDX-License-Identifier: MIT */
/*
 * Instances: one board, device or service of a machine, from descriptor to state, with the
 * wires that lead away from it.
 */
#include "machine/described.h"

#include <string.h>

/* How far structures may have grown in newer releases. */
#define STRUCT_TAIL_MAX 4096u

/* Of a plugin that has nothing to configure: its section is known all the same. */
static const struct el4_config_schema no_keys = {
    .struct_size = sizeof(no_keys),
    .key_size = sizeof(struct el4_config_key),
};

/* Structures grow at their tails: an older plugin's ends earlier than ours. */
static void copy_operations(struct el4_instance *instance)
{
    static const size_t ours[] = {
        [EL4_PLUGIN_BOARD] = sizeof(struct el4_board_operations),
        [EL4_PLUGIN_DEVICE] = sizeof(struct el4_device_operations),
        [EL4_PLUGIN_SERVICE] = sizeof(struct el4_service_operations),
    };
    uint32_t theirs;
    memcpy(&theirs, instance->plugin->operations, sizeof(theirs));
    memcpy(&instance->operations, instance->plugin->operations,
           MIN(theirs, ours[instance->kind]));
}

struct el4_instance *el4_instance_new(struct el4_machine *machine, enum el4_plugin_kind kind,
                                      const char *plugin_name, const char *name, GError **error)
{
    bool is_described =
        kind == EL4_PLUGIN_BOARD && strcmp(plugin_name, el4_described_board.name) == 0;
    const struct el4_plugin *plugin =
        is_described ? &el4_described_board
                     : el4_plugins_find(machine->plugins, kind, plugin_name, error);
    if (!plugin) {
        return NULL;
    }
    struct el4_instance *instance = g_new0(struct el4_instance, 1);
    instance->machine = machine;
    instance->kind = kind;
    instance->plugin = plugin;
    copy_operations(instance);
    instance->name = g_strdup(name);
    instance->section = kind == EL4_PLUGIN_BOARD
                            ? g_strdup("board")
                            : g_strdup_printf("%s %s", el4_plugin_kind_name(kind), name);
    instance->outputs = g_array_new(FALSE, TRUE, sizeof(struct wire_end));
    if (!el4_config_add_lasting_schema(machine->config, instance->section,
                                       plugin->schema ? plugin->schema : &no_keys, error)) {
        el4_instance_free(instance);
        return NULL;
    }
    return instance;
}

const struct el4_board_operations *el4_instance_board(const struct el4_instance *instance)
{
    return &instance->operations.board;
}

const struct el4_device_operations *el4_instance_device(const struct el4_instance *instance)
{
    return &instance->operations.device;
}

const struct el4_service_operations *el4_instance_service(const struct el4_instance *instance)
{
    return &instance->operations.service;
}

/* Where the key was set that a message of fail() begins with; NULL: with none that was set. */
static char *origin_of_key(const struct el4_instance *instance, const char *text)
{
    const struct el4_config *config = instance->machine->config;
    g_autofree char *key = g_strndup(text, strcspn(text, ": "));
    if (!el4_config_find_key(config, instance->section, key)) {
        return NULL;
    }
    char *origin = el4_config_origin(config, instance->section, key);
    if (strcmp(origin, "default") == 0 || strcmp(origin, "unset") == 0) {
        g_clear_pointer(&origin, g_free);
    }
    return origin;
}

void el4_instance_error(struct el4_instance *instance, const char *doing, GError **error)
{
    if (instance->failure_is_whole) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "%s", instance->failure);
        return;
    }
    const char *text = instance->failure ? instance->failure : doing;
    g_autofree char *origin = origin_of_key(instance, text);
    if (origin) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "%s: [%s] %s", origin,
                    instance->section, text);
        return;
    }
    origin = el4_config_section_origin(instance->machine->config, instance->section);
    g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "%s%s[%s]: %s %s: %s",
                origin ? origin : "", origin ? ": " : "", instance->section,
                el4_plugin_kind_name(instance->kind), instance->plugin->name, text);
}

bool el4_instance_create(struct el4_instance *instance, GError **error)
{
    const struct el4_host *host = &instance->machine->host;

    instance->building = true;
    switch (instance->kind) {
    case EL4_PLUGIN_BOARD:
        instance->state = el4_instance_board(instance)->create(host, instance);
        break;
    case EL4_PLUGIN_DEVICE:
        instance->state = el4_instance_device(instance)->create(host, instance);
        break;
    case EL4_PLUGIN_SERVICE:
        instance->state = el4_instance_service(instance)->create(host, instance);
        break;
    }
    instance->building = false;
    if (!instance->state || instance->failure) {
        el4_instance_error(instance, "could not be created, and it did not say why", error);
        return false;
    }
    return true;
}

/* What a newer plugin's structure has beyond ours; one far larger has a wrong struct_size. */
static bool is_zero_tail(const void *from, size_t ours, uint32_t theirs)
{
    const uint8_t *byte = from;
    for (size_t i = ours; i < theirs; i++) {
        if (byte[i] || theirs - ours > STRUCT_TAIL_MAX) {
            return false;
        }
    }
    return true;
}

bool el4_instance_take(struct el4_instance *instance, const char *type, const void *from,
                       void *to, size_t bytes, size_t least)
{
    uint32_t theirs = 0;
    if (from) {
        memcpy(&theirs, from, sizeof(theirs)); /* all of them begin with it */
    }
    if (theirs < least) {
        el4_instance_fail(instance,
                          "a struct %s is %u bytes long, at least %zu are wanted: its "
                          "struct_size must be sizeof(struct %s)",
                          type, theirs, least, type);
        return false;
    }
    if (theirs > bytes && !is_zero_tail(from, bytes, theirs)) {
        el4_instance_fail(instance,
                          "a struct %s of %u bytes sets members that this el4, which knows "
                          "%zu bytes of it, does not have: the plugin needs a newer el4",
                          type, theirs, bytes);
        return false;
    }
    uint32_t ours = (uint32_t)bytes;
    memset(to, 0, bytes);
    memcpy(to, from, MIN(theirs, bytes));
    memcpy(to, &ours, sizeof(ours));
    return true;
}

static void destroy_state(struct el4_instance *instance)
{
    void (*destroy)(void *) = NULL;
    switch (instance->kind) {
    case EL4_PLUGIN_BOARD: destroy = el4_instance_board(instance)->destroy; break;
    case EL4_PLUGIN_DEVICE: destroy = el4_instance_device(instance)->destroy; break;
    case EL4_PLUGIN_SERVICE: destroy = el4_instance_service(instance)->destroy; break;
    }
    if (destroy && instance->state) {
        destroy(instance->state);
    }
}

void el4_instance_free(struct el4_instance *instance)
{
    if (!instance) {
        return;
    }
    destroy_state(instance);
    for (unsigned i = 0; i < EL4_REGIONS_MAX; i++) {
        g_free(instance->regions[i].name);
    }
    g_array_free(instance->outputs, TRUE);
    g_free(instance->board.node);
    g_strfreev(instance->board.compatible);
    g_free(instance->board.section);
    g_free(instance->failure);
    g_free(instance->section);
    g_free(instance->name);
    g_free(instance);
}

void el4_instance_connect(struct el4_instance *from, unsigned output, struct el4_instance *to,
                          uint32_t input)
{
    if (output >= from->outputs->len) {
        g_array_set_size(from->outputs, output + 1);
    }
    struct wire_end end = {to, input};
    g_array_index(from->outputs, struct wire_end, output) = end;
}
