/* SPDX-License-Identifier: MIT */
/*
 * Where plugins are looked for, and what has been found. Each file is opened once; the outcome
 * stays with its path, so that asking again gives the same answer.
 */
#include "plugin/plugin.h"

#include <string.h>

#include "plugin/private.h"

#define BUILT_IN "built in"

/* A file (or linked-in plugin) that was opened: either plugin or refusal is set. */
struct entry {
    const struct el4_plugin *plugin;
    char *refusal;
};

/* A line of a plugin map. */
struct mapping {
    char *name;
    char *path;
    char *map;
};

struct el4_plugins {
    GPtrArray *folders;  /* char *, as added; then those of EL4_PLUGIN_PATH */
    guint added;         /* how many of them were added */
    char *installed;     /* folder of this installation */
    GArray *mappings;    /* struct mapping */
    GHashTable *files;   /* path to struct entry */
    GHashTable *builtin; /* name to struct entry */
    GPtrArray *loaded;   /* const struct el4_plugin */
};

static void entry_free(void *data)
{
    struct entry *entry = data;
    g_free(entry->refusal);
    g_free(entry);
}

static void mapping_clear(void *data)
{
    struct mapping *mapping = data;
    g_free(mapping->name);
    g_free(mapping->path);
    g_free(mapping->map);
}

static void set_error(GError **error, const char *text)
{
    g_set_error_literal(error, EL4_PLUGIN_ERROR, 0, text);
}

static bool add_mapping(struct el4_plugins *plugins, const char *map, unsigned line_number,
                        const char *line, GError **error)
{
    const char *equals = strchr(line, '=');
    if (!equals || equals == line || !equals[1]) {
        g_set_error(error, EL4_PLUGIN_ERROR, 0,
                    "%s:%u: '%s' is not of the form name=path: EL4_PLUGIN_MAP must name a "
                    "plugin map as el4's build writes it",
                    map, line_number, line);
        return false;
    }
    g_autofree char *folder = g_path_get_dirname(map);
    struct mapping mapping = {
        .name = g_strndup(line, (size_t)(equals - line)),
        .path = g_canonicalize_filename(equals + 1, folder),
        .map = g_strdup(map),
    };
    g_array_append_val(plugins->mappings, mapping);
    return true;
}

bool el4_plugins_add_map(struct el4_plugins *plugins, const char *path, GError **error)
{
    g_autofree char *map = g_canonicalize_filename(path, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    if (!g_file_get_contents(map, &text, NULL, &reason)) {
        g_set_error(error, EL4_PLUGIN_ERROR, 0, "cannot read the plugin map: %s",
                    reason->message);
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        if (*line && *line != '#' && !add_mapping(plugins, map, i + 1, line, error)) {
            return false;
        }
    }
    return true;
}

struct el4_plugins *el4_plugins_new(GError **error)
{
    g_autofree char *problem = el4_plugin_loader_init();
    if (problem) {
        set_error(error, problem);
        return NULL;
    }
    struct el4_plugins *plugins = g_new0(struct el4_plugins, 1);
    plugins->folders = g_ptr_array_new_with_free_func(g_free);
    plugins->installed = g_strdup(EL4_PLUGIN_DIR);
    plugins->mappings = g_array_new(FALSE, FALSE, sizeof(struct mapping));
    g_array_set_clear_func(plugins->mappings, mapping_clear);
    plugins->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    plugins->loaded = g_ptr_array_new();
    plugins->builtin = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);

    const char *path = g_getenv("EL4_PLUGIN_PATH");
    g_auto(GStrv) folders = g_strsplit(path ? path : "", ":", -1);
    for (char **folder = folders; *folder; folder++) {
        if (**folder) {
            g_ptr_array_add(plugins->folders, g_canonicalize_filename(*folder, NULL));
        }
    }
    const char *map = g_getenv("EL4_PLUGIN_MAP");
    if (map && *map && !el4_plugins_add_map(plugins, map, error)) {
        el4_plugins_free(plugins);
        return NULL;
    }
    return plugins;
}

void el4_plugins_free(struct el4_plugins *plugins)
{
    if (!plugins) {
        return;
    }
    g_ptr_array_unref(plugins->loaded);
    g_hash_table_unref(plugins->builtin);
    g_hash_table_unref(plugins->files);
    g_array_unref(plugins->mappings);
    g_ptr_array_unref(plugins->folders);
    g_free(plugins->installed);
    g_free(plugins);
    el4_plugin_loader_exit();
}

void el4_plugins_add_folder(struct el4_plugins *plugins, const char *folder)
{
    g_ptr_array_insert(plugins->folders, (int)plugins->added++,
                       g_canonicalize_filename(folder, NULL));
}

void el4_plugins_set_installed(struct el4_plugins *plugins, const char *folder)
{
    g_free(plugins->installed);
    plugins->installed = g_canonicalize_filename(folder, NULL);
}

/* The answer: a plugin, or why it is refused. */
static const struct entry *remember(struct el4_plugins *plugins, GHashTable *where,
                                    const char *key, const struct el4_plugin *plugin,
                                    char *refusal)
{
    struct entry *entry = g_new0(struct entry, 1);
    entry->plugin = refusal ? NULL : plugin;
    entry->refusal = refusal;
    if (entry->plugin) {
        g_ptr_array_add(plugins->loaded, (void *)plugin);
    }
    g_hash_table_insert(where, g_strdup(key), entry);
    return entry;
}

const GPtrArray *el4_plugins_loaded(const struct el4_plugins *plugins)
{
    return plugins->loaded;
}

/* Open and check a file; the answer is remembered. */
static const struct entry *open_file(struct el4_plugins *plugins, const char *path,
                                     const char *name)
{
    const struct entry *entry = g_hash_table_lookup(plugins->files, path);
    if (entry) {
        return entry;
    }
    const struct el4_plugin *plugin = NULL;
    char *refusal = el4_plugin_file_problem(path);
    if (!refusal) {
        plugin = el4_plugin_loader_open(path, &refusal);
    }
    if (plugin) {
        refusal = el4_plugin_descriptor_problem(plugin, path, name);
    }
    return remember(plugins, plugins->files, path, plugin, refusal);
}

/* The same for one that is linked in; NULL if there is none. */
static const struct entry *open_builtin(struct el4_plugins *plugins, const char *name)
{
    const struct entry *entry = g_hash_table_lookup(plugins->builtin, name);
    if (entry) {
        return entry;
    }
    char *refusal = NULL;
    const struct el4_plugin *plugin = el4_plugin_loader_open_builtin(name, &refusal);
    if (plugin) {
        g_autofree char *what = g_strdup_printf("built-in plugin '%s'", name);
        refusal = el4_plugin_descriptor_problem(plugin, what, name);
    }
    if (!plugin && !refusal) {
        return NULL;
    }
    return remember(plugins, plugins->builtin, name, plugin, refusal);
}

static const struct entry *find_in_folder(struct el4_plugins *plugins, const char *folder,
                                          const char *name, char **path)
{
    g_autofree char *file = g_strconcat(name, ".so", NULL);
    g_autofree char *candidate = g_build_filename(folder, file, NULL);
    if (!g_file_test(candidate, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    *path = g_steal_pointer(&candidate);
    return open_file(plugins, *path, name);
}

static const struct entry *find_entry(struct el4_plugins *plugins, const char *name,
                                      char **path)
{
    const struct entry *entry = NULL;
    for (guint i = 0; !entry && i < plugins->folders->len; i++) {
        entry = find_in_folder(plugins, g_ptr_array_index(plugins->folders, i), name, path);
    }
    for (guint i = 0; !entry && i < plugins->mappings->len; i++) {
        const struct mapping *mapping = &g_array_index(plugins->mappings, struct mapping, i);
        if (strcmp(mapping->name, name) == 0) {
            *path = g_strdup(mapping->path);
            entry = open_file(plugins, *path, name);
        }
    }
    if (!entry) {
        entry = find_in_folder(plugins, plugins->installed, name, path);
    }
    if (!entry) {
        entry = open_builtin(plugins, name);
        *path = entry ? g_strdup_printf("built-in plugin '%s'", name) : NULL;
    }
    return entry;
}

static void append_place(GString *text, const char *folder)
{
    g_string_append_printf(text, "%s%s,", folder,
                           g_file_test(folder, G_FILE_TEST_IS_DIR) ? "" : " (no such folder)");
    g_string_append_c(text, ' ');
}

static void set_not_found(struct el4_plugins *plugins, enum el4_plugin_kind kind,
                          const char *name, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "there is no %s plugin '%s': looked for %s.so in ",
                    el4_plugin_kind_name(kind), name, name);
    for (guint i = 0; i < plugins->folders->len; i++) {
        append_place(text, g_ptr_array_index(plugins->folders, i));
    }
    if (plugins->mappings->len) {
        const struct mapping *first = &g_array_index(plugins->mappings, struct mapping, 0);
        g_string_append_printf(text, "the plugin map %s, ", first->map);
    }
    append_place(text, plugins->installed);
    g_string_append(text, "and among the built-in plugins; is the name right? EL4_PLUGIN_PATH "
                          "may name more folders");
    set_error(error, text->str);
}

const struct el4_plugin *el4_plugins_find(struct el4_plugins *plugins,
                                          enum el4_plugin_kind kind, const char *name,
                                          GError **error)
{
    g_autofree char *problem = el4_plugin_name_problem(name);
    if (problem) {
        g_set_error(error, EL4_PLUGIN_ERROR, 0, "there is no %s plugin '%s': %s",
                    el4_plugin_kind_name(kind), name, problem);
        return NULL;
    }
    g_autofree char *path = NULL;
    const struct entry *entry = find_entry(plugins, name, &path);
    if (!entry) {
        set_not_found(plugins, kind, name, error);
        return NULL;
    }
    if (entry->refusal) {
        set_error(error, entry->refusal);
        return NULL;
    }
    if (entry->plugin->kind != (uint32_t)kind) {
        g_set_error(error, EL4_PLUGIN_ERROR, 0,
                    "%s is a %s plugin; a %s plugin is wanted: the configuration names it in "
                    "the wrong place",
                    path, el4_plugin_kind_name(entry->plugin->kind),
                    el4_plugin_kind_name(kind));
        return NULL;
    }
    return entry->plugin;
}

/* ---- listing ---- */

struct lister {
    struct el4_plugins *plugins;
    GHashTable *seen; /* name to the path that has it */
    void (*visit)(const struct el4_plugin_listing *listing, void *data);
    void *data;
};

static void list_entry(struct lister *lister, const char *path, const char *name,
                       const struct entry *entry)
{
    struct el4_plugin_listing listing = {
        .path = path, .plugin = entry->plugin, .refusal = entry->refusal};
    lister->visit(&listing, lister->data);
    g_hash_table_insert(lister->seen, g_strdup(name), g_strdup(path));
}

/* True if the name is taken; it is listed as hidden then (the same file twice is not). */
static bool list_hidden(struct lister *lister, const char *path, const char *name)
{
    const char *earlier = g_hash_table_lookup(lister->seen, name);
    if (!earlier) {
        return false;
    }
    if (strcmp(earlier, path) != 0) {
        g_autofree char *refusal =
            g_strdup_printf("%s is hidden by %s, which is found first", path, earlier);
        struct el4_plugin_listing listing = {.path = path, .refusal = refusal};
        lister->visit(&listing, lister->data);
    }
    return true;
}

static void list_file(struct lister *lister, const char *path, const char *name)
{
    if (!list_hidden(lister, path, name)) {
        list_entry(lister, path, name, open_file(lister->plugins, path, name));
    }
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* A missing folder is worth a word only if somebody asked for it. */
static void list_folder(struct lister *lister, const char *folder, bool asked_for)
{
    g_autoptr(GError) reason = NULL;
    GDir *dir = g_dir_open(folder, 0, &reason);
    if (!dir) {
        struct el4_plugin_listing listing = {.path = folder, .refusal = reason->message};
        if (asked_for || !g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            lister->visit(&listing, lister->data);
        }
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *file;
    while ((file = g_dir_read_name(dir))) {
        if (g_str_has_suffix(file, ".so")) {
            g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".so")));
        }
    }
    g_dir_close(dir);
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *base = g_strconcat(name, ".so", NULL);
        g_autofree char *path = g_build_filename(folder, base, NULL);
        list_file(lister, path, name);
    }
}

void el4_plugins_list(struct el4_plugins *plugins,
                      void (*visit)(const struct el4_plugin_listing *listing, void *data),
                      void *data)
{
    struct lister lister = {
        .plugins = plugins,
        .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .visit = visit,
        .data = data,
    };
    for (guint i = 0; i < plugins->folders->len; i++) {
        list_folder(&lister, g_ptr_array_index(plugins->folders, i), true);
    }
    for (guint i = 0; i < plugins->mappings->len; i++) {
        const struct mapping *mapping = &g_array_index(plugins->mappings, struct mapping, i);
        list_file(&lister, mapping->path, mapping->name);
    }
    list_folder(&lister, plugins->installed, false);
    char *name;
    for (size_t i = 0; (name = el4_plugin_loader_builtin_name(i)); i++) {
        if (!list_hidden(&lister, BUILT_IN, name)) {
            list_entry(&lister, BUILT_IN, name, open_builtin(plugins, name));
        }
        g_free(name);
    }
    g_hash_table_unref(lister.seen);
}
