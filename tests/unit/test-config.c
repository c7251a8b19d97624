/* SPDX-License-Identifier: MIT */
/*
 * Configuration files and layers: what may stand in an INI file, who wins, and what each
 * mistake is answered with, word for word, since the messages are all that a user sees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void expect_load_error(const char *name, enum el4_config_error code,
                              const char *expected)
{
    g_autoptr(GError) error = NULL;
    struct el4_config *config = el4_config_new();
    assert_false(el4_config_load_file(config, name, &error));
    el4_config_free(config);
    assert_string_equal(error->message, expected);
    assert_true(g_error_matches(error, EL4_CONFIG_ERROR, (int)code));
}

static void expect_syntax_error(const char *text, const char *expected)
{
    fixture_write("bad.ini", text);
    expect_load_error("bad.ini", EL4_CONFIG_ERROR_SYNTAX, expected);
}

static void expect_override_error(struct el4_config *config, const char *option,
                                  const char *expected)
{
    g_autoptr(GError) error = NULL;
    assert_false(el4_config_set_override(config, option, &error));
    assert_string_equal(error->message, expected);
}

/* Load a text whose check must fail with one message. */
static void expect_bad_value(const char *text, const char *expected)
{
    struct el4_config *config = el4_config_new();
    g_autofree char *whole = g_strconcat("[machine]\nboard = virt\n", text, NULL);
    fixture_load(config, whole);
    fixture_add_schemas(config);
    fixture_assert_messages(config, expected);
    el4_config_free(config);
}

static void sample_reads_as_written(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_load(config, fixture_sample);
    assert_string_equal(el4_config_get_text(config, "machine", "board"), "highbank");
    fixture_add_schemas(config);
    fixture_assert_messages(config, "");
    assert_string_equal(el4_config_get_string(config, "machine", "board"), "highbank");
    assert_int_equal(el4_config_get_uint(config, "machine", "cpus"), 4);
    assert_int_equal(el4_config_get_size(config, "machine", "memory"), 1ull << 30);
    assert_int_equal(el4_config_get_enum(config, "machine", "el3"), 1);
    assert_false(el4_config_get_bool(config, "machine", "trace"));
    assert_int_equal(el4_config_get_int(config, "machine", "skew"), -1);
    g_autofree char *here = g_get_current_dir();
    g_autofree char *kernel = g_build_filename(here, "vmlinuz", NULL);
    assert_string_equal(el4_config_get_path(config, "boot", "kernel"), kernel);
    assert_string_equal(el4_config_get_path(config, "boot", "dtb"), "/boot/highbank.dtb");
    assert_string_equal(el4_config_get_string(config, "boot", "append"), "console=ttyAMA0");
    size_t count = 0;
    const char *const *services = el4_config_get_list(config, "chain smc", "services", &count);
    assert_int_equal(count, 2);
    assert_string_equal(services[0], "psci");
    assert_string_equal(services[1], "smccc-unknown");
    assert_null(services[2]);
    assert_int_equal(el4_config_get_uint(config, "service psci", "cpu_on"), 0x84000006);
    const struct el4_config_range *claim =
        el4_config_get_ranges(config, "service smccc-unknown", "claim", &count);
    assert_int_equal(count, 1);
    assert_int_equal(claim->first, 0x80000000);
    assert_int_equal(claim->last, 0xffffffff);
}

static void syntax_errors_name_their_line(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"cpus = 1\n", "bad.ini:1: the key is in no section; put it below a [section] line"},
        {"[machine]\n\ncpus 4\n", "bad.ini:3: this is neither '[section]' nor 'key = value'"},
        {"[machine]\ncpus : 4\n", "bad.ini:2: this is neither '[section]' nor 'key = value'"},
        {"[machine]\n= 4\n", "bad.ini:2: the key has no name"},
        {"[m]\nc.d = 4\n", "bad.ini:2: a key's name has only letters, digits, '_' and '-'"},
        {"[m]\na234567890123456789012345678901234567890123456789 = 4\n",
         "bad.ini:2: the key's name is longer than 48 bytes"},
        {"[machine\n", "bad.ini:1: the section has no ']'; write [section]"},
        {"[]\n", "bad.ini:1: the section has no name"},
        {"[a=b]\n",
         "bad.ini:1: a section's name has only printable ASCII, and none of [ ] \" = ; #"},
        {"[a234567890123456789012345678901234567890123456789]\n",
         "bad.ini:1: the section's name is longer than 48 bytes"},
        {"[machine] cpus = 4\n",
         "bad.ini:1: text after the section's ']'; put it on a line of its own"},
        {"[machine]\n  cpus = 4\n",
         "bad.ini:2: the line is indented, but there is no key above "
         "it to continue; start keys at the first column"},
        {"[machine]\ncpus = 4\n [boot]\n",
         "bad.ini:3: the section is indented; start it at the first column"},
        {"[m]\na = \"b\n", "bad.ini:2: the value has no closing quote; add '\"' at its end"},
        {"[m]\na = \"b\" c\n", "bad.ini:2: text after the closing quote; put all of the value "
                               "into the quotes, with \\\" for a quote"},
        {"[m]\na = \x1b[31m\n", "bad.ini:2: there is a control character; remove it"},
        {"[m]\na = b\rc\n", "bad.ini:2: there is a control character; remove it"},
        {"[m]\na = \xff\n", "bad.ini:2: the text is not UTF-8; convert it"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        expect_syntax_error(cases[i].text, cases[i].message);
    }
    fixture_write_bytes("bad.ini", "[m]\na = b\0c\n", 12);
    expect_load_error("bad.ini", EL4_CONFIG_ERROR_SYNTAX,
                      "bad.ini:2: there is a NUL byte; is this a text file?");
}

static void accepts_comments_marks_and_line_ends(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_load(
        config, "\xef\xbb\xbf# first\r\n; second\r\n  ; indented\r\n[ machine ] ; of tin\r\n"
                "board=;a;b\t;comment\r\ncpus = 2\r\n\r\n[boot]\n"
                "append = \" x ; \\\"y\\\" \\n \"   ; quoted\nkernel =\n[machine]\ntrace = on");
    fixture_add_schemas(config);
    fixture_assert_messages(config, "");
    assert_string_equal(el4_config_get_string(config, "machine", "board"), ";a;b");
    assert_int_equal(el4_config_get_uint(config, "machine", "cpus"), 2);
    assert_true(el4_config_get_bool(config, "machine", "trace"));
    assert_string_equal(el4_config_get_string(config, "boot", "append"), " x ; \"y\" \\n ");
    assert_false(el4_config_is_set(config, "boot", "kernel"));
    assert_null(el4_config_get_path(config, "boot", "kernel"));
}

/* inih's buffer has 200 bytes; every length around its multiples must come through whole. */
static void long_values_come_through_whole(void **state)
{
    for (size_t length = 1; length <= EL4_CONFIG_VALUE_MAX;
         length += length < 820 || length > 4090 ? 1 : 1635) {
        g_autofree char *value = g_malloc(length + 1);
        for (size_t i = 0; i < length; i++) {
            value[i] = i % 7 == 3 && i + 1 < length ? ' ' : (char)('a' + i % 26);
        }
        value[length] = '\0';
        g_autofree char *text =
            g_strdup_printf("[machine]\nboard = %s\ncpus = 3 ; %5000s\n", value, "comment");
        struct el4_config *config = el4_config_new();
        fixture_load(config, text);
        assert_string_equal(el4_config_get_text(config, "machine", "board"), value);
        assert_string_equal(el4_config_get_text(config, "machine", "cpus"), "3");
        el4_config_free(config);
    }
}

static void overlong_lines_are_refused(void **state)
{
    g_autofree char *value = g_strnfill(EL4_CONFIG_VALUE_MAX + 1, 'x');
    g_autofree char *text = g_strconcat("[m]\na = 1\nb = ", value, "\n", NULL);
    expect_syntax_error(text, "bad.ini:3: value longer than 4096 bytes; split the list over "
                              "several lines");
    g_autofree char *line = g_strnfill(1000000, 'x');
    g_autofree char *long_text = g_strconcat("[m]\n", line, NULL);
    expect_syntax_error(long_text, "bad.ini:2: line longer than 16384 bytes; split the list "
                                   "over several lines");
    g_autofree char *lines = g_strnfill(EL4_CONFIG_FILE_MAX + 1, '\n');
    fixture_write("bad.ini", lines);
    expect_load_error("bad.ini", EL4_CONFIG_ERROR_FILE,
                      "bad.ini: the file is larger than 1 MiB; is it an INI file?");
}

static void only_regular_files_are_read(void **state)
{
    expect_load_error("none.ini", EL4_CONFIG_ERROR_FILE, "none.ini: No such file or directory");
    assert_int_equal(g_mkdir("sub", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    fixture_write("m.ini", "include = fifo\n");
    expect_load_error("sub", EL4_CONFIG_ERROR_FILE, "sub: this is a folder; give an INI file");
    expect_load_error("/dev/zero", EL4_CONFIG_ERROR_FILE,
                      "/dev/zero: this is not a regular file; give an INI file");
    expect_load_error("m.ini", EL4_CONFIG_ERROR_FILE,
                      "m.ini:1: include: fifo: this is not a regular file; give an INI file");
    fixture_write("m.ini", "\ninclude = sub/x.ini\n");
    fixture_write("sub/x.ini", "include = y.ini\n");
    expect_load_error("m.ini", EL4_CONFIG_ERROR_FILE,
                      "m.ini:2: include: sub/x.ini:1: include: sub/y.ini: No such file or "
                      "directory");
}

static void includes_are_bounded(void **state)
{
    fixture_write("a.ini", "include = b.ini\n");
    fixture_write("b.ini", "include = ./a.ini\n");
    expect_load_error("a.ini", EL4_CONFIG_ERROR_FILE,
                      "a.ini:1: include: b.ini:1: include: ./a.ini: the file includes itself; "
                      "remove one of the includes");
    for (int i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("deep%d.ini", i);
        g_autofree char *text = g_strdup_printf("include = deep%d.ini\n", i + 1);
        fixture_write(name, text);
    }
    expect_load_error("deep0.ini", EL4_CONFIG_ERROR_INCLUDE,
                      "deep15.ini:1: includes are nested deeper than 16 files; include fewer "
                      "levels");
    fixture_write("wide9.ini", "[machine]\n");
    for (int i = 0; i < 9; i++) {
        g_autofree char *name = g_strdup_printf("wide%d.ini", i);
        g_autofree char *text =
            g_strdup_printf("include = wide%d.ini\ninclude = wide%d.ini\n", i + 1, i + 1);
        fixture_write(name, text);
    }
    expect_load_error("wide0.ini", EL4_CONFIG_ERROR_INCLUDE,
                      "wide8.ini:2: more than 256 files are read; include fewer files");
    fixture_write("m.ini", "[machine]\ninclude = a.ini\n");
    expect_load_error("m.ini", EL4_CONFIG_ERROR_INCLUDE,
                      "m.ini:2: an include stands before the first section; move it to the "
                      "file's top");
    fixture_write("m.ini", "include = wide9.ini\n   a.ini\n");
    expect_load_error("m.ini", EL4_CONFIG_ERROR_INCLUDE,
                      "m.ini:2: an include names one file; write 'include = FILE' for each");
}

static void includers_win_and_paths_stay_with_their_file(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    assert_int_equal(g_mkdir("sub", 0700), 0);
    fixture_write("sub/a.ini", "include = b.ini\n[machine]\nboard = a\ncpus = 2\n[boot]\n"
                               "kernel = ../k\n[chain smc]\nservices = one, two\n");
    fixture_write("sub/b.ini",
                  "[machine]\nboard = b\nmemory = 2M\ntrace = yes\n[boot]\ndtb = d\n");
    fixture_write("c.ini", "[machine]\ntrace = no\n");
    fixture_load(config,
                 "include = sub/a.ini\ninclude = c.ini\n[machine]\ncpus = 3\n[chain smc]\n"
                 "services = three\n");
    fixture_add_schemas(config);
    fixture_assert_messages(config, "");
    assert_string_equal(el4_config_get_string(config, "machine", "board"), "a");
    assert_int_equal(el4_config_get_uint(config, "machine", "cpus"), 3);
    assert_int_equal(el4_config_get_size(config, "machine", "memory"), 2 << 20);
    assert_false(el4_config_get_bool(config, "machine", "trace"));
    size_t count = 0;
    assert_string_equal(el4_config_get_list(config, "chain smc", "services", &count)[0],
                        "three");
    assert_int_equal(count, 1);
    g_autofree char *here = g_get_current_dir();
    g_autofree char *kernel = g_strconcat(here, "/sub/../k", NULL);
    g_autofree char *dtb = g_strconcat(here, "/sub/d", NULL);
    assert_string_equal(el4_config_get_path(config, "boot", "kernel"), kernel);
    assert_string_equal(el4_config_get_path(config, "boot", "dtb"), dtb);
    g_autofree char *origin = el4_config_origin(config, "boot", "dtb");
    assert_string_equal(origin, "sub/b.ini:6");
}

static void higher_layers_win_in_any_order(void **state)
{
    static const char *const origins[] = {"default", "virt", "m.ini:2", "-s option", "--cpus"};
    for (unsigned mask = 0; mask < 16; mask++) {
        struct el4_config *config = el4_config_new();
        fixture_add_schemas(config);
        fixture_override(config, "machine.board=virt");
        unsigned top = 0;
        for (unsigned layer = 4; layer >= 1; layer--) {
            if (!(mask & 1u << (layer - 1))) {
                continue;
            }
            top = MAX(top, layer);
            g_autofree char *value = g_strdup_printf("%u", layer + 1);
            if (layer == 2) {
                fixture_load(config, "[machine]\ncpus = 3\n");
            } else {
                assert_true(el4_config_set(config, (enum el4_config_layer)(layer - 1),
                                           "machine", "cpus", value, origins[layer], NULL));
            }
        }
        fixture_assert_messages(config, "");
        assert_int_equal(el4_config_get_uint(config, "machine", "cpus"), top + 1);
        g_autofree char *origin = el4_config_origin(config, "machine", "cpus");
        assert_string_equal(origin, origins[top]);
        el4_config_free(config);
    }
}

static void overrides_split_at_the_last_dot(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_override(config, "service  v1.0.version=a.b=c");
    assert_string_equal(el4_config_get_text(config, "service v1.0", "version"), "a.b=c");
    fixture_override(config, "chain smc.services= a , b ");
    fixture_override(config, "chain smc.services=c");
    assert_string_equal(el4_config_get_text(config, "chain smc", "services"), "c");
    expect_override_error(config, "machine=4",
                          "-s option: 'machine=4' is not an override; write section.key=value");
    expect_override_error(config, "machine.cpus",
                          "-s option: 'machine.cpus' is not an override; "
                          "write section.key=value");
    expect_override_error(config, ".cpus=4", "-s option: [?] cpus: the section has no name");
    expect_override_error(config, "machine.=4", "-s option: [machine] : the key has no name");
    expect_override_error(
        config, "machine.c\x1bpus=4",
        "-s option: [machine] c\\033pus: a key's name has only letters, digits, '_' and '-'");
    expect_override_error(config, "machine.cpus=4\n[boot]",
                          "-s option: [machine] cpus: there is a control character; remove it");
    g_autofree char *value = g_strnfill(EL4_CONFIG_VALUE_MAX + 1, 'x');
    g_autofree char *option = g_strconcat("machine.board=", value, NULL);
    expect_override_error(
        config, option,
        "-s option: [machine] board: the value is longer than 4096 bytes; put "
        "it into a file");
}

static void overrides_of_files_know_their_place(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    g_autoptr(GError) error = NULL;
    assert_true(el4_config_set_override_of(config, "boot.kernel=sub/k", "/some/where/t.ini", 7,
                                           &error));
    assert_true(el4_config_set_override_of(config, "machine.cpus=many", "t.ini", 8, &error));
    fixture_add_schemas(config);
    g_autofree char *origin = el4_config_origin(config, "boot", "kernel");
    assert_string_equal(origin, "/some/where/t.ini:7");
    fixture_override(config, "machine.board=virt");
    fixture_assert_messages(config, "t.ini:8: [machine] cpus: 'many' is not a number; write a "
                                    "decimal or 0x number without a sign");
    fixture_override(config, "machine.cpus=4");
    fixture_assert_messages(config, "");
    assert_string_equal(el4_config_get_path(config, "boot", "kernel"), "/some/where/sub/k");
    assert_false(el4_config_set_override_of(config, "machine", "t.ini", 9, &error));
    assert_string_equal(error->message,
                        "t.ini:9: 'machine' is not an override; write section.key=value");
    g_clear_error(&error);
    assert_false(el4_config_set_override_of(config, "a b.c d=1", "t.ini", 9, &error));
    assert_true(g_str_has_prefix(error->message, "t.ini:9: [a b] c d: "));
}

static void check_reports_every_mistake(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_load(
        config, "[machine]\ncpus = 9\nmemroy = 1G\nkernel = vmlinuz\ncpus = 2\nfrobnicate = 1\n"
                "trace = yes\n  no\n[boto]\nkernel = x\n[xyzzy]\n[chain smc]\nservices = a\n"
                "services = b\n   c\n");
    fixture_override(config, "machine.el3=gest");
    fixture_add_schemas(config);
    fixture_assert_messages(
        config,
        "m.ini:5: [machine] cpus: set twice, first in line 2; remove one\n"
        "m.ini:2: [machine] cpus: '9' is out of range; give 1 to 8\n"
        "m.ini:3: [machine] memroy: unknown key; did you mean 'memory'?\n"
        "m.ini:4: [machine] kernel: unknown key; it belongs to [boot]\n"
        "m.ini:6: [machine] frobnicate: unknown key; 'el4 help \"machine\"' lists the keys\n"
        "m.ini:8: [machine] trace: an indented line goes on with the value above, and this key "
        "takes one line; start keys at the first column\n"
        "-s option: [machine] el3: 'gest' is not a choice here; write one of none, guest, "
        "emulator\n"
        "[machine] board: not set, and there is no default; add 'board = ...' to [machine]\n"
        "m.ini:9: [boto]: unknown section; did you mean [boot]?\n"
        "m.ini:11: [xyzzy]: unknown section; 'el4 help' lists the sections");
}

static void check_stops_at_a_hundred_messages(void **state)
{
    const struct fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new("[machine]\nboard = virt\n");
    for (int i = 0; i < 60000; i++) {
        g_string_append_printf(text, "wrong%d=1\n", i);
    }
    fixture_load(fixture->config, text->str);
    fixture_add_schemas(fixture->config);
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    assert_false(el4_config_check(fixture->config, messages));
    assert_int_equal(messages->len, 101);
    assert_string_equal(g_ptr_array_index(messages, 100),
                        "further mistakes are not shown; mend these first");
}

static void bad_values_say_what_is_wanted(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"trace = maybe\n",
         "[machine] trace: 'maybe' is neither yes nor no; write one of them"},
        {"cpus = four\n",
         "[machine] cpus: 'four' is not a number; write a decimal or 0x number "
         "without a sign"},
        {"cpus = -1\n", "[machine] cpus: '-1' is not a number; write a decimal or 0x number "
                        "without a sign"},
        {"cpus =\n",
         "[machine] cpus: '' is not a number; write a decimal or 0x number without a "
         "sign"},
        {"cpus = 0x\n", "[machine] cpus: '0x' is not a number; write a decimal or 0x number "
                        "without a sign"},
        {"cpus = 4K\n", "[machine] cpus: '4K' is not a number; write a decimal or 0x number "
                        "without a sign"},
        {"cpus = 010\n",
         "[machine] cpus: '010' has a leading zero; write it without, or as 0x... "
         "in hex"},
        {"cpus = 18446744073709551616\n",
         "[machine] cpus: '18446744073709551616' does not fit 64 bits; give a smaller number"},
        {"memory = 1.5G\n",
         "[machine] memory: '1.5G' is not a size; write a whole number, with "
         "K, M, G or T behind it if need be"},
        {"memory = 16777216T\n",
         "[machine] memory: '16777216T' does not fit 64 bits; give a smaller number"},
        {"skew = --1\n", "[machine] skew: '--1' is not a number; write a decimal or 0x number"},
        {"skew = -11\n", "[machine] skew: '-11' is out of range; give -10 to 10"},
        {"skew = -9223372036854775809\n",
         "[machine] skew: '-9223372036854775809' does not fit 64 bits; give a smaller number"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = g_strconcat("m.ini:3: ", cases[i].message, NULL);
        expect_bad_value(cases[i].text, message);
    }
    expect_bad_value(
        "[chain smc]\nservices = a,\n  b,,c\n",
        "m.ini:5: [chain smc] services: there is nothing before a comma; remove the "
        "comma");
    static const char claim[] = "[service smccc-unknown]\nclaim = %s\n";
    static const struct {
        const char *value;
        const char *message;
    } ranges[] = {
        {"0x2-0x1", "'0x2-0x1' ends before it starts; swap the ids"},
        {"84000003",
         "'84000003' is not a range of ids; write 0xFIRST-0xLAST without spaces, or "
         "one id as 0xID"},
        {"0x1-", "'0x1-' is not a range of ids; write 0xFIRST-0xLAST without spaces, or one id "
                 "as 0xID"},
        {"0x10000000000000000", "'0x10000000000000000' is not a range of ids; write "
                                "0xFIRST-0xLAST without spaces, or one id as 0xID"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_autofree char *text = g_strdup_printf(claim, ranges[i].value);
        g_autofree char *message =
            g_strdup_printf("m.ini:4: [service smccc-unknown] claim: %s", ranges[i].message);
        expect_bad_value(text, message);
    }
}

static void good_values_reach_their_limits(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_load(
        config, "[machine]\nboard=v\nmemory = 16777215T\ncpus = 0x8\nskew = +0xA\n[chain smc]\n"
                "services = ; none\nweight = -9223372036854775808\n[service psci]\ncpu_on = "
                "18446744073709551615\n"
                "[service smccc-unknown]\nclaim = 0x0-0xffffffffffffffff,  ; all\n\n"
                "   0x7  0xffffffffffffffff,\n");
    fixture_add_schemas(config);
    fixture_assert_messages(config, "");
    assert_int_equal(el4_config_get_size(config, "machine", "memory"), 16777215ull << 40);
    assert_int_equal(el4_config_get_uint(config, "machine", "cpus"), 8);
    assert_int_equal(el4_config_get_int(config, "machine", "skew"), 10);
    assert_true(el4_config_get_int(config, "chain smc", "weight") == INT64_MIN);
    assert_int_equal(el4_config_get_uint(config, "service psci", "cpu_on"), UINT64_MAX);
    size_t count = 1;
    assert_non_null(el4_config_get_list(config, "chain smc", "services", &count));
    assert_int_equal(count, 0);
    const struct el4_config_range *claim =
        el4_config_get_ranges(config, "service smccc-unknown", "claim", &count);
    assert_int_equal(count, 3);
    assert_int_equal(claim[0].last, UINT64_MAX);
    assert_int_equal(claim[1].first, 7);
    assert_int_equal(claim[2].first, UINT64_MAX);
}

static void sections_are_listed_as_mentioned(void **state)
{
    const struct fixture *fixture = *state;
    struct el4_config *config = fixture->config;
    fixture_add_schemas(config);
    fixture_load(
        config, "[device uart1]\n[devices]\nx = 1\n[device uart0]\nbase = 1\n[device uart1]\n");
    g_autoptr(GPtrArray) devices = el4_config_sections(config, "device");
    assert_int_equal(devices->len, 2);
    assert_string_equal(g_ptr_array_index(devices, 0), "device uart1");
    assert_string_equal(g_ptr_array_index(devices, 1), "device uart0");
    g_autoptr(GPtrArray) all = el4_config_sections(config, NULL);
    assert_int_equal(all->len, 3);
    g_autofree char *origin = el4_config_section_origin(config, "device uart1");
    assert_true(g_str_has_suffix(origin, ":1"));
    assert_null(el4_config_section_origin(config, "machine"));
}

static void value_errors_name_the_origin(void **state)
{
    const struct fixture *fixture = *state;
    fixture_load(fixture->config, fixture_sample);
    g_autoptr(GError) error = NULL;
    el4_config_value_error(fixture->config, "boot", "kernel", &error, "no file '%s'",
                           "vmlinuz");
    assert_string_equal(error->message, "m.ini:8: [boot] kernel: no file 'vmlinuz'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sample_reads_as_written),
        TEST(syntax_errors_name_their_line),
        TEST(accepts_comments_marks_and_line_ends),
        TEST(long_values_come_through_whole),
        TEST(overlong_lines_are_refused),
        TEST(only_regular_files_are_read),
        TEST(includes_are_bounded),
        TEST(includers_win_and_paths_stay_with_their_file),
        TEST(higher_layers_win_in_any_order),
        TEST(overrides_split_at_the_last_dot),
        TEST(overrides_of_files_know_their_place),
        TEST(check_reports_every_mistake),
        TEST(check_stops_at_a_hundred_messages),
        TEST(bad_values_say_what_is_wanted),
        TEST(good_values_reach_their_limits),
        TEST(sections_are_listed_as_mentioned),
        TEST(value_errors_name_the_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
