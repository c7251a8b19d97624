/* SPDX-License-Identifier: MIT */
/*
 * Device trees from nothing: the nodes are kept in memory until the tree is finished, so that a
 * node may still get properties after it has children, and then written with libfdt. What goes
 * wrong on the way is remembered, the first of it being what el4_fdt_finish() reports.
 */
#include "boot/fdt.h"

#include <libfdt.h>
#include <string.h>

#include "boot/boot.h"

/* Longer than any name in use; the specification's 31 is not kept by real trees. */
#define NAME_MAX_BYTES 63

struct property {
    char *name;
    void *data;
    size_t bytes;
};

struct node {
    char *name;
    struct node *parent;
    GArray *properties;  /* struct property */
    GPtrArray *children; /* struct node * */
};

struct label {
    uint32_t phandle;
    bool given; /* to a node */
};

struct el4_fdt {
    struct node *root;
    struct node *open;
    GHashTable *labels; /* name to struct label */
    uint32_t first_phandle;
    char *problem; /* the first */
};

static void property_clear(void *data)
{
    struct property *property = data;
    g_free(property->name);
    g_free(property->data);
}

static void node_free(void *data)
{
    struct node *node = data;
    g_free(node->name);
    g_array_unref(node->properties);
    g_ptr_array_unref(node->children);
    g_free(node);
}

static struct node *node_new(struct node *parent, const char *name)
{
    struct node *node = g_new0(struct node, 1);
    node->name = g_strdup(name);
    node->parent = parent;
    node->properties = g_array_new(FALSE, FALSE, sizeof(struct property));
    g_array_set_clear_func(node->properties, property_clear);
    node->children = g_ptr_array_new_with_free_func(node_free);
    if (parent) {
        g_ptr_array_add(parent->children, node);
    }
    return node;
}

struct el4_fdt *el4_fdt_new(void)
{
    struct el4_fdt *fdt = g_new0(struct el4_fdt, 1);
    fdt->root = node_new(NULL, "");
    fdt->open = fdt->root;
    fdt->first_phandle = 1;
    fdt->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return fdt;
}

void el4_fdt_free(struct el4_fdt *fdt)
{
    if (!fdt) {
        return;
    }
    node_free(fdt->root);
    g_hash_table_unref(fdt->labels);
    g_free(fdt->problem);
    g_free(fdt);
}

static char *node_path(const struct node *node)
{
    GString *path = g_string_new(node->parent ? NULL : "/");
    for (; node->parent; node = node->parent) {
        g_string_prepend(path, node->name);
        g_string_prepend_c(path, '/');
    }
    return g_string_free(path, FALSE);
}

G_GNUC_PRINTF(2, 3)
static void set_problem(struct el4_fdt *fdt, const char *format, ...)
{
    if (fdt->problem) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *path = node_path(fdt->open);
    fdt->problem = g_strdup_printf("device tree node %s: %s", path, text);
}

static bool is_name(const char *name, const char *punctuation)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isalnum(name[i]) && !strchr(punctuation, name[i])) {
            return false;
        }
    }
    return length > 0 && length <= NAME_MAX_BYTES;
}

static struct node *find_child(const struct node *parent, const char *name)
{
    for (guint i = 0; i < parent->children->len; i++) {
        struct node *child = g_ptr_array_index(parent->children, i);
        if (strcmp(child->name, name) == 0) {
            return child;
        }
    }
    return NULL;
}

void el4_fdt_begin(struct el4_fdt *fdt, const char *name)
{
    if (!is_name(name, ",._+-@")) {
        set_problem(fdt, "'%s' is not a node's name", name);
    }
    if (find_child(fdt->open, name)) {
        set_problem(fdt, "there are two nodes '%s'", name);
    }
    fdt->open = node_new(fdt->open, name);
}

void el4_fdt_open(struct el4_fdt *fdt, const char *name)
{
    struct node *child = find_child(fdt->open, name);
    if (child) {
        fdt->open = child;
    } else {
        el4_fdt_begin(fdt, name);
    }
}

void el4_fdt_end(struct el4_fdt *fdt)
{
    if (!fdt->open->parent) {
        set_problem(fdt, "closed once too often");
        return;
    }
    fdt->open = fdt->open->parent;
}

void el4_fdt_bytes(struct el4_fdt *fdt, const char *property, const void *data, size_t bytes)
{
    if (!is_name(property, ",._+?#-")) {
        set_problem(fdt, "'%s' is not a property's name", property);
    }
    if (bytes > EL4_BOOT_DTB_MAX) {
        set_problem(fdt, "property '%s' is too long", property);
        return;
    }
    for (guint i = 0; i < fdt->open->properties->len; i++) {
        if (strcmp(g_array_index(fdt->open->properties, struct property, i).name, property) ==
            0) {
            set_problem(fdt, "there are two properties '%s'", property);
        }
    }
    struct property copy = {
        .name = g_strdup(property), .data = g_memdup2(data, bytes), .bytes = bytes};
    g_array_append_val(fdt->open->properties, copy);
}

void el4_fdt_cells(struct el4_fdt *fdt, const char *property, const uint32_t *cells,
                   size_t count)
{
    g_autofree uint32_t *swapped = g_new(uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        swapped[i] = GUINT32_TO_BE(cells[i]);
    }
    el4_fdt_bytes(fdt, property, swapped, count * sizeof(*swapped));
}

void el4_fdt_u64s(struct el4_fdt *fdt, const char *property, const uint64_t *values,
                  size_t count)
{
    g_autofree uint64_t *swapped = g_new(uint64_t, count);
    for (size_t i = 0; i < count; i++) {
        swapped[i] = GUINT64_TO_BE(values[i]);
    }
    el4_fdt_bytes(fdt, property, swapped, count * sizeof(*swapped));
}

void el4_fdt_string(struct el4_fdt *fdt, const char *property, const char *value)
{
    el4_fdt_bytes(fdt, property, value, strlen(value) + 1);
}

void el4_fdt_strings(struct el4_fdt *fdt, const char *property, const char *const *strings)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (; *strings; strings++) {
        g_string_append_len(all, *strings, (gssize)strlen(*strings) + 1);
    }
    el4_fdt_bytes(fdt, property, all->str, all->len);
}

void el4_fdt_flag(struct el4_fdt *fdt, const char *property)
{
    el4_fdt_bytes(fdt, property, NULL, 0);
}

static struct label *find_label(struct el4_fdt *fdt, const char *name)
{
    struct label *label = g_hash_table_lookup(fdt->labels, name);
    if (!label) {
        label = g_new0(struct label, 1);
        g_hash_table_insert(fdt->labels, g_strdup(name), label);
        label->phandle = fdt->first_phandle + g_hash_table_size(fdt->labels) - 1;
    }
    return label;
}

void el4_fdt_set_first_phandle(struct el4_fdt *fdt, uint32_t first)
{
    fdt->first_phandle = first;
}

uint32_t el4_fdt_phandle(struct el4_fdt *fdt, const char *label)
{
    return find_label(fdt, label)->phandle;
}

void el4_fdt_label(struct el4_fdt *fdt, const char *label)
{
    struct label *found = find_label(fdt, label);
    if (found->given) {
        set_problem(fdt, "label '%s' is another node's already", label);
    }
    found->given = true;
    el4_fdt_cells(fdt, "phandle", &found->phandle, 1);
}

/* 0 or a libfdt error. Depth is what the callers of el4_fdt_begin() made of it. */
static int write_node(void *blob, const struct node *node)
{
    int status = fdt_begin_node(blob, node->name);
    for (guint i = 0; !status && i < node->properties->len; i++) {
        const struct property *property = &g_array_index(node->properties, struct property, i);
        status = fdt_property(blob, property->name, property->data, (int)property->bytes);
    }
    for (guint i = 0; !status && i < node->children->len; i++) {
        status = write_node(blob, g_ptr_array_index(node->children, i));
    }
    return status ? status : fdt_end_node(blob);
}

static int write_tree(const struct el4_fdt *fdt, void *blob, size_t bytes)
{
    int status = fdt_create(blob, (int)bytes);
    if (!status) {
        status = fdt_finish_reservemap(blob);
    }
    if (!status) {
        status = write_node(blob, fdt->root);
    }
    return status ? status : fdt_finish(blob);
}

static bool check_complete(struct el4_fdt *fdt)
{
    if (fdt->open->parent) {
        set_problem(fdt, "is not closed");
    }
    GHashTableIter labels;
    void *name, *label;
    g_hash_table_iter_init(&labels, fdt->labels);
    while (g_hash_table_iter_next(&labels, &name, &label)) {
        if (!((const struct label *)label)->given) {
            set_problem(fdt, "some node refers to '%s', which no node is", (const char *)name);
        }
    }
    return !fdt->problem;
}

GBytes *el4_fdt_finish(struct el4_fdt *fdt, GError **error)
{
    if (!check_complete(fdt)) {
        g_set_error_literal(error, EL4_BOOT_ERROR, 0, fdt->problem);
        return NULL;
    }
    int status = -FDT_ERR_NOSPACE;
    for (size_t bytes = 16u << 10; bytes <= EL4_BOOT_DTB_MAX; bytes *= 2) {
        g_autofree void *blob = g_malloc0(bytes);
        status = write_tree(fdt, blob, bytes);
        if (!status) {
            size_t total = fdt_totalsize(blob);
            return g_bytes_new_take(g_realloc(g_steal_pointer(&blob), total), total);
        }
        if (status != -FDT_ERR_NOSPACE) {
            break;
        }
    }
    g_set_error(error, EL4_BOOT_ERROR, 0,
                "the device tree cannot be written (%s); it may have %u MiB at most",
                fdt_strerror(status), EL4_BOOT_DTB_MAX >> 20);
    return NULL;
}
