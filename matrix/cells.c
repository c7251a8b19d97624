/* SPDX-License-Identifier: MIT */
/*
 * From a combination to a cell: what its layers say, applied in their order. Lists grow, single
 * values are replaced; a list's key with nothing behind it empties the list.
 */
#include "private.h"

#include <string.h>

/* The cell in the making; its arrays are of this cell alone, and are used for the next one. */
struct matrix_maker *matrix_maker_new(struct matrix_load *load)
{
    struct matrix_maker *maker = g_new0(struct matrix_maker, 1);
    maker->load = load;
    for (int i = 0; i < MATRIX_LIST_COUNT; i++) {
        maker->lists[i] = g_ptr_array_new();
    }
    return maker;
}

void matrix_maker_free(struct matrix_maker *maker)
{
    for (int i = 0; i < MATRIX_LIST_COUNT; i++) {
        g_ptr_array_unref(maker->lists[i]);
    }
    g_free(maker);
}

static enum matrix_list list_of(enum matrix_key key)
{
    switch (key) {
    case MATRIX_KEY_TAGS: return MATRIX_LIST_TAGS;
    case MATRIX_KEY_CONFIG: return MATRIX_LIST_CONFIGS;
    case MATRIX_KEY_CONSOLE: return MATRIX_LIST_MUST;
    case MATRIX_KEY_CONSOLE_NOT: return MATRIX_LIST_MUST_NOT;
    case MATRIX_KEY_CONSOLE_ORDER: return MATRIX_LIST_IN_ORDER;
    case MATRIX_KEY_CALLS:
    case MATRIX_KEY_CALLS_NOT: return MATRIX_LIST_CALLS;
    default: return MATRIX_LIST_STATES;
    }
}

static bool has_item(const GPtrArray *list, const void *item)
{
    for (guint i = 0; i < list->len; i++) {
        if (g_ptr_array_index(list, i) == item) {
            return true;
        }
    }
    return false;
}

/* calls and calls-not share a list, but each empties only its own. */
static void empty_list(GPtrArray *list, enum matrix_key key)
{
    if (key != MATRIX_KEY_CALLS && key != MATRIX_KEY_CALLS_NOT) {
        g_ptr_array_set_size(list, 0);
        return;
    }
    for (guint i = list->len; i-- > 0;) {
        const struct el4_matrix_call *call = g_ptr_array_index(list, i);
        if ((call->most == 0) == (key == MATRIX_KEY_CALLS_NOT)) {
            g_ptr_array_remove_index(list, i);
        }
    }
}

static void apply_list(struct matrix_maker *maker, const struct matrix_fact *fact)
{
    GPtrArray *list = maker->lists[list_of(fact->key)];
    if (fact->is_empty) {
        empty_list(list, fact->key);
    }
    for (guint i = 0; i < fact->items->len; i++) {
        void *item = g_ptr_array_index(fact->items, i);
        /* Words are one pointer for each text. */
        if (fact->key != MATRIX_KEY_TAGS || !has_item(list, item)) {
            g_ptr_array_add(list, item);
        }
    }
}

/* A later setting of a key replaces the earlier one, as -s does. */
static void apply_setting(struct matrix_maker *maker, struct matrix_setting *setting)
{
    GPtrArray *list = maker->lists[MATRIX_LIST_SETTINGS];
    for (guint i = 0; i < list->len; i++) {
        struct matrix_setting *earlier = g_ptr_array_index(list, i);
        if (earlier->name == setting->name) {
            g_ptr_array_index(list, i) = setting;
            return;
        }
    }
    g_ptr_array_add(list, setting);
}

static void apply(struct matrix_maker *maker, struct el4_matrix_cell *cell,
                  const struct matrix_fact *fact)
{
    switch (fact->key) {
    case MATRIX_KEY_SECONDS: cell->limits.seconds = fact->seconds; break;
    case MATRIX_KEY_MACHINE_SECONDS: cell->limits.machine_seconds = fact->seconds; break;
    case MATRIX_KEY_MEMORY: cell->limits.memory_bytes = fact->number; break;
    case MATRIX_KEY_OUTPUT: cell->limits.output_bytes = fact->number; break;
    case MATRIX_KEY_FILE_SIZE: cell->limits.file_bytes = fact->number; break;
    case MATRIX_KEY_FILES: cell->limits.files = (unsigned)fact->number; break;
    case MATRIX_KEY_NETWORK: cell->limits.network = fact->yes; break;
    case MATRIX_KEY_RETRIES: cell->retries = (unsigned)fact->number; break;
    case MATRIX_KEY_STATUS: cell->expect.status = (int)fact->integer; break;
    case MATRIX_KEY_GUEST_STATUS: cell->expect.guest_status = fact->integer; break;
    case MATRIX_KEY_KNOWN_FAILURE:
        cell->expect.known_failure = fact->is_empty ? NULL : (char *)fact->text;
        break;
    case MATRIX_KEY_INPUT_AFTER: cell->input_after = fact->pattern; break;
    case MATRIX_KEY_INPUT: cell->input = fact->input; break;
    case MATRIX_KEY_START: cell->shares_start = fact->integer != 0; break;
    case MATRIX_KEY_SETTING: apply_setting(maker, fact->setting); break;
    default: apply_list(maker, fact);
    }
}

static void apply_defaults(struct matrix_maker *maker, struct el4_matrix_cell *cell)
{
    for (int key = MATRIX_KEY_CONFIG; key < MATRIX_KEY_SETTING; key++) {
        const struct el4_config_key *schema = matrix_key_schema((enum matrix_key)key);
        struct matrix_line *line = &maker->defaults[key];
        if (schema->default_text) {
            *line = (struct matrix_line){.key = (enum matrix_key)key,
                                         .name = schema->name,
                                         .text = schema->default_text,
                                         .fact = line->fact};
            apply(maker, cell, matrix_line_fact(maker->load, line, NULL, 0));
        }
    }
}

const GPtrArray *matrix_maker_tags(struct matrix_maker *maker, const struct matrix_combo *combo)
{
    GPtrArray *tags = maker->lists[MATRIX_LIST_TAGS];
    g_ptr_array_set_size(tags, 0);
    for (guint i = 0; i < combo->layer_count; i++) {
        const GPtrArray *lines = combo->layers[i]->lines;
        for (guint j = 0; combo->layers[i]->has_tags && j < lines->len; j++) {
            struct matrix_line *line = g_ptr_array_index(lines, j);
            const struct matrix_fact *fact =
                line->key == MATRIX_KEY_TAGS
                    ? matrix_line_fact(maker->load, line, combo->axes, combo->axis_words)
                    : NULL;
            if (fact) {
                apply_list(maker, fact);
            }
        }
    }
    return tags;
}

/* Arrays that the cell shares with those that are like it. */
static void keep_lists(struct matrix_maker *maker, struct el4_matrix_cell *cell)
{
    GPtrArray **homes[MATRIX_LIST_COUNT] = {
        [MATRIX_LIST_TAGS] = &cell->tags,
        [MATRIX_LIST_CONFIGS] = &cell->configs,
        [MATRIX_LIST_SETTINGS] = &cell->settings,
        [MATRIX_LIST_MUST] = &cell->expect.must,
        [MATRIX_LIST_MUST_NOT] = &cell->expect.must_not,
        [MATRIX_LIST_IN_ORDER] = &cell->expect.in_order,
        [MATRIX_LIST_CALLS] = &cell->expect.calls,
        [MATRIX_LIST_STATES] = &cell->expect.states,
    };
    for (int i = 0; i < MATRIX_LIST_COUNT; i++) {
        *homes[i] = matrix_pool_share(maker->load->pool, maker->lists[i]);
    }
}

static bool apply_layer(struct matrix_maker *maker, const struct matrix_combo *combo,
                        const struct matrix_layer *layer, struct el4_matrix_cell *cell)
{
    for (guint i = 0; i < layer->lines->len; i++) {
        const struct matrix_fact *fact = matrix_line_fact(
            maker->load, g_ptr_array_index(layer->lines, i), combo->axes, combo->axis_words);
        if (fact) {
            apply(maker, cell, fact);
        }
    }
    /* Each setting and tag is compared with those that are there. */
    uint64_t others =
        maker->lists[MATRIX_LIST_SETTINGS]->len + maker->lists[MATRIX_LIST_TAGS]->len;
    return matrix_charge(maker->load, layer->lines->len * (1 + others / 64));
}

/* What only all layers together show. */
static void check_input(struct matrix_maker *maker, const struct el4_matrix_cell *cell)
{
    if (cell->input && !cell->input_after && !maker->has_told_input) {
        maker->has_told_input = true;
        matrix_report(maker->load,
                      "%s:%u: input: the cell %s does not say when it is typed; add "
                      "input-after = PATTERN",
                      cell->input->place.file, cell->input->place.line, cell->name);
    }
    if (cell->shares_start && !cell->input_after && !maker->has_told_start) {
        maker->has_told_start = true;
        matrix_report(maker->load,
                      "start = shared: the cell %s does not say up to where; add "
                      "input-after = PATTERN",
                      cell->name);
    }
}

bool matrix_maker_make(struct matrix_maker *maker, const struct matrix_combo *combo,
                       const struct matrix_layer *settings, struct el4_matrix_cell *cell)
{
    for (int i = 0; i < MATRIX_LIST_COUNT; i++) {
        g_ptr_array_set_size(maker->lists[i], 0);
    }
    cell->name = (char *)combo->name;
    cell->axes = matrix_pool_array(maker->load->pool);
    for (guint i = 0; i < combo->axis_words; i++) {
        g_ptr_array_add(cell->axes, (void *)combo->axes[i]);
    }
    apply_defaults(maker, cell);
    for (guint i = 0; i < combo->layer_count; i++) {
        if (!apply_layer(maker, combo, combo->layers[i], cell)) {
            return false;
        }
    }
    if (!apply_layer(maker, combo, settings, cell)) {
        return false;
    }
    check_input(maker, cell);
    keep_lists(maker, cell);
    return true;
}
