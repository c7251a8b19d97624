/* SPDX-License-Identifier: MIT */
/*
 * The instruction syndrome of a stage 2 data abort, worked out from the instruction word. A
 * hypervisor emulates a device with it instead of reading the guest's code. Valid only for
 * loads and stores of one general register without write-back (DDI 0487, ISS encoding for an
 * exception from a Data Abort, ISV).
 */
#include "cpu/cpu.h"
#include "cpu/mmu.h"

#define ISS_ISV EL4_BIT(24)

static uint32_t syndrome(unsigned size, bool sign_extend, unsigned rt, bool is_64bit,
                         bool ordered)
{
    return (uint32_t)(ISS_ISV | size << 22 | (sign_extend ? EL4_BIT(21) : 0) | rt << 16 |
                      (is_64bit ? EL4_BIT(15) : 0) | (ordered ? EL4_BIT(14) : 0));
}

/* size and opc of the common load/store encodings; false for prefetches and unallocated. */
static uint32_t plain(uint32_t insn, unsigned rt, bool ordered)
{
    unsigned size = insn >> 30;
    unsigned opc = (insn >> 22) & 3;
    if (opc < 2) {
        return syndrome(size, false, rt, size == 3, ordered);
    }
    if (size == 3 || (size == 2 && opc == 3)) {
        return 0;
    }
    return syndrome(size, true, rt, opc == 2, ordered);
}

uint32_t el4_isv_syndrome(uint32_t insn)
{
    unsigned rt = insn & 31;
    if ((insn & 0x3f000000) == 0x39000000) { /* unsigned immediate offset */
        return plain(insn, rt, false);
    }
    if ((insn & 0x3f200000) == 0x38000000) {
        unsigned form = (insn >> 10) & 3;
        /* 0: unscaled immediate; 2: unprivileged; 1 and 3 write the base register back */
        return form & 1 ? 0 : plain(insn, rt, false);
    }
    if ((insn & 0x3f200c00) == 0x38200800) { /* register offset */
        return insn & 0x4000 ? plain(insn, rt, false) : 0;
    }
    if ((insn & 0x3f000000) == 0x18000000) { /* literal: W, X, SW, prefetch */
        unsigned opc = insn >> 30;
        return opc == 3 ? 0 : syndrome(opc == 1 ? 3 : 2, opc == 2, rt, opc != 0, false);
    }
    if ((insn & 0x3f200c00) == 0x19000000) { /* LDAPUR, STLUR (FEAT_LRCPC2) */
        return plain(insn, rt, true);
    }
    if ((insn & 0x3fbffc00) == 0x089ffc00 || (insn & 0x3fbffc00) == 0x089f7c00 ||
        (insn & 0x3ffffc00) == 0x38bfc000) {
        /* LDAR, STLR; LDLAR, STLLR; LDAPR */
        unsigned size = insn >> 30;
        return syndrome(size, false, rt, size == 3, true);
    }
    return 0;
}
