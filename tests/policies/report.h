/* SPDX-License-Identifier: MIT */
/*
 * What the probes print. Without a command line each makes all calls from all levels and prints
 * a line for each, which policies.py judges:
 *
 *   LEVEL INSTRUCTION NAME: OUTCOME
 *
 * With two words of it, a level and an instruction ("el1 smc"), only these calls are made, and
 * there is a line for each group of calls (calls.h) whose outcomes are the same, one for all of
 * them if they all are, and their number. That is what the cells of smc-policy.ini look at:
 *
 *   GROUP: OUTCOME
 *   all: OUTCOME
 *   22 calls by smc from el1
 *
 * In a group that is not of one kind each call has a line "GROUP NAME: OUTCOME". The calls
 * whose condition fails are in no "all".
 */
#ifndef REPORT_H
#define REPORT_H

#include "baremetal.h"
#include "calls.h"

/* Reads the command line. */
void report_start(void);
/* Whether these calls are to be made. */
bool report_wants(const char *level, bool is_smc);
/* One call's outcome, in pieces, between begin and end. */
void report_begin(const struct probe_call *entry);
void report(const char *text);
void report_hex(uint64_t value);
void report_end(const char *level, bool is_smc);
/* After the calls of a level: if they are what was asked for, the end, with status 0. */
void report_level(const char *level);

#endif
