/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML as Jenkins, GitLab and GitHub's actions read it (tests/matrix/report/junit.xsd has
 * the part of it that is written here): one suite, a test case for each cell. A known failure
 * is skipped for them, as none has a word for it; a property has our own.
 */
#include "report-private.h"

#include <string.h>

/* What a reader shows of a failed cell; the whole is in the journal. */
enum { CONSOLE_BYTES = 64 << 10 };

/*
 * Text of an element or of an attribute in double quotes. XML 1.0 has no way at all to write
 * most control characters, so they appear as pictures.
 */
static void xml_text(GString *out, const char *text, gsize bytes, bool is_attribute)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    el4_matrix_report_plain(text, bytes, plain);
    for (const char *at = plain->str; *at; at++) {
        switch (*at) {
        case '&': g_string_append(out, "&amp;"); break;
        case '<': g_string_append(out, "&lt;"); break;
        case '>': g_string_append(out, "&gt;"); break;
        case '"': g_string_append(out, is_attribute ? "&quot;" : "\""); break;
        case '\n': g_string_append(out, is_attribute ? "&#10;" : "\n"); break;
        case '\t': g_string_append(out, is_attribute ? "&#9;" : "\t"); break;
        default: g_string_append_c(out, *at);
        }
    }
}

static void attribute(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, " %s=\"", name);
    xml_text(out, value, strlen(value), true);
    g_string_append_c(out, '"');
}

static void seconds_attribute(GString *out, double seconds)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    attribute(out, "time", g_ascii_formatd(number, sizeof(number), "%.3f", seconds));
}

static void property(GString *out, const char *prefix, const char *name, const char *value)
{
    g_autofree char *full = g_strconcat(prefix, name, NULL);
    g_string_append(out, "        <property");
    attribute(out, "name", full);
    attribute(out, "value", value);
    g_string_append(out, "/>\n");
}

static void properties(GString *out, const struct el4_matrix_result *result)
{
    g_string_append(out, "      <properties>\n");
    property(out, "el4.", "outcome", el4_matrix_outcome_name(result->outcome));
    g_autofree char *attempt = g_strdup_printf("%u", result->attempt);
    property(out, "el4.", "attempts", attempt);
    if (result->known_failure) {
        property(out, "el4.", "known-failure", result->known_failure);
    }
    for (guint i = 0; i + 1 < result->axes->len; i += 2) {
        property(out, "axis.", g_ptr_array_index(result->axes, i),
                 g_ptr_array_index(result->axes, i + 1));
    }
    for (guint i = 0; i < result->tags->len; i++) {
        property(out, "", "tag", g_ptr_array_index(result->tags, i));
    }
    g_string_append(out, "      </properties>\n");
}

/* The element that says how it went: its message is the first reason, its text has all. */
static void outcome(GString *out, const struct el4_matrix_result *result)
{
    static const char *const elements[EL4_MATRIX_OUTCOMES] = {
        [EL4_MATRIX_FAIL] = "failure",
        [EL4_MATRIX_KNOWN_FAILURE] = "skipped",
        [EL4_MATRIX_UNEXPECTED_PASS] = "failure",
        [EL4_MATRIX_ERROR] = "error",
    };
    const char *element = elements[result->outcome];
    if (!element) {
        return;
    }
    bool is_skip = result->outcome == EL4_MATRIX_KNOWN_FAILURE;
    g_autofree char *message =
        is_skip                    ? g_strdup_printf("known failure: %s",
                                  result->known_failure ? result->known_failure : "")
        : result->reasons->len > 0 ? g_strdup(g_ptr_array_index(result->reasons, 0))
                                   : g_strdup(el4_matrix_outcome_name(result->outcome));
    g_string_append_printf(out, "      <%s", element);
    attribute(out, "message", message);
    if (is_skip) {
        /* Nothing else may stand in it. */
        g_string_append(out, "/>\n");
        return;
    }
    attribute(out, "type", el4_matrix_outcome_name(result->outcome));
    g_string_append_c(out, '>');
    for (guint i = 0; i < result->reasons->len; i++) {
        const char *reason = g_ptr_array_index(result->reasons, i);
        xml_text(out, reason, strlen(reason), false);
        g_string_append_c(out, '\n');
    }
    g_string_append_printf(out, "</%s>\n", element);
}

static void test_case(GString *out, const struct el4_matrix_results *results,
                      const struct el4_matrix_result *result)
{
    g_string_append(out, "    <testcase");
    attribute(out, "name", result->cell);
    attribute(out, "classname", results->run.matrix);
    seconds_attribute(out, result->seconds);
    g_string_append(out, ">\n");
    properties(out, result);
    outcome(out, result);
    if (result->outcome != EL4_MATRIX_PASS && result->console->len > 0) {
        const GString *console = result->console;
        gsize start = el4_matrix_report_tail(console->str, console->len, CONSOLE_BYTES);
        g_string_append(out, "      <system-out>");
        xml_text(out, console->str + start, console->len - start, false);
        g_string_append(out, "</system-out>\n");
    }
    g_string_append(out, "    </testcase>\n");
}

/* Both <testsuites> and <testsuite> have these; readers differ in which they look at. */
static void totals(GString *out, const struct el4_matrix_results *results, guint cells,
                   const struct el4_matrix_tally *tally)
{
    attribute(out, "name", results->run.matrix);
    g_string_append_printf(
        out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"", cells,
        tally->outcomes[EL4_MATRIX_FAIL] + tally->outcomes[EL4_MATRIX_UNEXPECTED_PASS],
        tally->outcomes[EL4_MATRIX_ERROR], tally->outcomes[EL4_MATRIX_KNOWN_FAILURE]);
    seconds_attribute(out, tally->seconds);
    g_autoptr(GDateTime) started = g_date_time_new_from_unix_utc((gint64)results->run.started);
    if (started) {
        g_autofree char *time = g_date_time_format(started, "%Y-%m-%dT%H:%M:%S");
        attribute(out, "timestamp", time);
    }
    g_string_append(out, ">\n");
}

void el4_matrix_report_junit(const struct el4_matrix_results *results, GString *out)
{
    g_autoptr(GPtrArray) order = el4_matrix_report_order(results);
    struct el4_matrix_tally tally = el4_matrix_report_tally(order);
    g_string_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    totals(out, results, order->len, &tally);
    g_string_append(out, "  <testsuite");
    totals(out, results, order->len, &tally);
    for (guint i = 0; i < order->len; i++) {
        test_case(out, results, g_ptr_array_index(order, i));
    }
    g_string_append(out, "  </testsuite>\n</testsuites>\n");
}
