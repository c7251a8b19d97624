/* SPDX-License-Identifier: MIT */
/*
 * Patterns with a limit of time (pattern.h). PCRE's own limit counts steps from one place of
 * the text, and a step may be as long as the text: a short pattern can take hours and not come
 * near it. So PCRE is made to call back before each item of a pattern, and there the clock is
 * looked at; a few million calls a second cost less than what lies between them.
 */
#include "pattern.h"

#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Calls between two looks at the clock. Between two calls there is at most one run over all of
 * the text, a millisecond for the largest. */
#define CALLS_PER_LOOK 256
/* What the matcher without compiled code may have, which needs it for each thing to try again.
 */
#define HEAP_KIB (128 * 1024)

struct el4_matrix_finder {
    pcre2_code *code;
};

struct el4_matrix_search {
    PCRE2_SPTR text;
    gsize length;
    double seconds;
    double ends; /* of the thread's CPU time; 0: nothing was looked for yet */
    unsigned calls;
    pcre2_match_context *context;
};

/* ---- patterns ---- */

static char *describe(int number)
{
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(number, text, sizeof(text));
    return g_strdup((const char *)text);
}

struct el4_matrix_finder *el4_matrix_finder_new(const char *text, char **problem)
{
    int number;
    PCRE2_SIZE place;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    pcre2_code *code = pcre2_compile(
        (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
        PCRE2_MULTILINE | PCRE2_UTF | PCRE2_UCP | PCRE2_AUTO_CALLOUT, &number, &place, context);
    pcre2_compile_context_free(context);
    if (!code) {
        g_autofree char *what = describe(number);
        *problem = g_strdup_printf("%s, at byte %zu of '%s'", what, (size_t)place, text);
        return NULL;
    }
    /* What it can't compile, it interprets. */
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    struct el4_matrix_finder *finder = g_new0(struct el4_matrix_finder, 1);
    finder->code = code;
    return finder;
}

GRegex *el4_matrix_regex_of_bytes(const char *text, GError **error)
{
    return g_regex_new(
        text, G_REGEX_MULTILINE | G_REGEX_NEWLINE_ANYCRLF | G_REGEX_OPTIMIZE | G_REGEX_RAW, 0,
        error);
}

void el4_matrix_finder_free(struct el4_matrix_finder *finder)
{
    if (finder) {
        pcre2_code_free(finder->code);
        g_free(finder);
    }
}

/* ---- looking ---- */

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int look_at_clock(pcre2_callout_block *block, void *data)
{
    struct el4_matrix_search *search = data;
    bool is_late = ++search->calls % CALLS_PER_LOOK == 0 && cpu_seconds() > search->ends;
    return is_late ? PCRE2_ERROR_CALLOUT : 0;
}

struct el4_matrix_search *el4_matrix_search_new(const char *text, gsize length, double seconds)
{
    struct el4_matrix_search *search = g_new0(struct el4_matrix_search, 1);
    search->text = (PCRE2_SPTR)text;
    search->length = length;
    search->seconds = seconds;
    search->context = pcre2_match_context_create(NULL);
    pcre2_set_callout(search->context, look_at_clock, search);
    pcre2_set_heap_limit(search->context, HEAP_KIB);
    return search;
}

void el4_matrix_search_free(struct el4_matrix_search *search)
{
    if (search) {
        pcre2_match_context_free(search->context);
        g_free(search);
    }
}

/* As pcre2_match(); not begun if the time is over. */
static int look_for(struct el4_matrix_search *search, const struct el4_matrix_finder *finder,
                    gsize from, uint32_t options, pcre2_match_data *match)
{
    search->ends = search->ends > 0 ? search->ends : cpu_seconds() + search->seconds;
    return cpu_seconds() > search->ends
               ? PCRE2_ERROR_CALLOUT
               : pcre2_match(finder->code, search->text, search->length, from, options, match,
                             search->context);
}

bool el4_matrix_search_find(struct el4_matrix_search *search,
                            const struct el4_matrix_finder *finder, gsize from, gsize *begin,
                            gsize *end, char **problem)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    int number = look_for(search, finder, from, 0, match);
    if (number == PCRE2_ERROR_JIT_STACKLIMIT) {
        number = look_for(search, finder, from, PCRE2_NO_JIT, match);
    }
    /* 0: there was no room for groups, which nobody asks for. */
    if (number >= 0) {
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(match);
        /* \K may put the beginning behind the end. */
        *begin = MIN(places[0], places[1]);
        *end = places[1];
    }
    pcre2_match_data_free(match);
    if (number == PCRE2_ERROR_CALLOUT) {
        *problem = g_strdup_printf("the cell's patterns take more than %g s", search->seconds);
    } else if (number < 0 && number != PCRE2_ERROR_NOMATCH) {
        *problem = describe(number);
    }
    return number >= 0;
}
