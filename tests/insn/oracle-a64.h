/* SPDX-License-Identifier: MIT */
/*
 * oracle.c's view of a signal frame of AArch64: which registers are where.
 */
#ifndef EL4_TESTS_INSN_ORACLE_A64_H
#define EL4_TESTS_INSN_ORACLE_A64_H

#define BREAKPOINT    "brk #0"
#define ISA           INSN_A64
#define FPSIMD_RECORD 0x46508001u

struct fpsimd_record {
    uint32_t magic;
    uint32_t size;
    uint32_t fpsr;
    uint32_t fpcr;
    uint64_t v[32][2];
};

static struct fpsimd_record *find_fpsimd(ucontext_t *context)
{
    uint8_t *at = (uint8_t *)context->uc_mcontext.__reserved;
    struct fpsimd_record *record = (struct fpsimd_record *)at;
    if (record->magic != FPSIMD_RECORD) {
        die("the signal frame does not begin with an FPSIMD record");
    }
    return record;
}

/* End of records: an SVE one would overwrite the vectors. */
static void end_records(struct fpsimd_record *fpsimd)
{
    memset((uint8_t *)fpsimd + fpsimd->size, 0, 8);
}

static void state_save(struct insn_state *after, ucontext_t *context)
{
    const mcontext_t *m = &context->uc_mcontext;
    const struct fpsimd_record *fpsimd = find_fpsimd(context);

    memcpy(after->x, m->regs, sizeof(after->x));
    after->sp = m->sp;
    after->pc = m->pc;
    after->flags = m->pstate & 0xf0000000u;
    after->fpcr = fpsimd->fpcr;
    after->fpsr = fpsimd->fpsr;
    memcpy(after->v, fpsimd->v, sizeof(after->v));
}

static void state_load(const struct insn_state *before, ucontext_t *context)
{
    mcontext_t *m = &context->uc_mcontext;
    struct fpsimd_record *fpsimd = find_fpsimd(context);

    memcpy(m->regs, before->x, sizeof(before->x));
    m->sp = before->sp;
    m->pc = before->pc;
    m->pstate = before->flags;
    fpsimd->fpsr = (uint32_t)before->fpsr;
    fpsimd->fpcr = (uint32_t)before->fpcr;
    memcpy(fpsimd->v, before->v, sizeof(before->v));
    end_records(fpsimd);
}

/* Behind the breakpoint whose frame this is. */
static void state_go_on(ucontext_t *context)
{
    context->uc_mcontext.pc += 4;
    end_records(find_fpsimd(context));
}

#endif
