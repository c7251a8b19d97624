/* SPDX-License-Identifier: MIT */
/*
 * Where things are that belong to this el4, seen from where its program lies: in the build tree
 * it came from, or in an installation, which may have been moved as a whole.
 */
#include "cli.h"

/* The folder of the running program; NULL if the system does not say. */
static char *program_folder(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    return self ? g_path_get_dirname(self) : NULL;
}

/* The path if something is there. */
static char *existing(char *path)
{
    if (path && g_file_test(path, G_FILE_TEST_EXISTS)) {
        return path;
    }
    g_free(path);
    return NULL;
}

static char *beside_program(const char *relative)
{
    g_autofree char *folder = program_folder();
    return folder ? existing(g_canonicalize_filename(relative, folder)) : NULL;
}

char *cli_where_map(void)
{
    return beside_program("../plugins/plugin-map");
}

char *cli_where_plugins(void)
{
    return beside_program(EL4_PLUGINS_FROM_BIN);
}

char *cli_where_templates(void)
{
    g_autofree char *map = cli_where_map();
    return beside_program(map ? "../cli/templates" : EL4_DATA_FROM_BIN "/templates");
}
