/* SPDX-License-Identifier: MIT */
/*
 * Tracing of what the guest does: service calls, power states, exceptions, device accesses,
 * instructions. Lines of text or JSON, or a timeline, go to a file; a hash over them serves as
 * fingerprint of a run. Whoever has something to trace checks that cpu->trace is not NULL and
 * the kind is wanted: so it is free when off. Any thread; lines are never torn.
 */
#ifndef EL4_DEBUG_TRACE_H
#define EL4_DEBUG_TRACE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/trace.h"
#include "smccc/smccc.h"

enum el4_trace_format {
    EL4_TRACE_TEXT,
    EL4_TRACE_JSON,     /* lines of JSON */
    EL4_TRACE_TIMELINE, /* for Perfetto: an array of JSON in the Trace Event Format */
};

struct el4_trace_config {
    uint32_t kinds; /* EL4_TRACE_* */
    enum el4_trace_format format;
    unsigned cpus;      /* how many there are */
    unsigned arguments; /* of calls: x1 to this one, up to 17 */
    bool hash_only;     /* write nothing, only hash */
    const char *path;   /* NULL: standard error */
    /* Time of a line, in ns of machine time; NULL leaves times out. */
    uint64_t (*now_ns)(void *data);
    void *now_data;
};

/* "smc,exception" to bits; 0 and *error for words that are none of the kinds. */
uint32_t el4_trace_parse_kinds(const char *text, GError **error);

struct el4_trace *el4_trace_new(const struct el4_trace_config *config, GError **error);
void el4_trace_free(struct el4_trace *trace);

/* What cpu->trace points at; NULL for a NULL trace. */
struct el4_trace_ops *el4_trace_ops(struct el4_trace *trace);

/* An SMC, HVC or EL4 call after its answer; it began at start_ns of machine time. */
void el4_trace_call(struct el4_trace *trace, const struct el4_cpu *cpu,
                    const struct el4_call *call, const struct el4_smccc_answer *answer,
                    uint64_t start_ns);

/* The CPU goes into this power state. The string stays. */
void el4_trace_power(struct el4_trace *trace, const struct el4_cpu *cpu, const char *state);

/* Write out what is buffered. What cannot be written, now or earlier, is reported once through
 * the log, and ends the writing; hashing goes on. */
void el4_trace_flush(struct el4_trace *trace);

/* SHA-256 of all lines so far, hexadecimal; the caller frees it. */
char *el4_trace_hash(struct el4_trace *trace);

#endif
