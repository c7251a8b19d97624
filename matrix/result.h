/* SPDX-License-Identifier: MIT */
/*
 * What one attempt at a cell gave: what was seen of the machine, and what the judge said of
 * it. Written as one JSON object on one line (docs/matrix.md has the schema), in the journal
 * and by --format json alike.
 */
#ifndef EL4_MATRIX_RESULT_H
#define EL4_MATRIX_RESULT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum el4_matrix_outcome {
    EL4_MATRIX_PASS,
    EL4_MATRIX_FAIL,
    EL4_MATRIX_KNOWN_FAILURE,   /* failed as it was expected to */
    EL4_MATRIX_UNEXPECTED_PASS, /* counts as a failure */
    EL4_MATRIX_ERROR,           /* could not be run: a bad configuration, a missing image */
    EL4_MATRIX_OUTCOMES
};

const char *el4_matrix_outcome_name(enum el4_matrix_outcome outcome); /* "pass", "fail" ... */
bool el4_matrix_outcome_is_good(enum el4_matrix_outcome outcome);
/* Of an enum el4_exit: "off", "guest-failure", "time-out" ...; NULL for any other number. */
const char *el4_matrix_status_name(int status);

/* The name in place of a function's for calls of more ids than were told apart. */
#define EL4_MATRIX_MORE_IDS "more ids"

/* Calls of one conduit, id, verdict and service, counted. */
struct el4_matrix_count {
    char *conduit;
    uint32_t id;
    char *name;    /* of the function; NULL: unknown */
    char *verdict; /* "handled", "trapped", "unclaimed" */
    char *service; /* NULL: nobody */
    uint64_t count;
};

/* More than any machine has: the page draws a line for each. */
#define EL4_MATRIX_CPUS_MOST 1024

/* One call of the timeline. */
struct el4_matrix_event {
    uint64_t ns; /* of the machine's clock */
    unsigned cpu;
    char *conduit;
    uint32_t id;
    char *verdict;
    char *service;   /* NULL: nobody */
    uint64_t result; /* x0 after it, if handled */
};

struct el4_matrix_register {
    char *name;
    uint64_t value;
};

struct el4_matrix_cpu {
    char *power;
    GPtrArray *registers; /* struct el4_matrix_register */
};

struct el4_matrix_result {
    char *cell;       /* its name */
    guint index;      /* its number in the matrix */
    char *inputs;     /* el4_matrix_inputs() */
    GPtrArray *axes;  /* char *: axis, value ... */
    GPtrArray *tags;  /* char * */
    unsigned attempt; /* from 1 */

    enum el4_matrix_outcome outcome;
    GPtrArray *reasons;  /* char *: why it failed; several may fail at once */
    char *known_failure; /* the matrix's reason; NULL */

    /* What was seen. */
    int status; /* enum el4_exit; -1: the process did not get so far */
    int signal; /* that ended the process; 0: none */
    bool timed_out;
    bool machine_limit;   /* and that by the machine's own clock */
    bool stuck;           /* and that at once, as no CPU could ever run again */
    int64_t guest_status; /* of semihosting's EXIT; -1: none */
    uint64_t machine_ns;  /* the machine's clock at its end */
    GPtrArray *counts;    /* struct el4_matrix_count */
    GPtrArray *events;    /* struct el4_matrix_event: the first ones, bounded */
    uint64_t events_dropped;
    GPtrArray *cpus;          /* struct el4_matrix_cpu */
    GString *console;         /* as valid UTF-8, bounded by the limit of output */
    uint64_t console_dropped; /* bytes */

    /* Of the host; "times" in JSON: all that may differ between two runs of `clock = virtual`.
     */
    double started; /* seconds since 1970 */
    double seconds;
    double cpu_seconds;
    uint64_t peak_bytes;
    char *host;
};

struct el4_matrix_result *el4_matrix_result_new(void);
/* A CPU without registers, to be added to a result. */
struct el4_matrix_cpu *el4_matrix_cpu_new(void);
void el4_matrix_result_free(struct el4_matrix_result *result);

/* One line of JSON, without its newline. The caller frees it. */
char *el4_matrix_result_to_json(const struct el4_matrix_result *result);
/* NULL and *error if the line is no result. */
struct el4_matrix_result *el4_matrix_result_from_json(const char *line, gsize length,
                                                      GError **error);

#endif
