/* SPDX-License-Identifier: MIT */
/*
 * Configuration schemas and what is made from them: help and explain. Then hostile files, which
 * must end in an error or in a store whose explain text reads back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static void expect_schema_error(struct el4_config *config, struct el4_config_key key,
                                const char *expected)
{
    const struct el4_config_schema schema = {
        .struct_size = sizeof(schema),
        .key_size = sizeof(key),
        .section = "machine",
        .keys = &key,
        .key_count = 1,
    };
    g_autoptr(GError) error = NULL;
    assert_false(el4_config_add_schema(config, NULL, &schema, &error));
    assert_string_equal(error->message, expected);
    assert_true(g_error_matches(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_SCHEMA));
}

static void bad_schemas_are_refused(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_add_schemas(config);
    const struct el4_config_key good = {.name = "x", .type = EL4_CONFIG_UINT, .help = "X."};
    struct el4_config_key key = good;
    key.name = "cpus";
    expect_schema_error(config, key, "schema of [machine] cpus: the key is declared twice");
    key.name = "include";
    expect_schema_error(config, key, "schema of [machine] include: the name is reserved");
    key.name = "a b";
    expect_schema_error(config, key,
                        "schema of [machine]: a key's name has only letters, "
                        "digits, '_' and '-'");
    key = good;
    key.type = 99;
    expect_schema_error(config, key,
                        "schema of [machine] x: type 99 is not known; was it made "
                        "for a newer el4?");
    key = good;
    key.flags = 6;
    expect_schema_error(config, key,
                        "schema of [machine] x: flags 0x6 are not known; was it "
                        "made for a newer el4?");
    key = good;
    key.default_text = "y";
    expect_schema_error(config, key,
                        "schema of [machine] x: bad default: 'y' is not a number; "
                        "write a decimal or 0x number without a sign");
    key.flags = EL4_CONFIG_REQUIRED;
    expect_schema_error(config, key,
                        "schema of [machine] x: a required key can't have a default");
    key = good;
    key.type = EL4_CONFIG_ENUM;
    expect_schema_error(config, key, "schema of [machine] x: an enum needs choices");
    key = good;
    key.choices = fixture_machine_schema.keys[3].choices;
    expect_schema_error(config, key, "schema of [machine] x: only an enum has choices");
    key = good;
    key.min = 1;
    expect_schema_error(config, key, "schema of [machine] x: min is above max");
    key = good;
    key.help = NULL;
    expect_schema_error(config, key, "schema of [machine] x: there is no help");
    struct el4_config_schema small = fixture_machine_schema;
    small.struct_size = 8;
    assert_false(el4_config_add_schema(config, "y", &small, NULL));
    small = fixture_machine_schema;
    small.key_size = 16;
    assert_false(el4_config_add_schema(config, "y", &small, NULL));
    assert_false(el4_config_add_schema(config, NULL, &fixture_chain_schema, NULL));
}

/* A plugin made for a later kit has longer entries; what we know of them is at the front. */
static void longer_schema_entries_are_read_by_their_stride(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    const struct {
        struct el4_config_key key;
        uint64_t later_field;
    } keys[] = {
        {{.name = "a", .type = EL4_CONFIG_UINT, .default_text = "1", .help = "A."}, 1},
        {{.name = "b", .type = EL4_CONFIG_UINT, .default_text = "2", .help = "B."}, 2},
    };
    const struct {
        struct el4_config_schema schema;
        uint64_t later_field;
    } table = {{.struct_size = sizeof(table),
                .key_size = sizeof(keys[0]),
                .section = "later",
                .keys = &keys[0].key,
                .key_count = 2},
               3};
    fixture_add_schema(config, NULL, &table.schema);
    fixture_assert_messages(config, "");
    assert_int_equal(el4_config_get_uint(config, "later", "a"), 1);
    assert_int_equal(el4_config_get_uint(config, "later", "b"), 2);
    assert_null(el4_config_find_key(config, "later", "c"));
}

static void expect_help(const struct el4_config *config, const char *topic,
                        const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    assert_true(el4_config_help(config, topic, out, NULL));
    assert_string_equal(out->str, expected);
}

static void help_comes_from_the_schemas(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_add_schema(config, NULL, &fixture_machine_schema);
    fixture_add_schema(config, NULL, &fixture_boot_schema);
    expect_help(config, "machine.cpus",
                "machine.cpus\n  How many CPUs the machine has.\n"
                "  type:    number without a sign, 1 to 8\n  default: 1\n");
    expect_help(config, "el3",
                "machine.el3\n  Who owns EL3.\n  type:    choice\n"
                "  choices: none, guest, emulator\n  default: none\n");
    expect_help(config, "board",
                "machine.board\n  The board's name.\n  type:    text\n"
                "  default: none, the key is required\n");
    static const char boot_help[] = "[boot]\n  What is run.\n"
                                    "  kernel           The kernel image.\n"
                                    "  dtb              A device tree.\n"
                                    "  append           Command line.\n";
    expect_help(config, "boot", boot_help);
    g_autoptr(GString) all = g_string_new(NULL);
    assert_true(el4_config_help(config, NULL, all, NULL));
    assert_true(g_str_has_prefix(all->str, "[machine]\n"));
    assert_true(g_str_has_suffix(all->str, boot_help));
    g_autoptr(GError) error = NULL;
    assert_false(el4_config_help(config, "machine.cpu", all, &error));
    assert_string_equal(error->message,
                        "there is no section or key 'machine.cpu'; did you mean "
                        "'machine.cpus'?");
}

static char *explain(const struct el4_config *config)
{
    g_autoptr(GString) out = g_string_new(NULL);
    el4_config_explain(config, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void explain_names_values_and_origins(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_add_schema(config, NULL, &fixture_machine_schema);
    fixture_add_schema(config, NULL, &fixture_boot_schema);
    fixture_load(config, "[machine]\nboard = virt\nmemory = 0x1000K\n[boot]\ndtb = /x.dtb\n");
    fixture_override(config, "boot.append=a ; b");
    g_autofree char *text = explain(config);
    assert_string_equal(text, "[machine]\n"
                              "board  = virt    ; m.ini:2\n"
                              "cpus   = 1       ; default\n"
                              "memory = 0x1000K ; m.ini:3\n"
                              "el3    = none    ; default\n"
                              "trace  = no      ; default\n"
                              "skew   = -1      ; default\n"
                              "\n"
                              "[boot]\n"
                              "; kernel is unset\n"
                              "dtb    = /x.dtb  ; m.ini:5\n"
                              "append = \"a ; b\" ; -s option\n");
}

/* The same text without origins: explain's comments differ between two files. */
static char *without_comments(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        char *comment = strstr(lines[i], " ; ");
        for (char *next = comment; next; next = strstr(next + 1, " ; ")) {
            comment = next;
        }
        if (comment) {
            *comment = '\0';
        }
    }
    return g_strjoinv("\n", lines);
}

static void explain_reads_back_from_another_folder(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    static const char *const values[] = {
        "", " edge ", "\"quoted\"", "back\\slash;\\", "[x]", "#y", ";z", "a;b", "\xc3\xa9\t x",
    };
    g_autoptr(GString) list = g_string_new("chain smc.services=");
    for (int i = 0; i < 200; i++) {
        g_string_append_printf(list, "%cword\"%d,", ";#["[i / 10 % 3], i);
    }
    fixture_load(config, fixture_sample);
    fixture_override(config, list->str);
    fixture_override(config, "service smccc-unknown.claim=0x1-0x2 0x3,0xffffffffffffffff");
    fixture_override(config, "boot.dtb=");
    fixture_add_schemas(config);
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        assert_true(el4_config_set(config, EL4_CONFIG_LAYER_SHORTCUT, "boot", "append",
                                   values[i], NULL, NULL));
        fixture_assert_messages(config, "");
        g_autofree char *text = explain(config);
        assert_int_equal(g_mkdir_with_parents("other", 0700), 0);
        fixture_write("other/again.ini", text);
        struct el4_config *again = el4_config_new();
        fixture_add_schemas(again);
        assert_true(el4_config_load_file(again, "other/again.ini", NULL));
        fixture_assert_messages(again, "");
        assert_string_equal(el4_config_get_string(again, "boot", "append"), values[i]);
        assert_string_equal(el4_config_get_path(again, "boot", "kernel"),
                            el4_config_get_path(config, "boot", "kernel"));
        assert_false(el4_config_is_set(again, "boot", "dtb"));
        size_t count = 0;
        const char *const *services =
            el4_config_get_list(again, "chain smc", "services", &count);
        assert_int_equal(count, 200);
        assert_string_equal(services[199], "#word\"199");
        g_autofree char *text_again = explain(again);
        g_autofree char *plain = without_comments(text);
        g_autofree char *plain_again = without_comments(text_again);
        assert_string_equal(plain_again, plain);
        el4_config_free(again);
    }
}

/* Whatever the bytes are: no crash, no hang, and either an error or a store that works. */
static void survive(const char *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    struct el4_config *config = el4_config_new();
    fixture_add_schemas(config);
    fixture_write_bytes("fuzz.ini", bytes, length);
    if (el4_config_load_file(config, "fuzz.ini", &error)) {
        el4_config_check(config, messages);
        g_autofree char *text = explain(config);
        fixture_write("again.ini", text);
        if (!el4_config_load_file(config, "again.ini", &error)) {
            fail_msg("explain does not read back: %s\n%s", error->message, text);
        }
    } else {
        assert_true(g_str_has_prefix(error->message, "fuzz.ini:"));
    }
    el4_config_free(config);
}

static void random_bytes_do_no_harm(void **state)
{
    static const char *const tokens[] = {
        "[",
        "]",
        "=",
        ";",
        "#",
        "\"",
        "\\",
        "\n",
        "\r\n",
        " ",
        "\t",
        ",",
        "-",
        "0x",
        "9",
        "K",
        "machine",
        "[boot]\n",
        "\n[machine]\ncpus = 4\n",
        "include = ",
        "kernel = ",
        "fuzz.ini",
        "\nservices =",
        "[chain smc]",
        "append = \"",
        "board=",
        ":",
        "\xef\xbb\xbf",
        "\xc3\xa9",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    const guint32 seed = 20240607;
    print_message("seed %u\n", seed);
    GRand *random = g_rand_new_with_seed(seed);
    for (int round = 0; round < 2000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        int parts = g_rand_int_range(random, 0, 60);
        for (int i = 0; i < parts; i++) {
            int pick = g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(tokens));
            g_string_append(text, tokens[pick]);
        }
        if (round % 4 == 0 && text->len) {
            text->str[g_rand_int_range(random, 0, (gint32)text->len)] =
                (char)g_rand_int_range(random, 0, 256);
        }
        survive(text->str, text->len);
    }
    g_rand_free(random);
}

static void mutated_samples_do_no_harm(void **state)
{
    GRand *random = g_rand_new_with_seed(7);
    for (int round = 0; round < 1000; round++) {
        g_autofree char *text = g_strdup(fixture_sample);
        for (int i = g_rand_int_range(random, 1, 6); i > 0; i--) {
            text[g_rand_int_range(random, 0, (gint32)strlen(fixture_sample))] =
                (char)g_rand_int_range(random, 0, 256);
        }
        survive(text, strlen(fixture_sample));
    }
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bad_schemas_are_refused),
        TEST(longer_schema_entries_are_read_by_their_stride),
        TEST(help_comes_from_the_schemas),
        TEST(explain_names_values_and_origins),
        TEST(explain_reads_back_from_another_folder),
        TEST(random_bytes_do_no_harm),
        TEST(mutated_samples_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
