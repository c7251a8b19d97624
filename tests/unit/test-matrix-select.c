/* SPDX-License-Identifier: MIT */
/*
 * Which cells of a matrix filters leave, in which parts and order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix-fixture.h"

#include "matrix/journal.h"

#include <string.h>

static const char sample[] = "[axis board]\nvalues = virt highbank\n[axis el]\nvalues = 1 2 3\n"
                             "[value board virt]\ntags = fast\n[value el 3]\ntags = secure\n";

static GPtrArray *list_of(const char *first, const char *second)
{
    GPtrArray *list = g_ptr_array_new();
    g_ptr_array_add(list, (void *)first);
    if (second) {
        g_ptr_array_add(list, (void *)second);
    }
    return list;
}

static void assert_left(const struct el4_matrix *matrix, const struct el4_matrix_filter *filter,
                        const char *expected)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) cells = el4_matrix_select(matrix, filter, &error);
    assert_non_null(cells);
    fixture_assert_names(cells, expected);
}

static void assert_refused(const struct el4_matrix *matrix,
                           const struct el4_matrix_filter *filter, const char *expected)
{
    g_autoptr(GError) error = NULL;
    assert_null(el4_matrix_select(matrix, filter, &error));
    assert_string_equal(error->message, expected);
}

static void filters_pick(void **state)
{
    fixture_write("m.ini", sample);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    g_autoptr(GPtrArray) when = list_of("el!=2", "board=virt|highbank tag=fast");
    g_autoptr(GPtrArray) tags = list_of("secure", NULL);
    g_autoptr(GPtrArray) both_tags = list_of("secure", "fast");
    g_autoptr(GPtrArray) names = list_of("*h*,el=?", "board=virt,el=2");
    assert_left(matrix, &(struct el4_matrix_filter){.when = when},
                "board=virt,el=1\nboard=virt,el=3\n");
    assert_left(matrix, &(struct el4_matrix_filter){.tags = tags},
                "board=virt,el=3\nboard=highbank,el=3\n");
    assert_left(matrix, &(struct el4_matrix_filter){.tags = both_tags},
                "board=virt,el=1\nboard=virt,el=2\nboard=virt,el=3\nboard=highbank,el=3\n");
    assert_left(matrix, &(struct el4_matrix_filter){.names = names},
                "board=virt,el=2\nboard=highbank,el=1\nboard=highbank,el=2\n"
                "board=highbank,el=3\n");
    assert_left(matrix, &(struct el4_matrix_filter){.names = names, .tags = tags, .when = when},
                "");
    el4_matrix_free(matrix);
}

static void filters_that_name_nothing_are_refused(void **state)
{
    fixture_write("m.ini", sample);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    g_autoptr(GPtrArray) axis = list_of("bord=virt", NULL);
    g_autoptr(GPtrArray) value = list_of("board=virt", "el=5");
    g_autoptr(GPtrArray) tag_word = list_of("tag=fats", NULL);
    g_autoptr(GPtrArray) tags = list_of("fast", "scure");
    g_autoptr(GPtrArray) names = list_of("board=virt,el=4", NULL);
    g_autoptr(GPtrArray) globs = list_of("*", "?=*");
    assert_refused(matrix, &(struct el4_matrix_filter){.when = axis},
                   "-w: there is no axis 'bord'; did you mean 'board'?");
    assert_refused(matrix, &(struct el4_matrix_filter){.when = value},
                   "-w: the axis el has no value '5'; there is 1, 2, 3");
    assert_refused(matrix, &(struct el4_matrix_filter){.when = tag_word},
                   "-w: no cell has the tag 'fats'; did you mean 'fast'?");
    assert_refused(matrix, &(struct el4_matrix_filter){.tags = tags},
                   "--tag: no cell has the tag 'scure'; did you mean 'secure'?");
    assert_refused(matrix, &(struct el4_matrix_filter){.names = names},
                   "--cell: no cell is called 'board=virt,el=4'; 'el4 matrix list' lists them");
    assert_refused(matrix, &(struct el4_matrix_filter){.names = globs},
                   "--cell: no cell is called '?=*'; 'el4 matrix list' lists them");
    el4_matrix_free(matrix);
}

static struct el4_matrix *load_thousand(void)
{
    fixture_write("m.ini", "[axis a]\nvalues = 0 1 2 3 4 5 6 7 8 9\n"
                           "[axis b]\nvalues = 0 1 2 3 4 5 6 7 8 9\n"
                           "[axis c]\nvalues = 0 1 2 3 4 5 6 7 8 9\n");
    return fixture_load(NULL, NULL);
}

static void shards_are_a_partition(void **state)
{
    struct el4_matrix *matrix = load_thousand();
    static const unsigned counts[] = {1, 2, 7, 10, 999, 1001};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        for (unsigned shard = 1; shard <= counts[i]; shard++) {
            g_autoptr(GPtrArray) cells = el4_matrix_select(
                matrix, &(struct el4_matrix_filter){.shard = shard, .shards = counts[i]}, NULL);
            assert_in_range(cells->len, 1000 / counts[i], (999 + counts[i]) / counts[i]);
            for (guint j = 0; j < cells->len; j++) {
                const struct el4_matrix_cell *cell = g_ptr_array_index(cells, j);
                const struct el4_matrix_cell *before =
                    j ? g_ptr_array_index(cells, j - 1) : NULL;
                assert_true(!before || before->index < cell->index);
                assert_true(g_hash_table_add(seen, (void *)cell));
            }
        }
        assert_int_equal(g_hash_table_size(seen), 1000);
    }
    /* Not all of one value of the last axis, as by turns. */
    g_autoptr(GPtrArray) cells =
        el4_matrix_select(matrix, &(struct el4_matrix_filter){.shard = 1, .shards = 10}, NULL);
    guint same = 0;
    for (guint i = 0; i < cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(cells, i);
        same += !strcmp(cell->axes->pdata[5], "0");
    }
    assert_in_range(same, 2, 30);
    el4_matrix_free(matrix);
}

/* The same everywhere and for ever: who runs shard 2 elsewhere must get the rest. */
static void shards_and_orders_are_known(void **state)
{
    fixture_write("m.ini", sample);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    assert_left(matrix, &(struct el4_matrix_filter){.shard = 1, .shards = 2},
                "board=virt,el=1\nboard=highbank,el=1\nboard=highbank,el=2\n");
    assert_left(matrix, &(struct el4_matrix_filter){.shard = 2, .shards = 2},
                "board=virt,el=2\nboard=virt,el=3\nboard=highbank,el=3\n");
    assert_left(
        matrix,
        &(struct el4_matrix_filter){.shard = 2, .shards = 2, .is_random = true, .seed = 3},
        "board=highbank,el=3\nboard=virt,el=3\nboard=virt,el=2\n");
    el4_matrix_free(matrix);
}

/* Results of a run as a folder's journal would give them: pass, fail, none, known failure ...
 */
static struct el4_matrix_results *make_results(const struct el4_matrix *matrix)
{
    static const enum el4_matrix_outcome outcomes[] = {
        EL4_MATRIX_PASS, EL4_MATRIX_FAIL, EL4_MATRIX_ERROR, EL4_MATRIX_KNOWN_FAILURE,
        EL4_MATRIX_UNEXPECTED_PASS};
    struct el4_matrix_digester *digester = el4_matrix_digester_new();
    struct el4_matrix_results *results = g_new0(struct el4_matrix_results, 1);
    results->attempts = g_ptr_array_new_with_free_func((GDestroyNotify)el4_matrix_result_free);
    results->last = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, i);
        struct el4_matrix_result *result = el4_matrix_result_new();
        g_free(result->cell);
        g_free(result->inputs);
        result->cell = g_strdup(cell->name);
        result->inputs = el4_matrix_inputs(digester, cell, NULL);
        result->outcome = outcomes[i];
        g_ptr_array_add(results->attempts, result);
        g_hash_table_insert(results->last, result->cell, result);
    }
    el4_matrix_digester_free(digester);
    return results;
}

static void earlier_results_pick(void **state)
{
    fixture_write("m.ini", sample);
    struct el4_matrix *matrix = fixture_load(NULL, NULL);
    struct el4_matrix_results *results = make_results(matrix);
    assert_left(matrix, &(struct el4_matrix_filter){.failed = results},
                "board=virt,el=2\nboard=virt,el=3\nboard=highbank,el=2\n");
    assert_left(matrix, &(struct el4_matrix_filter){.changed_since = results},
                "board=virt,el=2\nboard=virt,el=3\nboard=highbank,el=2\nboard=highbank,el=3\n");
    el4_matrix_free(matrix);
    matrix = fixture_load(NULL, "machine.cpus=2");
    assert_left(matrix,
                &(struct el4_matrix_filter){.failed = results, .changed_since = results},
                "board=virt,el=2\nboard=virt,el=3\nboard=highbank,el=2\n");
    g_autoptr(GPtrArray) when = list_of("board=virt", NULL);
    assert_left(matrix, &(struct el4_matrix_filter){.changed_since = results, .when = when},
                "board=virt,el=1\nboard=virt,el=2\nboard=virt,el=3\n");
    el4_matrix_free(matrix);
    fixture_write("m.ini", "[matrix]\nconfig = none.ini\n[axis board]\nvalues = virt highbank\n"
                           "[axis el]\nvalues = 1 2 3\n");
    matrix = fixture_load(NULL, NULL);
    g_autoptr(GError) error = NULL;
    assert_null(el4_matrix_select(matrix, &(struct el4_matrix_filter){.changed_since = results},
                                  &error));
    assert_true(g_str_has_suffix(error->message, "none.ini: No such file or directory"));
    el4_matrix_free(matrix);
    el4_matrix_results_free(results);
}

static void orders_are_permutations(void **state)
{
    struct el4_matrix *matrix = load_thousand();
    g_autoptr(GPtrArray) first = el4_matrix_select(
        matrix, &(struct el4_matrix_filter){.is_random = true, .seed = 7}, NULL);
    g_autoptr(GPtrArray) again = el4_matrix_select(
        matrix, &(struct el4_matrix_filter){.is_random = true, .seed = 7}, NULL);
    g_autoptr(GPtrArray) other = el4_matrix_select(
        matrix, &(struct el4_matrix_filter){.is_random = true, .seed = 8}, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    guint moved = 0, same = 0;
    for (guint i = 0; i < 1000; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(first, i);
        assert_true(g_hash_table_add(seen, (void *)cell));
        assert_ptr_equal(cell, g_ptr_array_index(again, i));
        moved += cell->index != i;
        same += cell == g_ptr_array_index(other, i);
    }
    assert_true(moved > 900);
    assert_true(same < 100);
    el4_matrix_free(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(filters_pick),           TEST(filters_that_name_nothing_are_refused),
        TEST(shards_are_a_partition), TEST(shards_and_orders_are_known),
        TEST(earlier_results_pick),   TEST(orders_are_permutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
