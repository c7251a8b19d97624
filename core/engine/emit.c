/* SPDX-License-Identifier: MIT */
/*
 * The emit functions that are not short forms (emit.h): the general one, and the checks that
 * many instructions begin with.
 */
#include "engine/emit.h"

#include <assert.h>

#include "cpu/exception.h"

struct el4_uop *el4_emit(struct el4_translator *t, enum el4_uop_code op, unsigned d, unsigned a,
                         unsigned b, unsigned c, unsigned aux, uint64_t imm)
{
    assert(t->uop_count < t->uop_capacity);
    struct el4_uop *uop = &t->uops[t->uop_count++];
    uop->desc = (struct el4_uop_desc){(uint8_t)d, (uint8_t)a,    (uint8_t)b,
                                      (uint8_t)c, (uint16_t)aux, (uint16_t)op};
    uop->imm = imm;
    return uop;
}

static uint64_t set_it(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t it)
{
    cpu->pstate |= el4_pstate_of_it(it);
    return 0;
}

void el4_emit_set_it(struct el4_translator *t, unsigned it)
{
    if (it) {
        el4_emit_call(t, set_it, EL4_SLOT_SINK, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                      it);
    }
}

bool el4_emit_fp_check(struct el4_translator *t)
{
    if (t->mode.fp_trap_el == 0) {
        return true;
    }
    /* EC 0x07 with CV = 1 and COND = 0b1110, DDI 0487 ISS encoding for access to SIMD or FP. */
    el4_emit_raise(t, EL4_RAISE_FP_TRAP, EL4_ESR(EL4_EC_FP_ACCESS, 0x1e00000));
    return false;
}

void el4_emit_sp_check(struct el4_translator *t, unsigned rn)
{
    if (rn == 31 && t->mode.sp_align_check) {
        el4_emit_da(t, EL4_UOP_CHECKSP, 0, EL4_SLOT_SP);
    }
}
