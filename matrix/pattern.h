/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions (PCRE) that are looked for in a console's output. Who wrote the output
 * may know the pattern, and have made it so that looking takes for ever: so all that is looked
 * for in one output has a limit of CPU time, within which this always returns.
 */
#ifndef EL4_MATRIX_PATTERN_H
#define EL4_MATRIX_PATTERN_H

#include <glib.h>
#include <stdbool.h>

struct el4_matrix_finder;

/* NULL and *problem, which the caller frees, if the text is no regular expression. '^' and '$'
 * match at each line, which may end as terminals want it. */
struct el4_matrix_finder *el4_matrix_finder_new(const char *text, char **problem);
void el4_matrix_finder_free(struct el4_matrix_finder *finder);

/* The same for bytes as they come, which may end in the middle of a character; without a limit
 * of time. NULL and *error if the text is no regular expression. */
GRegex *el4_matrix_regex_of_bytes(const char *text, GError **error);

/* Looking for patterns in one text, which is valid UTF-8. Text and finders outlive it. */
struct el4_matrix_search;
struct el4_matrix_search *el4_matrix_search_new(const char *text, gsize length, double seconds);
void el4_matrix_search_free(struct el4_matrix_search *search);

/*
 * Where the pattern matches at or after `from`. False if it does not, or if it is given up;
 * then *problem, which the caller frees, says why.
 */
bool el4_matrix_search_find(struct el4_matrix_search *search,
                            const struct el4_matrix_finder *finder, gsize from, gsize *begin,
                            gsize *end, char **problem);

#endif
