/* SPDX-License-Identifier: MIT */
/*
 * The data of the HTML page. A summary of all cells is one block, read when the page opens; the
 * full records stand in further blocks, some cells each, read when one of theirs is looked at:
 * that is what keeps 10,000 cells quick. A block is JSON, compressed (gzip) and in base64, so
 * nothing of a guest's output can ever be taken for HTML.
 *
 * Summary: {run, before, axes: [{name, values}], tags, cells: [...], gone: [...], blocks}. A
 * cell is an array; report/data.js has the names of its fields, in the order of add_cell().
 * Block: [[cut, record], ...], a record as in the journal, without the first `cut` bytes of its
 * console.
 */
#include "report-private.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <zlib.h>

/* Of a block before it is compressed: as much as is unpacked for one cell. */
enum { BLOCK_BYTES = 256 << 10 };

/* Console in the page: for a cell as much as lets all of them have it, within reason. */
enum {
    GOOD_ALL = 64 << 20,
    GOOD_LEAST = 4 << 10,
    BAD_ALL = 128 << 20,
    BAD_LEAST = 8 << 10,
    CONSOLE_MOST = 128 << 10,
    EVENTS_MOST = 4000,
};

struct page {
    GString *out;
    GString *blocks;   /* script elements of blocks that are complete */
    GString *block;    /* the block that is being filled: JSON */
    guint block_count; /* complete ones */
    guint block_length;
    gsize good_most, bad_most; /* bytes of a console */
    GHashTable *axes;          /* name -> struct axis */
    GPtrArray *axis_order;
    GHashTable *tags; /* word -> number + 1 */
    GPtrArray *tag_order;
};

struct axis {
    char *name;
    GHashTable *numbers; /* value -> number + 1 */
    GPtrArray *values;   /* keys of numbers */
};

/* ---- blocks ---- */

static void append_packed(GString *out, const char *text, gsize bytes)
{
    z_stream stream = {0};
    /* 16: gzip's header and check. These arguments can only fail for want of memory. */
    if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        g_error("no memory to compress a report");
    }
    gsize room = deflateBound(&stream, bytes);
    g_autofree guchar *packed = g_malloc(room);
    stream.next_in = (Bytef *)text;
    stream.avail_in = bytes;
    stream.next_out = packed;
    stream.avail_out = room;
    deflate(&stream, Z_FINISH);
    g_autofree char *base64 = g_base64_encode(packed, stream.total_out);
    deflateEnd(&stream);
    g_string_append(out, base64);
}

static void append_block(GString *out, const char *id, const GString *json)
{
    g_string_append_printf(out, "<script type=\"application/gzip\" id=\"%s\">", id);
    append_packed(out, json->str, json->len);
    g_string_append(out, "</script>\n");
}

static void end_block(struct page *page)
{
    if (page->block_length == 0) {
        return;
    }
    g_string_append_c(page->block, ']');
    g_autofree char *id = g_strdup_printf("block-%u", page->block_count++);
    append_block(page->blocks, id, page->block);
    g_string_truncate(page->block, 0);
    page->block_length = 0;
}

/* Add [block, number in it, outcome] of a record that is put into a block. */
static void add_record(struct page *page, const struct el4_matrix_result *result,
                       JsonBuilder *json)
{
    const GString *console = result->console;
    gsize most = el4_matrix_outcome_is_good(result->outcome) ? page->good_most : page->bad_most;
    gsize cut = el4_matrix_report_tail(console->str, console->len, most);
    g_autoptr(GString) tail = g_string_new_len(console->str + cut, console->len - cut);
    g_autoptr(GPtrArray) events = g_ptr_array_new();
    for (guint i = 0; i < MIN(result->events->len, EVENTS_MOST); i++) {
        g_ptr_array_add(events, g_ptr_array_index(result->events, i));
    }
    struct el4_matrix_result copy = *result;
    copy.console = tail;
    copy.events = events;
    copy.events_dropped += result->events->len - events->len;
    g_autofree char *record = el4_matrix_result_to_json(&copy);

    json_builder_begin_array(json);
    json_builder_add_int_value(json, page->block_count);
    json_builder_add_int_value(json, page->block_length);
    json_builder_add_int_value(json, result->outcome);
    json_builder_end_array(json);
    g_string_append_printf(page->block, "%s[%" G_GSIZE_FORMAT ",%s]",
                           page->block_length++ ? "," : "[", cut, record);
    if (page->block->len >= BLOCK_BYTES) {
        end_block(page);
    }
}

/* ---- the summary ---- */

static gint64 number_of(GHashTable *numbers, GPtrArray *order, const char *word)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(numbers, word));
    if (number == 0) {
        char *own = g_strdup(word);
        g_ptr_array_add(order, own);
        number = order->len;
        g_hash_table_insert(numbers, own, GUINT_TO_POINTER(number));
    }
    return (gint64)number - 1;
}

static void free_axis(gpointer data)
{
    struct axis *axis = data;
    g_hash_table_unref(axis->numbers);
    g_ptr_array_unref(axis->values);
    g_free(axis->name);
    g_free(axis);
}

static struct axis *axis_of(struct page *page, const char *name)
{
    struct axis *axis = g_hash_table_lookup(page->axes, name);
    if (!axis) {
        axis = g_new0(struct axis, 1);
        axis->name = g_strdup(name);
        axis->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        axis->values = g_ptr_array_new();
        g_hash_table_insert(page->axes, axis->name, axis);
        g_ptr_array_add(page->axis_order, axis);
    }
    return axis;
}

/* A number of each axis in the order that the axes came up in; -1: none of its values. */
static void add_axes(struct page *page, const struct el4_matrix_result *result,
                     JsonBuilder *json)
{
    json_builder_begin_array(json);
    for (guint i = 0; i + 1 < result->axes->len; i += 2) {
        axis_of(page, g_ptr_array_index(result->axes, i));
    }
    for (guint i = 0; i < page->axis_order->len; i++) {
        struct axis *axis = g_ptr_array_index(page->axis_order, i);
        gint64 number = -1;
        for (guint j = 0; j + 1 < result->axes->len; j += 2) {
            if (!strcmp(axis->name, g_ptr_array_index(result->axes, j))) {
                number = number_of(axis->numbers, axis->values,
                                   g_ptr_array_index(result->axes, j + 1));
            }
        }
        json_builder_add_int_value(json, number);
    }
    json_builder_end_array(json);
}

static void add_words(JsonBuilder *json, const GPtrArray *words)
{
    json_builder_begin_array(json);
    for (guint i = 0; i < words->len; i++) {
        json_builder_add_string_value(json, g_ptr_array_index(words, i));
    }
    json_builder_end_array(json);
}

/* `attempts`: of this cell, the last one last. `before`: NULL if there is none. */
static void add_cell(struct page *page, const GPtrArray *attempts,
                     enum el4_matrix_change change, const struct el4_matrix_result *before,
                     JsonBuilder *json)
{
    const struct el4_matrix_result *last = g_ptr_array_index(attempts, attempts->len - 1);
    json_builder_begin_array(json);
    json_builder_add_string_value(json, last->cell);
    json_builder_add_int_value(json, last->index);
    json_builder_add_int_value(json, last->outcome);
    add_axes(page, last, json);
    json_builder_begin_array(json);
    for (guint i = 0; i < last->tags->len; i++) {
        json_builder_add_int_value(
            json, number_of(page->tags, page->tag_order, g_ptr_array_index(last->tags, i)));
    }
    json_builder_end_array(json);
    add_words(json, last->reasons);
    json_builder_add_int_value(json, (gint64)(last->seconds * 1e6));
    json_builder_add_int_value(json, MIN(last->machine_ns, (uint64_t)G_MAXINT64));
    json_builder_begin_array(json);
    for (guint i = 0; i < attempts->len; i++) {
        add_record(page, g_ptr_array_index(attempts, i), json);
    }
    json_builder_end_array(json);
    json_builder_add_string_value(json, el4_matrix_change_name(change));
    if (before) {
        add_record(page, before, json);
    } else {
        json_builder_add_null_value(json);
    }
    json_builder_end_array(json);
}

/* The last attempt, as the results count it, last: those of merged folders are in no order. */
static GHashTable *attempts_by_cell(const struct el4_matrix_results *results)
{
    GHashTable *cells =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < results->attempts->len; i++) {
        struct el4_matrix_result *result = g_ptr_array_index(results->attempts, i);
        GPtrArray *attempts = g_hash_table_lookup(cells, result->cell);
        if (!attempts) {
            attempts = g_ptr_array_new();
            g_hash_table_insert(cells, result->cell, attempts);
        }
        g_ptr_array_add(attempts, result);
    }
    GHashTableIter iter;
    gpointer name, last;
    g_hash_table_iter_init(&iter, results->last);
    while (g_hash_table_iter_next(&iter, &name, &last)) {
        GPtrArray *attempts = g_hash_table_lookup(cells, name);
        g_ptr_array_remove(attempts, last);
        g_ptr_array_add(attempts, last);
    }
    return cells;
}

static void add_cells(struct page *page, const struct el4_matrix_results *results,
                      const struct el4_matrix_results *before, const GPtrArray *order,
                      JsonBuilder *json)
{
    g_autoptr(GHashTable) cells = attempts_by_cell(results);
    json_builder_set_member_name(json, "cells");
    json_builder_begin_array(json);
    for (guint i = 0; i < order->len; i++) {
        const struct el4_matrix_result *now = g_ptr_array_index(order, i);
        const struct el4_matrix_result *then =
            before ? g_hash_table_lookup(before->last, now->cell) : NULL;
        enum el4_matrix_change change = then     ? el4_matrix_report_change(then, now)
                                        : before ? EL4_MATRIX_NEW
                                                 : EL4_MATRIX_SAME;
        add_cell(page, g_hash_table_lookup(cells, now->cell), change,
                 change == EL4_MATRIX_SAME ? NULL : then, json);
    }
    json_builder_end_array(json);
}

/* Cells that only the earlier run had. */
static void add_gone(struct page *page, const struct el4_matrix_results *results,
                     const struct el4_matrix_results *before, JsonBuilder *json)
{
    json_builder_set_member_name(json, "gone");
    json_builder_begin_array(json);
    g_autoptr(GPtrArray) order = before ? el4_matrix_report_order(before) : g_ptr_array_new();
    for (guint i = 0; i < order->len; i++) {
        struct el4_matrix_result *then = g_ptr_array_index(order, i);
        if (!g_hash_table_contains(results->last, then->cell)) {
            g_autoptr(GPtrArray) attempts = g_ptr_array_new();
            g_ptr_array_add(attempts, then);
            add_cell(page, attempts, EL4_MATRIX_GONE, NULL, json);
        }
    }
    json_builder_end_array(json);
}

static void add_run(JsonBuilder *json, const char *name,
                    const struct el4_matrix_results *results)
{
    json_builder_set_member_name(json, name);
    if (!results) {
        json_builder_add_null_value(json);
        return;
    }
    g_autofree char *run = el4_matrix_run_to_json(&results->run);
    json_builder_add_value(json, json_from_string(run, NULL));
}

static void add_names(struct page *page, JsonBuilder *json)
{
    json_builder_set_member_name(json, "axes");
    json_builder_begin_array(json);
    for (guint i = 0; i < page->axis_order->len; i++) {
        const struct axis *axis = g_ptr_array_index(page->axis_order, i);
        json_builder_begin_object(json);
        json_builder_set_member_name(json, "name");
        json_builder_add_string_value(json, axis->name);
        json_builder_set_member_name(json, "values");
        add_words(json, axis->values);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
    json_builder_set_member_name(json, "tags");
    add_words(json, page->tag_order);
    json_builder_set_member_name(json, "outcomes");
    json_builder_begin_array(json);
    for (int i = 0; i < EL4_MATRIX_OUTCOMES; i++) {
        json_builder_add_string_value(json,
                                      el4_matrix_outcome_name((enum el4_matrix_outcome)i));
    }
    json_builder_end_array(json);
    json_builder_set_member_name(json, "blocks");
    json_builder_add_int_value(json, page->block_count);
}

static void limit_consoles(struct page *page, const GPtrArray *order)
{
    struct el4_matrix_tally tally = el4_matrix_report_tally(order);
    gsize good = 1, bad = 1;
    for (int i = 0; i < EL4_MATRIX_OUTCOMES; i++) {
        bool is_good = el4_matrix_outcome_is_good((enum el4_matrix_outcome)i);
        *(is_good ? &good : &bad) += tally.outcomes[i];
    }
    page->good_most = CLAMP(GOOD_ALL / good, GOOD_LEAST, CONSOLE_MOST);
    page->bad_most = CLAMP(BAD_ALL / bad, BAD_LEAST, CONSOLE_MOST);
}

void el4_matrix_report_html(const struct el4_matrix_results *results,
                            const struct el4_matrix_results *before, GString *out)
{
    struct page page = {
        .out = out,
        .blocks = g_string_new(NULL),
        .block = g_string_new(NULL),
        .axes = g_hash_table_new(g_str_hash, g_str_equal),
        .axis_order = g_ptr_array_new_with_free_func(free_axis),
        .tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .tag_order = g_ptr_array_new(),
    };
    g_autoptr(GPtrArray) order = el4_matrix_report_order(results);
    limit_consoles(&page, order);

    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    add_run(json, "run", results);
    add_run(json, "before", before);
    add_cells(&page, results, before, order, json);
    add_gone(&page, results, before, json);
    end_block(&page);
    add_names(&page, json);
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    gsize bytes;
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    g_autofree char *text = json_generator_to_data(generator, &bytes);
    g_autoptr(GString) summary = g_string_new_len(text, bytes);

    g_autofree char *title = g_markup_escape_text(results->run.matrix, -1);
    g_string_append_printf(out, "%s%s%s", el4_matrix_report_page[0], title,
                           el4_matrix_report_page[1]);
    append_block(out, "summary", summary);
    g_string_append_len(out, page.blocks->str, page.blocks->len);
    g_string_append(out, el4_matrix_report_page[2]);

    g_string_free(page.blocks, TRUE);
    g_string_free(page.block, TRUE);
    g_hash_table_unref(page.axes);
    g_ptr_array_unref(page.axis_order);
    g_hash_table_unref(page.tags);
    g_ptr_array_unref(page.tag_order);
}
