/* SPDX-License-Identifier: MIT */
/*
 * Matrix files: which cells come of one, and what each of them has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix-fixture.h"

#include "machine/machine.h"
#include "matrix/pattern.h"

#include <string.h>

#define AXES                                                                                   \
    "[axis board]\nvalues = virt highbank\n"                                                   \
    "[axis caller]\nvalues = el1, el2\n"

static void assert_names(const char *text, const char *expected)
{
    fixture_write("m.ini", text);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    fixture_assert_names(matrix->cells, expected);
    for (guint i = 0; i < matrix->cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, i);
        assert_int_equal(cell->index, i);
        assert_ptr_equal(el4_matrix_find(matrix, cell->name), cell);
    }
    el4_matrix_free(matrix);
}

static void product_is_in_the_files_order(void **state)
{
    assert_names(AXES, "board=virt,caller=el1\nboard=virt,caller=el2\n"
                       "board=highbank,caller=el1\nboard=highbank,caller=el2\n");
    /* Over several lines, the second axis first. */
    assert_names("[axis b]\nvalues = 1\n  2 ; two\nvalues = 3\n[axis a]\nvalues = x\n",
                 "b=1,a=x\nb=2,a=x\nb=3,a=x\n");
}

static void excludes_leave_out(void **state)
{
    assert_names(AXES "[exclude x]\nwhen = board=highbank caller=el2\n",
                 "board=virt,caller=el1\nboard=virt,caller=el2\nboard=highbank,caller=el1\n");
    assert_names(AXES "[exclude x]\nwhen = board!=virt\n",
                 "board=virt,caller=el1\nboard=virt,caller=el2\n");
    assert_names(AXES "[exclude x]\nwhen = caller=el1|el3|el2 board!=virt|virt\n"
                      "[axis more]\nvalues = el3\n[exclude y]\nwhen = caller=el2\n"
                      "[axis caller]\nvalues = el3\n",
                 "board=virt,caller=el1,more=el3\nboard=virt,caller=el3,more=el3\n");
    assert_names(AXES "[value board virt]\ntags = a b\n[matrix]\ntags = all\n"
                      "[exclude x]\nwhen = tag=b|none caller=el1\n[exclude y]\nwhen = tag!=a\n",
                 "board=virt,caller=el2\n");
}

/* What a rule adds, those after it see; each cell has its own. */
static void tags_of_rules_count_for_later_ones(void **state)
{
    fixture_write("m.ini", AXES "[matrix]\ntags = all\n"
                                "[set a]\nwhen = tag=all caller=el1\ntags = first\n"
                                "[set b]\nwhen = tag=first\ntags = second\n"
                                "[exclude x]\nwhen = tag=second board=virt\n");
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    fixture_assert_names(matrix->cells, "board=virt,caller=el2\nboard=highbank,caller=el1\n"
                                        "board=highbank,caller=el2\n");
    fixture_assert_words(fixture_cell(matrix, "board=highbank,caller=el1")->tags,
                         "all first second");
    fixture_assert_words(fixture_cell(matrix, "board=highbank,caller=el2")->tags, "all");
    el4_matrix_free(matrix);
}

static void an_exclude_that_fits_nothing_is_odd(void **state)
{
    fixture_write("m.ini", AXES "[exclude all gone]\nwhen = board=virt board=highbank\n");
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    fixture_assert_words(matrix->warnings, "m.ini:5: [exclude all gone]: it fits no cell");
    el4_matrix_free(matrix);
}

static void includes_add(void **state)
{
    assert_names(AXES "[exclude x]\nwhen = caller=el2\n"
                      "[include a]\ncell = board=virt caller=el2\n"
                      "[include b]\ncell = caller=el1|el2\n",
                 "board=virt,caller=el1\nboard=highbank,caller=el1\nboard=virt,caller=el2\n"
                 "caller=el1\ncaller=el2\n");
}

static const char layers[] =
    "[matrix]\nname = layers\nhelp = Help; me\nconfig = base.ini\ntags = t\nseconds = 0.5\n"
    "machine.clock = virtual\n" /* 7 */
    "[axis board]\nhelp = Boards\nvalues = virt highbank\n"
    "[axis caller]\nvalues = el1 el2\n"
    "[value board highbank]\nconfig = over.ini ../x.ini\nmachine.cpus=4\ntags = slow t\n"
    "machine.clock = host\nseconds = 3\n" /* 18 */
    "[set both]\nwhen = board=highbank caller=el2\nmemory = 0\nretries = 2\nnetwork = yes\n"
    "service  psci . version = 0.1 ; that of old\nconfig =\nconfig = only.ini\n"
    "chain smc.services = psci,\n  smccc-unknown\n" /* 28 */
    "[include i]\ncell = board=virt\noutput = 2K\nfile-size = 1M\nfiles = 20\ntags "
    "=\nmachine-seconds = 1e-3\n"
    "machine.clock = \"quoted ; text\"\n";

static void layers_are_applied_in_order(void **state)
{
    g_autofree char *here = g_get_current_dir();
    fixture_write("m.ini", layers);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    assert_string_equal(matrix->name, "layers");
    assert_string_equal(matrix->help, "Help; me");
    assert_string_equal(((struct el4_matrix_axis *)matrix->axes->pdata[0])->help, "Boards");
    const struct el4_matrix_cell *cell = fixture_cell(matrix, "board=virt,caller=el1");
    g_autofree char *base = g_build_filename(here, "base.ini", NULL);
    fixture_assert_words(cell->configs, base);
    fixture_assert_words(cell->tags, "t");
    fixture_assert_words(cell->axes, "board virt caller el1");
    fixture_assert_settings(cell, "machine.clock=virtual @m.ini:7\n");
    assert_true(cell->limits.seconds == 0.5 && cell->limits.machine_seconds == 0);
    assert_int_equal(cell->limits.memory_bytes, 4ull << 30);
    assert_int_equal(cell->limits.output_bytes, 1 << 20);
    assert_int_equal(cell->limits.file_bytes, 64 << 20);
    assert_int_equal(cell->limits.files, 64);
    assert_false(cell->limits.network);
    assert_int_equal(cell->retries, 0);

    cell = fixture_cell(matrix, "board=highbank,caller=el1");
    g_autofree char *paths = g_strdup_printf("%s %s/over.ini %s/../x.ini", base, here, here);
    fixture_assert_words(cell->configs, paths);
    fixture_assert_words(cell->tags, "t slow");
    fixture_assert_settings(cell, "machine.clock=host @m.ini:17\nmachine.cpus=4 @m.ini:15\n");
    assert_true(cell->limits.seconds == 3);

    cell = fixture_cell(matrix, "board=highbank,caller=el2");
    g_autofree char *only = g_build_filename(here, "only.ini", NULL);
    fixture_assert_words(cell->configs, only);
    assert_int_equal(cell->limits.memory_bytes, 0);
    assert_int_equal(cell->retries, 2);
    assert_true(cell->limits.network);
    fixture_assert_settings(cell, "machine.clock=host @m.ini:17\nmachine.cpus=4 @m.ini:15\n"
                                  "service psci.version=0.1 @m.ini:24\n"
                                  "chain smc.services=psci, smccc-unknown @m.ini:27\n");

    cell = fixture_cell(matrix, "board=virt");
    assert_true(cell->limits.seconds == 0.5 && cell->limits.machine_seconds == 0.001);
    fixture_assert_words(cell->tags, "");
    assert_int_equal(cell->limits.output_bytes, 2048);
    assert_int_equal(cell->limits.file_bytes, 1 << 20);
    assert_int_equal(cell->limits.files, 20);
    fixture_assert_settings(cell, "machine.clock=quoted ; text @m.ini:36\n");
    el4_matrix_free(matrix);
}

static void the_command_line_wins(void **state)
{
    fixture_write("m.ini",
                  "[matrix]\nmachine.a = 1\n[define]\nwhere = here\nboth = ${where}/x\n"
                  "[axis board]\nvalues = virt ${more}\n[define]\nmore = second\n"
                  "[value board virt]\nboot.kernel = ${both}-${board}.elf\n"
                  "[value board second]\nmachine.a = 2\n");
    struct el4_matrix *matrix =
        fixture_load("where=a${more}b\nmore=third", "machine . a = -1\ns t.u=v=w.x");
    fixture_assert_names(matrix->cells, "board=virt\nboard=third\n");
    fixture_assert_settings(fixture_cell(matrix, "board=virt"),
                            "machine.a=-1 @-s option:0\n"
                            "boot.kernel=athirdb/x-virt.elf @m.ini:11\n"
                            "s t.u=v=w.x @-s option:0\n");
    el4_matrix_free(matrix);
    matrix = fixture_load(NULL, NULL);
    fixture_assert_settings(fixture_cell(matrix, "board=second"), "machine.a=2 @m.ini:13\n");
    el4_matrix_free(matrix);
}

static bool is_found(const struct el4_matrix_pattern *pattern, const char *text)
{
    struct el4_matrix_search *search = el4_matrix_search_new(text, strlen(text), 1);
    gsize begin, end;
    char *problem = NULL;
    bool found = el4_matrix_search_find(search, pattern->finder, 0, &begin, &end, &problem);
    assert_null(problem);
    el4_matrix_search_free(search);
    return found;
}

static void texts_are_filled_in_for_each_cell(void **state)
{
    fixture_write("m.ini",
                  AXES "[matrix]\nconfig = ${board}.ini\ntags = on-${board}\n"
                       "seconds = ${n}\nboot.append = $${x} $ $$ ${board}${caller} $$$${}\n"
                       "[define]\nn = 7\n"
                       "[exclude x]\nwhen = tag=on-highbank\n"
                       "[expect]\nconsole = ^${caller} a{2}$\n");
    g_autofree char *config = g_canonicalize_filename("virt.ini", NULL);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    fixture_assert_names(matrix->cells, "board=virt,caller=el1\nboard=virt,caller=el2\n");
    const struct el4_matrix_cell *cell = fixture_cell(matrix, "board=virt,caller=el2");
    fixture_assert_words(cell->configs, config);
    assert_true(cell->limits.seconds == 7);
    fixture_assert_settings(cell, "boot.append=${x} $ $$ virtel2 $$${} @m.ini:9\n");
    const struct el4_matrix_pattern *pattern = g_ptr_array_index(cell->expect.must, 0);
    assert_string_equal(pattern->text, "^el2 a{2}$");
    assert_true(is_found(pattern, "x\r\nel2 aa\r\ny"));
    assert_false(is_found(pattern, "el1 aa\n"));
    el4_matrix_free(matrix);
}

static void expectations_add_up(void **state)
{
    fixture_write(
        "m.ini", AXES
        "[expect]\nstatus = guest-failure\nguest-status = 0x10\nconsole = a\n  \"b ; c\"\n"
        "console-order = 1\nconsole-order = 2\n"
        "calls = smc:0x84000000-0x8400001f:handled:psci:1-3 *:2:*:*:0- hvc\n"
        "calls-not = *:*:unclaimed\n"
        "[value board highbank]\nexpect.status = off\nexpect.console-not = panic\n"
        "expect.calls =\nexpect.calls = el4:7:trapped:*:4\n"
        "[expect some]\nwhen = caller=el2\nguest-status = any\nconsole =\nconsole = only\n"
        "states = cpu1.power=off cpu0.x0=0x2a cpu3.pc=0x80000/0xfffffffffffff000\n"
        "known-failure = not yet ; really\n"
        "[include i]\ncell = board=virt\nexpect.known-failure = \nexpect.status = time-out\n");
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    const struct el4_matrix_expect *expect =
        &fixture_cell(matrix, "board=virt,caller=el1")->expect;
    assert_int_equal(expect->status, EL4_EXIT_GUEST);
    assert_int_equal(expect->guest_status, 16);
    assert_int_equal(expect->must->len, 2);
    const struct el4_matrix_pattern *pattern = g_ptr_array_index(expect->must, 1);
    assert_string_equal(pattern->text, "b ; c");
    assert_string_equal(pattern->place.file, "m.ini");
    assert_int_equal(pattern->place.line, 9);
    assert_int_equal(expect->in_order->len, 2);
    assert_null(expect->known_failure);
    assert_int_equal(expect->calls->len, 4);
    const struct el4_matrix_call *call = g_ptr_array_index(expect->calls, 0);
    assert_string_equal(call->conduit, "smc");
    assert_true(call->first == 0x84000000 && call->last == 0x8400001f);
    assert_string_equal(call->verdict, "handled");
    assert_string_equal(call->service, "psci");
    assert_true(call->least == 1 && call->most == 3);
    call = g_ptr_array_index(expect->calls, 1);
    assert_true(!call->conduit && call->first == 2 && call->last == 2 && !call->verdict &&
                !call->service && call->least == 0 && call->most == UINT64_MAX);
    call = g_ptr_array_index(expect->calls, 2);
    assert_true(call->first == 0 && call->last == UINT32_MAX && call->least == 1 &&
                call->most == UINT64_MAX);
    call = g_ptr_array_index(expect->calls, 3);
    assert_true(call->least == 0 && call->most == 0);
    assert_string_equal(call->verdict, "unclaimed");

    expect = &fixture_cell(matrix, "board=highbank,caller=el2")->expect;
    assert_int_equal(expect->status, EL4_EXIT_OFF);
    assert_int_equal(expect->guest_status, -1);
    assert_int_equal(expect->must->len, 1);
    assert_int_equal(expect->must_not->len, 1);
    assert_int_equal(expect->calls->len, 2);
    assert_string_equal(expect->known_failure, "not yet");
    assert_int_equal(expect->states->len, 3);
    const struct el4_matrix_state *power = g_ptr_array_index(expect->states, 0);
    assert_true(power->cpu == 1 && !strcmp(power->word, "off"));
    const struct el4_matrix_state *pc = g_ptr_array_index(expect->states, 2);
    assert_true(pc->cpu == 3 && !pc->word && pc->value == 0x80000 &&
                pc->mask == 0xfffffffffffff000);
    assert_string_equal(pc->name, "pc");

    expect = &fixture_cell(matrix, "board=virt")->expect;
    assert_int_equal(expect->status, EL4_EXIT_TIMEOUT);
    assert_null(expect->known_failure);
    el4_matrix_free(matrix);
}

static void a_value_may_be_a_matrix(void **state)
{
    fixture_write("inner.ini",
                  "[matrix]\nname = other\nseconds = 9\nmachine.b = inner\n"
                  "machine.c = ${suite} ${caller}\n"
                  "[axis board]\nvalues = virt highbank\n[axis mode]\nvalues = x y\n"
                  "[exclude e]\nwhen = board=highbank mode=y\n"
                  "[expect]\nconsole = inner\n");
    fixture_write("m.ini",
                  "[matrix]\nmachine.a = outer\nmachine.b = outer\nseconds = 3\n"
                  "[axis suite]\nvalues = plain all more\n[axis caller]\nvalues = el1\n"
                  "[value suite all]\nmatrix = inner.ini\nmachine.d = value\n"
                  "[value suite more]\nmatrix = ./inner.ini\n"
                  "[exclude m]\nwhen = suite=more mode=x\n"
                  "[set s]\nwhen = mode=y\nmachine.b = set\n"
                  "[expect]\nconsole = outer\n");
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    fixture_assert_names(matrix->cells, "suite=plain,caller=el1\n"
                                        "suite=all/board=virt,mode=x,caller=el1\n"
                                        "suite=all/board=virt,mode=y,caller=el1\n"
                                        "suite=all/board=highbank,mode=x,caller=el1\n"
                                        "suite=more/board=virt,mode=y,caller=el1\n");
    const struct el4_matrix_cell *cell =
        fixture_cell(matrix, "suite=all/board=virt,mode=y,caller=el1");
    fixture_assert_words(cell->axes, "suite all board virt mode y caller el1");
    fixture_assert_settings(cell, "machine.a=outer @m.ini:2\nmachine.b=set @m.ini:18\n"
                                  "machine.d=value @m.ini:11\n"
                                  "machine.c=all el1 @inner.ini:5\n");
    assert_true(cell->limits.seconds == 9);
    assert_int_equal(cell->expect.must->len, 2);
    assert_true(fixture_cell(matrix, "suite=plain,caller=el1")->limits.seconds == 3);
    assert_int_equal(matrix->axes->len, 4);
    el4_matrix_free(matrix);
}

static void a_hundred_thousand_cells_are_quick(void **state)
{
    g_autoptr(GString) text = g_string_new("[matrix]\nboot.kernel = x-${a}-${b}.elf\n"
                                           "[expect]\nconsole = ok ${c}\n"
                                           "[exclude x]\nwhen = a=1 b=2 c=3|4\n");
    for (char axis = 'a'; axis <= 'e'; axis++) {
        g_string_append_printf(text, "[axis %c]\nvalues = 0 1 2 3 4 5 6 7 8 9\n", axis);
        for (int value = 0; value < 10; value++) {
            g_string_append_printf(text, "[value %c %d]\nmachine.%c = %d\ntags = t%d\n", axis,
                                   value, axis, value, value);
        }
    }
    fixture_write("m.ini", text->str);
    gint64 start = g_get_monotonic_time();
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    gint64 taken = g_get_monotonic_time() - start;
    assert_int_equal(matrix->cells->len, 100000 - 200);
    el4_matrix_free(matrix);
    print_message("%u cells in %.2f s\n", 100000 - 200, (double)taken / 1e6);
    /* 0.3 s on a desktop; sanitizers and a busy host take their time. */
    assert_true(taken < 20 * G_USEC_PER_SEC);
}

static void inputs_tell_what_changed(void **state)
{
    GError *error = NULL;
    fixture_write("k.elf", "kernel");
    fixture_write("base.ini", "include = more.ini\n[machine]\nboard = virt\n");
    fixture_write("more.ini", "[boot]\nkernel = k.elf\n");
    const char text[] = "[matrix]\nconfig = base.ini\n[axis a]\nvalues = x y\n"
                        "[value a y]\nmachine.cpus = 2\n";
    char *last[2] = {NULL, NULL};
    /* What changes from step to step, and whether cells x and y notice. */
    static const struct {
        const char *file, *text;
        bool x, y;
    } steps[] = {
        {"other", "nobody reads it", false, false},
        {"base.ini", "include = more.ini\n[machine] ; a remark\nboard = virt\n", false, false},
        {"k.elf", "another kernel", true, true},
        {"more.ini", "[boot]\nkernel = k.elf\nappend = x\n", true, true},
        {"m.ini",
         "[matrix]\nconfig = base.ini\n[axis a]\nvalues = x y\n"
         "[value a y]\nmachine.cpus = 3\n",
         false, true},
        {"m.ini",
         "[matrix]\nconfig = base.ini\n[axis a]\nvalues = x y\n"
         "[value a y]\nmachine.cpus = 3\n[set s]\nwhen = a=x\nexpect.console = c\n",
         true, false},
        {"m.ini",
         "[matrix]\nconfig = base.ini\n[axis a]\nvalues = x y\n"
         "[value a y]\nmachine.cpus = 3\n[set s]\nwhen = a=x\nexpect.console-not = c\n",
         true, false},
        {"m.ini",
         "[matrix]\nconfig = base.ini\n[axis a]\nvalues = x y\n[matrix]\nseconds = 5\n"
         "[value a y]\nmachine.cpus = 3\nseconds = 5\n[set s]\nwhen = a=x\n"
         "expect.console-not = c\n",
         true, true},
    };
    fixture_write("m.ini", text);
    for (size_t i = 0; i <= G_N_ELEMENTS(steps); i++) {
        struct el4_matrix *matrix = fixture_load(NULL, NULL);
        struct el4_matrix_digester *digester = el4_matrix_digester_new();
        for (guint j = 0; j < 2; j++) {
            const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, j);
            char *digest = el4_matrix_inputs(digester, cell, &error);
            assert_non_null(digest);
            assert_int_equal(strlen(digest), 64);
            if (i) {
                bool changed = strcmp(digest, last[j]) != 0;
                assert_int_equal(changed, j ? steps[i - 1].y : steps[i - 1].x);
            }
            g_free(last[j]);
            last[j] = digest;
        }
        el4_matrix_digester_free(digester);
        el4_matrix_free(matrix);
        if (i < G_N_ELEMENTS(steps)) {
            fixture_write(steps[i].file, steps[i].text);
        }
    }
    g_free(last[0]);
    g_free(last[1]);
    fixture_write("base.ini", "nonsense");
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    struct el4_matrix_digester *digester = el4_matrix_digester_new();
    assert_null(el4_matrix_inputs(digester, g_ptr_array_index(matrix->cells, 0), &error));
    assert_non_null(strstr(error->message, "base.ini:1: this is neither"));
    g_clear_error(&error);
    el4_matrix_digester_free(digester);
    el4_matrix_free(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(product_is_in_the_files_order),
        TEST(excludes_leave_out),
        TEST(tags_of_rules_count_for_later_ones),
        TEST(an_exclude_that_fits_nothing_is_odd),
        TEST(includes_add),
        TEST(layers_are_applied_in_order),
        TEST(the_command_line_wins),
        TEST(texts_are_filled_in_for_each_cell),
        TEST(expectations_add_up),
        TEST(a_value_may_be_a_matrix),
        TEST(a_hundred_thousand_cells_are_quick),
        TEST(inputs_tell_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
