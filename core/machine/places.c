/* SPDX-License-Identifier: MIT */
/*
 * Where a board puts the disks, networks and consoles that the command line asks for without
 * naming a device. The board tells its places; each takes the first of what is still to be
 * placed, by becoming keys of the device's section.
 */
#include "machine/private.h"

#include <string.h>

static const char *const kind_names[] = {[EL4_EXTRA_DISK] = "disk",
                                         [EL4_EXTRA_NETWORK] = "network",
                                         [EL4_EXTRA_CONSOLE] = "console"};

_Static_assert(G_N_ELEMENTS(kind_names) == EL4_EXTRA_KINDS, "a name for each kind");

static bool set(struct el4_machine *machine, const char *section,
                const struct el4_machine_extra *extra, const char *key, const char *value,
                GError **error)
{
    return el4_config_set(machine->config, EL4_CONFIG_LAYER_SHORTCUT, section, key, value,
                          extra->option, error);
}

static bool fill(struct el4_machine *machine, const char *device,
                 const struct el4_board_setting *settings,
                 const struct el4_machine_extra *extra, GError **error)
{
    g_autofree char *section = g_strdup_printf("device %s", device);
    for (; settings->key; settings++) {
        if (!set(machine, section, extra, settings->key, settings->value, error)) {
            return false;
        }
    }
    for (guint i = 0; i + 1 < extra->settings->len; i += 2) {
        if (!set(machine, section, extra, g_ptr_array_index(extra->settings, i),
                 g_ptr_array_index(extra->settings, i + 1), error)) {
            return false;
        }
    }
    return true;
}

static bool check_place(struct el4_instance *board, const struct el4_board_place *place)
{
    struct el4_machine *machine = board->machine;
    if (!place->device || (!place->disk && !place->network && !place->console)) {
        el4_instance_fail(board, "a place names no device, or takes nothing");
        return false;
    }
    if (g_hash_table_contains(machine->devices, place->device)) {
        el4_instance_fail(board, "the place '%s' must be told before its device is added",
                          place->device);
        return false;
    }
    if (!g_hash_table_add(machine->places, g_strdup(place->device))) {
        el4_instance_fail(board, "the place '%s' is told twice", place->device);
        return false;
    }
    return true;
}

/* The device's section gets the first of what is still to be placed that the device takes. */
static bool take_extra(struct el4_machine *machine, const char *device,
                       const struct el4_board_setting *const takes[EL4_EXTRA_KINDS],
                       GError **error)
{
    for (unsigned kind = 0; kind < EL4_EXTRA_KINDS; kind++) {
        machine->place_count[kind] += takes[kind] != NULL;
    }
    for (guint i = 0; i < machine->extras->len; i++) {
        const struct el4_machine_extra *extra = g_ptr_array_index(machine->extras, i);
        if (takes[extra->kind]) {
            g_ptr_array_remove_index(machine->extras, i);
            return fill(machine, device, takes[extra->kind], extra, error);
        }
    }
    return true;
}

static bool add_place(struct el4_instance *board, const struct el4_board_place *place)
{
    const struct el4_board_setting *const takes[EL4_EXTRA_KINDS] = {
        [EL4_EXTRA_DISK] = place->disk,
        [EL4_EXTRA_NETWORK] = place->network,
        [EL4_EXTRA_CONSOLE] = place->console,
    };
    g_autoptr(GError) error = NULL;
    if (!check_place(board, place)) {
        return false;
    }
    if (!take_extra(board->machine, place->device, takes, &error)) {
        el4_instance_fail(board, "%s", error->message);
        board->failure_is_whole = true;
        return false;
    }
    return true;
}

bool el4_machine_add_place(struct el4_instance *board, const struct el4_board_place *place)
{
    struct el4_board_place taken;
    return el4_machine_take(board, "el4_board_place", place, &taken, sizeof(taken),
                            EL4_END_OF(struct el4_board_place, network)) &&
           add_place(board, &taken);
}

bool el4_machine_add_usual_place(struct el4_machine *machine, const char *device,
                                 GError **error)
{
    static const struct el4_board_setting no_settings[] = {{0}};
    const struct el4_board_setting *const takes[EL4_EXTRA_KINDS] = {[EL4_EXTRA_CONSOLE] =
                                                                        no_settings};
    return strcmp(device, "uart0") != 0 ||
           !g_hash_table_add(machine->places, g_strdup(device)) ||
           take_extra(machine, device, takes, error);
}

bool el4_machine_check_extras(const struct el4_machine *machine, GError **error)
{
    if (!machine->extras->len) {
        return true;
    }
    const struct el4_machine_extra *extra = g_ptr_array_index(machine->extras, 0);
    const char *board = machine->board->plugin->name;
    const char *what = kind_names[extra->kind];
    unsigned count = machine->place_count[extra->kind];
    if (count) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "%s: board '%s' has no place left for a %s: all %u are taken; leave the "
                    "option out",
                    extra->option, board, what, count);
    } else {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "%s: board '%s' has no place for a %s; leave the option out, or take a "
                    "board such as virt",
                    extra->option, board, what);
    }
    return false;
}
