/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the configuration layer share: the design's example, schemas for it, and
 * a temporary folder that is also the working folder, so that messages show short names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config-fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA(section_name, help_text, key_table)                                             \
    {                                                                                          \
        .struct_size = sizeof(struct el4_config_schema),                                       \
        .key_size = sizeof(struct el4_config_key), .section = section_name, .help = help_text, \
        .keys = key_table, .key_count = G_N_ELEMENTS(key_table)                                \
    }

static const char *const el3_choices[] = {"none", "guest", "emulator", NULL};

static const struct el4_config_key machine_keys[] = {
    {.name = "board",
     .type = EL4_CONFIG_STRING,
     .flags = EL4_CONFIG_REQUIRED,
     .help = "The board's name."},
    {.name = "cpus",
     .type = EL4_CONFIG_UINT,
     .default_text = "1",
     .min = 1,
     .max = 8,
     .help = "How many CPUs the machine has."},
    {.name = "memory", .type = EL4_CONFIG_SIZE, .default_text = "128M", .help = "RAM size."},
    {.name = "el3",
     .type = EL4_CONFIG_ENUM,
     .default_text = "none",
     .choices = el3_choices,
     .help = "Who owns EL3."},
    {.name = "trace", .type = EL4_CONFIG_BOOL, .default_text = "no", .help = "Trace calls."},
    {.name = "skew",
     .type = EL4_CONFIG_INT,
     .default_text = "-1",
     .min = (uint64_t)-10,
     .max = 10,
     .help = "Clock skew."},
};
const struct el4_config_schema fixture_machine_schema =
    SCHEMA("machine", "What the machine is made of.", machine_keys);

static const struct el4_config_key boot_keys[] = {
    {.name = "kernel", .type = EL4_CONFIG_PATH, .help = "The kernel image."},
    {.name = "dtb", .type = EL4_CONFIG_PATH, .help = "A device tree."},
    {.name = "append", .type = EL4_CONFIG_STRING, .default_text = "", .help = "Command line."},
};
const struct el4_config_schema fixture_boot_schema = SCHEMA("boot", "What is run.", boot_keys);

static const struct el4_config_key chain_keys[] = {
    {.name = "services", .type = EL4_CONFIG_LIST, .help = "The services, in order."},
    {.name = "weight", .type = EL4_CONFIG_INT, .help = "A number without limits."},
};
const struct el4_config_schema fixture_chain_schema = SCHEMA(NULL, "A chain.", chain_keys);

static const struct el4_config_key psci_keys[] = {
    {.name = "version", .type = EL4_CONFIG_STRING, .default_text = "1.1", .help = "Version."},
    {.name = "cpu_on", .type = EL4_CONFIG_UINT, .default_text = "0x84000003", .help = "Id."},
};
const struct el4_config_schema fixture_psci_schema = SCHEMA(NULL, "PSCI.", psci_keys);

static const struct el4_config_key unknown_keys[] = {
    {.name = "claim", .type = EL4_CONFIG_RANGES, .help = "What is answered -1."},
};
const struct el4_config_schema fixture_unknown_schema = SCHEMA(NULL, NULL, unknown_keys);

/* The design's example. */
const char fixture_sample[] = "[machine]\n"
                              "board   = highbank\n"
                              "cpus    = 4\n"
                              "memory  = 1G\n"
                              "el3     = guest            ; none | guest | emulator\n"
                              "\n"
                              "[boot]\n"
                              "kernel  = vmlinuz\n"
                              "dtb     = /boot/highbank.dtb\n"
                              "append  = console=ttyAMA0\n"
                              "\n"
                              "[chain smc]\n"
                              "services = psci, smccc-unknown\n"
                              "\n"
                              "[service psci]\n"
                              "version = 0.1\n"
                              "cpu_on  = 0x84000006\n"
                              "\n"
                              "[service smccc-unknown]\n"
                              "claim   = 0x80000000-0xffffffff\n";

int fixture_set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    fixture->folder = g_dir_make_tmp("el4-config-XXXXXX", NULL);
    fixture->config = el4_config_new();
    *state = fixture;
    return fixture->folder ? g_chdir(fixture->folder) : -1;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR)) {
            remove_tree(child);
        } else {
            g_unlink(child);
        }
    }
    if (dir) {
        g_dir_close(dir);
    }
    g_rmdir(path);
}

int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    el4_config_free(fixture->config);
    int status = g_chdir("/");
    remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture);
    return status;
}

void fixture_write_bytes(const char *name, const char *bytes, size_t length)
{
    /* Not g_file_set_contents(): it waits for the disk each time, for thousands of files. */
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void fixture_write(const char *name, const char *text)
{
    fixture_write_bytes(name, text, strlen(text));
}

void fixture_load(struct el4_config *config, const char *text)
{
    g_autoptr(GError) error = NULL;
    fixture_write("m.ini", text);
    if (!el4_config_load_file(config, "m.ini", &error)) {
        fail_msg("%s", error->message);
    }
}

void fixture_override(struct el4_config *config, const char *option)
{
    g_autoptr(GError) error = NULL;
    if (!el4_config_set_override(config, option, &error)) {
        fail_msg("%s", error->message);
    }
}

void fixture_add_schema(struct el4_config *config, const char *section,
                        const struct el4_config_schema *schema)
{
    g_autoptr(GError) error = NULL;
    if (!el4_config_add_schema(config, section, schema, &error)) {
        fail_msg("%s", error->message);
    }
}

void fixture_add_schemas(struct el4_config *config)
{
    fixture_add_schema(config, NULL, &fixture_machine_schema);
    fixture_add_schema(config, NULL, &fixture_boot_schema);
    fixture_add_schema(config, "chain smc", &fixture_chain_schema);
    fixture_add_schema(config, "service psci", &fixture_psci_schema);
    fixture_add_schema(config, "service smccc-unknown", &fixture_unknown_schema);
}

/* Every message of a check, one a line. */
static char *check_messages(struct el4_config *config)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    bool fine = el4_config_check(config, messages);
    assert_int_equal(fine, messages->len == 0);
    g_ptr_array_add(messages, NULL);
    return g_strjoinv("\n", (char **)messages->pdata);
}

void fixture_assert_messages(struct el4_config *config, const char *expected)
{
    g_autofree char *messages = check_messages(config);
    assert_string_equal(messages, expected);
}
