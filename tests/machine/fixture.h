/* SPDX-License-Identifier: MIT */
/*
 * Machines of the test plugins, made from the text of an INI file in a scratch folder, which is
 * the working folder: messages name "test.ini".
 */
#ifndef EL4_TEST_MACHINE_FIXTURE_H
#define EL4_TEST_MACHINE_FIXTURE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"

struct fixture {
    struct el4_config *config;
    struct el4_plugins *plugins;
    struct el4_machine *machine; /* NULL: refused */
    char *message;               /* why */
};

/* Once a test program; log messages are kept from now on. */
void fixture_begin(void);
void fixture_end(void);

/* [machine] board = test-board comes before text. */
void fixture_make(struct fixture *fixture, const char *text);
void fixture_free(struct fixture *fixture);
/* Write guest code to the file "guest.bin", for [boot] kernel. */
void fixture_write_guest(const uint32_t *words, size_t count);

/* Log messages so far; they are dropped at the next call. Free with g_free. */
char *fixture_take_log(void);

#endif
