/* SPDX-License-Identifier: MIT */
/*
 * Each kind of expectation adds a reason for each of its parts that was not met, in words that
 * say what was expected, what was seen and where the matrix says so. What a known failure is
 * and whether a pass was wanted is decided from these at the end.
 */
#include "judge.h"

#include <inttypes.h>
#include <string.h>

#include "machine/machine.h"
#include "pattern.h"

/* Of texts that a guest or a file made, so many bytes are shown. */
#define SHOWN_MAX 120
/* Of CPU time, for all patterns of a cell: the runner does nothing else meanwhile. */
#define SEARCH_SECONDS 2

static void add_reason(struct el4_matrix_result *result, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static void add_reason(struct el4_matrix_result *result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(result->reasons, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* As "FILE:LINE"; the caller frees it. */
static char *place_text(const struct el4_matrix_place *place)
{
    return g_strdup_printf("%s:%u", place->file ? place->file : "?", place->line);
}

/* ---- statuses ---- */

static void judge_status(const struct el4_matrix_expect *expect,
                         struct el4_matrix_result *result)
{
    if (result->signal && result->timed_out) {
        add_reason(result, "it did not end at its limit of time and was killed");
        return;
    }
    if (result->signal) {
        add_reason(result, "the cell's process was ended by signal %d (%s)", result->signal,
                   g_strsignal(result->signal));
        return;
    }
    if (result->status < 0) {
        add_reason(result, "the cell's process ended without a result");
    } else if (result->status != expect->status) {
        const char *more = result->stuck           ? " (no CPU could ever run again)"
                           : result->machine_limit ? " (still running at its machine-seconds)"
                           : result->timed_out     ? " (still running at its seconds)"
                                                   : "";
        add_reason(result, "status: %s%s, not %s", el4_matrix_status_name(result->status), more,
                   el4_matrix_status_name(expect->status));
    }
}

static void judge_guest_status(const struct el4_matrix_expect *expect,
                               struct el4_matrix_result *result)
{
    if (expect->guest_status < 0 || result->guest_status == expect->guest_status) {
        return;
    }
    if (result->guest_status < 0) {
        add_reason(result,
                   "guest-status: the guest did not exit by semihosting, %" PRId64
                   " was expected",
                   expect->guest_status);
    } else {
        add_reason(result, "guest-status: %" PRId64 ", not %" PRId64, result->guest_status,
                   expect->guest_status);
    }
}

/* ---- console ---- */

/* What was matched, on one line and not too long; the caller frees it. */
static char *show(const char *text, gsize length)
{
    g_autofree char *part = g_strndup(text, MIN(length, SHOWN_MAX));
    /* A cut may go through a character. */
    g_autofree char *valid = g_utf8_make_valid(part, -1);
    g_autofree char *escaped = g_strescape(valid, "\"\\");
    for (char *c = escaped; *c; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    return g_strconcat(escaped, length > SHOWN_MAX ? "..." : "", NULL);
}

/*
 * Where the pattern matches at or after `from`; false if it does not. A pattern that takes too
 * long is a failure of its own, told once as such.
 */
static bool find(struct el4_matrix_search *search, const struct el4_matrix_pattern *pattern,
                 struct el4_matrix_result *result, const char *what, gsize from, gsize *begin,
                 gsize *end, bool *gave_up)
{
    g_autofree char *problem = NULL;
    bool found = el4_matrix_search_find(search, pattern->finder, from, begin, end, &problem);
    *gave_up = problem != NULL;
    if (problem) {
        g_autofree char *place = place_text(&pattern->place);
        add_reason(result,
                   "%s: \"%s\" could not be looked for: %s; write simpler patterns (%s)", what,
                   pattern->text, problem, place);
    }
    return found;
}

static void add_pattern_reason(struct el4_matrix_result *result, const char *what,
                               const struct el4_matrix_pattern *pattern, const char *why)
{
    g_autofree char *place = place_text(&pattern->place);
    const char *cut = result->console_dropped ? ", of whose end something is missing" : "";
    add_reason(result, "%s: nothing%s matches \"%s\"%s (%s)", what, why, pattern->text, cut,
               place);
}

static void judge_must(const struct el4_matrix_expect *expect, struct el4_matrix_search *search,
                       struct el4_matrix_result *result)
{
    for (guint i = 0; i < expect->must->len; i++) {
        const struct el4_matrix_pattern *pattern = g_ptr_array_index(expect->must, i);
        gsize begin, end;
        bool gave_up;
        if (!find(search, pattern, result, "console", 0, &begin, &end, &gave_up) && !gave_up) {
            add_pattern_reason(result, "console", pattern, "");
        }
    }
}

static void judge_must_not(const struct el4_matrix_expect *expect,
                           struct el4_matrix_search *search, struct el4_matrix_result *result)
{
    for (guint i = 0; i < expect->must_not->len; i++) {
        const struct el4_matrix_pattern *pattern = g_ptr_array_index(expect->must_not, i);
        gsize begin, end;
        bool gave_up;
        if (find(search, pattern, result, "console-not", 0, &begin, &end, &gave_up)) {
            g_autofree char *place = place_text(&pattern->place);
            g_autofree char *shown = show(result->console->str + begin, end - begin);
            add_reason(result, "console-not: \"%s\" matches \"%s\" (%s)", pattern->text, shown,
                       place);
        }
    }
}

static void judge_in_order(const struct el4_matrix_expect *expect,
                           struct el4_matrix_search *search, struct el4_matrix_result *result)
{
    gsize from = 0;
    for (guint i = 0; i < expect->in_order->len; i++) {
        const struct el4_matrix_pattern *pattern = g_ptr_array_index(expect->in_order, i);
        gsize begin;
        bool gave_up;
        if (!find(search, pattern, result, "console-order", from, &begin, &from, &gave_up)) {
            const struct el4_matrix_pattern *before =
                i ? g_ptr_array_index(expect->in_order, i - 1) : NULL;
            g_autofree char *why =
                before ? g_strdup_printf(" after \"%s\"", before->text) : g_strdup("");
            if (!gave_up) {
                add_pattern_reason(result, "console-order", pattern, why);
            }
            return; /* what was to come after it has no place to be looked for */
        }
    }
}

static void judge_console(const struct el4_matrix_expect *expect,
                          struct el4_matrix_result *result)
{
    const GString *console = result->console;
    struct el4_matrix_search *search =
        el4_matrix_search_new(console->str, console->len, SEARCH_SECONDS);
    judge_must(expect, search, result);
    judge_must_not(expect, search, result);
    judge_in_order(expect, search, result);
    el4_matrix_search_free(search);
}

/* ---- calls ---- */

static bool fits(const char *wanted, const char *seen)
{
    return !wanted || (seen && !strcmp(wanted, seen));
}

static bool id_fits(const struct el4_matrix_call *call, const struct el4_matrix_count *seen)
{
    if (seen->name && !strcmp(seen->name, EL4_MATRIX_MORE_IDS)) {
        return call->first == 0 && call->last == UINT32_MAX;
    }
    return seen->id >= call->first && seen->id <= call->last;
}

static bool call_fits(const struct el4_matrix_call *call, const struct el4_matrix_count *seen)
{
    return fits(call->conduit, seen->conduit) && id_fits(call, seen) &&
           fits(call->verdict, seen->verdict) && fits(call->service, seen->service);
}

/* How many were wanted, in words; the caller frees it. */
static char *wanted_text(const struct el4_matrix_call *call)
{
    if (call->least == call->most) {
        return call->most ? g_strdup_printf("%" PRIu64, call->most) : g_strdup("none");
    }
    return call->most == UINT64_MAX
               ? g_strdup_printf("%" PRIu64 " or more", call->least)
               : g_strdup_printf("%" PRIu64 " to %" PRIu64, call->least, call->most);
}

static void judge_calls(const struct el4_matrix_expect *expect,
                        struct el4_matrix_result *result)
{
    for (guint i = 0; i < expect->calls->len; i++) {
        const struct el4_matrix_call *call = g_ptr_array_index(expect->calls, i);
        const struct el4_matrix_count *example = NULL;
        uint64_t count = 0;
        for (guint k = 0; k < result->counts->len; k++) {
            const struct el4_matrix_count *seen = g_ptr_array_index(result->counts, k);
            if (call_fits(call, seen)) {
                count += seen->count;
                example = seen;
            }
        }
        if (count >= call->least && count <= call->most) {
            continue;
        }
        g_autofree char *wanted = wanted_text(call);
        g_autofree char *place = place_text(&call->place);
        g_autofree char *one =
            example ? g_strdup_printf(", as %s 0x%08x %s by %s", example->conduit, example->id,
                                      example->verdict,
                                      example->service ? example->service : "nobody")
                    : g_strdup("");
        add_reason(result, "calls: %s: %" PRIu64 "%s, not %s (%s)", call->text, count, one,
                   wanted, place);
    }
}

/* ---- states ---- */

static const struct el4_matrix_register *find_register(const struct el4_matrix_cpu *cpu,
                                                       const char *name)
{
    for (guint i = 0; i < cpu->registers->len; i++) {
        const struct el4_matrix_register *seen = g_ptr_array_index(cpu->registers, i);
        if (!strcmp(seen->name, name)) {
            return seen;
        }
    }
    return NULL;
}

/* What is wrong with the state; NULL: nothing. The caller frees it. */
static char *state_problem(const struct el4_matrix_state *state,
                           const struct el4_matrix_result *result)
{
    if (state->cpu >= result->cpus->len) {
        return g_strdup_printf("there is no CPU %u, of %u", state->cpu, result->cpus->len);
    }
    const struct el4_matrix_cpu *cpu = g_ptr_array_index(result->cpus, state->cpu);
    if (state->word) {
        return strcmp(state->word, cpu->power)
                   ? g_strdup_printf("%s, not %s", cpu->power, state->word)
                   : NULL;
    }
    const struct el4_matrix_register *seen = find_register(cpu, state->name);
    if (!seen) {
        return g_strdup_printf("the CPU ended without a register %s: x0 to x30 are those of "
                               "AArch64 state, r0 to r15 those of AArch32",
                               state->name);
    }
    return (seen->value ^ state->value) & state->mask
               ? g_strdup_printf("0x%" PRIx64 ", not 0x%" PRIx64, seen->value, state->value)
               : NULL;
}

static void judge_states(const struct el4_matrix_expect *expect,
                         struct el4_matrix_result *result)
{
    for (guint i = 0; i < expect->states->len; i++) {
        const struct el4_matrix_state *state = g_ptr_array_index(expect->states, i);
        g_autofree char *problem = state_problem(state, result);
        if (problem) {
            g_autofree char *place = place_text(&state->place);
            add_reason(result, "states: %s: %s (%s)", state->text, problem, place);
        }
    }
}

/* ---- all together ---- */

/* That the configuration is refused can be what is expected. */
static bool is_wanted_refusal(const struct el4_matrix_expect *expect,
                              const struct el4_matrix_result *result)
{
    return result->status == EL4_EXIT_CONFIG && expect->status == EL4_EXIT_CONFIG;
}

void el4_matrix_judge(const struct el4_matrix_expect *expect, struct el4_matrix_result *result)
{
    if (result->outcome == EL4_MATRIX_ERROR) {
        if (!is_wanted_refusal(expect, result)) {
            return;
        }
        g_ptr_array_set_size(result->reasons, 0);
    }
    judge_status(expect, result);
    judge_guest_status(expect, result);
    judge_console(expect, result);
    judge_calls(expect, result);
    judge_states(expect, result);

    g_free(result->known_failure);
    result->known_failure = g_strdup(expect->known_failure);
    if (!expect->known_failure) {
        result->outcome = result->reasons->len ? EL4_MATRIX_FAIL : EL4_MATRIX_PASS;
    } else if (result->reasons->len) {
        result->outcome = EL4_MATRIX_KNOWN_FAILURE;
    } else {
        result->outcome = EL4_MATRIX_UNEXPECTED_PASS;
        add_reason(result, "passed, but is known to fail: %s; take known-failure out",
                   expect->known_failure);
    }
}
