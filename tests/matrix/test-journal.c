/* SPDX-License-Identifier: MIT */
/*
 * Results as JSON and the journal: what is written comes back, whatever the crash left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../matrix/journal.h"

struct fixture {
    char *folder;
    char *file;
};

static const struct el4_matrix_run the_run = {
    .matrix = "m", .file = "m.ini", .version = "0", .cells = 3, .shard = 1, .shards = 1};

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    fixture->folder = g_dir_make_tmp("el4-journal-XXXXXX", NULL);
    fixture->file = g_build_filename(fixture->folder, "results.jsonl", NULL);
    *state = fixture;
    return fixture->folder ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    g_unlink(fixture->file);
    g_rmdir(fixture->folder);
    g_free(fixture->file);
    g_free(fixture->folder);
    g_free(fixture);
    return 0;
}

static void add_strings(GPtrArray *array, const char *first, const char *second)
{
    g_ptr_array_add(array, g_strdup(first));
    g_ptr_array_add(array, g_strdup(second));
}

static struct el4_matrix_result *make_result(const char *cell, unsigned attempt,
                                             enum el4_matrix_outcome outcome)
{
    struct el4_matrix_result *result = el4_matrix_result_new();
    result->cell = g_strdup(cell);
    result->index = 7;
    result->attempt = attempt;
    result->outcome = outcome;
    return result;
}

static struct el4_matrix_result *make_full_result(void)
{
    struct el4_matrix_result *result = make_result("board=virt", 2, EL4_MATRIX_FAIL);
    result->inputs = g_strdup("abc");
    add_strings(result->axes, "board", "virt");
    add_strings(result->tags, "fast", "arm \"64\"");
    g_ptr_array_add(result->reasons, g_strdup("console: nothing"));
    result->known_failure = g_strdup("a reason");
    result->status = 4;
    result->signal = 9;
    result->timed_out = true;
    result->machine_limit = true;
    result->stuck = true;
    result->guest_status = 3;
    result->machine_ns = UINT64_C(1) << 60;
    struct el4_matrix_count *count = g_new0(struct el4_matrix_count, 1);
    *count = (struct el4_matrix_count){
        g_strdup("smc"), 0x84000000, g_strdup("PSCI_VERSION"), g_strdup("handled"), NULL, 5};
    g_ptr_array_add(result->counts, count);
    struct el4_matrix_event *event = g_new0(struct el4_matrix_event, 1);
    *event = (struct el4_matrix_event){
        9, 1, g_strdup("hvc"), 1, g_strdup("trapped"), g_strdup("psci"), UINT64_MAX};
    g_ptr_array_add(result->events, event);
    result->events_dropped = 11;
    struct el4_matrix_cpu *cpu = el4_matrix_cpu_new();
    cpu->power = g_strdup("off");
    struct el4_matrix_register *reg = g_new0(struct el4_matrix_register, 1);
    reg->name = g_strdup("x0");
    reg->value = UINT64_MAX - 1;
    g_ptr_array_add(cpu->registers, reg);
    g_ptr_array_add(result->cpus, cpu);
    g_string_assign(result->console, "line\r\n\033[1m\"quoted\"\t\xc3\xa9\n");
    result->console_dropped = 12;
    result->started = 1.5;
    result->seconds = 2;
    result->cpu_seconds = 0.25;
    result->peak_bytes = 4096;
    result->host = g_strdup("here");
    return result;
}

static void test_a_result_comes_back(void **state)
{
    struct el4_matrix_result *result = make_full_result();
    g_autofree char *json = el4_matrix_result_to_json(result);
    assert_null(strchr(json, '\n'));
    struct el4_matrix_result *back = el4_matrix_result_from_json(json, strlen(json), NULL);
    assert_non_null(back);
    g_autofree char *again = el4_matrix_result_to_json(back);
    assert_string_equal(again, json);
    assert_int_equal(back->status, 4);
    assert_int_equal(back->outcome, EL4_MATRIX_FAIL);
    const struct el4_matrix_cpu *cpu = g_ptr_array_index(back->cpus, 0);
    const struct el4_matrix_register *reg = g_ptr_array_index(cpu->registers, 0);
    assert_true(reg->value == UINT64_MAX - 1);
    assert_string_equal(back->console->str, result->console->str);
    assert_true(back->seconds == 2);
    el4_matrix_result_free(back);
    el4_matrix_result_free(result);
}

static void test_bad_bytes_of_a_console(void **state)
{
    struct el4_matrix_result *result = make_result("a", 1, EL4_MATRIX_PASS);
    g_string_append_len(result->console, "a\0b\xff\xc3", 5);
    g_autofree char *json = el4_matrix_result_to_json(result);
    assert_true(g_utf8_validate(json, -1, NULL));
    struct el4_matrix_result *back = el4_matrix_result_from_json(json, strlen(json), NULL);
    assert_non_null(back);
    assert_non_null(strstr(back->console->str, "b"));
    el4_matrix_result_free(back);
    el4_matrix_result_free(result);
}

/* Every prefix of a good line, and members of wrong types: an error or a result, no more. */
static void test_hostile_json(void **state)
{
    struct el4_matrix_result *result = make_full_result();
    g_autofree char *json = el4_matrix_result_to_json(result);
    for (size_t length = 0; length < strlen(json); length++) {
        g_autoptr(GError) error = NULL;
        assert_null(el4_matrix_result_from_json(json, length, &error));
        assert_non_null(error);
    }
    for (size_t i = 0; i < strlen(json); i++) {
        g_autofree char *changed = g_strdup(json);
        changed[i] = "0\"[{:,}]x"[i % 9];
        el4_matrix_result_free(el4_matrix_result_from_json(changed, strlen(changed), NULL));
    }
    el4_matrix_result_free(result);
    static const char *const lines[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"cell\":1,\"outcome\":\"pass\",\"index\":0,\"attempt\":1}",
        "{\"cell\":\"a\",\"outcome\":\"great\",\"index\":0,\"attempt\":1}",
        "{\"cell\":\"a\",\"outcome\":\"pass\",\"index\":-1,\"attempt\":1}",
        "{\"cell\":\"a\",\"outcome\":\"pass\",\"index\":0,\"attempt\":0}"};
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        assert_null(el4_matrix_result_from_json(lines[i], strlen(lines[i]), NULL));
    }
    static const char odd[] =
        "{\"cell\":\"a\",\"outcome\":\"pass\",\"index\":0,\"attempt\":1,\"tags\":{},\"axes\":[]"
        ","
        "\"cpus\":[1,{\"registers\":[]},{\"registers\":{\"x0\":1}}],\"counts\":[[],{}],"
        "\"events\":3,\"times\":7,\"console\":[],\"status\":9}";
    struct el4_matrix_result *taken = el4_matrix_result_from_json(odd, strlen(odd), NULL);
    assert_non_null(taken);
    assert_int_equal(taken->status, -1);
    assert_int_equal(taken->cpus->len, 2);
    el4_matrix_result_free(taken);
    /* What would overflow, or have the page draw for ever. */
    static const char large[] =
        "{\"cell\":\"a\",\"outcome\":\"pass\",\"index\":0,\"attempt\":1,\"events\":[{\"cpu\":"
        "4000000000},{\"cpu\":-1},{\"cpu\":3}],\"times\":{\"started\":-1e300,"
        "\"seconds\":1e308}}";
    taken = el4_matrix_result_from_json(large, strlen(large), NULL);
    assert_non_null(taken);
    assert_int_equal(taken->events->len, 1);
    assert_true(taken->started == 0);
    assert_true(taken->seconds > 0 && taken->seconds < 1e12);
    el4_matrix_result_free(taken);
    g_autofree char *deep = g_strnfill(1000000, '[');
    assert_null(el4_matrix_result_from_json(deep, strlen(deep), NULL));
}

static void add(struct el4_matrix_journal *journal, const char *cell, unsigned attempt,
                enum el4_matrix_outcome outcome)
{
    struct el4_matrix_result *result = make_result(cell, attempt, outcome);
    assert_true(el4_matrix_journal_add(journal, result, NULL));
    el4_matrix_result_free(result);
}

static struct el4_matrix_journal *open_journal(const struct fixture *fixture, bool resume)
{
    struct el4_matrix_journal *journal =
        el4_matrix_journal_open(fixture->folder, &the_run, resume, NULL);
    assert_non_null(journal);
    return journal;
}

static void test_journal(void **state)
{
    struct fixture *fixture = *state;
    struct el4_matrix_journal *journal = open_journal(fixture, false);
    add(journal, "a", 1, EL4_MATRIX_FAIL);
    add(journal, "b", 1, EL4_MATRIX_PASS);
    /* Nobody else may write it meanwhile. */
    g_autoptr(GError) busy = NULL;
    assert_null(el4_matrix_journal_open(fixture->folder, &the_run, true, &busy));
    assert_non_null(strstr(busy->message, "another el4 matrix run"));
    el4_matrix_journal_close(journal);
    /* Nor is it written over. */
    g_autoptr(GError) there = NULL;
    assert_null(el4_matrix_journal_open(fixture->folder, &the_run, false, &there));
    assert_non_null(strstr(there->message, "--resume"));
    journal = open_journal(fixture, true);
    add(journal, "a", 2, EL4_MATRIX_PASS);
    el4_matrix_journal_close(journal);
    struct el4_matrix_results *results = el4_matrix_results_read(fixture->folder, NULL);
    assert_non_null(results);
    assert_string_equal(results->run.matrix, "m");
    assert_int_equal(results->run.cells, 3);
    assert_int_equal(results->attempts->len, 3);
    const struct el4_matrix_result *last = g_hash_table_lookup(results->last, "a");
    assert_int_equal(last->attempt, 2);
    assert_int_equal(g_hash_table_size(results->last), 2);
    el4_matrix_results_free(results);
    /* Another matrix has no business in it. */
    struct el4_matrix_run other = the_run;
    other.matrix = "n";
    g_autoptr(GError) wrong = NULL;
    assert_null(el4_matrix_journal_open(fixture->folder, &other, true, &wrong));
    assert_non_null(strstr(wrong->message, "matrix 'm'"));
}

/* A journal with results of a and b: its bytes. */
static char *make_two(struct fixture *fixture, gsize *length)
{
    struct el4_matrix_journal *journal = open_journal(fixture, false);
    char *whole = NULL;
    add(journal, "a", 1, EL4_MATRIX_PASS);
    add(journal, "b", 1, EL4_MATRIX_PASS);
    el4_matrix_journal_close(journal);
    assert_true(g_file_get_contents(fixture->file, &whole, length, NULL));
    return whole;
}

/* A crash may leave any part of the last line, the first one included. */
static void test_torn_lines(void **state)
{
    struct fixture *fixture = *state;
    gsize length = 0;
    g_autofree char *whole = make_two(fixture, &length);
    gsize first = (gsize)(strchr(whole, '\n') - whole) + 1;
    gsize second = (gsize)(strchr(whole + first, '\n') - whole) + 1;
    /* Each cut is synced to the disk, which takes a while: not all of them. */
    for (gsize cut = 0; cut < length; cut += cut + 2 < second && cut + 4 > second ? 1 : 11) {
        assert_true(g_file_set_contents(fixture->file, whole, (gssize)cut, NULL));
        struct el4_matrix_journal *journal = open_journal(fixture, true);
        add(journal, "c", 1, EL4_MATRIX_PASS);
        el4_matrix_journal_close(journal);
        struct el4_matrix_results *results = el4_matrix_results_read(fixture->file, NULL);
        assert_non_null(results);
        assert_int_equal(results->attempts->len, cut < second ? 1 : 2);
        assert_true(g_hash_table_contains(results->last, "c"));
        el4_matrix_results_free(results);
    }
}

/* A host that lost its power may leave a longer file than what was written, with zeros in it.
 */
static void test_holes(void **state)
{
    struct fixture *fixture = *state;
    gsize length = 0;
    g_autofree char *whole = make_two(fixture, &length);
    /* In the line of b, which ends in a newline still. */
    memset(whole + length - 60, 0, 50);
    assert_true(g_file_set_contents(fixture->file, whole, (gssize)length, NULL));
    struct el4_matrix_results *results = el4_matrix_results_read(fixture->file, NULL);
    assert_non_null(results);
    assert_int_equal(results->attempts->len, 1);
    el4_matrix_results_free(results);
    struct el4_matrix_journal *journal = open_journal(fixture, true);
    add(journal, "c", 1, EL4_MATRIX_PASS);
    el4_matrix_journal_close(journal);
    results = el4_matrix_results_read(fixture->file, NULL);
    assert_non_null(results);
    assert_int_equal(results->attempts->len, 2);
    assert_true(g_hash_table_contains(results->last, "c"));
    el4_matrix_results_free(results);
}

/* What is refused stays as it is, torn or not. */
static void test_refused_files_are_not_touched(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] = "somebody's notes\nwithout an end";
    for (int resume = 0; resume < 2; resume++) {
        assert_true(g_file_set_contents(fixture->file, text, -1, NULL));
        g_autoptr(GError) error = NULL;
        assert_null(el4_matrix_journal_open(fixture->folder, &the_run, resume, &error));
        g_autofree char *after = NULL;
        assert_true(g_file_get_contents(fixture->file, &after, NULL, NULL));
        assert_string_equal(after, text);
    }
}

/* Many results with one sync. */
static void test_write_and_sync(void **state)
{
    struct fixture *fixture = *state;
    struct el4_matrix_journal *journal = open_journal(fixture, false);
    struct el4_matrix_result *result = make_result("a", 1, EL4_MATRIX_PASS);
    for (unsigned i = 0; i < 3; i++) {
        result->attempt = i + 1;
        assert_true(el4_matrix_journal_write(journal, result, NULL));
    }
    /* A crash of the process loses none of them. */
    struct el4_matrix_results *results = el4_matrix_results_read(fixture->file, NULL);
    assert_int_equal(results->attempts->len, 3);
    el4_matrix_results_free(results);
    assert_true(el4_matrix_journal_sync(journal, NULL));
    el4_matrix_result_free(result);
    el4_matrix_journal_close(journal);
}

static void test_no_room(void **state)
{
    struct fixture *fixture = *state;
    struct el4_matrix_journal *journal = open_journal(fixture, false);
    add(journal, "a", 1, EL4_MATRIX_PASS);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    GStatBuf status;
    assert_int_equal(g_stat(fixture->file, &status), 0);
    struct rlimit tight = {(rlim_t)status.st_size + 20, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    struct el4_matrix_result *result = make_result("b", 1, EL4_MATRIX_PASS);
    g_autoptr(GError) error = NULL;
    bool added = el4_matrix_journal_add(journal, result, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(added);
    assert_non_null(strstr(error->message, "results.jsonl"));
    /* The file is as it was, and takes the result when there is room again. */
    GStatBuf after;
    assert_int_equal(g_stat(fixture->file, &after), 0);
    assert_int_equal(after.st_size, status.st_size);
    assert_true(el4_matrix_journal_add(journal, result, NULL));
    el4_matrix_result_free(result);
    el4_matrix_journal_close(journal);
    struct el4_matrix_results *results = el4_matrix_results_read(fixture->folder, NULL);
    assert_int_equal(results->attempts->len, 2);
    el4_matrix_results_free(results);
}

static void test_merge(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *other = g_build_filename(fixture->folder, "other", NULL);
    struct el4_matrix_journal *journal = open_journal(fixture, false);
    add(journal, "a", 1, EL4_MATRIX_FAIL);
    add(journal, "b", 1, EL4_MATRIX_PASS);
    el4_matrix_journal_close(journal);
    journal = el4_matrix_journal_open(other, &the_run, false, NULL);
    assert_non_null(journal);
    struct el4_matrix_result *later = make_result("a", 1, EL4_MATRIX_PASS);
    later->started = 5;
    assert_true(el4_matrix_journal_add(journal, later, NULL));
    el4_matrix_result_free(later);
    add(journal, "c", 1, EL4_MATRIX_PASS);
    /* Of the same time: either will do, but always the same. */
    add(journal, "b", 1, EL4_MATRIX_FAIL);
    el4_matrix_journal_close(journal);
    enum el4_matrix_outcome of_b[2];
    for (int turn = 0; turn < 2; turn++) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new();
        g_ptr_array_add(paths, turn ? other : fixture->folder);
        g_ptr_array_add(paths, turn ? fixture->folder : other);
        struct el4_matrix_results *results = el4_matrix_results_merge(paths, NULL);
        assert_non_null(results);
        assert_int_equal(g_hash_table_size(results->last), 3);
        const struct el4_matrix_result *last = g_hash_table_lookup(results->last, "a");
        assert_int_equal(last->outcome, EL4_MATRIX_PASS);
        last = g_hash_table_lookup(results->last, "b");
        of_b[turn] = last->outcome;
        el4_matrix_results_free(results);
    }
    assert_int_equal(of_b[0], of_b[1]);
    g_autofree char *file = g_build_filename(other, "results.jsonl", NULL);
    g_unlink(file);
    g_rmdir(other);
}

static void test_no_journal(void **state)
{
    struct fixture *fixture = *state;
    static const char *const contents[] = {
        "",
        "x",
        "x\n",
        "{}\n",
        "{\"type\":\"run\"}\n",
        "{\"type\":\"run\",\"schema\":2,\"matrix\":\"m\"}\n",
        "{\"type\":\"run\",\"schema\":1,\"matrix\":\"m\"}\n{}\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
        assert_true(g_file_set_contents(fixture->file, contents[i], -1, NULL));
        g_autoptr(GError) error = NULL;
        assert_null(el4_matrix_results_read(fixture->folder, &error));
        assert_non_null(strstr(error->message, "results.jsonl"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_result_comes_back),
        cmocka_unit_test(test_bad_bytes_of_a_console),
        cmocka_unit_test(test_hostile_json),
        cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_torn_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_files_are_not_touched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_and_sync, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_merge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_journal, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
