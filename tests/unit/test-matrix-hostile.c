/* SPDX-License-Identifier: MIT */
/*
 * Matrix files and journals that were damaged, by accident or on purpose: no crash, no hang,
 * and either something whole or a message that names the file and, where there is one, the
 * line. What a damaged journal still gives is put through every report, by itself and beside
 * the run as it was. Seeds are fixed, so that a failure
 * repeats; EL4_FUZZ_SEED and EL4_FUZZ_ROUNDS are for long nights.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <glib/gstdio.h>

#include "matrix-fixture.h"

#include "matrix/journal.h"
#include "matrix/judge.h"
#include "matrix/report.h"

#define ROUNDS 1500

/* ---- damage ---- */

static int number_of(const char *variable, int otherwise)
{
    const char *text = g_getenv(variable);
    return text ? atoi(text) : otherwise;
}

static GRand *new_random(int seed)
{
    return g_rand_new_with_seed((guint32)number_of("EL4_FUZZ_SEED", seed));
}

static int rounds(void)
{
    return number_of("EL4_FUZZ_ROUNDS", ROUNDS);
}

/* That none or all can be read would show nothing of the other kind. */
static void check_share(const char *what, int good)
{
    print_message("%d of %d %s could be read\n", good, rounds(), what);
    assert_in_range(good, rounds() / 20, rounds() - rounds() / 20);
}

struct words {
    const char *const *words;
    gint32 count;
};

static gsize some_place(GRand *random, const GString *text)
{
    return text->len ? (gsize)g_rand_int_range(random, 0, (gint32)text->len) : 0;
}

/* From `at` on to its line's end, without the newline. */
static gsize rest_of_line(const GString *text, gsize at)
{
    const char *end = memchr(text->str + at, '\n', text->len - at);
    return (end ? (gsize)(end - text->str) : text->len) - at;
}

static void damage_once(GRand *random, GString *text, const struct words *words)
{
    gsize at = some_place(random, text), from = some_place(random, text);
    gsize some = (gsize)g_rand_int_range(random, 1, 40);
    gsize length = MIN(some, text->len - at);
    switch (g_rand_int_range(random, 0, 7)) {
    case 0:
        if (text->len) {
            text->str[at] = (char)g_rand_int_range(random, 0, 256);
        }
        break;
    case 1: g_string_erase(text, (gssize)at, (gssize)length); break;
    case 2: g_string_erase(text, (gssize)at, (gssize)rest_of_line(text, at)); break;
    case 3: {
        /* A piece of another line. */
        g_autofree char *piece = g_strndup(text->str + from, rest_of_line(text, from));
        g_string_insert(text, (gssize)at, piece);
        break;
    }
    case 4: g_string_truncate(text, at); break;
    default:
        g_string_insert(text, (gssize)at,
                        words->words[g_rand_int_range(random, 0, words->count)]);
    }
}

static GString *damaged(GRand *random, const char *sample, const struct words *words)
{
    GString *text = g_string_new(sample);
    for (int i = g_rand_int_range(random, 1, 4); i > 0; i--) {
        damage_once(random, text, words);
    }
    return text;
}

/* A new file each time: of one that is cut and written again, file systems wait for the disk.
 */
static void write_bytes(const char *name, const GString *text)
{
    g_unlink(name);
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->str, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
}

/* As "FILE:LINE: ". */
static bool names_line(const char *message, const char *file)
{
    gsize length = strlen(file);
    if (!g_str_has_prefix(message, file) || message[length] != ':') {
        return false;
    }
    char *end;
    return g_ascii_strtoull(message + length + 1, &end, 10) > 0 && *end == ':';
}

/* ---- matrix files ---- */

static const char outer[] =
    "[matrix]\nname = outer\nhelp = Some cells\nseconds = 2.5\nmachine-seconds = 1e-3\n"
    "memory = 1G\ntags = quick \"two words\"\nmachine.clock = virtual\n"
    "config = a.ini ${HERE}b.ini\nchain smc.services = a$${\n  b, c\n\n"
    "[define]\nguests = ${HERE}guests\nHERE = ./\n\n"
    "[axis board]\nhelp = Boards\nvalues = virt highbank inner\n\n"
    "[axis cpus]\nvalues = 1 4\n\n"
    "[value board highbank]\nboot.kernel = ${guests}/${board}.elf\nretries = 2\n"
    "expect.status = time-out\n\n"
    "[value board inner]\nmatrix = in.ini\n\n"
    "[set more]\nwhen = cpus=4 board!=inner|highbank\nmachine.cpus = ${cpus}\ntags =\n"
    "network = yes\nfiles = 32\n\n"
    "[exclude one]\nwhen = board=highbank cpus=1 tag=quick\n\n"
    "[include two]\ncell = board=virt|highbank\noutput = 2K\n\n"
    "[expect]\nguest-status = any\nconsole = \"^all (\\d+) tests pass$\"\n  \"a|b\"\n"
    "console-not = \"[Pp]anic\"\nconsole-order = \"one\"\n  \"two\"\n"
    "calls = smc:0x84000000-0x8400001f:handled:psci:1-3\n  hvc:*:trapped\n"
    "calls-not = *:*:unclaimed\nstates = cpu0.x0=0x2a/0xff cpu1.power=off\n\n"
    "[expect slow]\nwhen = cpus=4\nknown-failure = not yet ; a comment\n";
static const char inner[] = "[axis caller]\nvalues = el1 el2\n"
                            "[value caller el2]\nmachine.el2 = yes\n"
                            "[expect]\nconsole = \"${caller}\"\n";

static const char *const matrix_words[] = {
    "[",
    "]",
    "=",
    "|",
    "!=",
    ":",
    "${",
    "}",
    "${board}",
    "$${",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\n  ",
    "\n[",
    ";",
    "-1",
    "0x",
    "99999999999999999999",
    "1e999",
    "nan",
    "\n[axis board]\nvalues = x\n",
    "\n[axis n]\nvalues = a b c d e f g h\n",
    "\n[value board virt]\nmatrix = m.ini\n",
    "\n[set s]\nwhen = board=virt\n",
    "\n[exclude x]\nwhen = board=nowhere\n",
    "\nmatrix = in.ini\n",
    "\ninclude = m.ini\n",
    "\ninclude = in.ini\n",
    "\nconsole = \"(((\"\n",
    "\nconsole = \"(?<a>.)\\k<a>{3,}+\"\n",
    "\ncalls = *:*:*:*:*\n",
    "\nstates = cpu99999.x31=1\n",
    "\xef\xbb\xbf",
    "\xff",
    "*",
    "(",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

/* Of the file as a whole: there is no line that should have said it. */
static bool is_of_the_file(const char *message)
{
    static const char *const whole[] = {"m.ini: there is no axis;", "in.ini: there is no axis;",
                                        "m.ini: every cell is excluded;", "m.ini: the axis '",
                                        "further mistakes are not shown;"};
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        const char *at = strstr(message, whole[i]);
        if (at == message || (at && at[-1] == '/')) {
            return true;
        }
    }
    return false;
}

static void check_message(const char *message)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *inner_path = g_build_filename(here, "in.ini", NULL);
    g_autofree char *outer_path = g_build_filename(here, "m.ini", NULL);
    if (!names_line(message, "m.ini") && !names_line(message, "in.ini") &&
        !names_line(message, inner_path) && !names_line(message, outer_path) &&
        !is_of_the_file(message)) {
        fail_msg("neither file nor line: %s", message);
    }
}

/* All that is done with a cell but running it. */
static void use(const struct el4_matrix *matrix)
{
    struct el4_matrix_digester *digester = el4_matrix_digester_new();
    for (guint i = 0; i < MIN(matrix->cells->len, 20); i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, i);
        g_autoptr(GError) error = NULL;
        g_autofree char *inputs = el4_matrix_inputs(digester, cell, &error);
        assert_true(!inputs == !!error);
        struct el4_matrix_result *result = el4_matrix_result_new();
        result->cell = g_strdup(cell->name);
        g_string_assign(result->console, "one\ntwo\nall 12 tests pass\npanic \xc3\xa9\n");
        el4_matrix_judge(&cell->expect, result);
        el4_matrix_result_free(result);
    }
    el4_matrix_digester_free(digester);
}

static void damaged_matrices_do_no_harm(void **state)
{
    const struct words words = {matrix_words, G_N_ELEMENTS(matrix_words)};
    GRand *random = new_random(20261123);
    int loaded = 0;
    for (int round = 0; round < rounds(); round++) {
        bool is_inner = round % 8 == 0;
        g_autoptr(GString) first = damaged(random, is_inner ? inner : outer, &words);
        g_autoptr(GString) second = g_string_new(is_inner ? outer : inner);
        g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
        write_bytes(is_inner ? "in.ini" : "m.ini", first);
        write_bytes(is_inner ? "m.ini" : "in.ini", second);
        struct el4_matrix *matrix = el4_matrix_load("m.ini", NULL, messages);
        assert_true(!matrix == !!messages->len);
        for (guint i = 0; i < messages->len; i++) {
            check_message(g_ptr_array_index(messages, i));
        }
        if (matrix) {
            loaded++;
            use(matrix);
            el4_matrix_free(matrix);
        }
    }
    check_share("matrices", loaded);
    g_rand_free(random);
}

/* ---- journals ---- */

static const char journal[] =
    "{\"type\":\"run\",\"schema\":1,\"matrix\":\"m\",\"file\":\"m.ini\",\"version\":\"0\","
    "\"cells\":3,\"shard\":1,\"shards\":1,\"times\":{\"started\":1.5}}\n"
    "{\"type\":\"cell\",\"cell\":\"board=virt,n=1\",\"index\":0,"
    "\"axes\":{\"board\":\"virt\",\"n\":\"1\"},\"tags\":[\"fast\"],\"inputs\":\"abc\","
    "\"attempt\":1,\"outcome\":\"pass\",\"reasons\":[],\"known-failure\":null,"
    "\"status\":\"off\",\"signal\":0,\"timed-out\":false,\"machine-limit\":false,"
    "\"stuck\":false,\"guest-status\":0,\"machine-ns\":12345,"
    "\"counts\":[{\"conduit\":\"smc\",\"id\":\"0x84000000\",\"name\":\"PSCI_VERSION\","
    "\"verdict\":\"handled\",\"service\":\"psci\",\"count\":2}],"
    "\"events\":[{\"ns\":9,\"cpu\":0,\"conduit\":\"smc\",\"id\":\"0x84000000\","
    "\"verdict\":\"handled\",\"service\":null,\"result\":\"0x0\"}],\"events-dropped\":0,"
    "\"cpus\":[{\"power\":\"off\",\"registers\":{\"x0\":\"0x0\",\"pc\":\"0x80000\"}}],"
    "\"console\":\"all is \\u001b[1mwell\\r\\n\",\"console-dropped\":0,"
    "\"times\":{\"started\":1.5,\"seconds\":0.25,\"cpu-seconds\":0.125,\"peak-bytes\":4096,"
    "\"host\":\"here\"}}\n"
    "{\"type\":\"cell\",\"cell\":\"board=virt,n=2\",\"index\":1,"
    "\"axes\":{\"board\":\"virt\",\"n\":\"2\"},\"tags\":[],\"inputs\":\"abc\","
    "\"attempt\":2,\"outcome\":\"fail\",\"reasons\":[\"status: off, not time-out\"],"
    "\"known-failure\":\"why\",\"status\":null,\"signal\":9,\"timed-out\":true,"
    "\"machine-limit\":true,\"stuck\":true,\"guest-status\":-1,\"machine-ns\":0,"
    "\"counts\":[],\"events\":[],\"events-dropped\":7,"
    "\"cpus\":[{\"power\":\"on\",\"registers\":{}}],\"console\":\"\","
    "\"console-dropped\":3,\"times\":{\"started\":2,\"seconds\":1}}\n";

static const char *const journal_words[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-1",
    "1e999",
    "-1e-999",
    "99999999999999999999",
    "0x",
    "\n",
    "\n\n",
    "{}\n",
    "/*\"*/[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "'\"'",
    "\"power\":null",
    "\"conduit\":null,",
    "\"index\":2147483647,",
    "\"cpu\":4294967295,",
    "\"attempt\":0,",
    "\"events\":[{}],",
    "\"counts\":[{},{}],",
    "\"cpus\":[{},{}],",
    "\"axes\":{\"\":\"\"},",
    "</script>",
    "\xff\xfe",
    "\xe2\x80\xa8",
};

/* Each report, also of what has changed to and from the journal as it was. */
static void report(const struct el4_matrix_results *results,
                   const struct el4_matrix_results *whole)
{
    g_autoptr(GString) out = g_string_new(NULL);
    el4_matrix_report_tap(results, out);
    el4_matrix_report_junit(results, out);
    el4_matrix_report_json(results, out);
    el4_matrix_report_html(results, whole, out);
    el4_matrix_report_html(whole, results, out);
    const char *end;
    if (!g_utf8_validate(out->str, (gssize)out->len, &end)) {
        fail_msg("not UTF-8: %.200s", MAX(out->str, end - 100));
    }
}

static void check_journal_error(const GError *error)
{
    if (!names_line(error->message, "results.jsonl") &&
        !g_str_has_prefix(error->message, "results.jsonl: holds no results;")) {
        fail_msg("neither file nor line: %s", error->message);
    }
}

static void damaged_journals_do_no_harm(void **state)
{
    const struct words words = {journal_words, G_N_ELEMENTS(journal_words)};
    GRand *random = new_random(20261124);
    int read = 0;
    fixture_write("whole.jsonl", journal);
    struct el4_matrix_results *whole = el4_matrix_results_read("whole.jsonl", NULL);
    assert_non_null(whole);
    assert_int_equal(whole->attempts->len, 2);
    for (int round = 0; round < rounds(); round++) {
        g_autoptr(GString) text = damaged(random, journal, &words);
        g_autoptr(GError) error = NULL;
        write_bytes("results.jsonl", text);
        struct el4_matrix_results *results = el4_matrix_results_read("results.jsonl", &error);
        assert_true(!results == !!error);
        if (results) {
            read++;
            report(results, whole);
            el4_matrix_results_free(results);
        } else {
            check_journal_error(error);
        }
    }
    check_share("journals", read);
    el4_matrix_results_free(whole);
    g_rand_free(random);
}

/* What is no JSON, but is for json-glib, may not hide how deep the line goes. */
static void depth_cannot_be_hidden(void **state)
{
    static const char *const beginnings[] = {"",      "{\"a\":", "/*\"*/",    "//\"\r",
                                             "'\"',", "['\"',",  "\"\\\"\",", "\"\\\\\","};
    for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        g_autofree char *deep = g_strnfill(2000000, '[');
        g_autofree char *line = g_strconcat(beginnings[i], deep, NULL);
        g_autoptr(GError) error = NULL;
        assert_null(el4_matrix_result_from_json(line, strlen(line), &error));
        assert_non_null(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(damaged_matrices_do_no_harm),
        TEST(damaged_journals_do_no_harm),
        TEST(depth_cannot_be_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
