/* SPDX-License-Identifier: MIT */
/* Scratch folder, log capture, machines. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    GMutex lock;
    GString *log;
    char *folder;
} shared; /* of the test program: GLib has one log writer a process */

static GLogWriterOutput keep(GLogLevelFlags level, const GLogField *fields, gsize count,
                             gpointer data)
{
    for (gsize i = 0; i < count; i++) {
        if (!strcmp(fields[i].key, "MESSAGE")) {
            g_mutex_lock(&shared.lock);
            g_string_append_printf(shared.log, "%s\n", (const char *)fields[i].value);
            g_mutex_unlock(&shared.lock);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

void fixture_begin(void)
{
    g_autofree char *template = g_build_filename(g_get_tmp_dir(), "el4-machine-XXXXXX", NULL);
    shared.log = g_string_new(NULL);
    shared.folder = g_strdup(g_mkdtemp(template));
    if (!shared.folder || chdir(shared.folder)) {
        g_error("no scratch folder");
    }
    g_log_set_writer_func(keep, NULL, NULL);
}

void fixture_end(void)
{
    g_unlink("test.ini");
    g_unlink("guest.bin");
    g_rmdir(shared.folder);
    g_free(shared.folder);
    g_string_free(shared.log, TRUE);
}

char *fixture_take_log(void)
{
    g_mutex_lock(&shared.lock);
    char *text = g_strdup(shared.log->str);
    g_string_truncate(shared.log, 0);
    g_mutex_unlock(&shared.lock);
    return text;
}

void fixture_write_guest(const uint32_t *words, size_t count)
{
    g_file_set_contents("guest.bin", (const char *)words, (gssize)(count * sizeof(*words)),
                        NULL);
}

static bool load(struct fixture *fixture, const char *text, GError **error)
{
    g_autofree char *all = g_strconcat("[machine]\nboard = test-board\n", text, NULL);
    g_file_set_contents("test.ini", all, -1, NULL);
    return el4_machine_add_schemas(fixture->config, error) &&
           el4_config_load_file(fixture->config, "test.ini", error);
}

void fixture_make(struct fixture *fixture, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    *fixture = (struct fixture){.config = el4_config_new(), .plugins = el4_plugins_new(&error)};
    if (fixture->plugins && load(fixture, text, &error)) {
        fixture->machine = el4_machine_new(fixture->config, fixture->plugins, NULL,
                                           EL4_MACHINE_RUN, messages, &error);
    }
    if (messages->len) {
        g_ptr_array_add(messages, NULL);
        fixture->message = g_strjoinv("\n", (char **)messages->pdata);
    } else if (error) {
        fixture->message = g_strdup(error->message);
    }
}

void fixture_free(struct fixture *fixture)
{
    el4_machine_free(fixture->machine);
    el4_plugins_free(fixture->plugins);
    el4_config_free(fixture->config);
    g_free(fixture->message);
}
