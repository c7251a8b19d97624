/* SPDX-License-Identifier: MIT */
/*
 * The judge: each kind of expectation met and missed, with the words in which it is told, and
 * what known failures and refused configurations make of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../matrix/judge.h"
#include "../../matrix/pattern.h"
#include "machine/machine.h"

#define TOO_LONG "the cell's patterns take more than 0.25 s"

static const struct el4_matrix_place place = {"m.ini", 7};

struct fixture {
    struct el4_matrix_expect expect;
    struct el4_matrix_result *seen;
};

static void free_pattern(gpointer data)
{
    struct el4_matrix_pattern *pattern = data;
    el4_matrix_finder_free(pattern->finder);
    g_free(pattern);
}

/* A cell of which nothing but the status is expected, and that ended as it should. */
static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    f->expect.guest_status = -1;
    f->expect.must = g_ptr_array_new_with_free_func(free_pattern);
    f->expect.must_not = g_ptr_array_new_with_free_func(free_pattern);
    f->expect.in_order = g_ptr_array_new_with_free_func(free_pattern);
    f->expect.calls = g_ptr_array_new_with_free_func(g_free);
    f->expect.states = g_ptr_array_new_with_free_func(g_free);
    f->seen = el4_matrix_result_new();
    f->seen->status = EL4_EXIT_OFF;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    g_ptr_array_unref(f->expect.must);
    g_ptr_array_unref(f->expect.must_not);
    g_ptr_array_unref(f->expect.in_order);
    g_ptr_array_unref(f->expect.calls);
    g_ptr_array_unref(f->expect.states);
    el4_matrix_result_free(f->seen);
    g_free(f);
    return 0;
}

static void add_pattern(GPtrArray *patterns, const char *text)
{
    struct el4_matrix_pattern *pattern = g_new0(struct el4_matrix_pattern, 1);
    char *problem = NULL;
    pattern->finder = el4_matrix_finder_new(text, &problem);
    pattern->text = (char *)text;
    pattern->place = place;
    assert_non_null(pattern->finder);
    g_ptr_array_add(patterns, pattern);
}

static struct el4_matrix_call *add_call(struct fixture *f, const char *text)
{
    struct el4_matrix_call *call = g_new0(struct el4_matrix_call, 1);
    call->text = (char *)text;
    call->last = UINT32_MAX;
    call->least = 1;
    call->most = UINT64_MAX;
    call->place = place;
    g_ptr_array_add(f->expect.calls, call);
    return call;
}

static struct el4_matrix_state *add_state(struct fixture *f, unsigned cpu, const char *name,
                                          uint64_t value, const char *text)
{
    struct el4_matrix_state *wanted = g_new0(struct el4_matrix_state, 1);
    wanted->text = (char *)text;
    wanted->cpu = cpu;
    wanted->name = (char *)name;
    wanted->value = value;
    wanted->mask = UINT64_MAX;
    wanted->place = place;
    g_ptr_array_add(f->expect.states, wanted);
    return wanted;
}

static void see_count(struct fixture *f, const char *conduit, uint32_t id, const char *verdict,
                      const char *service, uint64_t count)
{
    struct el4_matrix_count *seen = g_new0(struct el4_matrix_count, 1);
    seen->conduit = g_strdup(conduit);
    seen->id = id;
    seen->verdict = g_strdup(verdict);
    seen->service = g_strdup(service);
    seen->count = count;
    g_ptr_array_add(f->seen->counts, seen);
}

static void see_register(struct el4_matrix_cpu *cpu, const char *name, uint64_t value)
{
    struct el4_matrix_register *seen = g_new0(struct el4_matrix_register, 1);
    seen->name = g_strdup(name);
    seen->value = value;
    g_ptr_array_add(cpu->registers, seen);
}

/* Judge anew; reasons as lines, "" for a pass. */
static void expect_reasons(struct fixture *f, const char *reasons)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_ptr_array_set_size(f->seen->reasons, 0);
    f->seen->outcome = EL4_MATRIX_PASS;
    el4_matrix_judge(&f->expect, f->seen);
    for (guint i = 0; i < f->seen->reasons->len; i++) {
        g_string_append_printf(all, "%s%s", i ? "\n" : "",
                               (char *)g_ptr_array_index(f->seen->reasons, i));
    }
    assert_string_equal(all->str, reasons);
    assert_int_equal(f->seen->outcome, *reasons ? EL4_MATRIX_FAIL : EL4_MATRIX_PASS);
}

static void statuses(void **state)
{
    struct fixture *f = *state;
    expect_reasons(f, "");
    f->seen->status = EL4_EXIT_TIMEOUT;
    f->seen->timed_out = true;
    expect_reasons(f, "status: time-out (still running at its seconds), not off");
    f->seen->machine_limit = true;
    expect_reasons(f, "status: time-out (still running at its machine-seconds), not off");
    f->seen->stuck = true;
    expect_reasons(f, "status: time-out (no CPU could ever run again), not off");
    f->expect.status = EL4_EXIT_TIMEOUT;
    expect_reasons(f, "");
    f->seen->signal = 9;
    expect_reasons(f, "it did not end at its limit of time and was killed");
    f->seen->timed_out = false;
    expect_reasons(f, "the cell's process was ended by signal 9 (Killed)");
    f->seen->signal = 0;
    f->seen->status = -1;
    expect_reasons(f, "the cell's process ended without a result");
}

static void guest_statuses(void **state)
{
    struct fixture *f = *state;
    f->seen->guest_status = 3;
    expect_reasons(f, "");
    f->expect.guest_status = 3;
    expect_reasons(f, "");
    f->expect.guest_status = 0;
    expect_reasons(f, "guest-status: 3, not 0");
    f->seen->guest_status = -1;
    expect_reasons(f, "guest-status: the guest did not exit by semihosting, 0 was expected");
}

static void console(void **state)
{
    struct fixture *f = *state;
    g_string_assign(f->seen->console, "one\ntwo\nEL4-TEST: all ok\n");
    add_pattern(f->expect.must, "^EL4-TEST: all ok$");
    add_pattern(f->expect.must, "^one$");
    add_pattern(f->expect.must_not, "^three");
    expect_reasons(f, "");
    add_pattern(f->expect.must, "^wo$");
    add_pattern(f->expect.must_not, "t(w|x)o\nEL");
    expect_reasons(f, "console: nothing matches \"^wo$\" (m.ini:7)\n"
                      "console-not: \"t(w|x)o\nEL\" matches \"two\\nEL\" (m.ini:7)");
    f->seen->console_dropped = 1;
    g_ptr_array_set_size(f->expect.must_not, 0);
    expect_reasons(f, "console: nothing matches \"^wo$\", of whose end something is missing "
                      "(m.ini:7)");
}

static void order(void **state)
{
    struct fixture *f = *state;
    g_string_assign(f->seen->console, "b a b c");
    add_pattern(f->expect.in_order, "a");
    add_pattern(f->expect.in_order, "b");
    add_pattern(f->expect.in_order, "c");
    expect_reasons(f, "");
    /* Each after the end of the one before. */
    g_string_assign(f->seen->console, "c a b");
    expect_reasons(f, "console-order: nothing after \"b\" matches \"c\" (m.ini:7)");
    g_string_assign(f->seen->console, "c b");
    expect_reasons(f, "console-order: nothing matches \"a\" (m.ini:7)");
    /* Anchors see the text before. */
    g_ptr_array_set_size(f->expect.in_order, 0);
    g_string_assign(f->seen->console, "ab");
    add_pattern(f->expect.in_order, "a");
    add_pattern(f->expect.in_order, "^b");
    expect_reasons(f, "console-order: nothing after \"a\" matches \"^b\" (m.ini:7)");
    /* What matches nothing at all does not go round in circles. */
    g_ptr_array_set_size(f->expect.in_order, 0);
    add_pattern(f->expect.in_order, "x*");
    add_pattern(f->expect.in_order, "x*");
    expect_reasons(f, "");
}

static void fill_console(struct fixture *f, const char *text, unsigned times)
{
    g_string_truncate(f->seen->console, 0);
    for (unsigned i = 0; i < times; i++) {
        g_string_append(f->seen->console, text);
    }
}

/* However a text was made to fit a pattern badly: PCRE counts its steps from one place, and the
 * clock ends what has many places, or few and long steps. */
static void no_search_takes_long(void **state)
{
    static const struct {
        const char *pattern, *text;
        unsigned times;
        const char *problem;
    } cases[] = {
        {"^(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n", 1,
         "match limit exceeded"},
        {"(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n", 1000, TOO_LONG},
        {"\\s*foo", " ", 1 << 20, TOO_LONG},
        {"a.*b.*c.*d$", "a", 1 << 20, TOO_LONG},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (unsigned k = 0; k < cases[i].times; k++) {
            g_string_append(text, cases[i].text);
        }
        g_string_append(text, "fo bc dy");
        g_autofree char *problem = NULL;
        struct el4_matrix_finder *finder = el4_matrix_finder_new(cases[i].pattern, &problem);
        struct el4_matrix_search *search =
            el4_matrix_search_new(text->str, text->len, i ? 0.25 : 60);
        gsize begin, end;
        assert_false(el4_matrix_search_find(search, finder, 0, &begin, &end, &problem));
        assert_string_equal(problem, cases[i].problem);
        el4_matrix_search_free(search);
        el4_matrix_finder_free(finder);
    }
}

/* All patterns of a cell have one limit, and each that was given up says so. */
static void patterns_cannot_hang(void **state)
{
    struct fixture *f = *state;
    g_autofree char *spaces = g_strnfill(1 << 20, ' ');
    g_string_append(f->seen->console, spaces);
    g_string_append(f->seen->console, "fo");
    for (int i = 0; i < 10; i++) {
        add_pattern(f->expect.must, "\\s*foo");
        add_pattern(f->expect.must_not, "\\s*foo");
    }
    gint64 start = g_get_monotonic_time();
    el4_matrix_judge(&f->expect, f->seen);
    assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
    assert_int_equal(f->seen->outcome, EL4_MATRIX_FAIL);
    assert_int_equal(f->seen->reasons->len, 20);
    assert_string_equal(g_ptr_array_index(f->seen->reasons, 19),
                        "console-not: \"\\s*foo\" could not be looked for: the cell's patterns "
                        "take more than 2 s; write simpler patterns (m.ini:7)");
}

/* Patterns as people write them, on as much output as a cell may have. */
static void long_consoles_are_no_trouble(void **state)
{
    struct fixture *f = *state;
    fill_console(f, "[    0.000000] something = 1 (2 of 3)\r\n", 27000);
    g_string_append(f->seen->console, "\xc3\xa9t\xc3\xa9\r\nlast = 99\r\n");
    static const char *const patterns[] = {"^last = \\d+$",        "(?s)^\\[ .*last",
                                           "(.|\n)+? = 1",         "^\\w{3}$",
                                           "of 3\\)\\s+\xc3\xa9t", "(?i)LAST =\\s*9+"};
    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        add_pattern(f->expect.must, patterns[i]);
    }
    add_pattern(f->expect.must_not, "^.*panic.*$");
    add_pattern(f->expect.must_not, "\\bOops|BUG: |Unable to handle\\b");
    expect_reasons(f, "");
}

static void calls(void **state)
{
    struct fixture *f = *state;
    see_count(f, "smc", 0x84000000, "handled", "psci", 2);
    see_count(f, "smc", 0x84000000, "handled", "other", 1);
    see_count(f, "hvc", 0x84000001, "unclaimed", NULL, 5);
    struct el4_matrix_call *call = add_call(f, "smc:0x84000000:handled:psci:2");
    call->conduit = (char *)"smc";
    call->first = call->last = 0x84000000;
    call->verdict = (char *)"handled";
    call->service = (char *)"psci";
    call->least = call->most = 2;
    expect_reasons(f, "");
    call->service = NULL; /* by anybody: three */
    expect_reasons(f, "calls: smc:0x84000000:handled:psci:2: 3, as smc 0x84000000 handled by "
                      "other, not 2 (m.ini:7)");
    call->most = 3;
    expect_reasons(f, "");
    call->least = 4;
    call->most = 6;
    call->text = (char *)"T";
    expect_reasons(f, "calls: T: 3, as smc 0x84000000 handled by other, not 4 to 6 (m.ini:7)");
    call->first = call->last = 0x84000009;
    call->least = 1;
    call->most = UINT64_MAX;
    expect_reasons(f, "calls: T: 0, not 1 or more (m.ini:7)");
    g_ptr_array_set_size(f->expect.calls, 0);
    call = add_call(f, "*:*:unclaimed");
    call->verdict = (char *)"unclaimed";
    call->least = call->most = 0;
    expect_reasons(f,
                   "calls: *:*:unclaimed: 5, as hvc 0x84000001 unclaimed by nobody, not none "
                   "(m.ini:7)");
}

/* Calls of ids beyond those that were told apart are only of all ids. */
static void more_ids(void **state)
{
    struct fixture *f = *state;
    see_count(f, "smc", 0, "unclaimed", NULL, 5);
    struct el4_matrix_count *seen = g_ptr_array_index(f->seen->counts, 0);
    seen->name = g_strdup(EL4_MATRIX_MORE_IDS);
    struct el4_matrix_call *call = add_call(f, "T");
    expect_reasons(f, "");
    call->last = 0;
    expect_reasons(f, "calls: T: 0, not 1 or more (m.ini:7)");
}

static void states(void **state)
{
    struct fixture *f = *state;
    struct el4_matrix_cpu *cpu = el4_matrix_cpu_new();
    cpu->power = g_strdup("off");
    see_register(cpu, "x0", 0x2a);
    see_register(cpu, "pc", 0x80123);
    g_ptr_array_add(f->seen->cpus, cpu);
    add_state(f, 0, "power", 0, "cpu0.power=off")->word = (char *)"off";
    add_state(f, 0, "x0", 0x2a, "cpu0.x0=0x2a");
    add_state(f, 0, "pc", 0x80000, "cpu0.pc=0x80000/0xf000")->mask = 0xf000;
    expect_reasons(f, "");
    g_ptr_array_set_size(f->expect.states, 0);
    add_state(f, 0, "power", 0, "cpu0.power=on")->word = (char *)"on";
    add_state(f, 0, "x0", 0x2b, "cpu0.x0=0x2b");
    add_state(f, 0, "r0", 0x2a, "cpu0.r0=0x2a");
    add_state(f, 1, "x0", 0x2a, "cpu1.x0=0x2a");
    expect_reasons(f,
                   "states: cpu0.power=on: off, not on (m.ini:7)\n"
                   "states: cpu0.x0=0x2b: 0x2a, not 0x2b (m.ini:7)\n"
                   "states: cpu0.r0=0x2a: the CPU ended without a register r0: x0 to x30 are "
                   "those of AArch64 state, r0 to r15 those of AArch32 (m.ini:7)\n"
                   "states: cpu1.x0=0x2a: there is no CPU 1, of 1 (m.ini:7)");
}

static void known_failures(void **state)
{
    struct fixture *f = *state;
    f->expect.known_failure = (char *)"bug 12";
    el4_matrix_judge(&f->expect, f->seen);
    assert_int_equal(f->seen->outcome, EL4_MATRIX_UNEXPECTED_PASS);
    assert_string_equal(g_ptr_array_index(f->seen->reasons, 0),
                        "passed, but is known to fail: bug 12; take known-failure out");
    assert_string_equal(f->seen->known_failure, "bug 12");
    g_ptr_array_set_size(f->seen->reasons, 0);
    f->seen->status = EL4_EXIT_GUEST;
    el4_matrix_judge(&f->expect, f->seen);
    assert_int_equal(f->seen->outcome, EL4_MATRIX_KNOWN_FAILURE);
    assert_string_equal(g_ptr_array_index(f->seen->reasons, 0),
                        "status: guest-failure, not off");
}

/* An error stays one, unless a refused configuration is what was wanted. */
static void errors(void **state)
{
    struct fixture *f = *state;
    f->seen->outcome = EL4_MATRIX_ERROR;
    f->seen->status = EL4_EXIT_CONFIG;
    g_ptr_array_add(f->seen->reasons, g_strdup("x.ini:3: no"));
    f->expect.known_failure = (char *)"bug 12";
    el4_matrix_judge(&f->expect, f->seen);
    assert_int_equal(f->seen->outcome, EL4_MATRIX_ERROR);
    assert_int_equal(f->seen->reasons->len, 1);
    f->expect.known_failure = NULL;
    f->expect.status = EL4_EXIT_CONFIG;
    el4_matrix_judge(&f->expect, f->seen);
    assert_int_equal(f->seen->outcome, EL4_MATRIX_PASS);
    assert_int_equal(f->seen->reasons->len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(statuses),
        TEST(guest_statuses),
        TEST(console),
        TEST(order),
        TEST(no_search_takes_long),
        TEST(patterns_cannot_hang),
        TEST(long_consoles_are_no_trouble),
        TEST(calls),
        TEST(more_ids),
        TEST(states),
        TEST(known_failures),
        TEST(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
