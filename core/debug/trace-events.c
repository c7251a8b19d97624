/* SPDX-License-Identifier: MIT */
/*
 * What is traced: service calls, power states, exceptions, device accesses, instructions, each
 * with its fields. docs/configuration.md describes them.
 */
#include "debug/trace-private.h"

#include "cpu/exception.h"

static const char *verdict_of(const struct el4_smccc_answer *answer)
{
    return answer->outcome == EL4_SMCCC_HANDLED ? "handled"
           : answer->service || answer->fault   ? "trap"
                                                : "unclaimed";
}

void el4_trace_call(struct el4_trace *trace, const struct el4_cpu *cpu,
                    const struct el4_call *call, const struct el4_smccc_answer *answer,
                    uint64_t start_ns)
{
    if (!(trace->ops.kinds & EL4_TRACE_SMC)) {
        return;
    }
    const char *name = el4_smccc_function_name(call->id);
    g_autofree char *id = g_strdup_printf("0x%08x", call->id);
    struct trace_line line =
        el4_trace_begin_span(trace, cpu, "call", name ? name : id, start_ns);
    const char *caller = el4_smccc_caller_name(call->caller);
    el4_trace_text(&line, "conduit", el4_smccc_conduit_name((enum el4_conduit)call->conduit));
    el4_trace_hex(&line, "id", call->id);
    if (name) {
        el4_trace_text(&line, "name", name);
    }
    el4_trace_number(&line, "imm", call->immediate);
    el4_trace_text(&line, "caller", caller ? caller : "el0");
    for (unsigned i = 1; i <= trace->config.arguments; i++) {
        char register_name[] = "x00";
        g_snprintf(register_name, sizeof(register_name), "x%u", i);
        el4_trace_hex(&line, register_name, call->args[i]);
    }
    el4_trace_text(&line, "verdict", verdict_of(answer));
    if (answer->service) {
        el4_trace_text(&line, "service", el4_smccc_service_name(answer->service));
    }
    if (answer->claim) {
        el4_trace_text(&line, "claim", answer->claim);
    }
    if (answer->fault) {
        el4_trace_text(&line, "fault", answer->fault);
    }
    if (call->result_mask & 1) {
        el4_trace_hex(&line, "result", call->results[0]);
    }
    el4_trace_finish(&line);
}

void el4_trace_power(struct el4_trace *trace, const struct el4_cpu *cpu, const char *state)
{
    if (!(trace->ops.kinds & EL4_TRACE_POWER)) {
        return;
    }
    el4_trace_enter_power(trace, cpu, state);
    if (trace->config.format != EL4_TRACE_TIMELINE) {
        struct trace_line line = el4_trace_begin(trace, cpu, "power", state);
        el4_trace_text(&line, "state", state);
        el4_trace_finish(&line);
    }
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

static const char *level_name(const struct el4_cpu *cpu)
{
    static const char *const names[] = {"EL0", "EL1", "EL2", "EL3"};
    return names[el4_cpu_el(cpu)];
}

static void trace_exception(struct el4_trace_ops *ops, const struct el4_cpu *cpu,
                            const struct el4_exception *e, unsigned from_el, uint64_t return_pc)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    el4_trace_enter_level(trace, cpu, level_name(cpu));
    struct trace_line line = el4_trace_begin(trace, cpu, "exception", vector_name(e->vector));
    el4_trace_text(&line, "type", vector_name(e->vector));
    el4_trace_number(&line, "from", from_el);
    el4_trace_number(&line, "to", el4_cpu_el(cpu));
    el4_trace_hex(&line, "pc", return_pc);
    el4_trace_hex(&line, "vector", el4_cpu_pc(cpu));
    if (e->vector == EL4_VECTOR_SYNC || e->vector == EL4_VECTOR_SERROR) {
        el4_trace_hex(&line, "esr", e->esr);
    }
    if (e->far_valid) {
        el4_trace_hex(&line, "far", e->far);
    }
    el4_trace_finish(&line);
}

static void trace_return(struct el4_trace_ops *ops, const struct el4_cpu *cpu, unsigned from_el,
                         uint64_t from_pc)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    el4_trace_enter_level(trace, cpu, level_name(cpu));
    struct trace_line line = el4_trace_begin(trace, cpu, "eret", "eret");
    el4_trace_number(&line, "from", from_el);
    el4_trace_number(&line, "to", el4_cpu_el(cpu));
    el4_trace_hex(&line, "pc", from_pc);
    el4_trace_hex(&line, "target", el4_cpu_pc(cpu));
    el4_trace_finish(&line);
}

static void trace_mmio(struct el4_trace_ops *ops, const struct el4_cpu *cpu, uint64_t pa,
                       unsigned bytes, bool is_write, uint64_t value, const char *fault)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    struct trace_line line = el4_trace_begin(trace, cpu, "mmio", is_write ? "write" : "read");
    el4_trace_text(&line, "access", is_write ? "write" : "read");
    el4_trace_hex(&line, "pa", pa);
    el4_trace_number(&line, "bytes", bytes);
    el4_trace_hex(&line, "value", value);
    if (fault) {
        el4_trace_text(&line, "fault", fault);
    }
    el4_trace_finish(&line);
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

static void trace_insn(struct el4_trace_ops *ops, const struct el4_cpu *cpu, uint64_t pc,
                       uint32_t insn, unsigned bytes)
{
    struct el4_trace *trace = (struct el4_trace *)ops;
    g_autofree char *text = disassemble(trace, cpu, pc, insn, bytes);
    struct trace_line line = el4_trace_begin(trace, cpu, "insn", text ? text : "?");
    el4_trace_number(&line, "el", el4_cpu_el(cpu));
    el4_trace_hex(&line, "pc", pc);
    el4_trace_hex(&line, "insn", insn);
    if (text) {
        el4_trace_text(&line, "text", text);
    }
    el4_trace_finish(&line);
}

void el4_trace_fill_ops(struct el4_trace_ops *ops)
{
    ops->exception = trace_exception;
    ops->exception_return = trace_return;
    ops->mmio = trace_mmio;
    ops->insn = trace_insn;
}
