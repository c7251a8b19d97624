/* SPDX-License-Identifier: MIT */
/*
 * The run loop of one vCPU: attention, look-up, translation, interpretation, and the landing
 * place of every exception that guest code raises.
 */
#include "engine/engine.h"

#include <setjmp.h>

#include "cpu/crosscall.h"
#include "cpu/debug.h"
#include "cpu/exception.h"
#include "cpu/mem.h"
#include "cpu/trace.h"
#include "engine/block.h"

/* Values of the unwinding longjmp. */
enum { UNWIND_NONE, UNWIND_EXCEPTION };

/* PC alignment fault (DDI 0487 D1.3.5): before the fetch is looked at. */
static _Noreturn void raise_pc_alignment(struct el4_cpu *cpu, uint64_t pc)
{
    const struct el4_exception fault = {
        .esr = EL4_ESR(EL4_EC_PC_ALIGNMENT, 0),
        .far = pc,
        .far_valid = true,
        .target_el = el4_cpu_sync_target(cpu),
        .kind = EL4_RAISE_TARGET,
    };
    el4_cpu_raise_exception(cpu, &fault);
}

/* What blocks know from their mode instead of from PSTATE: moved there when one is entered. */
static uint32_t entry_pstate(const struct el4_cpu *cpu)
{
    return cpu->mode.aarch32 ? EL4_PSTATE_IT : EL4_PSTATE_BTYPE;
}

/* The block at the cpu's PC: jump cache, then physical look-up, then translation. */
static struct el4_block *find_block(struct el4_cpu *cpu)
{
    struct el4_code_cache *cache = cpu->code_cache;
    bool aarch32 = cpu->mode.aarch32;
    uint64_t pc = cpu->slot[EL4_SLOT_PC];
    struct el4_jump_entry *entry = el4_jump_slot(cache, pc);

    cpu->block = NULL;
    if (entry->pc == pc && entry->generation == el4_code_generation(cpu, pc) &&
        entry->block->valid && entry->block->cpu_mode == cpu->mode.word &&
        !(cpu->pstate & entry_pstate(cpu))) {
        return entry->block;
    }
    if (pc & (cpu->mode.thumb ? 1 : 3)) {
        raise_pc_alignment(cpu, pc);
    }
    struct el4_fetch_page page;
    el4_mem_fetch_page(cpu, pc, &page);
    union el4_cpu_mode plain_mode = cpu->mode;
    if (aarch32) {
        uint32_t it = el4_pstate_it(cpu->pstate);
        cpu->mode.it = cpu->mode.thumb && it & 15 ? it : 0;
    } else if (page.guarded && cpu->features.bti) {
        cpu->mode.bti = 1;
        cpu->mode.btype = (cpu->pstate & EL4_PSTATE_BTYPE) >> EL4_PSTATE_BTYPE_SHIFT & 3;
    }
    uint64_t pa = (page.pa & EL4_PAGE_MASK) | (pc & ~EL4_PAGE_MASK) | (page.pa & 1);
    struct el4_block *block = NULL;
    if (page.host) {
        block = el4_block_find(cache, pa, cpu->mode.word);
    }
    if (!block) {
        block = el4_block_translate(cpu, &page);
    }
    cpu->mode = plain_mode;
    if (block->valid && !(block->mode & EL4_MODE_ENTRY_BITS)) {
        *entry = (struct el4_jump_entry){pc, el4_code_generation(cpu, pc), block};
    }
    return block;
}

/*
 * The guest PC of the instruction that raised, and of the next one; instructions not reached
 * are not retired.
 */
static uint64_t faulting_pc(struct el4_cpu *cpu, uint64_t *next)
{
    const struct el4_block *block = cpu->block;
    uint64_t pc = cpu->slot[EL4_SLOT_PC];
    if (!block) {
        *next = pc + (cpu->exception.esr & EL4_ESR_IL ? 4 : 2);
        return pc;
    }
    unsigned insn = el4_block_insn_at(block, cpu->fault_uop);
    cpu->icount -= block->insn_count - (insn + 1u);
    el4_block_restore_it(cpu, block, insn);
    bool is_last = insn + 1 == block->insn_count;
    *next = pc + (is_last ? block->end_offset : 2u * block->insns[insn + 1].offset);
    return pc + 2u * block->insns[insn].offset;
}

static void land_exception(struct el4_cpu *cpu)
{
    uint64_t next;
    uint64_t pc = faulting_pc(cpu, &next);
    cpu->block = NULL;
    el4_cpu_take_exception(cpu, &cpu->exception, cpu->exception.return_next ? next : pc);
}

/* Software step, breakpoints, instruction trace: one instruction, looked at before and after.
 */
static void run_single(struct el4_cpu *cpu, struct el4_block *block)
{
    uint64_t before = cpu->icount;
    if (cpu->mode.trace_insn && cpu->trace) {
        cpu->trace->insn(cpu->trace, cpu, cpu->slot[EL4_SLOT_PC], block->insn,
                         block->end_offset);
    }
    el4_interpret(cpu, block);
    if (cpu->icount != before) {
        el4_debug_after(cpu);
    }
}

enum el4_engine_exit el4_engine_run(struct el4_cpu *cpu)
{
    jmp_buf unwind;
    enum el4_engine_exit exit_reason;

    cpu->unwind = &unwind;
    el4_crosscall_enter_guest(cpu);
    if (setjmp(unwind) != UNWIND_NONE) {
        land_exception(cpu);
    }
    for (;;) {
        if (cpu->waiting) {
            cpu->waiting = false;
            exit_reason = EL4_ENGINE_WAIT;
            break;
        }
        if (atomic_load_explicit(&cpu->attention, memory_order_relaxed) &
            cpu->attention_enabled) {
            if (!el4_cpu_service_attention(cpu)) {
                exit_reason = EL4_ENGINE_STOP;
                break;
            }
        }
        if (cpu->icount >= cpu->icount_limit) {
            exit_reason = EL4_ENGINE_QUANTUM;
            break;
        }
        if (cpu->mode.single_insn && el4_debug_before(cpu)) {
            continue;
        }
        struct el4_block *block = find_block(cpu);
        uint32_t at_entry = cpu->pstate & entry_pstate(cpu);
        uint64_t before = cpu->icount;
        cpu->pstate &= ~at_entry;
        if (cpu->mode.single_insn) {
            run_single(cpu, block);
        } else {
            el4_interpret(cpu, block);
        }
        if (cpu->icount == before) {
            cpu->pstate |= at_entry; /* something came up before its first instruction */
        }
        if (cpu->mode.aarch32) {
            cpu->slot[EL4_SLOT_PC] = (uint32_t)cpu->slot[EL4_SLOT_PC];
        }
    }
    cpu->block = NULL;
    cpu->unwind = NULL;
    el4_crosscall_leave_guest(cpu);
    return exit_reason;
}
