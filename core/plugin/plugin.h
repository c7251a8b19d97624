/* SPDX-License-Identifier: MIT */
/*
 * Finding, loading and checking plugins through libltdl. A plugin file is opened when it is
 * asked for by name or when all are listed; its descriptor is checked before anything of it is
 * used. What is refused is remembered with the reason.
 *
 * Search order: folders added by el4_plugins_add_folder() (configuration), EL4_PLUGIN_PATH
 * (colon-separated), plugin maps, the installed folder; then the plugins linked in statically.
 * A plugin map is for runs from the build tree: a file of lines "name=path", which
 * EL4_PLUGIN_MAP or el4_plugins_add_map() names. What is found first counts, even if it is
 * refused. A struct el4_plugins is one thread's at a time; descriptors live as long as it.
 */
#ifndef EL4_PLUGIN_PLUGIN_H
#define EL4_PLUGIN_PLUGIN_H

#include <el4/plugin.h>
#include <glib.h>
#include <stdbool.h>

/* Exported from libel4. */
#pragma GCC visibility push(default)

#define EL4_PLUGIN_ERROR g_quark_from_static_string("el4-plugin")

struct el4_plugins;

struct el4_plugins *el4_plugins_new(GError **error);
void el4_plugins_free(struct el4_plugins *plugins);
void el4_plugins_add_folder(struct el4_plugins *plugins, const char *folder);
/* Where this installation's plugins are, if it does not lie where it was built for. */
void el4_plugins_set_installed(struct el4_plugins *plugins, const char *folder);
bool el4_plugins_add_map(struct el4_plugins *plugins, const char *path, GError **error);

/*
 * The checked descriptor of a plugin; NULL sets *error to a sentence that says which file,
 * what was found, what was wanted, and the likely cause; or where it was looked for.
 */
const struct el4_plugin *el4_plugins_find(struct el4_plugins *plugins,
                                          enum el4_plugin_kind kind, const char *name,
                                          GError **error);

/* Descriptors of the plugins that were loaded so far, in that order. */
const GPtrArray *el4_plugins_loaded(const struct el4_plugins *plugins);

struct el4_plugin_listing {
    const char *path;                /* the file, or "built in" */
    const struct el4_plugin *plugin; /* NULL if refused */
    const char *refusal;             /* why, or NULL */
};
/* Load everything that the search path offers, in order; shadowed ones are listed as refused.
 */
void el4_plugins_list(struct el4_plugins *plugins,
                      void (*visit)(const struct el4_plugin_listing *listing, void *data),
                      void *data);

/* "board", "device", "service". */
const char *el4_plugin_kind_name(enum el4_plugin_kind kind);

#pragma GCC visibility pop

#endif
