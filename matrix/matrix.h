/* SPDX-License-Identifier: MIT */
/*
 * A test matrix: what its file says, and the cells that come of it. Everything here is made
 * once by el4_matrix_load() and only read from then on.
 *
 * Layers of this folder, lowest first: the matrix (file.c, expand.c, select.c), the result of a
 * cell and its journal (result.c, journal.c), the judge (judge.c), one cell run in a process of
 * its own (execute.c, sandbox.c, transfer.c, child.c), that process seen from the runner, the
 * one that it is forked from and the one that several start in (process.c, starter.c,
 * shared.c), the runner (runner.c, progress.c), the reports, Slurm. The command `el4 matrix` in
 * cli/matrix.c is a thin user of them.
 */
#ifndef EL4_MATRIX_MATRIX_H
#define EL4_MATRIX_MATRIX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct el4_config;
struct el4_matrix_finder;

/* Where something was written, for messages: the file's path, as the user named it, and the
 * line; 0 for an option of the command line, which `file` names then. */
struct el4_matrix_place {
    const char *file;
    unsigned line;
};

/* What calls must or must not have been made. Fields that are unset match anything. */
struct el4_matrix_call {
    char *text;           /* as it was written, for messages */
    char *conduit;        /* "smc", "hvc", "el4"; NULL: any */
    uint32_t first, last; /* ids, both inclusive */
    char *verdict;        /* "handled", "trapped", "unclaimed"; NULL: any */
    char *service;        /* instance that answered; NULL: any */
    uint64_t least, most; /* how many; "not seen" is 0, 0 */
    struct el4_matrix_place place;
};

/* A value that a CPU's register or power state must have at the end. */
struct el4_matrix_state {
    char *text;
    unsigned cpu;
    char *name;     /* "x0" ... "x30", "r0" ... "r15", "sp", "pc", "pstate", "el", or "power" */
    uint64_t value; /* of a register, compared under the mask */
    uint64_t mask;
    char *word; /* of "power": "on", "off", "suspended", "on-pending"; NULL for a register */
    struct el4_matrix_place place;
};

/* A pattern that is looked for in the console's output. */
struct el4_matrix_pattern {
    struct el4_matrix_finder *finder; /* in all of it, when the cell has ended */
    GRegex *regex;                    /* in its bytes as they come; one of both is NULL */
    char *text;
    struct el4_matrix_place place;
};

/*
 * What is expected of a cell: everything that the [expect] sections say whose `when` fits it,
 * later ones adding to lists and replacing single values.
 */
struct el4_matrix_expect {
    int status;           /* enum el4_exit */
    int64_t guest_status; /* that semihosting's EXIT reported; -1: whatever */
    GPtrArray *must;      /* struct el4_matrix_pattern: each is seen, in any order */
    GPtrArray *must_not;  /* none is seen */
    GPtrArray *in_order;  /* each is seen after the one before it */
    GPtrArray *calls;     /* struct el4_matrix_call */
    GPtrArray *states;    /* struct el4_matrix_state */
    char *known_failure;  /* why the cell is expected to fail; NULL: it is to pass */
};

/* What is typed on the console. */
struct el4_matrix_input {
    char *text; /* as it was written, for messages */
    uint8_t *bytes;
    size_t length;
    struct el4_matrix_place place;
};

/* One setting over the base configuration; applied in order, as -s does. */
struct el4_matrix_setting {
    char *option; /* "section.key=value" */
    struct el4_matrix_place place;
};

struct el4_matrix_limits {
    double seconds;         /* of the host's time, for one attempt */
    double machine_seconds; /* of the machine's own clock; 0: none */
    uint64_t memory_bytes;  /* of address space, beyond what the starter has; 0: none */
    uint64_t output_bytes;  /* of console output; more is a failure */
    uint64_t file_bytes;    /* the largest file that a cell may write */
    unsigned files;         /* open at once */
    bool network;           /* may open sockets to the outside */
};

/* One combination. Names and values are unique within the matrix. */
struct el4_matrix_cell {
    guint index;         /* in the order of the file */
    char *name;          /* "board=virt,el3=none,caller=el1" */
    GPtrArray *axes;     /* char *: axis, value, axis, value ... */
    GPtrArray *tags;     /* char *, no two alike */
    GPtrArray *configs;  /* char *: absolute paths of INI files, loaded in order */
    GPtrArray *settings; /* struct el4_matrix_setting */
    struct el4_matrix_limits limits;
    unsigned retries; /* further attempts of a cell that failed */
    /* The pattern, of bytes, that is waited for; NULL: none. Then what is typed; NULL: nothing.
     */
    const struct el4_matrix_pattern *input_after;
    const struct el4_matrix_input *input;
    bool shares_start; /* it may start once for all cells that are the same until then */
    struct el4_matrix_expect expect;
};

struct el4_matrix_axis {
    char *name;
    char *help;
    GPtrArray *values; /* char *, in the order of the file */
};

struct el4_matrix {
    char *name;
    char *file; /* absolute path */
    char *help;
    GPtrArray *axes;          /* struct el4_matrix_axis; of the matrices that are values, too */
    GPtrArray *cells;         /* struct el4_matrix_cell */
    GPtrArray *warnings;      /* char *: what is odd, but no mistake */
    GHashTable *by_name;      /* the cells */
    struct matrix_pool *pool; /* what cells share, which owns all that hangs off them */
};

/* What the command line adds. Members may be NULL. */
struct el4_matrix_load_options {
    const GPtrArray *defines;  /* char *: "NAME=VALUE", over what [define] says */
    const GPtrArray *settings; /* char *: "section.key=value", over all else, of every cell */
};

/* A matrix and the matrices in it have at most so many cells together, excluded ones too. */
#define EL4_MATRIX_CELLS_MAX 1000000
/* The longest name of a cell, in bytes. */
#define EL4_MATRIX_NAME_MAX 512

/*
 * Read a matrix file and make its cells; options may be NULL. NULL, and all that is wrong in
 * messages (char *, for an array with g_free).
 */
struct el4_matrix *el4_matrix_load(const char *path,
                                   const struct el4_matrix_load_options *options,
                                   GPtrArray *messages);
void el4_matrix_free(struct el4_matrix *matrix);

/* The word of an exit status in a matrix file: "off", "guest-failure"; NULL: no such status. */
const char *el4_matrix_status_name(int status);

/* Add the sections and keys of matrix files, for help. */
bool el4_matrix_add_schemas(struct el4_config *config, GError **error);

/* The cell of a name; NULL if there is none. */
const struct el4_matrix_cell *el4_matrix_find(const struct el4_matrix *matrix,
                                              const char *name);

/* Remembers what was read for one cell's inputs, for the next one's. */
struct el4_matrix_digester;
struct el4_matrix_digester *el4_matrix_digester_new(void);
void el4_matrix_digester_free(struct el4_matrix_digester *digester);

/*
 * SHA-256, in hexadecimal, of all that decides how a cell runs: its settings, limits and
 * expectations, what its configuration files say, what these include, and the contents of the
 * files that they name; el4's version. NULL and *error if one can't be read. The caller frees
 * it.
 */
char *el4_matrix_inputs(struct el4_matrix_digester *digester,
                        const struct el4_matrix_cell *cell, GError **error);

#endif
