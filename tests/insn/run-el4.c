/* SPDX-License-Identifier: MIT */
/*
 * Runs instruction test cases in el4: a bare `max` cpu at EL0 with Normal memory mapped flat,
 * SCTLR_EL1 and the like as Linux has them for its programs, and no machine around it. EL1 is
 * AArch64, whatever EL0 is.
 * Usage: run-el4 [--no-passes] CASES RESULTS.
 *
 * A run ends with the breakpoint behind the instruction or where it branched to, or with its
 * own exception; the vector is a WFI, which makes the engine leave.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "case.h"
#include "cpu/cpu.h"
#include "cpu/env.h"
#include "engine/engine.h"
#include "isa/isa.h"

#define RAM_BASE   INSN_REGION
#define RAM_BYTES  0x400000u
#define VECTORS    (RAM_BASE + 0x200000)
#define TABLE_L0   (RAM_BASE + 0x210000)
#define TABLE_L1   (RAM_BASE + 0x211000)
#define TABLE_L2   (RAM_BASE + 0x212000)
#define DESC_TABLE UINT64_C(3)
/* Blocks: AF, inner shareable, attribute 0; the first for EL0 to read and write. */
#define DESC_BLOCK           (UINT64_C(1) | 1 << 10 | 3 << 8)
#define DESC_EL0             (UINT64_C(1) << 6)
#define VECTOR_LOWER_EL_SYNC (VECTORS + 0x400)
#define VECTOR_AARCH32_SYNC  (VECTORS + 0x600)
#define WFI                  0xd503207fu
/* The FPSCR in two, as struct el4_fp_env has it, and its flags, which have a slot. */
#define FPSCR_STATUS  0x0800009fu
#define FPSCR_CONTROL (~(FPSCR_STATUS | EL4_CPSR_NZCV))
/* No case takes as many, whatever goes wrong. */
#define RUN_INSNS_MAX 64
/* T0SZ and T1SZ 16, 4 KiB granules, write-back, inner shareable; TBI0; IPS 40 bits. */
#define TCR_VALUE                                                                              \
    (16 | UINT64_C(16) << 16 | UINT64_C(2) << 30 | 0x3500 | UINT64_C(0x3500) << 16 |           \
     UINT64_C(1) << 37 | UINT64_C(2) << 32)
#define SCTLR_VALUE                                                                            \
    (EL4_SCTLR_M | EL4_SCTLR_C | EL4_SCTLR_I | EL4_SCTLR_UCT | EL4_SCTLR_UCI | EL4_SCTLR_DZE | \
     EL4_SCTLR_NTWE | EL4_SCTLR_NTWI | EL4_SCTLR_ENIA | EL4_SCTLR_ENIB | EL4_SCTLR_ENDA |      \
     EL4_SCTLR_ENDB | EL4_SCTLR_SPAN | EL4_SCTLR_A32_CP15BEN)

#define SCTLR_SW (1u << 10) /* lets SWP be executed */

struct runner {
    struct el4_bus *bus;
    struct el4_cpu *cpu;
    uint8_t *host; /* of RAM_BASE */
    uint32_t isa;  /* enum insn_isa */
};

static _Noreturn void die(const char *text)
{
    fprintf(stderr, "run-el4: %s\n", text);
    exit(2);
}

static uint64_t counter(void *data)
{
    return 1000; /* any constant */
}

static const struct el4_cpu_env env = {.counter = counter};

static void put64(struct runner *runner, uint64_t address, uint64_t value)
{
    memcpy(runner->host + (address - RAM_BASE), &value, sizeof(value));
}

static void put32(struct runner *runner, uint64_t address, uint32_t value)
{
    memcpy(runner->host + (address - RAM_BASE), &value, sizeof(value));
}

static void make_memory(struct runner *runner, const struct insn_header *header)
{
    GError *error = NULL;
    struct el4_bus_page page;

    runner->bus = el4_bus_new();
    if (!el4_bus_add_ram(runner->bus, "ram", RAM_BASE, RAM_BYTES, EL4_BUS_BOTH, &error)) {
        die(error->message);
    }
    el4_bus_freeze(runner->bus);
    if (!el4_bus_lookup_page(runner->bus, RAM_BASE, false, &page) || !page.host) {
        die("no host memory behind the RAM");
    }
    runner->host = page.host;
    put64(runner, TABLE_L0, TABLE_L1 | DESC_TABLE);
    put64(runner, TABLE_L1 + 8 * (RAM_BASE >> 30), TABLE_L2 | DESC_TABLE);
    put64(runner, TABLE_L2 + 8 * ((RAM_BASE >> 21) & 511), RAM_BASE | DESC_BLOCK | DESC_EL0);
    put64(runner, TABLE_L2 + 8 * ((VECTORS >> 21) & 511), VECTORS | DESC_BLOCK);
    put32(runner, VECTOR_LOWER_EL_SYNC, WFI);
    put32(runner, VECTOR_AARCH32_SYNC, WFI);
    for (uint32_t at = 0; at < INSN_CODE_BYTES; at += 4) {
        put32(runner, INSN_CODE + at, header->fill[at >= INSN_LANDING_HIGH]);
    }
}

static void make_cpu(struct runner *runner, const struct insn_header *header,
                     const struct el4_engine_config *engine)
{
    const struct el4_cpu_config config = {
        .model = el4_cpu_model_find("max"),
        .bus = runner->bus,
        .env = &env,
        .env_data = runner,
        .cntfrq_hz = 1000000,
    };
    struct el4_cpu *cpu = el4_cpu_new(&config);
    if (!cpu || !el4_engine_attach(cpu, engine)) {
        die("out of memory");
    }
    cpu->regs.mair[1] = 0xff;
    cpu->regs.tcr[1] = TCR_VALUE;
    cpu->regs.ttbr0[1] = TABLE_L0;
    cpu->regs.sctlr[1] |= SCTLR_VALUE;
    cpu->regs.sctlr[1] &= ~(EL4_SCTLR_A | EL4_SCTLR_SA0);
    cpu->regs.cpacr_el1 = 3u << 20;
    cpu->regs.vbar[1] = VECTORS;
    memcpy(cpu->regs.pauth_key, header->pauth_keys, sizeof(cpu->regs.pauth_key));
    if (runner->isa == INSN_AARCH32) {
        cpu->features.a32_swp = true; /* what `max` has not got: v8 took SWP away */
        cpu->regs.sctlr[1] |= SCTLR_SW;
    }
    runner->cpu = cpu;
}

static void write_slots(struct runner *runner, const struct insn_case *cases, uint32_t first,
                        uint32_t count)
{
    uint32_t end = count - first < INSN_SLOT_COUNT ? count : first + INSN_SLOT_COUNT;
    for (uint32_t i = first; i < end; i++) {
        memcpy(runner->host + (insn_slot_address(i) - RAM_BASE), cases[i].code,
               INSN_SLOT_BYTES);
    }
    el4_engine_flush(runner->cpu);
}

static void load_aarch32(struct el4_cpu *cpu, const struct insn_state *before)
{
    uint32_t flags = (uint32_t)before->flags;

    cpu->pstate = EL4_PSTATE_NRW | (flags & (EL4_CPSR_T | EL4_CPSR_E | EL4_CPSR_IT));
    cpu->a32.mode = EL4_A32_USR;
    cpu->slot[EL4_SLOT_NZCV] = flags & EL4_CPSR_NZCV;
    cpu->slot[EL4_SLOT_Q] = flags & EL4_CPSR_Q;
    cpu->slot[EL4_SLOT_GE] = flags & EL4_CPSR_GE;
    cpu->slot[EL4_SLOT_FPNZCV] = before->fpcr & EL4_CPSR_NZCV;
    cpu->regs.fp.fpcr = before->fpcr & FPSCR_CONTROL;
    cpu->regs.fp.fpsr = before->fpcr & FPSCR_STATUS;
}

static void load(struct runner *runner, const struct insn_case *c)
{
    struct el4_cpu *cpu = runner->cpu;
    const struct insn_state *before = &c->before;

    memcpy(cpu->slot, before->x, sizeof(before->x));
    cpu->slot[EL4_SLOT_PC] = before->pc;
    memcpy(cpu->v, before->v, sizeof(before->v));
    if (runner->isa == INSN_AARCH32) {
        load_aarch32(cpu, before);
    } else {
        cpu->pstate = 0; /* EL0 */
        cpu->slot[EL4_SLOT_SP] = before->sp;
        cpu->slot[EL4_SLOT_NZCV] = before->flags;
        cpu->regs.fp.fpcr = (uint32_t)before->fpcr;
        cpu->regs.fp.fpsr = (uint32_t)before->fpsr;
    }
    memcpy(runner->host + (INSN_WINDOW - RAM_BASE), before->window, INSN_WINDOW_BYTES);
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    el4_cpu_update_mode(cpu);
}

static void save_exception(const struct el4_cpu *cpu, struct insn_result *result)
{
    unsigned ec = (unsigned)(cpu->regs.esr[1] >> 26);
    unsigned fault_status = cpu->regs.esr[1] & 0x3f;

    result->detail = ec;
    switch (ec) {
    case EL4_EC_BKPT32:
    case EL4_EC_BRK64: result->outcome = INSN_DONE; break;
    case EL4_EC_UNKNOWN:
    case EL4_EC_CP15_32:
    case EL4_EC_CP15_64:
    case EL4_EC_CP14_32:
    case EL4_EC_CP14_LDC:
    case EL4_EC_CP14_64:
    case EL4_EC_SYSREG: result->outcome = INSN_UNDEFINED; break;
    case EL4_EC_PC_ALIGNMENT:
    case EL4_EC_SP_ALIGNMENT: result->outcome = INSN_ALIGNMENT; break;
    case EL4_EC_DATA_ABORT_LOWER:
        result->outcome = fault_status == 0x21 ? INSN_ALIGNMENT : INSN_FAULT;
        break;
    case EL4_EC_INSN_ABORT_LOWER: result->outcome = INSN_FAULT; break;
    default: result->outcome = INSN_OTHER; break;
    }
}

static void save_aarch32(const struct el4_cpu *cpu, struct insn_state *after)
{
    memcpy(after->x, cpu->slot, 15 * sizeof(after->x[0]));
    after->flags = cpu->regs.spsr[1] & INSN_CPSR;
    after->fpcr = cpu->regs.fp.fpcr | cpu->regs.fp.fpsr | (uint32_t)cpu->slot[EL4_SLOT_FPNZCV];
    memcpy(after->v, cpu->v, sizeof(after->v) / 2);
}

static void save(struct runner *runner, struct insn_result *result)
{
    const struct el4_cpu *cpu = runner->cpu;
    struct insn_state *after = &result->after;

    save_exception(cpu, result);
    after->pc = cpu->regs.elr[1];
    if (runner->isa == INSN_AARCH32) {
        save_aarch32(cpu, after);
    } else {
        memcpy(after->x, cpu->slot, sizeof(after->x));
        after->sp = cpu->regs.sp[0];
        after->flags = cpu->regs.spsr[1] & 0xf0000000u;
        after->fpcr = cpu->regs.fp.fpcr;
        after->fpsr = cpu->regs.fp.fpsr;
        memcpy(after->v, cpu->v, sizeof(after->v));
    }
    memcpy(after->window, runner->host + (INSN_WINDOW - RAM_BASE), INSN_WINDOW_BYTES);
}

static void run_case(struct runner *runner, const struct insn_case *c,
                     struct insn_result *result)
{
    struct el4_cpu *cpu = runner->cpu;
    uint64_t vector = runner->isa == INSN_AARCH32 ? VECTOR_AARCH32_SYNC : VECTOR_LOWER_EL_SYNC;

    load(runner, c);
    cpu->icount_limit = cpu->icount + RUN_INSNS_MAX;
    enum el4_engine_exit left = el4_engine_run(cpu);
    if (left == EL4_ENGINE_WAIT && el4_cpu_pc(cpu) == vector + 4) {
        save(runner, result);
    } else {
        result->outcome = INSN_OTHER;
        result->detail = 0x100 + left;
    }
}

int main(int argc, char **argv)
{
    struct el4_engine_config engine = {.decode_a64 = el4_a64_translate,
                                       .decode_a32 = el4_a32_translate,
                                       .decode_t32 = el4_t32_translate};
    int argument = 1;
    if (argc == 4 && !strcmp(argv[1], "--no-passes")) {
        engine.no_passes = true;
        argument++;
    }
    gchar *data = NULL;
    gsize bytes = 0;
    if (argc != argument + 2 || !g_file_get_contents(argv[argument], &data, &bytes, NULL)) {
        die("usage: run-el4 [--no-passes] CASES RESULTS");
    }
    const struct insn_header *header = (const struct insn_header *)data;
    if (bytes < sizeof(*header) || header->magic != INSN_MAGIC_CASES ||
        header->record_bytes != sizeof(struct insn_case) ||
        bytes != sizeof(*header) + (uint64_t)header->count * header->record_bytes) {
        die("not a file of cases");
    }
    const struct insn_case *cases = (const struct insn_case *)(header + 1);
    struct insn_result *results = calloc(header->count + 1u, sizeof(*results));
    struct runner runner = {.isa = header->isa};
    make_memory(&runner, header);
    make_cpu(&runner, header, &engine);
    for (uint32_t i = 0; results && i < header->count; i++) {
        if (i % INSN_SLOT_COUNT == 0) {
            write_slots(&runner, cases, i, header->count);
        }
        run_case(&runner, &cases[i], &results[i]);
    }

    struct insn_header out = {.magic = INSN_MAGIC_RESULTS,
                              .count = header->count,
                              .record_bytes = sizeof(struct insn_result)};
    FILE *file = fopen(argv[argument + 1], "wb");
    if (!results || !file || fwrite(&out, sizeof(out), 1, file) != 1 ||
        fwrite(results, sizeof(*results), header->count, file) != header->count ||
        fclose(file) != 0) {
        die("cannot write the results");
    }
    el4_engine_detach(runner.cpu);
    el4_cpu_free(runner.cpu);
    el4_bus_free(runner.bus);
    free(results);
    g_free(data);
    return 0;
}
