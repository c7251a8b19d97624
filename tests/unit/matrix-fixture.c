/* SPDX-License-Identifier: MIT */
/*
 * What the tests of matrix files share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

int fixture_set_up(void **state)
{
    GError *error = NULL;
    char *folder = g_dir_make_tmp("el4-matrix-XXXXXX", &error);
    assert_non_null(folder);
    assert_int_equal(g_chdir(folder), 0);
    *state = folder;
    return 0;
}

int fixture_tear_down(void **state)
{
    char *folder = *state;
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
    }
    g_dir_close(dir);
    assert_int_equal(g_chdir("/"), 0);
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

void fixture_write(const char *name, const char *text)
{
    assert_true(g_file_set_contents(name, text, -1, NULL));
}

static GPtrArray *split(const char *lines)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(lines ? lines : "", "\n", -1);
    for (char **word = words; *word; word++) {
        g_ptr_array_add(list, g_strdup(*word));
    }
    return list;
}

static struct el4_matrix *load(const char *defines, const char *settings, GString *said)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) define_list = split(defines);
    g_autoptr(GPtrArray) setting_list = split(settings);
    const struct el4_matrix_load_options options = {define_list, setting_list};
    struct el4_matrix *matrix = el4_matrix_load("m.ini", &options, messages);
    for (guint i = 0; i < messages->len; i++) {
        g_string_append_printf(said, "%s\n", (char *)g_ptr_array_index(messages, i));
    }
    assert_true(!matrix == !!messages->len);
    return matrix;
}

struct el4_matrix *fixture_load(const char *defines, const char *settings)
{
    g_autoptr(GString) said = g_string_new(NULL);
    struct el4_matrix *matrix = load(defines, settings, said);
    assert_string_equal(said->str, "");
    return matrix;
}

void fixture_assert_messages(const char *defines, const char *settings, const char *expected)
{
    g_autoptr(GString) said = g_string_new(NULL);
    el4_matrix_free(load(defines, settings, said));
    assert_string_equal(said->str, expected);
}

void fixture_assert_names(const GPtrArray *cells, const char *expected)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(cells, i);
        g_string_append_printf(names, "%s\n", cell->name);
    }
    assert_string_equal(names->str, expected);
}

const struct el4_matrix_cell *fixture_cell(const struct el4_matrix *matrix, const char *name)
{
    const struct el4_matrix_cell *cell = el4_matrix_find(matrix, name);
    assert_non_null(cell);
    return cell;
}

void fixture_assert_settings(const struct el4_matrix_cell *cell, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < cell->settings->len; i++) {
        const struct el4_matrix_setting *setting = g_ptr_array_index(cell->settings, i);
        g_string_append_printf(text, "%s @%s:%u\n", setting->option, setting->place.file,
                               setting->place.line);
    }
    assert_string_equal(text->str, expected);
}

void fixture_assert_words(const GPtrArray *words, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < words->len; i++) {
        g_string_append_printf(text, "%s%s", i ? " " : "", (char *)g_ptr_array_index(words, i));
    }
    assert_string_equal(text->str, expected);
}
