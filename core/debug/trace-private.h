/* SPDX-License-Identifier: MIT */
/*
 * The inside of traces, shared by the files of core/debug and nobody else: a line is begun,
 * gets its fields, and is finished, whatever the format.
 */
#ifndef EL4_DEBUG_TRACE_PRIVATE_H
#define EL4_DEBUG_TRACE_PRIVATE_H

#include "debug/trace.h"

#include <capstone/capstone.h>
#include <pthread.h>
#include <stdio.h>

enum insn_set { INSN_A64, INSN_A32, INSN_T32, INSN_SETS };

/* What the timeline shows of a CPU at the moment; NULL: nothing yet. */
struct track {
    const char *level; /* exception level */
    const char *power;
};

struct el4_trace {
    struct el4_trace_ops ops; /* first: what CPUs see */
    struct el4_trace_config config;
    FILE *file; /* NULL: hash only, or it could not be written any more */
    bool owns_file;
    bool has_events; /* TIMELINE: the array in the file is begun; lock */
    pthread_mutex_t lock;
    GChecksum *hash;
    struct track *tracks;        /* by CPU; each touched by whoever changes the CPU's state */
    csh disassembler[INSN_SETS]; /* 0: could not be opened */
};

/* ---- trace.c ---- */
/* Hash and write it. Takes the lock. */
void el4_trace_write(struct el4_trace *trace, const char *text, size_t bytes);

/* ---- trace-events.c ---- */
void el4_trace_fill_ops(struct el4_trace_ops *ops);

/* ---- trace-line.c ---- */
/* TIMELINE: tell whose the tracks are. */
void el4_trace_name_tracks(struct el4_trace *trace);

struct trace_line {
    struct el4_trace *trace;
    GString *text;
    bool has_fields;
    bool is_json;
};

/* Begin a line now. kind says what it is about; what, what happened, names it in a timeline. */
struct trace_line el4_trace_begin(struct el4_trace *trace, const struct el4_cpu *cpu,
                                  const char *kind, const char *what);
/* The same of something that began at start_ns. */
struct trace_line el4_trace_begin_span(struct el4_trace *trace, const struct el4_cpu *cpu,
                                       const char *kind, const char *what, uint64_t start_ns);
void el4_trace_hex(struct trace_line *line, const char *name, uint64_t value);
void el4_trace_number(struct trace_line *line, const char *name, uint64_t value);
void el4_trace_text(struct trace_line *line, const char *name, const char *text);
void el4_trace_finish(struct trace_line *line);

/* TIMELINE: from now on the CPU is at this level, or in this power state; the strings stay. */
void el4_trace_enter_level(struct el4_trace *trace, const struct el4_cpu *cpu,
                           const char *level);
void el4_trace_enter_power(struct el4_trace *trace, const struct el4_cpu *cpu,
                           const char *power);

#endif
