/* SPDX-License-Identifier: MIT */
/*
 * Loading plugins: what is found where, and that each fault of a plugin file is refused with
 * the sentence that users are promised. The modules of tests/plugin/bad are in the folder that
 * EL4_TEST_PLUGINS names; the plugin `good` is linked in, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <el4/device.h>
#include <elf.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "plugin/plugin.h"

struct fixture {
    const char *modules; /* the built test plugins */
    char *folder;        /* an empty one */
    struct el4_plugins *plugins;
};

static int setup(void **state)
{
    g_unsetenv("EL4_PLUGIN_PATH");
    g_unsetenv("EL4_PLUGIN_MAP");
    struct fixture *fixture = g_new0(struct fixture, 1);
    fixture->modules = g_getenv("EL4_TEST_PLUGINS");
    fixture->folder = g_dir_make_tmp("el4-plugin-XXXXXX", NULL);
    fixture->plugins = el4_plugins_new(NULL);
    *state = fixture;
    return fixture->modules && fixture->folder && fixture->plugins ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    el4_plugins_free(fixture->plugins);
    GDir *dir = g_dir_open(fixture->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture);
    return 0;
}

/* Where the folder's file is; the caller frees it. */
static char *file_in(const char *folder, const char *name)
{
    g_autofree char *file = g_strconcat(name, ".so", NULL);
    return g_build_filename(folder, file, NULL);
}

/* Put a file into the empty folder. */
static void put(struct fixture *fixture, const char *name, const void *data, size_t bytes)
{
    g_autofree char *path = file_in(fixture->folder, name);
    assert_true(g_file_set_contents(path, data, (gssize)bytes, NULL));
}

static void copy(struct fixture *fixture, const char *from, const char *to)
{
    g_autofree char *source = file_in(fixture->modules, from);
    g_autofree char *data = NULL;
    size_t bytes = 0;
    assert_true(g_file_get_contents(source, &data, &bytes, NULL));
    put(fixture, to, data, bytes);
}

static void assert_loads(struct el4_plugins *plugins, const char *name)
{
    g_autoptr(GError) error = NULL;
    const struct el4_plugin *plugin =
        el4_plugins_find(plugins, EL4_PLUGIN_DEVICE, name, &error);
    assert_string_equal(error ? error->message : "", "");
    assert_string_equal(plugin->name, name);
}

static void assert_message(struct el4_plugins *plugins, const char *name, const char *message)
{
    /* The second answer is the remembered one. */
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        assert_null(el4_plugins_find(plugins, EL4_PLUGIN_DEVICE, name, &error));
        assert_string_equal(error->message, message);
    }
}

/* The message as the plugin's file name followed by `rest`; %s may not occur. */
static void assert_refused(struct fixture *fixture, const char *folder, const char *name,
                           const char *before, const char *rest)
{
    el4_plugins_add_folder(fixture->plugins, folder);
    g_autofree char *path = file_in(folder, name);
    g_autofree char *message = g_strconcat(before, path, rest, NULL);
    assert_message(fixture->plugins, name, message);
}

static void test_loads(void **state)
{
    struct fixture *fixture = *state;
    el4_plugins_add_folder(fixture->plugins, fixture->modules);
    assert_loads(fixture->plugins, "good");
    assert_loads(fixture->plugins, "newer-minor");
    assert_loads(fixture->plugins, "good");
}

static void test_two_hosts(void **state)
{
    struct fixture *fixture = *state;
    struct el4_plugins *second = el4_plugins_new(NULL);
    el4_plugins_add_folder(fixture->plugins, fixture->modules);
    el4_plugins_add_folder(second, fixture->modules);
    assert_loads(fixture->plugins, "good");
    assert_loads(second, "good");
    el4_plugins_free(second);
    assert_loads(fixture->plugins, "good");
    assert_loads(fixture->plugins, "newer-minor");
}

static void test_descriptor_faults(void **state)
{
    static const struct {
        const char *name, *rest;
    } cases[] = {
        {"bad-magic",
         ": the magic number of its descriptor is 0x454c3450; 0x50344c45 is wanted: "
         "its symbol 'el4_plugin' is not a struct el4_plugin, or lacks .magic = "
         "EL4_PLUGIN_MAGIC"},
        {"bad-future",
         " is built for el4 ABI 2; this el4 has ABI 1: rebuild the plugin against "
         "this el4's kit, or install a newer el4"},
        {"bad-size", ": its descriptor is 16 bytes long; el4 ABI 1 wants at least 56: "
                     "struct_size must be sizeof(struct el4_plugin)"},
        {"bad-kind", ": it is a plugin of kind 99; this el4 knows 1 (board), 2 (device) and 3 "
                     "(service): the plugin may need a newer el4"},
        {"bad-name", " calls itself 'other'; 'bad-name' is wanted, as the file is called: was "
                     "it renamed or copied? Call it other.so"},
        {"bad-letters", " calls itself 'bad/letters'; a plugin's name has letters, digits and "
                        "'-' only: correct the name and rebuild the plugin"},
        {"bad-noname", ": name is NULL in its descriptor; every plugin must have one: fill it "
                       "in and rebuild the plugin"},
        {"bad-description", ": description is NULL in its descriptor; every plugin must have "
                            "one: fill it in and rebuild the plugin"},
        {"bad-null", ": operations is NULL in its descriptor; every plugin must have one: fill "
                     "it in and rebuild the plugin"},
        {"bad-opsize", ": its operations are 4 bytes long; el4 ABI 1 wants at least 72: "
                       "struct_size must be sizeof(struct el4_device_operations)"},
        {"bad-create", ": create is NULL in its operations; a device plugin must have it: fill "
                       "it in and rebuild the plugin"},
        {"bad-build", ": build is NULL in its operations; a board plugin must have it: fill it "
                      "in and rebuild the plugin"},
        {"bad-call", ": call is NULL in its operations; a service plugin must have it: fill it "
                     "in and rebuild the plugin"},
        {"bad-symbol", " has no symbol 'el4_plugin': it is not an el4 plugin, or it was built "
                       "without EL4_PLUGIN_DEFINE()"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_refused(fixture, fixture->modules, cases[i].name, "", cases[i].rest);
    }
}

static void test_unresolved_symbol(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *path = file_in(fixture->modules, "bad-unresolved");
    g_autofree char *rest = g_strconcat(
        ": ", path,
        ": undefined symbol: nobody_has_this: nobody provides that symbol; a plugin "
        "gets el4's functions through the host table, and must itself be linked to "
        "every library it uses",
        NULL);
    assert_refused(fixture, fixture->modules, "bad-unresolved", "cannot load ", rest);
    /* The refusal of one leaves the others alone. */
    assert_loads(fixture->plugins, "good");
}

static void test_wrong_kind(void **state)
{
    struct fixture *fixture = *state;
    el4_plugins_add_folder(fixture->plugins, fixture->modules);
    g_autoptr(GError) error = NULL;
    assert_null(el4_plugins_find(fixture->plugins, EL4_PLUGIN_BOARD, "good", &error));
    g_autofree char *path = file_in(fixture->modules, "good");
    g_autofree char *message = g_strconcat(path,
                                           " is a device plugin; a board plugin is wanted: the "
                                           "configuration names it in the wrong place",
                                           NULL);
    assert_string_equal(error->message, message);
    assert_loads(fixture->plugins, "good");
}

static void test_not_elf(void **state)
{
    struct fixture *fixture = *state;
    const char *rest = " is not a shared object (ELF file): it may be incomplete, or a source "
                       "or text file of that name";
    put(fixture, "text", "INPUT(libfoo.so) /* a linker script */", 38);
    put(fixture, "empty", "", 0);
    put(fixture, "short", "\177ELF", 4);
    assert_refused(fixture, fixture->folder, "text", "", rest);
    assert_refused(fixture, fixture->folder, "empty", "", rest);
    assert_refused(fixture, fixture->folder, "short", "", rest);
}

#ifdef __x86_64__
static void test_wrong_host(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *source = file_in(fixture->modules, "good");
    g_autofree char *data = NULL;
    size_t bytes = 0;
    assert_true(g_file_get_contents(source, &data, &bytes, NULL));
    data[EI_NIDENT + 2] = (char)EM_AARCH64;
    put(fixture, "arm", data, bytes);
    assert_refused(
        fixture, fixture->folder, "arm", "",
        " is built for AArch64 (ELF machine 183); this el4 runs on x86-64: build the "
        "plugin for this host");
    data[EI_NIDENT + 2] = (char)EM_X86_64;
    data[EI_NIDENT] = ET_REL;
    put(fixture, "object", data, bytes);
    assert_refused(fixture, fixture->folder, "object", "",
                   " is an ELF file of type 1; a shared object (3) is wanted: link the plugin "
                   "with -shared");
}
#endif

/* Any part of a module that is not all of it is refused, whatever dlopen() says of it. */
static void test_truncated(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *source = file_in(fixture->modules, "good");
    g_autofree char *data = NULL;
    size_t bytes = 0;
    assert_true(g_file_get_contents(source, &data, &bytes, NULL));
    el4_plugins_add_folder(fixture->plugins, fixture->folder);
    static const size_t lengths[] = {20, 63, 64, 100, 200};
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *name = g_strdup_printf("cut%zu", lengths[i]);
        put(fixture, name, data, lengths[i]);
        g_autoptr(GError) error = NULL;
        assert_null(el4_plugins_find(fixture->plugins, EL4_PLUGIN_DEVICE, name, &error));
        assert_non_null(strstr(error->message, fixture->folder));
    }
}

static void test_not_found(void **state)
{
    struct fixture *fixture = *state;
    el4_plugins_add_folder(fixture->plugins, fixture->folder);
    el4_plugins_add_folder(fixture->plugins, "/nowhere/at-all");
    g_autofree char *message = g_strdup_printf(
        "there is no device plugin 'pl999': looked for pl999.so in %s, /nowhere/at-all (no "
        "such "
        "folder), %s%s, and among the built-in plugins; is the name right? EL4_PLUGIN_PATH may "
        "name more folders",
        fixture->folder, EL4_PLUGIN_DIR,
        g_file_test(EL4_PLUGIN_DIR, G_FILE_TEST_IS_DIR) ? "" : " (no such folder)");
    assert_message(fixture->plugins, "pl999", message);
    assert_message(fixture->plugins, "../good",
                   "there is no device plugin '../good': a plugin's name has letters, digits "
                   "and '-' only");
    assert_message(fixture->plugins, "",
                   "there is no device plugin '': a plugin's name has 1 to 48 characters");
}

static void test_search_order(void **state)
{
    struct fixture *fixture = *state;
    /* A bad copy that is found first is refused, not passed over. */
    copy(fixture, "bad-future", "good");
    g_setenv("EL4_PLUGIN_PATH", fixture->modules, TRUE);
    struct el4_plugins *plugins = el4_plugins_new(NULL);
    assert_loads(plugins, "good");
    el4_plugins_free(plugins);

    plugins = el4_plugins_new(NULL);
    el4_plugins_add_folder(plugins, fixture->folder);
    assert_null(el4_plugins_find(plugins, EL4_PLUGIN_DEVICE, "good", NULL));
    assert_loads(plugins, "newer-minor");
    el4_plugins_free(plugins);
}

static void test_map(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *map = g_build_filename(fixture->folder, "map", NULL);
    g_autofree char *good = file_in(fixture->modules, "good");
    g_autofree char *text =
        g_strdup_printf("# a comment\n\ngood=%s\nnewer-minor=here.so\n", good);
    assert_true(g_file_set_contents(map, text, -1, NULL));
    g_setenv("EL4_PLUGIN_MAP", map, TRUE);
    struct el4_plugins *plugins = el4_plugins_new(NULL);
    assert_loads(plugins, "good");
    g_autofree char *message =
        g_strdup_printf("cannot read %s/here.so: No such file or directory", fixture->folder);
    assert_message(plugins, "newer-minor", message);
    el4_plugins_free(plugins);

    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(map, "good=x\ngood\n", -1, NULL));
    assert_null(el4_plugins_new(&error));
    g_autofree char *fault = g_strdup_printf(
        "%s:2: 'good' is not of the form name=path: EL4_PLUGIN_MAP must name a plugin map as "
        "el4's build writes it",
        map);
    assert_string_equal(error->message, fault);
    g_unlink(map);
}

static void test_built_in(void **state)
{
    struct fixture *fixture = *state;
    assert_loads(fixture->plugins, "good");
    g_autoptr(GError) error = NULL;
    assert_null(el4_plugins_find(fixture->plugins, EL4_PLUGIN_SERVICE, "good", &error));
    assert_string_equal(
        error->message,
        "built-in plugin 'good' is a device plugin; a service plugin is wanted: "
        "the configuration names it in the wrong place");
    assert_message(fixture->plugins, "bad-future",
                   "built-in plugin 'bad-future' is built for el4 ABI 2; this el4 has ABI 1: "
                   "rebuild the plugin against this el4's kit, or install a newer el4");
}

static void collect(const struct el4_plugin_listing *listing, void *data)
{
    GString *text = data;
    assert_true(!listing->plugin != !listing->refusal);
    g_autofree char *base = g_path_get_basename(listing->path);
    g_string_append_printf(text, "%s:%s ", base, listing->plugin ? "ok" : "no");
}

static void test_list(void **state)
{
    struct fixture *fixture = *state;
    copy(fixture, "good", "good");
    copy(fixture, "bad-magic", "bad-magic");
    put(fixture, "text", "x", 1);
    g_autofree char *other = g_build_filename(fixture->folder, "readme.txt", NULL);
    assert_true(g_file_set_contents(other, "x", -1, NULL));
    el4_plugins_add_folder(fixture->plugins, fixture->folder);
    el4_plugins_add_folder(fixture->plugins, fixture->modules);
    el4_plugins_add_folder(fixture->plugins, "/nowhere");
    g_autoptr(GString) text = g_string_new(NULL);
    el4_plugins_list(fixture->plugins, collect, text);
    assert_string_equal(
        text->str,
        "bad-magic.so:no good.so:ok text.so:no "
        "bad-build.so:no bad-call.so:no bad-create.so:no bad-description.so:no "
        "bad-future.so:no bad-kind.so:no "
        "bad-letters.so:no bad-magic.so:no bad-name.so:no bad-noname.so:no bad-null.so:no "
        "bad-opsize.so:no bad-size.so:no bad-symbol.so:no bad-unresolved.so:no good.so:no "
        "newer-minor.so:ok nowhere:no built in:no built in:no ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_hosts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_descriptor_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unresolved_symbol, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_elf, setup, teardown),
#ifdef __x86_64__
        cmocka_unit_test_setup_teardown(test_wrong_host, setup, teardown),
#endif
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_search_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_built_in, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
