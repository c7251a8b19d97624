/* SPDX-License-Identifier: MIT */
/*
 * oracle.c's view of a signal frame of AArch32: which registers are where. The program itself
 * is A32 code.
 */
#ifndef EL4_TESTS_INSN_ORACLE_A32_H
#define EL4_TESTS_INSN_ORACLE_A32_H

#define BREAKPOINT "bkpt #0"
#define ISA        INSN_AARCH32
#define VFP_RECORD 0x56465001u
#define CPSR_USER  0x10u

struct vfp_record {
    uint32_t magic;
    uint32_t size;
    uint64_t d[32];
    uint32_t fpscr;
};

static struct vfp_record *find_vfp(ucontext_t *context)
{
    struct vfp_record *record = (struct vfp_record *)context->uc_regspace;
    if (record->magic != VFP_RECORD) {
        die("the signal frame does not begin with a VFP record");
    }
    return record;
}

static void state_save(struct insn_state *after, ucontext_t *context)
{
    const mcontext_t *m = &context->uc_mcontext;
    const unsigned long *r = &m->arm_r0;
    const struct vfp_record *vfp = find_vfp(context);

    for (unsigned i = 0; i < 15; i++) {
        after->x[i] = r[i];
    }
    after->pc = m->arm_pc;
    after->flags = m->arm_cpsr & INSN_CPSR;
    after->fpcr = vfp->fpscr;
    memcpy(after->v, vfp->d, sizeof(vfp->d));
}

static void state_load(const struct insn_state *before, ucontext_t *context)
{
    mcontext_t *m = &context->uc_mcontext;
    unsigned long *r = &m->arm_r0;
    struct vfp_record *vfp = find_vfp(context);

    for (unsigned i = 0; i < 15; i++) {
        r[i] = (unsigned long)before->x[i];
    }
    m->arm_pc = (unsigned long)before->pc;
    m->arm_cpsr = CPSR_USER | (unsigned long)before->flags;
    vfp->fpscr = (uint32_t)before->fpcr;
    memcpy(vfp->d, before->v, sizeof(vfp->d));
    /* Unlike AArch64's, this return from a signal need not do so. */
    __asm__ volatile("clrex" ::: "memory");
}

/* Behind the breakpoint whose frame this is. */
static void state_go_on(ucontext_t *context)
{
    context->uc_mcontext.arm_pc += 4;
}

#endif
