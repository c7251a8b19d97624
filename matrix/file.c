/* SPDX-License-Identifier: MIT */
/*
 * From a matrix file to a source: which sections it has, and what they are about. The text
 * itself is read by the configuration store.
 */
#include "config/text.h"
#include "private.h"

#include <string.h>
#include <sys/stat.h>

/* A section in the making. */
struct section {
    enum matrix_kind kind;
    struct matrix_layer *layer; /* of every kind, for its lines and its place */
    GPtrArray *words;           /* of its name, but the first */
    GPtrArray *lines;           /* struct matrix_line: all of them */
};

struct reading {
    struct matrix_source *source;
    GPtrArray *sections; /* struct section */
    GHashTable *by_name;
};

static void free_section(void *data)
{
    struct section *section = data;
    g_ptr_array_unref(section->words);
    g_ptr_array_unref(section->lines);
    g_free(section);
}

/* ---- sections ---- */

static char *section_hint(const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (int i = 0; i < MATRIX_SECTION_COUNT; i++) {
        g_ptr_array_add(names, (void *)matrix_section_words[i]);
    }
    const char *guess = el4_config_suggest(word, names);
    return guess
               ? g_strdup_printf("did you mean [%s]?", guess)
               : g_strdup("a setting of the cells' machines is written SECTION.KEY = VALUE in "
                          "[matrix], [value], [set] or [include]");
}

static bool has_right_words(struct matrix_load *load, const struct section *section)
{
    static const struct {
        guint least, most;
        const char *form;
    } forms[MATRIX_SECTION_COUNT] = {
        [MATRIX_SECTION_MATRIX] = {0, 0, "[matrix]"},
        [MATRIX_SECTION_DEFINE] = {0, 0, "[define]"},
        [MATRIX_SECTION_AXIS] = {1, 1, "[axis NAME]"},
        [MATRIX_SECTION_VALUE] = {2, 2, "[value AXIS VALUE]"},
        [MATRIX_SECTION_SET] = {1, G_MAXUINT, "[set NAME]"},
        [MATRIX_SECTION_EXCLUDE] = {1, G_MAXUINT, "[exclude NAME]"},
        [MATRIX_SECTION_INCLUDE] = {1, G_MAXUINT, "[include NAME]"},
        [MATRIX_SECTION_EXPECT] = {0, G_MAXUINT, "[expect] or [expect NAME]"},
    };
    guint count = section->words->len;
    if (count < forms[section->kind].least || count > forms[section->kind].most) {
        matrix_report_layer(load, section->layer, "the section's name has %s; write %s",
                            count < forms[section->kind].least ? "too few words"
                                                               : "too many words",
                            forms[section->kind].form);
        return false;
    }
    return true;
}

static struct matrix_layer *new_layer(struct matrix_source *source, enum matrix_kind kind,
                                      const char *name, const char *origin)
{
    struct matrix_load *load = source->load;
    struct matrix_layer *layer = matrix_pool_take(load->scratch, sizeof(*layer));
    const char *space = strchr(name, ' ');
    layer->kind = kind;
    layer->section = matrix_pool_text(load->pool, name);
    layer->name = matrix_pool_text(load->pool, space ? space + 1 : "");
    layer->origin = matrix_pool_text(load->pool, origin);
    layer->lines = matrix_pool_array(load->scratch);
    return layer;
}

static void add_section(struct reading *reading, const char *name)
{
    struct matrix_source *source = reading->source;
    g_auto(GStrv) words = g_strsplit(name, " ", -1);
    g_autofree char *origin = el4_config_section_origin(source->config, name);
    for (int kind = 0; kind < MATRIX_SECTION_COUNT; kind++) {
        if (strcmp(words[0], matrix_section_words[kind]) != 0) {
            continue;
        }
        struct section *section = g_new0(struct section, 1);
        section->kind = (enum matrix_kind)kind;
        section->layer = new_layer(source, section->kind, name, origin);
        section->words = g_ptr_array_new();
        section->lines = g_ptr_array_new();
        for (char **word = words + 1; *word; word++) {
            g_ptr_array_add(section->words,
                            (void *)matrix_pool_text(source->load->pool, *word));
        }
        if (has_right_words(source->load, section)) {
            g_ptr_array_add(reading->sections, section);
            g_hash_table_insert(reading->by_name, (void *)section->layer->section, section);
        } else {
            free_section(section);
        }
        return;
    }
    g_autofree char *hint = section_hint(words[0]);
    matrix_report(source->load, "%s: [%s]: unknown section; %s", origin, name, hint);
}

/* ---- lines ---- */

static struct matrix_line *new_line(struct matrix_load *load,
                                    const struct el4_config_line *from)
{
    struct matrix_line *line = matrix_pool_take(load->scratch, sizeof(*line));
    line->section = matrix_pool_text(load->pool, from->section);
    line->name = matrix_pool_text(load->pool, from->key);
    line->text = matrix_pool_text(load->pool, from->text);
    line->folder = matrix_pool_text(load->pool, from->folder);
    line->place.file = matrix_pool_text(load->pool, from->file);
    line->place.line = from->line;
    return line;
}

/* A further line of a key that takes one, or of a setting. */
static void continue_line(struct matrix_load *load, struct matrix_line *first,
                          struct matrix_line *line, bool continued)
{
    if (!continued) {
        matrix_report_line(
            load, line, "set twice, first in line %u; remove one%s", first->place.line,
            line->key == MATRIX_KEY_SETTING ? ", or go on with a list in an indented line"
                                            : "");
    } else if (line->key == MATRIX_KEY_SETTING) {
        g_autofree char *joined = g_strdup_printf("%s %s", first->text, line->text);
        if (strlen(joined) > EL4_CONFIG_VALUE_MAX) {
            matrix_report_line(load, line,
                               "the value is longer than %d bytes; put it into a "
                               "configuration file",
                               EL4_CONFIG_VALUE_MAX);
        }
        first->text = matrix_pool_text(load->pool, first->is_refused ? "" : joined);
        first->is_refused |= line->is_refused;
    } else {
        matrix_report_line(load, line,
                           "an indented line goes on with the value above, and this "
                           "key takes one line; start keys at the first column");
    }
}

static void take_line(const struct el4_config_line *from, void *data)
{
    struct reading *reading = data;
    struct matrix_load *load = reading->source->load;
    struct section *section = g_hash_table_lookup(reading->by_name, from->section);
    if (!section) {
        return; /* there was a message about it */
    }
    struct matrix_line *line = new_line(load, from);
    line->key = matrix_key_find(section->kind, from->key);
    if (line->key == MATRIX_KEY_UNKNOWN) {
        g_autofree char *hint = matrix_key_hint(section->kind, from->key);
        matrix_report_line(load, line, "unknown key; %s", hint);
    } else if (from->again && !matrix_key_is_list(line->key)) {
        struct matrix_line *first = g_ptr_array_index(section->lines, section->lines->len - 1);
        continue_line(load, first, line, from->continued);
    } else {
        g_ptr_array_add(section->lines, line);
    }
}

/* The defines of a section's lines, and which line is for what. */
static void sort_line(struct matrix_source *source, struct section *section,
                      struct matrix_line *line)
{
    struct matrix_load *load = source->load;
    struct matrix_layer *layer = section->layer;
    g_autofree char *problem = NULL;
    const char *text = matrix_text_define(source, line->text, &line->has_axes, &problem);
    if (!text) {
        matrix_report_line(load, line, "%s", problem);
        return;
    }
    line->is_open = text != line->text;
    line->text = text;
    if (line->has_axes) {
        g_ptr_array_add(load->unchecked, line);
    }
    if (line->key >= MATRIX_KEY_CONFIG) {
        layer->has_tags |= line->key == MATRIX_KEY_TAGS;
        g_ptr_array_add(layer->lines, line);
        return;
    }
    if (line->has_axes) {
        matrix_report_line(load, line,
                           "the value is the same for all cells, so it can't name "
                           "an axis in ${}; name what is in [define]");
        return;
    }
    switch (line->key) {
    case MATRIX_KEY_WHEN: g_ptr_array_add(layer->when_lines, line); break;
    case MATRIX_KEY_CELL: g_ptr_array_add(layer->cell_lines, line); break;
    case MATRIX_KEY_MATRIX: layer->matrix_line = line; break;
    default: break;
    }
}

static void take_defines(struct reading *reading)
{
    struct matrix_source *source = reading->source;
    struct matrix_load *load = source->load;
    struct section *section = g_hash_table_lookup(reading->by_name, "define");
    for (guint i = 0; section && i < section->lines->len; i++) {
        struct matrix_line *line = g_ptr_array_index(section->lines, i);
        const char *over = g_hash_table_lookup(load->defines, line->name);
        struct matrix_define *define = matrix_pool_take(load->scratch, sizeof(*define));
        define->text = over ? over : line->text;
        g_hash_table_insert(source->defines, (void *)line->name, define);
        g_hash_table_add(load->known_defines, (void *)line->name);
    }
    /* A circle of defines that nothing uses is a mistake, too. */
    for (guint i = 0; section && i < section->lines->len; i++) {
        struct matrix_line *line = g_ptr_array_index(section->lines, i);
        g_autofree char *problem = NULL;
        g_autofree char *use = g_strdup_printf("${%s}", line->name);
        bool has_axes;
        if (!matrix_text_define(source, use, &has_axes, &problem)) {
            matrix_report_line(load, line, "%s", problem);
        }
    }
}

/* ---- axes ---- */

static const char *word_problem(const char *word)
{
    for (const char *at = word; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("_-.+:@", *at)) {
            return "has only letters, digits and _ - . + : @";
        }
    }
    return strlen(word) > EL4_CONFIG_NAME_MAX ? "has at most 48 bytes" : NULL;
}

static void add_value(struct matrix_source *source, struct matrix_axis *axis,
                      struct matrix_line *line, const char *name)
{
    struct matrix_load *load = source->load;
    const char *problem = word_problem(name);
    if (problem) {
        matrix_report_line(load, line,
                           "the value '%.60s' can't be part of a cell's name, which "
                           "%s; rename it",
                           name, problem);
    } else if (g_hash_table_contains(axis->by_name, name)) {
        matrix_report_line(load, line, "the value '%s' stands there twice; remove one", name);
    } else {
        struct matrix_value *value = matrix_pool_take(load->scratch, sizeof(*value));
        value->name = name;
        g_ptr_array_add(axis->values, value);
        g_hash_table_insert(axis->by_name, (void *)name, value);
    }
}

static void add_axis(struct reading *reading, struct section *section)
{
    struct matrix_source *source = reading->source;
    struct matrix_load *load = source->load;
    const char *name = g_ptr_array_index(section->words, 0);
    const char *problem = el4_config_key_name_problem(name);
    if (problem || !strcmp(name, "tag")) {
        matrix_report_layer(load, section->layer, "%s; rename the axis",
                            problem ? "an axis' name has only letters, digits, '_' and '-'"
                                    : "tag=WORD picks cells by their tags");
        return;
    }
    if (g_hash_table_contains(source->defines, name)) {
        matrix_report_layer(load, section->layer,
                            "[define] has the name '%s', too, and ${%s} "
                            "can't mean both; rename one",
                            name, name);
        return;
    }
    struct matrix_axis *axis = matrix_pool_take(load->scratch, sizeof(*axis));
    axis->name = name;
    axis->layer = section->layer;
    axis->values = matrix_pool_array(load->scratch);
    axis->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_ptr_array_add(load->tables, axis->by_name);
    for (guint i = 0; i < section->lines->len; i++) {
        struct matrix_line *line = g_ptr_array_index(section->lines, i);
        const struct matrix_fact *fact = matrix_line_fact(load, line, NULL, 0);
        if (fact && line->key == MATRIX_KEY_HELP) {
            axis->help = fact->text;
        }
        axis->is_open |= line->key == MATRIX_KEY_VALUES && line->is_open;
        for (guint j = 0; fact && fact->items && j < fact->items->len; j++) {
            add_value(source, axis, line, g_ptr_array_index(fact->items, j));
        }
    }
    if (!axis->values->len) {
        matrix_report_layer(load, section->layer, "the axis has no values; add values = A B C");
    }
    g_ptr_array_add(source->axes, axis);
}

static void take_axes(struct reading *reading)
{
    struct matrix_source *source = reading->source;
    for (guint i = 0; i < reading->sections->len; i++) {
        struct section *section = g_ptr_array_index(reading->sections, i);
        if (section->kind == MATRIX_SECTION_AXIS) {
            add_axis(reading, section);
        }
    }
    if (!source->axes->len) {
        matrix_report(source->load, "%s: there is no axis; add [axis NAME] with values = A B C",
                      source->file);
    } else if (source->axes->len > MATRIX_AXES_MAX) {
        matrix_report(source->load,
                      "%s: there are %u axes, and at most %d are possible; divide "
                      "the matrix",
                      source->file, source->axes->len, MATRIX_AXES_MAX);
    }
}

static struct matrix_axis *find_axis(const struct matrix_source *source, const char *name)
{
    for (guint i = 0; i < source->axes->len; i++) {
        struct matrix_axis *axis = g_ptr_array_index(source->axes, i);
        if (!strcmp(axis->name, name)) {
            return axis;
        }
    }
    return NULL;
}

/* ---- values ---- */

/* The matrix that a value stands for. */
static struct matrix_source *read_nested(struct matrix_source *source, struct matrix_line *line)
{
    struct matrix_load *load = source->load;
    g_autofree char *folder = g_path_get_dirname(line->place.file);
    bool as_is = g_path_is_absolute(line->text) || !strcmp(folder, ".");
    g_autofree char *name =
        as_is ? g_strdup(line->text) : g_build_filename(folder, line->text, NULL);
    if (!*line->text) {
        matrix_report_line(load, line, "there is no name behind it; name a matrix file");
        return NULL;
    }
    return matrix_file_read(load, name, line);
}

static void take_value_section(struct matrix_source *source, struct section *section)
{
    struct matrix_load *load = source->load;
    const char *axis_name = g_ptr_array_index(section->words, 0);
    const char *name = g_ptr_array_index(section->words, 1);
    struct matrix_axis *axis = find_axis(source, axis_name);
    if (!axis) {
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < source->axes->len; i++) {
            g_hash_table_add(names,
                             (void *)((struct matrix_axis *)source->axes->pdata[i])->name);
        }
        g_autofree char *hint = matrix_hint(axis_name, names);
        matrix_report_layer(load, section->layer, "there is no axis '%s'; %s", axis_name, hint);
        return;
    }
    struct matrix_value *value = g_hash_table_lookup(axis->by_name, name);
    if (value) {
        value->layer = section->layer;
        value->nested = section->layer->matrix_line
                            ? read_nested(source, section->layer->matrix_line)
                            : NULL;
    } else if (!axis->is_open) {
        g_autofree char *hint = matrix_hint(name, axis->by_name);
        matrix_report_layer(load, section->layer, "the axis %s has no value '%s'; %s",
                            axis_name, name, hint);
    }
}

/* Which axes and values `when` may name: a value's matrix has some of its own. */
static void add_scope(struct matrix_source *source, const struct matrix_axis *axis,
                      GHashTable *owners, const char *name, GHashTable *values, bool is_open)
{
    struct matrix_load *load = source->load;
    const struct matrix_axis *owner = g_hash_table_lookup(owners, name);
    if (owner && owner != axis) {
        matrix_report(load,
                      "%s: the axis '%s' comes from the axes '%s' and '%s' of this matrix "
                      "and of those in it, so a cell would have it twice; rename one",
                      source->file, name, owner->name, axis->name);
        return;
    }
    g_hash_table_insert(owners, (void *)name, (void *)axis);
    GHashTable *known = g_hash_table_lookup(source->scope, name);
    if (owner && !known) {
        return; /* it takes any value already */
    }
    if (is_open) {
        g_hash_table_insert(source->scope, (void *)name, NULL);
        return;
    }
    if (!known) {
        known = g_hash_table_new(g_str_hash, g_str_equal);
        g_ptr_array_add(load->tables, known);
        g_hash_table_insert(source->scope, (void *)name, known);
    }
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, &value, NULL)) {
        g_hash_table_add(known, value);
    }
}

static void take_scope(struct matrix_source *source)
{
    g_autoptr(GHashTable) owners = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < source->axes->len; i++) {
        const struct matrix_axis *axis = g_ptr_array_index(source->axes, i);
        add_scope(source, axis, owners, axis->name, axis->by_name, axis->is_open);
        for (guint j = 0; j < axis->values->len; j++) {
            const struct matrix_value *value = g_ptr_array_index(axis->values, j);
            GHashTableIter iter;
            gpointer name, values;
            if (!value->nested) {
                continue;
            }
            g_hash_table_iter_init(&iter, value->nested->scope);
            while (g_hash_table_iter_next(&iter, &name, &values)) {
                add_scope(source, axis, owners, name, values, !values);
            }
        }
    }
}

/* ---- rules ---- */

/* All lines of a list as one text. */
static char *joined_text(const GPtrArray *lines)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        const struct matrix_line *line = g_ptr_array_index(lines, i);
        g_string_append_printf(text, "%s%s", i ? " " : "", line->text);
    }
    return g_string_free(text, FALSE);
}

static void take_when(struct matrix_source *source, struct matrix_layer *layer)
{
    struct matrix_load *load = source->load;
    g_autofree char *text = joined_text(layer->when_lines);
    g_autofree char *problem = NULL;
    if (!layer->when_lines->len) {
        if (layer->kind != MATRIX_SECTION_EXPECT) {
            matrix_report_layer(load, layer, "it has no rule; add when = AXIS=VALUE");
        }
        return;
    }
    layer->when = matrix_when_parse(load->pool, text, source->scope, NULL, &problem);
    if (!layer->when) {
        matrix_report_line(load, g_ptr_array_index(layer->when_lines, 0), "%s", problem);
    }
}

static void take_rule(struct matrix_source *source, struct section *section)
{
    struct matrix_layer *layer = section->layer;
    switch (section->kind) {
    case MATRIX_SECTION_MATRIX: source->general = layer; break;
    case MATRIX_SECTION_SET:
        take_when(source, layer);
        g_ptr_array_add(source->sets, layer);
        break;
    case MATRIX_SECTION_EXCLUDE:
        take_when(source, layer);
        g_ptr_array_add(source->excludes, layer);
        break;
    case MATRIX_SECTION_INCLUDE:
        if (!layer->cell_lines->len) {
            matrix_report_layer(source->load, layer, "it names no cell; add cell = AXIS=VALUE");
        }
        g_ptr_array_add(source->includes, layer);
        break;
    case MATRIX_SECTION_EXPECT:
        take_when(source, layer);
        if (*layer->name) {
            g_ptr_array_add(source->expects, layer);
        } else if (layer->when) {
            matrix_report_layer(source->load, layer,
                                "this section is for all cells; give it a "
                                "name, [expect NAME], to have a when");
        } else {
            source->expect = layer;
        }
        break;
    default: break;
    }
}

static void take_name(struct reading *reading)
{
    struct matrix_source *source = reading->source;
    struct section *section = g_hash_table_lookup(reading->by_name, "matrix");
    g_autofree char *base = g_path_get_basename(source->file);
    char *dot = strrchr(base, '.');
    if (dot && dot > base) {
        *dot = '\0';
    }
    source->name = matrix_pool_text(source->load->pool, base);
    for (guint i = 0; section && i < section->lines->len; i++) {
        struct matrix_line *line = g_ptr_array_index(section->lines, i);
        if (line->key == MATRIX_KEY_HELP) {
            source->help = line->text;
        } else if (line->key == MATRIX_KEY_NAME) {
            const char *problem = *line->text ? word_problem(line->text) : "is not empty";
            if (problem) {
                matrix_report_line(source->load, line,
                                   "'%.60s' can't be a matrix' name, which "
                                   "%s; rename it",
                                   line->text, problem);
            }
            source->name = line->text;
        }
    }
}

/* ---- files ---- */

static void take_sections(struct reading *reading)
{
    struct matrix_source *source = reading->source;
    g_autoptr(GPtrArray) names = el4_config_sections(source->config, NULL);
    for (guint i = 0; i < names->len && !source->load->is_over; i++) {
        add_section(reading, g_ptr_array_index(names, i));
    }
    el4_config_each_line(source->config, take_line, reading);
    take_defines(reading);
    for (guint i = 0; i < reading->sections->len; i++) {
        struct section *section = g_ptr_array_index(reading->sections, i);
        section->layer->when_lines = matrix_pool_array(source->load->scratch);
        section->layer->cell_lines = matrix_pool_array(source->load->scratch);
        for (guint j = 0; j < section->lines->len && section->kind != MATRIX_SECTION_DEFINE;
             j++) {
            sort_line(source, section, g_ptr_array_index(section->lines, j));
        }
    }
    take_name(reading);
    take_axes(reading);
    for (guint i = 0; i < reading->sections->len; i++) {
        struct section *section = g_ptr_array_index(reading->sections, i);
        if (section->kind == MATRIX_SECTION_VALUE && !source->load->is_over) {
            take_value_section(source, section);
        }
    }
    take_scope(source);
    for (guint i = 0; i < reading->sections->len; i++) {
        take_rule(source, g_ptr_array_index(reading->sections, i));
    }
    if (!source->general) {
        source->general = new_layer(source, MATRIX_SECTION_MATRIX, "matrix", source->file);
    }
}

static GHashTable *new_table(struct matrix_load *load)
{
    GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
    g_ptr_array_add(load->tables, table);
    return table;
}

static struct matrix_source *new_source(struct matrix_load *load, const char *name,
                                        const struct stat *status)
{
    struct matrix_source *source = matrix_pool_take(load->scratch, sizeof(*source));
    source->load = load;
    source->file = matrix_pool_text(load->pool, name);
    source->device = status->st_dev;
    source->inode = status->st_ino;
    source->defines = new_table(load);
    source->scope = new_table(load);
    source->axes = matrix_pool_array(load->scratch);
    source->sets = matrix_pool_array(load->scratch);
    source->expects = matrix_pool_array(load->scratch);
    source->excludes = matrix_pool_array(load->scratch);
    source->includes = matrix_pool_array(load->scratch);
    g_ptr_array_add(load->sources, source);
    return source;
}

static bool read_source(struct matrix_source *source, struct matrix_line *from)
{
    struct matrix_load *load = source->load;
    g_autoptr(GError) error = NULL;
    struct el4_config *config = el4_config_new();
    el4_config_allow_settings(config);
    bool is_read = el4_config_load_file(config, source->file, &error);
    if (is_read) {
        struct reading reading = {
            .source = source,
            .sections = g_ptr_array_new_with_free_func(free_section),
            .by_name = g_hash_table_new(g_str_hash, g_str_equal),
        };
        source->config = config;
        source->is_open = true;
        take_sections(&reading);
        source->is_open = false;
        source->config = NULL;
        g_hash_table_unref(reading.by_name);
        g_ptr_array_unref(reading.sections);
    } else if (from && g_error_matches(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_FILE)) {
        matrix_report_line(load, from, "%s; name a matrix file", error->message);
    } else {
        matrix_report(load, "%s", error->message);
    }
    el4_config_free(config);
    return is_read;
}

struct matrix_source *matrix_file_read(struct matrix_load *load, const char *name,
                                       struct matrix_line *from)
{
    struct stat status = {0};
    bool is_there = stat(name, &status) == 0;
    for (guint i = 0; is_there && i < load->sources->len; i++) {
        struct matrix_source *source = g_ptr_array_index(load->sources, i);
        if (source->device == status.st_dev && source->inode == status.st_ino) {
            if (source->is_open && from) {
                matrix_report_line(load, from,
                                   "the matrix is a value of itself; name another "
                                   "file");
            }
            return source->is_open ? NULL : source;
        }
    }
    if (from &&
        (load->depth == MATRIX_DEPTH_MAX || load->sources->len == EL4_CONFIG_FILES_MAX)) {
        matrix_report_line(load, from,
                           load->depth == MATRIX_DEPTH_MAX
                               ? "matrices stand in matrices deeper than 16 files; "
                                 "take some out"
                               : "there are more than 256 matrices; take some out");
        return NULL;
    }
    load->depth++;
    struct matrix_source *source = new_source(load, name, &status);
    bool is_read = read_source(source, from);
    load->depth--;
    return is_read ? source : NULL;
}
