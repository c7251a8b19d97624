/* SPDX-License-Identifier: MIT */
/*
 * A digest of all that decides how a cell runs, to find out what has changed since a run.
 *
 * Which keys are paths is for the plugins' schemas to say, which aren't at hand here. So every
 * word that is the name of a file counts as one; at worst a cell runs again though nothing of
 * its own has changed.
 */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct el4_matrix_digester {
    GHashTable *files;   /* path -> digest; "" for what is no file */
    GHashTable *configs; /* paths -> digest */
};

/* What a run writes is no input of it. */
static const char *const outputs[] = {"trace.file", "calls.file", NULL};

struct el4_matrix_digester *el4_matrix_digester_new(void)
{
    struct el4_matrix_digester *digester = g_new0(struct el4_matrix_digester, 1);
    digester->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    digester->configs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return digester;
}

void el4_matrix_digester_free(struct el4_matrix_digester *digester)
{
    if (digester) {
        g_hash_table_unref(digester->files);
        g_hash_table_unref(digester->configs);
        g_free(digester);
    }
}

/* With its length, so that no two lists of texts read alike. */
static void add_text(GChecksum *sum, const char *text)
{
    g_autofree char *length = g_strdup_printf("%zu:", text ? strlen(text) : 0);
    g_checksum_update(sum, (const guchar *)length, -1);
    g_checksum_update(sum, (const guchar *)(text ? text : ""), -1);
}

static void add_number(GChecksum *sum, uint64_t number)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    add_text(sum, text);
}

/* ---- files ---- */

static bool read_file(GChecksum *sum, int fd, const char *path, GError **error)
{
    guint8 block[65536];
    for (;;) {
        ssize_t got = read(fd, block, sizeof(block));
        if (got > 0) {
            g_checksum_update(sum, block, got);
        } else if (got == 0) {
            return true;
        } else if (errno != EINTR) {
            g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_FILE, "%s: %s", path,
                        g_strerror(errno));
            return false;
        }
    }
}

/* "" if it is no regular file; NULL with *error. */
static char *digest_file(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode)) {
        return g_strdup("");
    }
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_FILE, "%s: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    char *digest =
        read_file(sum, fd, path, error) ? g_strdup(g_checksum_get_string(sum)) : NULL;
    g_checksum_free(sum);
    close(fd);
    return digest;
}

static bool add_file(struct el4_matrix_digester *digester, GChecksum *sum, const char *folder,
                     const char *name, GError **error)
{
    if (!*name || strlen(name) >= PATH_MAX) {
        return true;
    }
    char *path = g_path_is_absolute(name) ? g_strdup(name)
                                          : g_build_filename(folder ? folder : ".", name, NULL);
    const char *digest = g_hash_table_lookup(digester->files, path);
    if (!digest) {
        char *made = digest_file(path, error);
        if (!made) {
            g_free(path);
            return false;
        }
        g_hash_table_insert(digester->files, g_strdup(path), made);
        digest = made;
    }
    g_free(path);
    add_text(sum, digest);
    return true;
}

/* A value: its text, and the files that it, or a word of it, is the name of. */
static bool add_value(struct el4_matrix_digester *digester, GChecksum *sum, const char *name,
                      const char *text, const char *folder, GError **error)
{
    add_text(sum, name);
    add_text(sum, text);
    if (g_strv_contains(outputs, name)) {
        return true;
    }
    g_auto(GStrv) words = g_strsplit_set(text, " \t,", -1);
    for (char **word = words; *word; word++) {
        if (!add_file(digester, sum, folder, *word, error)) {
            return false;
        }
    }
    return !words[0] || !words[1] || add_file(digester, sum, folder, text, error);
}

/* ---- configuration files ---- */

struct config_digest {
    struct el4_matrix_digester *digester;
    GChecksum *sum;
    GError **error;
    bool is_bad;
};

static void add_line(const struct el4_config_line *line, void *data)
{
    struct config_digest *digest = data;
    g_autofree char *name = g_strdup_printf("%s.%s", line->section, line->key);
    digest->is_bad = digest->is_bad || !add_value(digest->digester, digest->sum, name,
                                                  line->text, line->folder, digest->error);
}

static char *digest_configs(struct el4_matrix_digester *digester, const GPtrArray *paths,
                            GError **error)
{
    struct el4_config *config = el4_config_new();
    struct config_digest digest = {digester, g_checksum_new(G_CHECKSUM_SHA256), error, false};
    for (guint i = 0; i < paths->len && !digest.is_bad; i++) {
        digest.is_bad = !el4_config_load_file(config, g_ptr_array_index(paths, i), error);
    }
    if (!digest.is_bad) {
        el4_config_each_line(config, add_line, &digest);
    }
    char *text = digest.is_bad ? NULL : g_strdup(g_checksum_get_string(digest.sum));
    g_checksum_free(digest.sum);
    el4_config_free(config);
    return text;
}

static bool add_configs(struct el4_matrix_digester *digester, GChecksum *sum,
                        const struct el4_matrix_cell *cell, GError **error)
{
    g_autoptr(GString) key = g_string_new(NULL);
    for (guint i = 0; i < cell->configs->len; i++) {
        g_string_append_printf(key, "%s\n", (char *)g_ptr_array_index(cell->configs, i));
    }
    const char *digest = g_hash_table_lookup(digester->configs, key->str);
    if (!digest) {
        char *made = digest_configs(digester, cell->configs, error);
        if (!made) {
            return false;
        }
        g_hash_table_insert(digester->configs, g_strdup(key->str), made);
        digest = made;
    }
    add_text(sum, digest);
    return true;
}

/* ---- cells ---- */

static bool add_settings(struct el4_matrix_digester *digester, GChecksum *sum,
                         const struct el4_matrix_cell *cell, GError **error)
{
    for (guint i = 0; i < cell->settings->len; i++) {
        const struct el4_matrix_setting *setting = g_ptr_array_index(cell->settings, i);
        const char *equals = strchr(setting->option, '=');
        g_autofree char *name = g_strndup(setting->option, (size_t)(equals - setting->option));
        g_autofree char *folder =
            setting->place.line ? g_path_get_dirname(setting->place.file) : NULL;
        if (!add_value(digester, sum, name, equals + 1, folder, error)) {
            return false;
        }
    }
    return true;
}

static void add_patterns(GChecksum *sum, const GPtrArray *patterns)
{
    add_number(sum, patterns->len);
    for (guint i = 0; i < patterns->len; i++) {
        add_text(sum, ((const struct el4_matrix_pattern *)patterns->pdata[i])->text);
    }
}

static void add_expectations(GChecksum *sum, const struct el4_matrix_expect *expect)
{
    add_number(sum, (uint64_t)expect->status);
    add_number(sum, (uint64_t)expect->guest_status);
    add_patterns(sum, expect->must);
    add_patterns(sum, expect->must_not);
    add_patterns(sum, expect->in_order);
    add_number(sum, expect->calls->len);
    for (guint i = 0; i < expect->calls->len; i++) {
        const struct el4_matrix_call *call = g_ptr_array_index(expect->calls, i);
        add_text(sum, call->text);
        add_number(sum, call->most);
    }
    add_number(sum, expect->states->len);
    for (guint i = 0; i < expect->states->len; i++) {
        add_text(sum, ((const struct el4_matrix_state *)expect->states->pdata[i])->text);
    }
    add_text(sum, expect->known_failure);
}

static void add_limits(GChecksum *sum, const struct el4_matrix_cell *cell)
{
    const struct el4_matrix_limits *limits = &cell->limits;
    char seconds[G_ASCII_DTOSTR_BUF_SIZE];
    add_text(sum, g_ascii_dtostr(seconds, sizeof(seconds), limits->seconds));
    add_text(sum, g_ascii_dtostr(seconds, sizeof(seconds), limits->machine_seconds));
    add_number(sum, limits->memory_bytes);
    add_number(sum, limits->output_bytes);
    add_number(sum, limits->file_bytes);
    add_number(sum, limits->files);
    add_number(sum, limits->network);
    add_number(sum, cell->retries);
}

/* Cells without it have the digests they had before there was any. */
static void add_typing(GChecksum *sum, const struct el4_matrix_cell *cell)
{
    if (cell->input_after) {
        add_text(sum, cell->input_after->text);
        add_text(sum, cell->input ? cell->input->text : NULL);
    }
}

char *el4_matrix_inputs(struct el4_matrix_digester *digester,
                        const struct el4_matrix_cell *cell, GError **error)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    char *digest = NULL;
    add_text(sum, EL4_VERSION);
    if (add_configs(digester, sum, cell, error) && add_settings(digester, sum, cell, error)) {
        add_limits(sum, cell);
        add_expectations(sum, &cell->expect);
        add_typing(sum, cell);
        digest = g_strdup(g_checksum_get_string(sum));
    }
    g_checksum_free(sum);
    return digest;
}
