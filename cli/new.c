/* SPDX-License-Identifier: MIT */
/*
 * el4 new: a plugin project of one's own, written from a template. A template is a folder of
 * files; NAME in a file's name and @NAME@ and @IDENT@ in its text become the plugin's name, as
 * it is and as a C identifier. Nothing that is there already is touched.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 32

/* Files of templates end in this, so that no tool takes them for what they will be. */
#define TEMPLATE_SUFFIX ".in"

struct project {
    const char *kind;
    const char *name;
    char *ident;
    const char *folder;
    GPtrArray *written; /* paths, for the way back */
};

static const char *const kinds[] = {"board", "device", "service", NULL};

/* What meson calls its own targets. */
static const char *const meson_names[] = {
    "all",        "benchmark", "clean",     "clean-ctlist", "clean-gcda", "clean-gcno",
    "coverage",   "dist",      "distcheck", "install",      "phony",      "reconfigure",
    "scan-build", "test",      "uninstall", NULL,
};

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    if (!length || length > NAME_MAX_BYTES || !g_ascii_islower(name[0]) ||
        name[length - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_islower(name[i]) && !g_ascii_isdigit(name[i]) && name[i] != '-') {
            return false;
        }
    }
    return true;
}

struct search {
    const char *name;
    char *path; /* of the plugin that has it */
};

static void compare_plugin(const struct el4_plugin_listing *listing, void *data)
{
    struct search *search = data;
    if (!search->path && listing->plugin && !strcmp(listing->plugin->name, search->name)) {
        search->path = g_strdup(listing->path);
    }
}

/* A plugin of that name would hide el4's own from the boards and chains that want it. */
static bool is_free(const char *name)
{
    struct el4_plugins *plugins = cli_plugins();
    if (!plugins) {
        return false;
    }
    struct search search = {.name = name};
    el4_plugins_list(plugins, compare_plugin, &search);
    el4_plugins_free(plugins);
    if (search.path) {
        cli_error("there is a plugin '%s' already: %s; choose another name", name, search.path);
    }
    g_free(search.path);
    return !search.path;
}

static bool check(const struct project *project)
{
    if (!g_strv_contains(kinds, project->kind)) {
        cli_error("there is no kind of plugin '%.60s'; write board, device or service",
                  project->kind);
    } else if (!is_name(project->name)) {
        cli_error("'%.60s' is not a plugin's name: a small letter, then small letters, digits "
                  "and '-', not at the end, %d at most",
                  project->name, NAME_MAX_BYTES);
    } else if (g_strv_contains(meson_names, project->name)) {
        cli_error("'%s' is a name that meson keeps for itself; choose another", project->name);
    } else {
        return is_free(project->name);
    }
    return false;
}

static char *fill_in(const struct project *project, const char *text)
{
    g_autoptr(GString) result = g_string_new(text);
    g_string_replace(result, "@NAME@", project->name, 0);
    g_string_replace(result, "@IDENT@", project->ident, 0);
    return g_strdup(result->str);
}

/* NAME.c.in becomes pump.c. */
static char *file_name(const struct project *project, const char *template)
{
    g_autoptr(GString) result = g_string_new(template);
    if (g_str_has_suffix(template, TEMPLATE_SUFFIX)) {
        g_string_truncate(result, result->len - strlen(TEMPLATE_SUFFIX));
    }
    g_string_replace(result, "NAME", project->name, 0);
    return g_strdup(result->str);
}

static bool write_text(struct project *project, const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd >= 0) {
        g_ptr_array_add(project->written, g_strdup(path));
        size_t left = strlen(text);
        while (left) {
            ssize_t done = write(fd, text, left);
            if (done < 0 && errno != EINTR) {
                break;
            }
            text += done > 0 ? done : 0;
            left -= done > 0 ? (size_t)done : 0;
        }
        if (!left && close(fd) == 0) {
            return true;
        }
    }
    cli_error("%s cannot be written: %s", path, g_strerror(errno));
    return false;
}

static bool write_file(struct project *project, const char *templates, const char *template)
{
    GError *error = NULL;
    g_autofree char *from = g_build_filename(templates, template, NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(from, &text, NULL, &error)) {
        cli_error("%s", error->message);
        g_error_free(error);
        return false;
    }
    g_autofree char *name = file_name(project, template);
    g_autofree char *path = g_build_filename(project->folder, name, NULL);
    g_autofree char *filled = fill_in(project, text);
    return write_text(project, path, filled);
}

static bool write_files(struct project *project, const char *templates)
{
    GError *error = NULL;
    GDir *dir = g_dir_open(templates, 0, &error);
    if (!dir) {
        cli_error("%s", error->message);
        g_error_free(error);
        return false;
    }
    bool fine = true;
    const char *template;
    while (fine && (template = g_dir_read_name(dir))) {
        fine = write_file(project, templates, template);
    }
    g_dir_close(dir);
    return fine;
}

static bool write_project(struct project *project, const char *templates)
{
    if (mkdir(project->folder, 0777) != 0) {
        cli_error(errno == EEXIST ? "%s is there already, and is left as it is; name another "
                                    "folder: el4 new %s %s FOLDER"
                                  : "%s cannot be made: %s",
                  project->folder, errno == EEXIST ? project->kind : g_strerror(errno),
                  project->name);
        return false;
    }
    if (write_files(project, templates)) {
        return true;
    }
    for (guint i = 0; i < project->written->len; i++) {
        unlink(g_ptr_array_index(project->written, i));
    }
    rmdir(project->folder);
    return false;
}

static enum el4_exit make(struct project *project)
{
    g_autofree char *all = cli_where_templates();
    if (!all) {
        cli_error("the templates are not installed; on Debian they are in the package el4-dev");
        return EL4_EXIT_CONFIG;
    }
    g_autofree char *templates = g_build_filename(all, project->kind, NULL);
    if (!write_project(project, templates)) {
        return EL4_EXIT_CONFIG;
    }
    printf("The %s '%s' is in %s. Build it, test it, run it:\n"
           "  cd %s\n"
           "  meson setup build && meson test -C build\n"
           "  el4 run %s.ini\n",
           project->kind, project->name, project->folder, project->folder, project->name);
    return EL4_EXIT_OFF;
}

enum el4_exit cli_new(int argc, char **argv)
{
    if (argc < 2 || argc > 3 || argv[0][0] == '-' || argv[1][0] == '-' ||
        (argc == 3 && (argv[2][0] == '-' || !argv[2][0]))) {
        cli_error("write el4 new board NAME, el4 new device NAME or el4 new service NAME; a "
                  "folder may follow");
        return EL4_EXIT_USAGE;
    }
    struct project project = {
        .kind = argv[0], .name = argv[1], .folder = argc == 3 ? argv[2] : argv[1]};
    if (!check(&project)) {
        return EL4_EXIT_USAGE;
    }
    project.ident = g_strdelimit(g_strdup(project.name), "-", '_');
    project.written = g_ptr_array_new_with_free_func(g_free);
    enum el4_exit status = make(&project);
    g_ptr_array_unref(project.written);
    g_free(project.ident);
    return status;
}
