/* SPDX-License-Identifier: MIT */
/*
 * The combinations of a matrix: the product of its axes, less what is excluded, and what is
 * included. A value that stands for another matrix gives a choice for each of that one's
 * combinations.
 */
#include "private.h"

#include <string.h>

/* One way to choose of an axis. */
struct choice {
    const char *name; /* "AXIS=VALUE", "AXIS=VALUE/CELL" */
    const char *axis, *value;
    const struct matrix_layer *layer;  /* NULL */
    const struct matrix_combo *nested; /* NULL */
};

struct expansion {
    struct matrix_source *source;
    struct matrix_maker *maker; /* for tags */
    GPtrArray *choices;         /* GPtrArray * of struct choice, for each axis */
    /* The combination in the making. */
    GString *name;
    GPtrArray *axes, *layers;
    const GPtrArray *tags; /* of its layers so far; NULL: not looked at yet */
};

static struct choice *new_choice(struct matrix_source *source, const struct matrix_axis *axis,
                                 const struct matrix_value *value,
                                 const struct matrix_combo *nested)
{
    struct matrix_load *load = source->load;
    struct choice *choice = matrix_pool_take(load->scratch, sizeof(*choice));
    g_autofree char *name = g_strdup_printf("%s=%s%s%s", axis->name, value->name,
                                            nested ? "/" : "", nested ? nested->name : "");
    *choice = (struct choice){
        .name = matrix_pool_text(load->scratch, name),
        .axis = axis->name,
        .value = value->name,
        .layer = value->layer,
        .nested = nested,
    };
    return choice;
}

static void add_choices(struct matrix_source *source, const struct matrix_axis *axis,
                        const struct matrix_value *value, GPtrArray *choices)
{
    if (!value->nested) {
        g_ptr_array_add(choices, new_choice(source, axis, value, NULL));
        return;
    }
    for (guint i = 0; i < value->nested->combos->len; i++) {
        g_ptr_array_add(choices, new_choice(source, axis, value,
                                            g_ptr_array_index(value->nested->combos, i)));
    }
}

static bool make_choices(struct expansion *expansion)
{
    struct matrix_source *source = expansion->source;
    for (guint i = 0; i < source->axes->len; i++) {
        const struct matrix_axis *axis = g_ptr_array_index(source->axes, i);
        GPtrArray *choices = matrix_pool_array(source->load->scratch);
        for (guint j = 0; j < axis->values->len; j++) {
            const struct matrix_value *value = g_ptr_array_index(axis->values, j);
            if (value->nested && !matrix_expand(value->nested)) {
                return false;
            }
            add_choices(source, axis, value, choices);
        }
        g_ptr_array_add(expansion->choices, choices);
    }
    return true;
}

/* All cells of all matrices count, excluded ones too: it is they that take the time. */
static bool count_cells(struct matrix_source *source, const GPtrArray *choices)
{
    struct matrix_load *load = source->load;
    uint64_t product = 1;
    for (guint i = 0; i < choices->len; i++) {
        const GPtrArray *of_axis = g_ptr_array_index(choices, i);
        if (of_axis && __builtin_mul_overflow(product, of_axis->len, &product)) {
            product = UINT64_MAX;
        }
    }
    if (product > EL4_MATRIX_CELLS_MAX - load->cells) {
        g_autofree char *count = product == UINT64_MAX
                                     ? g_strdup("more than 2^64")
                                     : g_strdup_printf("%" G_GUINT64_FORMAT, product);
        matrix_report(load,
                      "%s: the product of the axes has %s cells%s, and at most %d are "
                      "possible; take values out, or divide the matrix into several",
                      source->file, count, load->cells ? " beside those of other matrices" : "",
                      EL4_MATRIX_CELLS_MAX);
        load->is_over = true;
        return false;
    }
    load->cells += product;
    return true;
}

static void append_choice(struct expansion *expansion, const struct choice *choice)
{
    g_string_append(expansion->name, expansion->name->len ? "," : "");
    g_string_append(expansion->name, choice->name);
    g_ptr_array_add(expansion->axes, (void *)choice->axis);
    g_ptr_array_add(expansion->axes, (void *)choice->value);
    if (choice->layer) {
        g_ptr_array_add(expansion->layers, (void *)choice->layer);
    }
    const struct matrix_combo *nested = choice->nested;
    for (guint i = 0; nested && i < nested->axis_words; i++) {
        g_ptr_array_add(expansion->axes, (void *)nested->axes[i]);
    }
    for (guint i = 0; nested && i < nested->layer_count; i++) {
        g_ptr_array_add(expansion->layers, (void *)nested->layers[i]);
    }
}

static bool fits(struct expansion *expansion, const struct matrix_when *when)
{
    const struct matrix_combo so_far = {
        .axes = (const char **)expansion->axes->pdata,
        .layers = (const struct matrix_layer **)expansion->layers->pdata,
        .axis_words = expansion->axes->len,
        .layer_count = expansion->layers->len,
    };
    if (when->has_tags && !expansion->tags) {
        expansion->tags = matrix_maker_tags(expansion->maker, &so_far);
    }
    return matrix_when_fits(when, so_far.axes, so_far.axis_words, expansion->tags);
}

static void append_rules(struct expansion *expansion, const GPtrArray *rules)
{
    for (guint i = 0; i < rules->len; i++) {
        struct matrix_layer *layer = g_ptr_array_index(rules, i);
        if (!layer->when || fits(expansion, layer->when)) {
            g_ptr_array_add(expansion->layers, layer);
            expansion->tags = layer->has_tags ? NULL : expansion->tags;
        }
    }
}

static bool is_excluded(struct expansion *expansion)
{
    bool found = false;
    const GPtrArray *excludes = expansion->source->excludes;
    for (guint i = 0; i < excludes->len; i++) {
        struct matrix_layer *layer = g_ptr_array_index(excludes, i);
        if (layer->when && fits(expansion, layer->when)) {
            layer->fits++;
            found = true;
        }
    }
    return found;
}

/* The arrays and the name into the pool. */
static bool keep(struct expansion *expansion)
{
    struct matrix_load *load = expansion->source->load;
    if (expansion->name->len > EL4_MATRIX_NAME_MAX) {
        matrix_report(load,
                      "%s: the cell %.60s... has a name longer than %d bytes; shorten the "
                      "names of axes and values",
                      expansion->source->file, expansion->name->str, EL4_MATRIX_NAME_MAX);
        load->is_over = true;
        return false;
    }
    struct matrix_combo *combo = matrix_pool_take(load->scratch, sizeof(*combo));
    combo->axis_words = expansion->axes->len;
    combo->layer_count = expansion->layers->len;
    combo->axes = matrix_pool_take(load->scratch, combo->axis_words * sizeof(void *));
    combo->layers = matrix_pool_take(load->scratch, combo->layer_count * sizeof(void *));
    memcpy(combo->axes, expansion->axes->pdata, combo->axis_words * sizeof(void *));
    memcpy(combo->layers, expansion->layers->pdata, combo->layer_count * sizeof(void *));
    combo->name = matrix_pool_text(load->pool, expansion->name->str);
    g_ptr_array_add(expansion->source->combos, combo);
    return matrix_charge(load, combo->layer_count + expansion->source->excludes->len);
}

/* `at` says which choice of each axis; an axis without choices has no value. */
static bool combine(struct expansion *expansion, const GPtrArray *choices, const guint *at,
                    struct matrix_layer *include)
{
    struct matrix_source *source = expansion->source;
    g_string_truncate(expansion->name, 0);
    g_ptr_array_set_size(expansion->axes, 0);
    g_ptr_array_set_size(expansion->layers, 0);
    expansion->tags = NULL;
    g_ptr_array_add(expansion->layers, source->general);
    if (source->expect) {
        g_ptr_array_add(expansion->layers, source->expect);
    }
    for (guint i = 0; i < choices->len; i++) {
        const GPtrArray *of_axis = g_ptr_array_index(choices, i);
        if (of_axis) {
            append_choice(expansion, g_ptr_array_index(of_axis, at[i]));
        }
    }
    append_rules(expansion, source->sets);
    append_rules(expansion, source->expects);
    if (include) {
        g_ptr_array_add(expansion->layers, include);
    }
    uint64_t rules = source->sets->len + source->expects->len + source->excludes->len;
    if (!matrix_charge(source->load, rules)) {
        return false;
    }
    return (!include && is_excluded(expansion)) || keep(expansion);
}

/* The product of the choices; the last axis goes round first. */
static bool multiply(struct expansion *expansion, const GPtrArray *choices,
                     struct matrix_layer *include)
{
    guint at[MATRIX_AXES_MAX] = {0};
    if (!count_cells(expansion->source, choices)) {
        return false;
    }
    for (guint i = 0; i < choices->len; i++) {
        const GPtrArray *of_axis = g_ptr_array_index(choices, i);
        if (of_axis && !of_axis->len) {
            return true;
        }
    }
    for (;;) {
        if (!combine(expansion, choices, at, include)) {
            return false;
        }
        guint i = choices->len;
        for (; i > 0; i--) {
            const GPtrArray *of_axis = g_ptr_array_index(choices, i - 1);
            if (of_axis && ++at[i - 1] < of_axis->len) {
                break;
            }
            at[i - 1] = 0;
        }
        if (i == 0) {
            return true;
        }
    }
}

/* ---- [include] ---- */

static bool is_chosen(const struct matrix_word *word, const struct choice *choice)
{
    for (guint i = 0; i < word->values->len; i++) {
        if (!strcmp(g_ptr_array_index(word->values, i), choice->value)) {
            return true;
        }
    }
    return false;
}

/* Of each axis that the include names, the choices with the values it names. */
static void pick_choices(struct expansion *expansion, const struct matrix_when *cell,
                         GPtrArray *picked)
{
    const struct matrix_source *source = expansion->source;
    for (guint i = 0; i < source->axes->len; i++) {
        const struct matrix_axis *axis = g_ptr_array_index(source->axes, i);
        const GPtrArray *all = g_ptr_array_index(expansion->choices, i);
        GPtrArray *of_axis = NULL;
        for (guint j = 0; j < cell->words->len; j++) {
            const struct matrix_word *word = g_ptr_array_index(cell->words, j);
            if (strcmp(word->axis, axis->name) != 0) {
                continue;
            }
            of_axis = matrix_pool_array(source->load->scratch);
            for (guint k = 0; k < all->len; k++) {
                if (is_chosen(word, g_ptr_array_index(all, k))) {
                    g_ptr_array_add(of_axis, g_ptr_array_index(all, k));
                }
            }
        }
        g_ptr_array_add(picked, of_axis);
    }
}

/* NULL if the words will do. */
static const char *cell_problem(const struct matrix_when *cell)
{
    for (guint i = 0; i < cell->words->len; i++) {
        const struct matrix_word *word = g_ptr_array_index(cell->words, i);
        if (word->is_not || !strcmp(word->axis, "tag")) {
            return "a cell is named by its values; write AXIS=VALUE or AXIS=VALUE|VALUE";
        }
        for (guint j = 0; j < i; j++) {
            const struct matrix_word *other = g_ptr_array_index(cell->words, j);
            if (!strcmp(word->axis, other->axis)) {
                return "an axis stands there twice; write AXIS=VALUE|VALUE for several cells";
            }
        }
    }
    return NULL;
}

static bool include(struct expansion *expansion, struct matrix_layer *layer, GHashTable *own)
{
    struct matrix_source *source = expansion->source;
    struct matrix_load *load = source->load;
    if (!layer->cell_lines->len) {
        return true;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < layer->cell_lines->len; i++) {
        const struct matrix_line *line = g_ptr_array_index(layer->cell_lines, i);
        g_string_append_printf(text, " %s", line->text);
    }
    struct matrix_line *first = g_ptr_array_index(layer->cell_lines, 0);
    g_autofree char *problem = NULL;
    struct matrix_when *cell = matrix_when_parse(load->scratch, text->str, own, NULL, &problem);
    const char *other_problem = cell ? cell_problem(cell) : problem;
    if (other_problem) {
        matrix_report_line(load, first, "%s", other_problem);
        return true;
    }
    g_autoptr(GPtrArray) picked = g_ptr_array_new();
    pick_choices(expansion, cell, picked);
    return multiply(expansion, picked, layer);
}

static bool include_all(struct expansion *expansion)
{
    struct matrix_source *source = expansion->source;
    g_autoptr(GHashTable) own = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < source->axes->len; i++) {
        const struct matrix_axis *axis = g_ptr_array_index(source->axes, i);
        g_hash_table_insert(own, (void *)axis->name, axis->by_name);
    }
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    guint checked = 0;
    for (guint i = 0; i <= source->includes->len; i++) {
        /* First what the product gave, then what each include did. */
        struct matrix_layer *layer = i ? g_ptr_array_index(source->includes, i - 1) : NULL;
        if (layer && !include(expansion, layer, own)) {
            return false;
        }
        for (; checked < source->combos->len; checked++) {
            const struct matrix_combo *combo = g_ptr_array_index(source->combos, checked);
            if (!g_hash_table_add(names, (void *)combo->name) && layer) {
                matrix_report_layer(source->load, layer,
                                    "there is a cell %s already; leave "
                                    "that one out with [exclude], or use "
                                    "[set NAME] to change it",
                                    combo->name);
            }
        }
    }
    return true;
}

static void warn_of_excludes(struct matrix_source *source)
{
    for (guint i = 0; i < source->excludes->len; i++) {
        const struct matrix_layer *layer = g_ptr_array_index(source->excludes, i);
        if (layer->when && !layer->fits) {
            matrix_warn(source->load, "%s: [%s]: it fits no cell", layer->origin,
                        layer->section);
        }
    }
}

bool matrix_expand(struct matrix_source *source)
{
    if (source->combos || source->load->is_over) {
        return !source->load->is_over;
    }
    struct expansion expansion = {
        .source = source,
        .maker = matrix_maker_new(source->load),
        .choices = g_ptr_array_new(),
        .name = g_string_new(NULL),
        .axes = g_ptr_array_new(),
        .layers = g_ptr_array_new(),
    };
    bool is_fine = make_choices(&expansion);
    source->combos = matrix_pool_array(source->load->scratch);
    is_fine =
        is_fine && multiply(&expansion, expansion.choices, NULL) && include_all(&expansion);
    if (is_fine) {
        warn_of_excludes(source);
    }
    g_ptr_array_unref(expansion.choices);
    g_ptr_array_unref(expansion.axes);
    g_ptr_array_unref(expansion.layers);
    g_string_free(expansion.name, TRUE);
    matrix_maker_free(expansion.maker);
    return is_fine;
}
