/* SPDX-License-Identifier: MIT */
/*
 * Opening plugins through libltdl.
 *
 * libltdl's own loader binds symbols when they are first used, so that a missing one would kill
 * a machine while it runs. Here a loader of ours goes before it that binds at once and keeps
 * the symbols local. What ours refuses libltdl then offers to its own, so what it was that
 * refused has to be remembered: such a module is closed again.
 *
 * Plugins that are linked in are found in the table el4_builtin_plugins, which the build makes
 * (plugins/meson.build); the reference is weak, as the usual build has no such table.
 */
#include "plugin/private.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOADER_NAME "el4-bind-now"

/*
 * libltdl's lists belong to the process and have no lock, so this one does, too. It is
 * everything here that outlives a call.
 */
static pthread_mutex_t ltdl_lock = PTHREAD_MUTEX_INITIALIZER;

extern const lt_dlsymlist el4_builtin_plugins[] __attribute__((weak));

struct bind_now {
    char *refusal; /* dlopen()'s words on the last file that was refused */
};

static lt_module bind_now_open(lt_user_data data, const char *filename, lt_dladvise advise)
{
    struct bind_now *loader = data;
    void *module = dlopen(filename, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        g_free(loader->refusal);
        loader->refusal = g_strdup(dlerror());
    }
    return module;
}

static int bind_now_close(lt_user_data data, lt_module module)
{
    return dlclose(module) ? 1 : 0;
}

static void *bind_now_symbol(lt_user_data data, lt_module module, const char *name)
{
    return dlsym(module, name);
}

static int bind_now_exit(lt_user_data data)
{
    struct bind_now *loader = data;
    g_free(loader->refusal);
    g_free(loader);
    return 0;
}

static bool add_loader(void)
{
    if (lt_dlloader_find(LOADER_NAME)) {
        return true;
    }
    /* The last lt_dlexit() gives this to free(). */
    lt_dlvtable *vtable = calloc(1, sizeof(*vtable));
    if (!vtable) {
        return false;
    }
    vtable->name = LOADER_NAME;
    vtable->module_open = bind_now_open;
    vtable->module_close = bind_now_close;
    vtable->find_sym = bind_now_symbol;
    vtable->dlloader_exit = bind_now_exit;
    vtable->dlloader_data = g_new0(struct bind_now, 1);
    vtable->priority = LT_DLLOADER_PREPEND;
    if (lt_dlloader_add(vtable)) {
        g_free(vtable->dlloader_data);
        free(vtable);
        return false;
    }
    return true;
}

char *el4_plugin_loader_init(void)
{
    pthread_mutex_lock(&ltdl_lock);
    char *problem = NULL;
    if (lt_dlinit()) {
        problem =
            g_strdup_printf("cannot load plugins: libltdl does not start: %s", lt_dlerror());
    } else if (!add_loader() || (el4_builtin_plugins && lt_dlpreload(el4_builtin_plugins))) {
        problem =
            g_strdup_printf("cannot load plugins: libltdl takes no loader: %s", lt_dlerror());
        lt_dlexit();
    }
    pthread_mutex_unlock(&ltdl_lock);
    return problem;
}

void el4_plugin_loader_exit(void)
{
    pthread_mutex_lock(&ltdl_lock);
    lt_dlexit();
    pthread_mutex_unlock(&ltdl_lock);
}

static char *load_problem(const char *path, const char *refusal)
{
    const char *cause = "a library that it needs may be missing ('ldd' shows which), or the "
                        "file may be damaged";
    if (strstr(refusal, "undefined symbol")) {
        cause = "nobody provides that symbol; a plugin gets el4's functions through the host "
                "table, and must itself be linked to every library it uses";
    } else if (strstr(refusal, "failed to map") || strstr(refusal, "too short") ||
               strstr(refusal, "cannot read")) {
        cause = "the file may be incomplete; build or install it again";
    }
    return g_strdup_printf("cannot load %s: %s: %s", path, refusal, cause);
}

const struct el4_plugin *el4_plugin_loader_open(const char *path, char **problem)
{
    pthread_mutex_lock(&ltdl_lock);
    const struct el4_plugin *plugin = NULL;
    struct bind_now *loader = lt_dlloader_find(LOADER_NAME)->dlloader_data;
    g_clear_pointer(&loader->refusal, g_free);
    lt_dlhandle handle = lt_dlopen(path);
    if (loader->refusal) {
        *problem = load_problem(path, loader->refusal);
        if (handle) {
            lt_dlclose(handle);
        }
    } else if (!handle) {
        *problem = load_problem(path, lt_dlerror());
    } else {
        plugin = lt_dlsym(handle, "el4_plugin");
        if (!plugin) {
            *problem = g_strdup_printf("%s has no symbol 'el4_plugin': it is not an el4 "
                                       "plugin, or it was built without EL4_PLUGIN_DEFINE()",
                                       path);
            lt_dlclose(handle);
        }
    }
    pthread_mutex_unlock(&ltdl_lock);
    return plugin;
}

char *el4_plugin_loader_builtin_name(size_t i)
{
    if (!el4_builtin_plugins) {
        return NULL;
    }
    /* The first entry is the table's own name; those without an address begin a module. */
    for (const lt_dlsymlist *entry = el4_builtin_plugins + 1; entry->name; entry++) {
        if (!entry->address && i-- == 0) {
            /* libltdl wants identifiers there; a plugin's own name has no '_'. */
            char *name = g_strndup(entry->name, strcspn(entry->name, "."));
            return g_strdelimit(name, "_", '-');
        }
    }
    return NULL;
}

const struct el4_plugin *el4_plugin_loader_open_builtin(const char *name, char **problem)
{
    bool known = false;
    for (size_t i = 0; !known; i++) {
        g_autofree char *builtin = el4_plugin_loader_builtin_name(i);
        if (!builtin) {
            return NULL;
        }
        known = strcmp(builtin, name) == 0;
    }

    pthread_mutex_lock(&ltdl_lock);
    const struct el4_plugin *plugin = NULL;
    g_autofree char *module = g_strconcat(name, ".a", NULL);
    lt_dladvise advise;
    if (!lt_dladvise_init(&advise) && !lt_dladvise_preload(&advise)) {
        lt_dlhandle handle = lt_dlopenadvise(module, advise);
        plugin = handle ? lt_dlsym(handle, "el4_plugin") : NULL;
    }
    if (!plugin) {
        *problem = g_strdup_printf("the built-in plugin '%s' has no descriptor: %s", name,
                                   lt_dlerror());
    }
    lt_dladvise_destroy(&advise);
    pthread_mutex_unlock(&ltdl_lock);
    return plugin;
}
