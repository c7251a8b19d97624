/* SPDX-License-Identifier: MIT */
/*
 * What the tests of matrix files share: a temporary folder that is also the working folder, and
 * matrices as text. Include after cmocka.h.
 */
#ifndef MATRIX_FIXTURE_H
#define MATRIX_FIXTURE_H

#include "matrix/matrix.h"
#include "matrix/select.h"

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

void fixture_write(const char *name, const char *text);

/* Load m.ini; the words of -D and -s are separated by '\n', NULL for none. Fails the test if
 * there are messages. */
struct el4_matrix *fixture_load(const char *defines, const char *settings);
/* Load m.ini, which must fail with these messages, one a line. */
void fixture_assert_messages(const char *defines, const char *settings, const char *expected);

/* The names of the cells, one a line. */
void fixture_assert_names(const GPtrArray *cells, const char *expected);
/* The named cell. */
const struct el4_matrix_cell *fixture_cell(const struct el4_matrix *matrix, const char *name);
/* Its settings as "OPTION @FILE:LINE", one a line. */
void fixture_assert_settings(const struct el4_matrix_cell *cell, const char *expected);
/* Texts, separated by spaces. */
void fixture_assert_words(const GPtrArray *words, const char *expected);

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

#endif
