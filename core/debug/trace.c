/* SPDX-License-Identifier: MIT */
/*
 * Trace lines: built on the stack, hashed and written under one lock.
 */
#include "debug/trace.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cpu/exception.h"

enum insn_set { INSN_A64, INSN_A32, INSN_T32, INSN_SETS };

struct el4_trace {
    struct el4_trace_ops ops; /* first: what CPUs see */
    struct el4_trace_config config;
    FILE *file; /* NULL: hash only, or it could not be written any more */
    bool owns_file;
    pthread_mutex_t lock;
    GChecksum *hash;
    csh disassembler[INSN_SETS]; /* 0: could not be opened */
};

static const struct {
    const char *name;
    uint32_t bit;
} kinds[] = {
    {"smc", EL4_TRACE_SMC},
    {"exception", EL4_TRACE_EXCEPTION},
    {"mmio", EL4_TRACE_MMIO},
    {"insn", EL4_TRACE_INSN},
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
                        "'%s' is nothing to trace; use smc, exception, mmio, insn", *word);
            return 0;
        }
        bits |= bit;
    }
    return bits;
}

/* Begin a line: time and cpu, in the form asked for. */
static GString *begin(struct el4_trace *trace, const struct el4_cpu *cpu, const char *kind)
{
    GString *line = g_string_sized_new(160);
    uint64_t now = trace->config.now_ns ? trace->config.now_ns(trace->config.now_data) : 0;
    if (trace->config.json) {
        g_string_append_printf(line, "{\"kind\":\"%s\",\"cpu\":%u", kind, cpu->index);
        if (trace->config.now_ns) {
            g_string_append_printf(line, ",\"ns\":%" PRIu64, now);
        }
        return line;
    }
    if (trace->config.now_ns) {
        g_string_append_printf(line, "%" PRIu64 ".%09" PRIu64 " ", now / 1000000000,
                               now % 1000000000);
    }
    g_string_append_printf(line, "cpu%u %s", cpu->index, kind);
    return line;
}

static void add_hex(struct el4_trace *trace, GString *line, const char *name, uint64_t value)
{
    g_string_append_printf(
        line, trace->config.json ? ",\"%s\":\"0x%" PRIx64 "\"" : " %s=0x%" PRIx64, name, value);
}

static void add_number(struct el4_trace *trace, GString *line, const char *name, uint64_t value)
{
    g_string_append_printf(line, trace->config.json ? ",\"%s\":%" PRIu64 : " %s=%" PRIu64, name,
                           value);
}

/* Names here are ours or plugins' (letters, digits, '-', '_'): nothing to escape but quotes. */
static void add_text(struct el4_trace *trace, GString *line, const char *name, const char *text)
{
    if (!trace->config.json) {
        g_string_append_printf(line, " %s=%s", name, text);
        return;
    }
    g_string_append_printf(line, ",\"%s\":\"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            g_string_append_c(line, '\\');
        }
        g_string_append_c(line, (unsigned char)*text < ' ' ? ' ' : *text);
    }
    g_string_append_c(line, '"');
}

/* Nothing more goes to the file. */
static void close_file(struct el4_trace *trace)
{
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

static void finish(struct el4_trace *trace, GString *line)
{
    g_string_append(line, trace->config.json ? "}\n" : "\n");
    pthread_mutex_lock(&trace->lock);
    g_checksum_update(trace->hash, (const guchar *)line->str, (gssize)line->len);
    if (trace->file && fwrite(line->str, 1, line->len, trace->file) != line->len) {
        give_up(trace, errno);
    }
    pthread_mutex_unlock(&trace->lock);
    g_string_free(line, TRUE);
}

void el4_trace_call(struct el4_trace *trace, const struct el4_cpu *cpu,
                    const struct el4_call *call, const struct el4_smccc_answer *answer)
{
    if (!(trace->ops.kinds & EL4_TRACE_SMC)) {
        return;
    }
    GString *line = begin(trace, cpu, "call");
    const char *caller = el4_smccc_caller_name(call->caller);
    add_text(trace, line, "conduit", el4_smccc_conduit_name((enum el4_conduit)call->conduit));
    add_hex(trace, line, "id", call->id);
    const char *name = el4_smccc_function_name(call->id);
    if (name) {
        add_text(trace, line, "name", name);
    }
    add_number(trace, line, "imm", call->immediate);
    add_text(trace, line, "caller", caller ? caller : "el0");
    for (unsigned i = 1; i <= 3; i++) {
        char name[] = {'x', (char)('0' + i), 0};
        add_hex(trace, line, name, call->args[i]);
    }
    add_text(trace, line, "verdict",
             answer->outcome == EL4_SMCCC_HANDLED ? "handled"
             : answer->service || answer->fault   ? "trap"
                                                  : "unclaimed");
    if (answer->service) {
        add_text(trace, line, "service", el4_smccc_service_name(answer->service));
    }
    if (answer->claim) {
        add_text(trace, line, "claim", answer->claim);
    }
    if (answer->fault) {
        add_text(trace, line, "fault", answer->fault);
    }
    if (call->result_mask & 1) {
        add_hex(trace, line, "result", call->results[0]);
    }
    finish(trace, line);
}

static const char *vector_name(enum el4_vector_offset vector)
{
    switch (vector) {
    case EL4_VECTOR_IRQ: return "irq";
    case EL4_VECTOR_FIQ: return "fiq";
    case EL4_VECTOR_SERROR: return "serror";
    default: return "sync";
    }
}

static void trace_exception(struct el4_trace_ops *ops, const struct el4_cpu *cpu,
                            const struct el4_exception *e, unsigned from_el, uint64_t return_pc)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    GString *line = begin(trace, cpu, "exception");
    add_text(trace, line, "type", vector_name(e->vector));
    add_number(trace, line, "from", from_el);
    add_number(trace, line, "to", el4_cpu_el(cpu));
    add_hex(trace, line, "pc", return_pc);
    add_hex(trace, line, "vector", el4_cpu_pc(cpu));
    if (e->vector == EL4_VECTOR_SYNC || e->vector == EL4_VECTOR_SERROR) {
        add_hex(trace, line, "esr", e->esr);
    }
    if (e->far_valid) {
        add_hex(trace, line, "far", e->far);
    }
    finish(trace, line);
}

static void trace_return(struct el4_trace_ops *ops, const struct el4_cpu *cpu, unsigned from_el,
                         uint64_t from_pc)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    GString *line = begin(trace, cpu, "eret");
    add_number(trace, line, "from", from_el);
    add_number(trace, line, "to", el4_cpu_el(cpu));
    add_hex(trace, line, "pc", from_pc);
    add_hex(trace, line, "target", el4_cpu_pc(cpu));
    finish(trace, line);
}

static void trace_mmio(struct el4_trace_ops *ops, const struct el4_cpu *cpu, uint64_t pa,
                       unsigned bytes, bool is_write, uint64_t value, const char *fault)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    GString *line = begin(trace, cpu, "mmio");
    add_text(trace, line, "access", is_write ? "write" : "read");
    add_hex(trace, line, "pa", pa);
    add_number(trace, line, "bytes", bytes);
    add_hex(trace, line, "value", value);
    if (fault) {
        add_text(trace, line, "fault", fault);
    }
    finish(trace, line);
}

/* Disassemble one instruction; NULL if capstone does not know it. */
static char *disassemble(struct el4_trace *trace, const struct el4_cpu *cpu, uint64_t pc,
                         uint32_t insn, unsigned bytes)
{
    enum insn_set set = cpu->mode.thumb ? INSN_T32 : cpu->mode.aarch32 ? INSN_A32 : INSN_A64;
    uint32_t memory = set == INSN_T32 && bytes == 4 ? insn >> 16 | insn << 16 : insn;
    cs_insn *decoded = NULL;
    char *text = NULL;
    if (!trace->disassembler[set]) {
        return NULL;
    }
    pthread_mutex_lock(&trace->lock);
    size_t count =
        cs_disasm(trace->disassembler[set], (const uint8_t *)&memory, bytes, pc, 1, &decoded);
    pthread_mutex_unlock(&trace->lock);
    if (count) {
        text = g_strdup_printf("%s%s%s", decoded[0].mnemonic, *decoded[0].op_str ? " " : "",
                               decoded[0].op_str);
        cs_free(decoded, count);
    }
    return text;
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

static void trace_insn(struct el4_trace_ops *ops, const struct el4_cpu *cpu, uint64_t pc,
                       uint32_t insn, unsigned bytes)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    GString *line = begin(trace, cpu, "insn");
    add_number(trace, line, "el", el4_cpu_el(cpu));
    add_hex(trace, line, "pc", pc);
    add_hex(trace, line, "insn", insn);
    g_autofree char *text = disassemble(trace, cpu, pc, insn, bytes);
    if (text) {
        add_text(trace, line, "text", text);
    }
    finish(trace, line);
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
    trace->ops = (struct el4_trace_ops){
        .kinds = config->kinds,
        .exception = trace_exception,
        .exception_return = trace_return,
        .mmio = trace_mmio,
        .insn = trace_insn,
    };
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
