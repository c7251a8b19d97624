/* SPDX-License-Identifier: MIT */
/*
 * Which calls a probe makes: all, or the one that the semihosting command line names by its
 * last three words, "LEVEL INSTRUCTION NAME", as `[boot] append = el1 smc psci-version` does.
 */
#ifndef WANTED_H
#define WANTED_H

#include <stdbool.h>

void read_wanted(void);
/* Whether this call is to be made. */
bool is_wanted(const char *level, bool is_smc, const char *name);
/* It was made: the end, if it was to be the only one. */
void wanted_done(void);

#endif
