/* SPDX-License-Identifier: MIT */
/*
 * The inside of core/plugin: what the search (plugins.c), the checks (check.c) and the use of
 * libltdl (loader.c) offer each other. Problems are sentences for the user, to be freed with
 * g_free(); NULL means that there is none.
 */
#ifndef EL4_PLUGIN_PRIVATE_H
#define EL4_PLUGIN_PRIVATE_H

#include "plugin/plugin.h"

/* ---- check.c ---- */

/* What is wrong with a plugin's or file's name: letters, digits and '-' are allowed. */
char *el4_plugin_name_problem(const char *name);
/* What is wrong with the file, as far as its first bytes tell: dlopen()'s answers to files that
 * are no shared object for this host are misleading. */
char *el4_plugin_file_problem(const char *path);
/* What is wrong with a descriptor; `name` is what the file is called. */
char *el4_plugin_descriptor_problem(const struct el4_plugin *plugin, const char *path,
                                    const char *name);

/* ---- loader.c: any thread; libltdl's state is the process's ---- */

/* Each successful init needs its exit, which closes what is still open at the last one. */
char *el4_plugin_loader_init(void);
void el4_plugin_loader_exit(void);
/* The symbol `el4_plugin` of a file, all its symbols bound; it stays open until exit. */
const struct el4_plugin *el4_plugin_loader_open(const char *path, char **problem);
/* The same of a plugin that is linked in; NULL without a problem if there is none. */
const struct el4_plugin *el4_plugin_loader_open_builtin(const char *name, char **problem);
/* Name of the i-th plugin that is linked in, NULL past the last. */
char *el4_plugin_loader_builtin_name(size_t i);

#endif
