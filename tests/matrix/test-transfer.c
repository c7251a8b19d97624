/* SPDX-License-Identifier: MIT */
/*
 * Cells and results between the runner and the processes of cells: what was packed comes out,
 * and bytes that are neither are refused, or are a result of some kind, but do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../matrix/transfer.h"

#define DAMAGES 20000

/* A path in no known encoding. */
#define ODD_PATH "/tmp/\xff\xfe.ini"

static void add_setting(GPtrArray *settings, const char *option, const char *file,
                        unsigned line)
{
    struct el4_matrix_setting *setting = g_new0(struct el4_matrix_setting, 1);
    *setting = (struct el4_matrix_setting){(char *)option, {file, line}};
    g_ptr_array_add(settings, setting);
}

static GBytes *pack_cell(const struct el4_matrix_pattern *after,
                         const struct el4_matrix_input *input)
{
    struct el4_matrix_cell cell = {
        .name = (char *)"board=virt",
        .configs = g_ptr_array_new(),
        .settings = g_ptr_array_new_with_free_func(g_free),
        .limits = {0.5, 1.25, UINT64_C(1) << 40, 2, UINT64_MAX, 5, true},
        .input_after = after,
        .input = input,
    };
    g_ptr_array_add(cell.configs, (char *)ODD_PATH);
    g_ptr_array_add(cell.configs, (char *)"/b.ini");
    add_setting(cell.settings, "machine.board=virt", "m.ini", 7);
    add_setting(cell.settings, "boot.append=", "-s option", 0);
    GBytes *bytes = el4_matrix_cell_to_bytes(&cell);
    g_ptr_array_unref(cell.configs);
    g_ptr_array_unref(cell.settings);
    return bytes;
}

static void assert_setting(const struct el4_matrix_cell *cell, guint i, const char *option,
                           const char *file, unsigned line)
{
    const struct el4_matrix_setting *setting = g_ptr_array_index(cell->settings, i);
    assert_string_equal(setting->option, option);
    assert_string_equal(setting->place.file, file);
    assert_int_equal(setting->place.line, line);
}

static void cells_come_back(void **state)
{
    g_autoptr(GBytes) bytes = pack_cell(NULL, NULL);
    struct el4_matrix_cell *cell = el4_matrix_cell_from_bytes(bytes, NULL);
    assert_non_null(cell);
    assert_string_equal(cell->name, "board=virt");
    assert_int_equal(cell->configs->len, 2);
    assert_string_equal(g_ptr_array_index(cell->configs, 0), ODD_PATH);
    assert_string_equal(g_ptr_array_index(cell->configs, 1), "/b.ini");
    assert_int_equal(cell->settings->len, 2);
    assert_setting(cell, 0, "machine.board=virt", "m.ini", 7);
    assert_setting(cell, 1, "boot.append=", "-s option", 0);
    assert_true(cell->limits.seconds == 0.5 && cell->limits.machine_seconds == 1.25);
    assert_true(cell->limits.memory_bytes == UINT64_C(1) << 40);
    assert_int_equal(cell->limits.output_bytes, 2);
    assert_true(cell->limits.file_bytes == UINT64_MAX);
    assert_int_equal(cell->limits.files, 5);
    assert_true(cell->limits.network);
    assert_null(cell->input);
    assert_null(cell->input_after);
    el4_matrix_cell_free(cell);
}

static void input_comes_back(void **state)
{
    uint8_t typed[] = {'a', 0, '\n', 0xff};
    const struct el4_matrix_pattern after = {.text = (char *)"^ready>", .place = {"m.ini", 3}};
    const struct el4_matrix_input input = {
        .bytes = typed, .length = sizeof(typed), .place = {"m.ini", 4}};
    g_autoptr(GBytes) bytes = pack_cell(&after, &input);
    struct el4_matrix_cell *cell = el4_matrix_cell_from_bytes(bytes, NULL);
    assert_non_null(cell);
    assert_string_equal(cell->input_after->text, "^ready>");
    assert_int_equal(cell->input_after->place.line, 3);
    assert_true(g_regex_match(cell->input_after->regex, "boot\nready>", 0, NULL));
    assert_int_equal(cell->input->length, sizeof(typed));
    assert_memory_equal(cell->input->bytes, typed, sizeof(typed));
    assert_int_equal(cell->input->place.line, 4);
    el4_matrix_cell_free(cell);
}

static void bad_patterns_are_refused(void **state)
{
    const struct el4_matrix_pattern after = {.text = (char *)"(", .place = {"m.ini", 3}};
    g_autoptr(GBytes) bytes = pack_cell(&after, NULL);
    g_autoptr(GError) error = NULL;
    assert_null(el4_matrix_cell_from_bytes(bytes, &error));
    assert_non_null(error);
}

static struct el4_matrix_result *make_result(void)
{
    struct el4_matrix_result *result = el4_matrix_result_new();
    result->outcome = EL4_MATRIX_ERROR;
    result->status = 4;
    result->timed_out = result->machine_limit = result->stuck = true;
    result->guest_status = -7;
    result->machine_ns = UINT64_MAX;
    result->events_dropped = 3;
    g_ptr_array_add(result->reasons, g_strdup("one"));
    g_ptr_array_add(result->reasons, g_strdup("\xff"));
    struct el4_matrix_count *count = g_new0(struct el4_matrix_count, 1);
    *count = (struct el4_matrix_count){g_strdup("smc"),     0x84000000,       NULL,
                                       g_strdup("handled"), g_strdup("psci"), 5};
    g_ptr_array_add(result->counts, count);
    for (unsigned cpu = 0; cpu <= EL4_MATRIX_CPUS_MOST; cpu += EL4_MATRIX_CPUS_MOST / 2) {
        struct el4_matrix_event *event = g_new0(struct el4_matrix_event, 1);
        *event = (struct el4_matrix_event){10,   cpu, g_strdup("hvc"), 1, g_strdup("trapped"),
                                           NULL, 9};
        g_ptr_array_add(result->events, event);
    }
    for (guint i = 0; i < 2; i++) {
        struct el4_matrix_cpu *cpu = el4_matrix_cpu_new();
        cpu->power = g_strdup(i ? "off" : "on");
        for (guint k = 0; k < 3; k++) {
            struct el4_matrix_register *reg = g_new0(struct el4_matrix_register, 1);
            *reg = (struct el4_matrix_register){g_strdup_printf("x%u", k), UINT64_MAX - k};
            g_ptr_array_add(cpu->registers, reg);
        }
        g_ptr_array_add(result->cpus, cpu);
    }
    return result;
}

static void assert_cpu(const struct el4_matrix_result *result, guint i, const char *power)
{
    const struct el4_matrix_cpu *cpu = g_ptr_array_index(result->cpus, i);
    assert_string_equal(cpu->power, power);
    assert_int_equal(cpu->registers->len, 3);
    const struct el4_matrix_register *last = g_ptr_array_index(cpu->registers, 2);
    assert_string_equal(last->name, "x2");
    assert_true(last->value == UINT64_MAX - 2);
}

static void results_come_back(void **state)
{
    struct el4_matrix_result *made = make_result();
    g_autoptr(GBytes) bytes = el4_matrix_result_to_bytes(made);
    struct el4_matrix_result *result = el4_matrix_result_from_bytes(bytes, NULL);
    assert_non_null(result);
    assert_int_equal(result->outcome, EL4_MATRIX_ERROR);
    assert_int_equal(result->status, 4);
    assert_true(result->timed_out && result->machine_limit && result->stuck);
    assert_int_equal(result->guest_status, -7);
    assert_true(result->machine_ns == UINT64_MAX);
    assert_int_equal(result->events_dropped, 3);
    assert_int_equal(result->reasons->len, 2);
    assert_string_equal(g_ptr_array_index(result->reasons, 1), "\xef\xbf\xbd");
    const struct el4_matrix_count *count = g_ptr_array_index(result->counts, 0);
    assert_string_equal(count->conduit, "smc");
    assert_int_equal(count->id, 0x84000000);
    assert_null(count->name);
    assert_string_equal(count->verdict, "handled");
    assert_string_equal(count->service, "psci");
    assert_int_equal(count->count, 5);
    /* One CPU more than any machine has is left out. */
    assert_int_equal(result->events->len, 2);
    const struct el4_matrix_event *event = g_ptr_array_index(result->events, 1);
    assert_int_equal(event->cpu, EL4_MATRIX_CPUS_MOST / 2);
    assert_string_equal(event->verdict, "trapped");
    assert_null(event->service);
    assert_int_equal(event->result, 9);
    assert_int_equal(result->cpus->len, 2);
    assert_cpu(result, 0, "on");
    assert_cpu(result, 1, "off");
    el4_matrix_result_free(result);
    el4_matrix_result_free(made);
}

static GBytes *damage(GBytes *bytes, GRand *random)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    guint8 *damaged = g_memdup2(data, size);
    for (int i = g_rand_int_range(random, 0, 4); i > 0; i--) {
        damaged[g_rand_int_range(random, 0, (gint32)size)] = (guint8)g_rand_int(random);
    }
    bool is_cut = g_rand_int_range(random, 0, 4) == 0;
    gsize kept = is_cut ? (gsize)g_rand_int_range(random, 0, (gint32)size) : size;
    return g_bytes_new_take(g_realloc(damaged, MAX(kept, 1)), kept);
}

/* Whatever comes out can be written, and refused bytes are explained. */
static void damaged_results_do_no_harm(void **state)
{
    struct el4_matrix_result *made = make_result();
    g_autoptr(GBytes) bytes = el4_matrix_result_to_bytes(made);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    unsigned refused = 0;
    for (int i = 0; i < DAMAGES; i++) {
        g_autoptr(GBytes) damaged = damage(bytes, random);
        g_autoptr(GError) error = NULL;
        struct el4_matrix_result *result = el4_matrix_result_from_bytes(damaged, &error);
        assert_true(!result == !!error);
        if (result) {
            g_autofree char *json = el4_matrix_result_to_json(result);
            assert_true(g_utf8_validate(json, -1, NULL));
        } else {
            refused++;
        }
        el4_matrix_result_free(result);
    }
    assert_in_range(refused, DAMAGES / 10, DAMAGES - DAMAGES / 10);
    el4_matrix_result_free(made);
}

static void damaged_cells_do_no_harm(void **state)
{
    const struct el4_matrix_pattern after = {.text = (char *)"a+", .place = {"m.ini", 3}};
    g_autoptr(GBytes) bytes = pack_cell(&after, NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    for (int i = 0; i < DAMAGES; i++) {
        g_autoptr(GBytes) damaged = damage(bytes, random);
        g_autoptr(GError) error = NULL;
        struct el4_matrix_cell *cell = el4_matrix_cell_from_bytes(damaged, &error);
        assert_true(!cell == !!error);
        el4_matrix_cell_free(cell);
    }
}

static void nothing_is_refused(void **state)
{
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_autoptr(GError) error = NULL;
    assert_null(el4_matrix_result_from_bytes(nothing, &error));
    assert_string_equal(error->message, "0 bytes that are no result");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_come_back),
        cmocka_unit_test(input_comes_back),
        cmocka_unit_test(bad_patterns_are_refused),
        cmocka_unit_test(results_come_back),
        cmocka_unit_test(damaged_results_do_no_harm),
        cmocka_unit_test(damaged_cells_do_no_harm),
        cmocka_unit_test(nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
