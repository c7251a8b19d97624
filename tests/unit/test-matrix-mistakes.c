/* SPDX-License-Identifier: MIT */
/*
 * Matrix files with mistakes in them, and files that are made to do harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix-fixture.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AXES                                                                                   \
    "[axis board]\nvalues = virt highbank\n"                                                   \
    "[axis caller]\nvalues = el1 el2\n"

static const struct {
    const char *text, *message;
} mistakes[] = {
    /* The file as a whole. */
    {"", "m.ini: there is no axis; add [axis NAME] with values = A B C\n"},
    {"[machine]\nboard = virt\n" AXES,
     "m.ini:1: [machine]: unknown section; a setting of the cells' machines is written "
     "SECTION.KEY = VALUE in [matrix], [value], [set] or [include]\n"},
    {"[exlude x]\nwhen = board=virt\n" AXES,
     "m.ini:1: [exlude x]: unknown section; did you mean [exclude]?\n"},
    {AXES "[matrix x]\n",
     "m.ini:5: [matrix x]: the section's name has too many words; write [matrix]\n"},
    {AXES "[value board]\n", "m.ini:5: [value board]: the section's name has too few words; "
                             "write [value AXIS VALUE]\n"},
    {AXES "[matrix]\nname = a/b\n", "m.ini:6: [matrix] name: 'a/b' can't be a matrix' name, "
                                    "which has only letters, digits and "
                                    "_ - . + : @; rename it\n"},
    {AXES "machine clock = x\n",
     "m.ini:5: a key's name has only letters, digits, '_' and '-'\n"},
    {AXES "[set x]\na b = c\n",
     "m.ini:6: a key's name has only letters, digits, '_' and '-'\n"},
    {AXES "[set x]\n[s.k = c\n", "m.ini:6: the section has no ']'; write [section]\n"},
    {AXES "[set x]\nwhen = board=virt\na!b.k! = c\n",
     "m.ini:7: a key's name has only letters, digits, '_' and '-'\n"},
    {AXES "[set x]\nwhen = board=virt\n.k = c\n", "m.ini:7: the section has no name\n"},
    {AXES "[set x]\nwhen = board=virt\ns. = c\n", "m.ini:7: the key has no name\n"},
    /* Keys. */
    {AXES "[matrix]\nsecnds = 1\n",
     "m.ini:6: [matrix] secnds: unknown key; did you mean 'seconds'?\n"},
    {AXES "[matrix]\nvalues = 1\n",
     "m.ini:6: [matrix] values: unknown key; it belongs to [axis]\n"},
    {AXES "[matrix]\nconsole = x\n", "m.ini:6: [matrix] console: unknown key; write "
                                     "expect.console here, or console in [expect]\n"},
    {AXES "[value board virt]\nexpect.consle = x\n",
     "m.ini:6: [value board virt] expect.consle: unknown key; did you mean "
     "'expect.console'?\n"},
    {AXES "[expect]\nmachine.cpus = 1\n",
     "m.ini:6: [expect] machine.cpus: unknown key; 'el4 help expect' lists the keys\n"},
    {AXES "[define]\na.b = 1\n",
     "m.ini:6: [define] a.b: unknown key; a name in [define] has no '.'\n"},
    {AXES "[matrix]\nseconds = 1\nseconds = 2\n",
     "m.ini:7: [matrix] seconds: set twice, first in line 6; remove one\n"},
    {AXES "[matrix]\nmachine.cpus = 1\nmachine.cpus = 2\n",
     "m.ini:7: [matrix] machine.cpus: set twice, first in line 6; remove one, or go on with a "
     "list in an indented line\n"},
    {AXES "[matrix]\nseconds = 1\n  2\n",
     "m.ini:7: [matrix] seconds: an indented line goes on with the value above, and this key "
     "takes one line; start keys at the first column\n"},
    /* Values. */
    {AXES "[matrix]\nseconds = soon\n",
     "m.ini:6: [matrix] seconds: 'soon' is not a number of "
     "seconds; write for example 60 or 0.5, at most a week\n"},
    {AXES "[matrix]\nseconds = 0\nmachine-seconds = -1\n",
     "m.ini:6: [matrix] seconds: '0' is not a number of "
     "seconds; write for example 60 or 0.5, at most a week\n"
     "m.ini:7: [matrix] machine-seconds: '-1' is not a number of "
     "seconds; write for example 60 or 0.5, at most a week\n"},
    {AXES "[matrix]\nseconds = nan\n",
     "m.ini:6: [matrix] seconds: 'nan' is not a number of "
     "seconds; write for example 60 or 0.5, at most a week\n"},
    {AXES "[value caller el2]\nretries = 101\n",
     "m.ini:6: [value caller el2] retries: '101' is out of range; give 0 to 100\n"},
    {AXES "[matrix]\nnetwork = maybe\n",
     "m.ini:6: [matrix] network: 'maybe' is neither yes nor no; write one of them\n"},
    {AXES "[matrix]\nfiles = ${n}\n[define]\nn = x\n",
     "m.ini:6: [matrix] files: 'x' is not a number; write a decimal or 0x number without a "
     "sign\n"},
    {AXES "[expect]\nstatus = of\n",
     "m.ini:6: [expect] status: 'of' is not a choice here; write one of off, usage, "
     "configuration, guest-failure, time-out, internal\n"},
    {AXES "[expect]\nguest-status = -1\n",
     "m.ini:6: [expect] guest-status: '-1' is not a status; write a number, or any\n"},
    {AXES "[expect]\ncalls = smcc:1\n",
     "m.ini:6: [expect] calls: 'smcc:1': there is no conduit "
     "'smcc'; write smc, hvc, el4 or *\n"},
    {AXES "[expect]\ncalls = smc:2-1\n",
     "m.ini:6: [expect] calls: 'smc:2-1': '2-1' is no function id; write 0x84000000, "
     "0x84000000-0x8400001f or *\n"},
    {AXES "[expect]\ncalls = smc:0x100000000\n",
     "m.ini:6: [expect] calls: 'smc:0x100000000': '0x100000000' is no function id; write "
     "0x84000000, 0x84000000-0x8400001f or *\n"},
    {AXES "[expect]\ncalls = smc:*:handld\n",
     "m.ini:6: [expect] calls: 'smc:*:handld': there is no verdict 'handld'; write handled, "
     "trapped, unclaimed or *\n"},
    {AXES "[expect]\ncalls = smc:*:*::1\n",
     "m.ini:6: [expect] calls: 'smc:*:*::1': the service has no name; write one, or *\n"},
    {AXES "[expect]\ncalls = smc:*:*:*:2-1\n",
     "m.ini:6: [expect] calls: 'smc:*:*:*:2-1': '2-1' is no count; write 3, 1-5 or 1-\n"},
    {AXES "[expect]\ncalls-not = smc:*:*:*:0\n",
     "m.ini:6: [expect] calls-not: 'smc:*:*:*:0' has too many parts; write "
     "CONDUIT:ID[-ID]:VERDICT:SERVICE\n"},
    {AXES "[expect]\nstates = cpu0=off\n", "m.ini:6: [expect] states: 'cpu0=off' is no state; "
                                           "write cpu0.power=off or cpu0.x0=0x2a\n"},
    {AXES "[expect]\nstates = cpu0.power=of\n",
     "m.ini:6: [expect] states: 'cpu0.power=of': write on, off, suspended or on-pending\n"},
    {AXES "[expect]\nstates = cpu0.x31=1\n",
     "m.ini:6: [expect] states: 'cpu0.x31=1': there is no 'x31' to look at; write power, x0 to "
     "x30, r0 to r15, sp, pc, pstate or el\n"},
    {AXES "[expect]\nstates = cpu0.x1=0x11/0x10\n",
     "m.ini:6: [expect] states: 'cpu0.x1=0x11/0x10': the value has bits that the mask leaves "
     "out, so it can't fit; clear them\n"},
    /* Axes. */
    {"[axis tag]\nvalues = 1\n",
     "m.ini:1: [axis tag]: tag=WORD picks cells by their tags; rename the axis\n"
     "m.ini: there is no axis; add [axis NAME] with values = A B C\n"},
    {"[axis a]\n", "m.ini:1: [axis a]: the axis has no values; add values = A B C\n"},
    {"[axis a]\nvalues = x x\n",
     "m.ini:2: [axis a] values: the value 'x' stands there twice; remove one\n"},
    {"[axis a]\nvalues = x=y\n",
     "m.ini:2: [axis a] values: the value 'x=y' can't be part of a cell's name, which has only "
     "letters, digits and _ - . + : @; rename it\n"
     "m.ini:1: [axis a]: the axis has no values; add values = A B C\n"},
    {"[define]\na = 1\n[axis a]\nvalues = x\n",
     "m.ini:3: [axis a]: [define] has the name 'a', too, and ${a} can't mean both; rename one\n"
     "m.ini: there is no axis; add [axis NAME] with values = A B C\n"},
    {"[axis a]\nvalues = ${b}\n[axis b]\nvalues = 1\n",
     "m.ini:2: [axis a] values: the value is the same for all cells, so it can't name an axis "
     "in ${}; name what is in [define]\n"
     "m.ini:1: [axis a]: the axis has no values; add values = A B C\n"},
    {AXES "[value bord virt]\ntags = x\n",
     "m.ini:5: [value bord virt]: there is no axis 'bord'; did you mean 'board'?\n"},
    {AXES "[value board vrit]\ntags = x\n",
     "m.ini:5: [value board vrit]: the axis board has no value 'vrit'; did you mean 'virt'?\n"},
    /* Rules. */
    {AXES "[exclude x]\n", "m.ini:5: [exclude x]: it has no rule; add when = AXIS=VALUE\n"},
    {AXES "[exclude x]\nwhen =\n",
     "m.ini:6: [exclude x] when: there is no word in it; write AXIS=VALUE\n"},
    {AXES "[exclude x]\nwhen = board\n",
     "m.ini:6: [exclude x] when: 'board' is no rule; write AXIS=VALUE, AXIS=VALUE|VALUE, "
     "AXIS!=VALUE or tag=WORD\n"},
    {AXES "[exclude x]\nwhen = calller=el1\n",
     "m.ini:6: [exclude x] when: there is no axis 'calller'; did you mean 'caller'?\n"},
    {AXES "[exclude x]\nwhen = zzzzzz=el1\n",
     "m.ini:6: [exclude x] when: there is no axis 'zzzzzz'; there is board, caller\n"},
    {AXES "[exclude x]\nwhen = caller=el1|el3\n",
     "m.ini:6: [exclude x] when: the axis caller has no value 'el3'; did you mean 'el1'?\n"},
    {AXES "[exclude x]\nwhen = caller=el1|\n",
     "m.ini:6: [exclude x] when: 'caller=el1|' names no value; write AXIS=VALUE\n"},
    {AXES "[exclude x]\nwhen = board=${board}\n",
     "m.ini:6: [exclude x] when: the value is the same for all cells, so it can't name an axis "
     "in ${}; name what is in [define]\n"
     "m.ini:5: [exclude x]: it has no rule; add when = AXIS=VALUE\n"},
    {AXES "[exclude x]\nwhen = board=virt|highbank\n",
     "m.ini: every cell is excluded; take an [exclude] out\n"},
    {AXES "[expect]\nwhen = board=virt\n",
     "m.ini:5: [expect]: this section is for all cells; give it a name, [expect NAME], to have "
     "a when\n"},
    {AXES "[include x]\n", "m.ini:5: [include x]: it names no cell; add cell = AXIS=VALUE\n"},
    {AXES "[include x]\ncell = board!=virt\n",
     "m.ini:6: [include x] cell: a cell is named by its values; write AXIS=VALUE or "
     "AXIS=VALUE|VALUE\n"},
    {AXES "[include x]\ncell = board=virt board=highbank\n",
     "m.ini:6: [include x] cell: an axis stands there twice; write AXIS=VALUE|VALUE for "
     "several "
     "cells\n"},
    {AXES "[include x]\ncell = board=virt caller=el1\n",
     "m.ini:5: [include x]: there is a cell board=virt,caller=el1 already; leave that one out "
     "with [exclude], or use [set NAME] to change it\n"},
    {AXES "[include x]\ncell = board=virt|virt\n[include y]\ncell = board=virt\n",
     "m.ini:7: [include y]: there is a cell board=virt already; leave that one out with "
     "[exclude], or use [set NAME] to change it\n"},
    /* ${} */
    {AXES "[matrix]\nboot.kernel = ${gests}/x\n[define]\nguests = g\n",
     "m.ini:6: [matrix] boot.kernel: ${gests} is neither in [define] nor an axis; did you mean "
     "'guests'?\n"},
    {AXES "[matrix]\nboot.kernel = ${guests/x\n",
     "m.ini:6: [matrix] boot.kernel: '${' begins no ${NAME}; write $${ for the text itself\n"},
    {AXES "[define]\na = ${b}\nb = x${c}\nc = ${a}\n",
     "m.ini:6: [define] a: ${a} stands for itself in the end; write it out\n"
     "m.ini:7: [define] b: ${b} stands for itself in the end; write it out\n"
     "m.ini:8: [define] c: ${c} stands for itself in the end; write it out\n"},
    {AXES "[matrix]\nboot.append = ${caller}\n[include x]\ncell = board=virt\n",
     "m.ini:6: [matrix] boot.append: ${caller} has no value in a cell for which the line "
     "holds: "
     "the cell has no such axis; add the axis to the cell\n"},
    /* Matrices in matrices. */
    {AXES "[value board virt]\nmatrix = none.ini\n",
     "m.ini:6: [value board virt] matrix: none.ini: No such file or directory; name a matrix "
     "file\n"},
    {AXES "[value board virt]\nmatrix = .\n",
     "m.ini:6: [value board virt] matrix: .: this is a folder; give an INI file; name a matrix "
     "file\n"},
    {AXES "[value board virt]\nmatrix = m.ini\n",
     "m.ini:6: [value board virt] matrix: the matrix is a value of itself; name another "
     "file\n"},
    {AXES "[value board virt]\nmatrix = bad.ini\n",
     "bad.ini:2: [axis x] vales: unknown key; did you mean 'values'?\n"
     "bad.ini:1: [axis x]: the axis has no values; add values = A B C\n"},
    {AXES "[value board virt]\nmatrix = callers.ini\n",
     "m.ini: the axis 'caller' comes from the axes 'board' and 'caller' of this matrix and of "
     "those in it, so a cell would have it twice; rename one\n"},
    {AXES "[value board virt]\nmatrix = circle.ini\n",
     "circle.ini:4: [value x 1] matrix: the matrix is a value of itself; name another file\n"},
};

static void mistakes_are_told(void **state)
{
    fixture_write("bad.ini", "[axis x]\nvales = 1\n");
    fixture_write("callers.ini", "[axis caller]\nvalues = a\n");
    fixture_write("circle.ini", "[axis x]\nvalues = 1\n[value x 1]\nmatrix = m.ini\n");
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        fixture_write("m.ini", mistakes[i].text);
        fixture_assert_messages(NULL, NULL, mistakes[i].message);
    }
}

static void a_bad_pattern_is_told(void **state)
{
    fixture_write("m.ini", AXES "[expect]\nconsole = a\n  (\n");
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    assert_null(el4_matrix_load("m.ini", NULL, messages));
    assert_int_equal(messages->len, 1);
    /* What PCRE says of it differs from version to version. */
    assert_true(g_str_has_prefix(messages->pdata[0], "m.ini:7: [expect] console: "));
    assert_true(g_str_has_suffix(messages->pdata[0], "; mend the regular expression (PCRE)"));
}

static void mistakes_of_the_command_line_are_told(void **state)
{
    fixture_write("m.ini", AXES "[define]\nguests = x\n");
    fixture_assert_messages("gests=1", NULL,
                            "-D option: [define] has no 'gests'; did you mean 'guests'?\n");
    fixture_assert_messages(
        "guests", NULL, "-D option: 'guests': there is no '=' in it; write -D NAME=VALUE\n");
    fixture_assert_messages("=1", NULL, "-D option: '=1': the key has no name\n");
    fixture_assert_messages(
        NULL, "cpus=1",
        "-s option: 'cpus=1' is not an override; a setting is written SECTION.KEY\n");
    fixture_assert_messages(
        NULL, "machine.cpus",
        "-s option: 'machine.cpus' is not an override; write section.key=value\n");
    g_remove("m.ini");
    fixture_assert_messages(NULL, NULL, "m.ini: No such file or directory\n");
    assert_int_equal(mkfifo("m.ini", 0600), 0);
    fixture_assert_messages(NULL, NULL,
                            "m.ini: this is not a regular file; give an INI file\n");
}

/* ---- made to do harm ---- */

static void append_axes(GString *text, int axes, int values)
{
    for (int i = 0; i < axes; i++) {
        g_string_append_printf(text, "[axis a%d]\nvalues =", i);
        for (int j = 0; j < values; j++) {
            g_string_append_printf(text, " %d", j);
        }
        g_string_append_c(text, '\n');
    }
}

static void too_many_cells_are_refused(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_axes(text, 7, 10);
    fixture_write("m.ini", text->str);
    fixture_assert_messages(NULL, NULL,
                            "m.ini: the product of the axes has 10000000 cells, and at most "
                            "1000000 are possible; take values out, or divide the matrix into "
                            "several\n");
    g_string_truncate(text, 0);
    append_axes(text, 30, 10);
    fixture_write("m.ini", text->str);
    fixture_assert_messages(NULL, NULL,
                            "m.ini: the product of the axes has more than 2^64 cells, and at "
                            "most 1000000 are possible; take values out, or divide the matrix "
                            "into several\n");
    g_string_truncate(text, 0);
    append_axes(text, 33, 1);
    fixture_write("m.ini", text->str);
    fixture_assert_messages(NULL, NULL,
                            "m.ini: there are 33 axes, and at most 32 are possible; "
                            "divide the matrix\n");
    /* What the inner matrices have counts, even if nearly all of it is excluded. */
    g_string_truncate(text, 0);
    append_axes(text, 3, 80);
    g_string_append(text, "[exclude x]\nwhen = a0!=1\n[exclude y]\nwhen = a1!=1\n"
                          "[exclude z]\nwhen = a2!=1\n");
    const char *files[] = {"a.ini", "b.ini"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        fixture_write(files[i], text->str);
    }
    fixture_write("m.ini", "[axis x]\nvalues = a b\n[value x a]\nmatrix = a.ini\n"
                           "[value x b]\nmatrix = b.ini\n");
    fixture_assert_messages(NULL, NULL,
                            "b.ini: the product of the axes has 512000 cells beside "
                            "those of other matrices, and at most 1000000 are "
                            "possible; take values out, or divide the matrix into "
                            "several\n");
}

static void too_much_work_is_refused(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_axes(text, 5, 10);
    g_string_append(text, "[matrix]\n");
    for (int i = 0; i < 3000; i++) {
        g_string_append_printf(text, "s.k%d = x\n", i);
    }
    fixture_write("m.ini", text->str);
    gint64 start = g_get_monotonic_time();
    fixture_assert_messages(
        NULL, NULL,
        "m.ini: so many cells with so many lines and rules take too long to "
        "make; divide the matrix, or shorten what holds for every cell\n");
    assert_true(g_get_monotonic_time() - start < 60 * G_USEC_PER_SEC);
}

static void defines_do_not_blow_up(void **state)
{
    g_autoptr(GString) text = g_string_new(AXES "[define]\n");
    /* Each is the next one a hundred times; the last is empty: 100^16 steps, or 16. */
    for (int i = 0; i < 16; i++) {
        g_string_append_printf(text, "d%d = ", i);
        for (int j = 0; j < 100; j++) {
            g_string_append_printf(text, "${d%d}", i + 1);
        }
        g_string_append_c(text, '\n');
    }
    g_string_append(text, "d16 =\n[matrix]\nboot.append = a${d0}b\n");
    fixture_write("m.ini", text->str);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    fixture_assert_settings(fixture_cell(matrix, "board=virt,caller=el1"),
                            "boot.append=ab @m.ini:24\n");
    el4_matrix_free(matrix);
    g_autofree char *define = g_strdup_printf("d16=%050d", 0);
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    gpointer word = define;
    const GPtrArray defines = {&word, 1};
    const struct el4_matrix_load_options options = {.defines = &defines};
    assert_null(el4_matrix_load("m.ini", &options, messages));
    assert_string_equal(g_ptr_array_index(messages, messages->len - 1),
                        "m.ini:24: [matrix] boot.append: the value is longer than 4096 bytes "
                        "with its ${} filled in; shorten it");
}

static void deep_defines_do_not_overflow_the_stack(void **state)
{
    g_autoptr(GString) text = g_string_new(AXES "[define]\n");
    for (int i = 0; i < 30000; i++) {
        g_string_append_printf(text, "d%d = ${d%d}\n", i, i + 1);
    }
    fixture_write("m.ini", text->str);
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    assert_null(el4_matrix_load("m.ini", NULL, messages));
    assert_string_equal(
        g_ptr_array_index(messages, 0),
        "m.ini:6: [define] d0: defines name each other more than 100 deep; write "
        "${d100} out");
}

static void nesting_has_an_end(void **state)
{
    for (int i = 1; i <= 20; i++) {
        g_autofree char *name = g_strdup_printf("n%d.ini", i);
        g_autofree char *text = g_strdup_printf(
            "[axis a%d]\nvalues = 1\n[value a%d 1]\nmatrix = n%d.ini\n", i, i, i + 1);
        fixture_write(name, text);
    }
    fixture_write("m.ini", "[axis a]\nvalues = 1\n[value a 1]\nmatrix = n1.ini\n");
    fixture_assert_messages(NULL, NULL,
                            "n15.ini:4: [value a15 1] matrix: matrices stand in "
                            "matrices deeper than 16 files; take some out\n");
}

static void names_have_an_end(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 6; i++) {
        g_string_append_printf(text, "[axis axis-%036d]\nvalues = %048d\n", i, 0);
    }
    fixture_write("m.ini", text->str);
    fixture_assert_messages(
        NULL, NULL,
        "m.ini: the cell axis-000000000000000000000000000000000000="
        "000000000000000000... has a name longer than 512 bytes; shorten the "
        "names of axes and values\n");
}

static void mistakes_without_end_are_cut(void **state)
{
    g_autoptr(GString) text = g_string_new(AXES "[matrix]\n");
    for (int i = 0; i < 5000; i++) {
        g_string_append_printf(text, "k%d = 1\n", i);
    }
    fixture_write("m.ini", text->str);
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    assert_null(el4_matrix_load("m.ini", NULL, messages));
    assert_int_equal(messages->len, 101);
    assert_string_equal(g_ptr_array_index(messages, 100),
                        "further mistakes are not shown; mend these first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mistakes_are_told),
        TEST(a_bad_pattern_is_told),
        TEST(mistakes_of_the_command_line_are_told),
        TEST(too_many_cells_are_refused),
        TEST(too_much_work_is_refused),
        TEST(defines_do_not_blow_up),
        TEST(deep_defines_do_not_overflow_the_stack),
        TEST(nesting_has_an_end),
        TEST(names_have_an_end),
        TEST(mistakes_without_end_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
