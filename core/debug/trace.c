/* SPDX-License-Identifier: MIT */
/*
 * The life of a trace: made from its configuration, written and hashed under one lock.
 */
#include "debug/trace-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t bit;
} kinds[] = {
    {"smc", EL4_TRACE_SMC},   {"exception", EL4_TRACE_EXCEPTION}, {"mmio", EL4_TRACE_MMIO},
    {"insn", EL4_TRACE_INSN}, {"power", EL4_TRACE_POWER},
};

uint32_t el4_trace_parse_kinds(const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(text, ", \t", -1);
    uint32_t bits = 0;
    for (char **word = words; *word; word++) {
        uint32_t bit = 0;
        if (!**word) {
            continue;
        }
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
            bit |= strcmp(*word, kinds[i].name) == 0 ? kinds[i].bit : 0;
        }
        if (!bit) {
            g_set_error(error, g_quark_from_static_string("el4-trace"), 0,
                        "'%s' is nothing to trace; use smc, power, exception, mmio, insn",
                        *word);
            return 0;
        }
        bits |= bit;
    }
    return bits;
}

/* Nothing more goes to the file. */
static void close_file(struct el4_trace *trace)
{
    if (trace->file && trace->has_events) {
        fputs("\n]\n", trace->file);
    }
    if (trace->file && trace->owns_file) {
        fclose(trace->file);
    }
    trace->file = NULL;
}

/* Said once: the run goes on, and its hash stays right. */
static void give_up(struct el4_trace *trace, int number)
{
    const char *name = trace->config.path ? trace->config.path : "standard error";
    g_log("el4", G_LOG_LEVEL_WARNING,
          "trace: %s: cannot be written: %s; the trace is incomplete, and the guest runs on",
          name, g_strerror(number));
    close_file(trace);
}

void el4_trace_flush(struct el4_trace *trace)
{
    pthread_mutex_lock(&trace->lock);
    if (trace->file && fflush(trace->file)) {
        give_up(trace, errno);
    }
    pthread_mutex_unlock(&trace->lock);
}

void el4_trace_write(struct el4_trace *trace, const char *text, size_t bytes)
{
    pthread_mutex_lock(&trace->lock);
    g_checksum_update(trace->hash, (const guchar *)text, (gssize)bytes);
    const char *separator = trace->config.format != EL4_TRACE_TIMELINE ? ""
                            : trace->has_events                        ? ",\n"
                                                                       : "[\n";
    trace->has_events = trace->config.format == EL4_TRACE_TIMELINE;
    if (trace->file &&
        (fputs(separator, trace->file) < 0 || fwrite(text, 1, bytes, trace->file) != bytes)) {
        give_up(trace, errno);
    }
    pthread_mutex_unlock(&trace->lock);
}

static void open_disassemblers(struct el4_trace *trace)
{
    static const struct {
        cs_arch arch;
        cs_mode mode;
    } sets[INSN_SETS] = {
        [INSN_A64] = {CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN},
        [INSN_A32] = {CS_ARCH_ARM, CS_MODE_ARM | CS_MODE_V8},
        [INSN_T32] = {CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_V8},
    };
    for (unsigned i = 0; i < INSN_SETS; i++) {
        if (cs_open(sets[i].arch, sets[i].mode, &trace->disassembler[i]) != CS_ERR_OK) {
            trace->disassembler[i] = 0;
        }
    }
}

/* Non-blocking is for opening only: a FIFO without a reader is an error, a slow one is not. */
static FILE *open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd < 0) {
        return NULL;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fdopen(fd, "w");
}

struct el4_trace *el4_trace_new(const struct el4_trace_config *config, GError **error)
{
    struct el4_trace *trace = g_new0(struct el4_trace, 1);
    trace->config = *config;
    trace->ops.kinds = config->kinds;
    el4_trace_fill_ops(&trace->ops);
    trace->tracks = g_new0(struct track, config->cpus);
    pthread_mutex_init(&trace->lock, NULL);
    trace->hash = g_checksum_new(G_CHECKSUM_SHA256);
    open_disassemblers(trace);
    if (config->hash_only) {
        return trace;
    }
    trace->file = config->path ? open_file(config->path) : stderr;
    trace->owns_file = config->path != NULL;
    if (!trace->file) {
        g_set_error(error, g_quark_from_static_string("el4-trace"), 0,
                    "%s: cannot be written: %m", config->path);
        el4_trace_free(trace);
        return NULL;
    }
    if (config->format == EL4_TRACE_TIMELINE) {
        el4_trace_name_tracks(trace);
    }
    return trace;
}

void el4_trace_free(struct el4_trace *trace)
{
    if (!trace) {
        return;
    }
    close_file(trace);
    for (unsigned i = 0; i < INSN_SETS; i++) {
        if (trace->disassembler[i]) {
            cs_close(&trace->disassembler[i]);
        }
    }
    g_free(trace->tracks);
    g_checksum_free(trace->hash);
    pthread_mutex_destroy(&trace->lock);
    g_free(trace);
}

struct el4_trace_ops *el4_trace_ops(struct el4_trace *trace)
{
    return trace ? &trace->ops : NULL;
}

char *el4_trace_hash(struct el4_trace *trace)
{
    pthread_mutex_lock(&trace->lock);
    g_autoptr(GChecksum) copy = g_checksum_copy(trace->hash);
    pthread_mutex_unlock(&trace->lock);
    return g_strdup(g_checksum_get_string(copy));
}
