/* SPDX-License-Identifier: MIT */
/*
 * The instruction syndrome of a stage 2 data abort, worked out from the instruction word. A
 * hypervisor emulates a device with it instead of reading the guest's code. Valid only for
 * loads and stores of one general register without write-back (DDI 0487, ISS encoding for an
 * exception from a Data Abort, ISV).
 */
#include <string.h>

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

/* A32: the word and byte forms, then the halfword and signed ones, then LDA and STL. */
uint32_t el4_isv_syndrome_a32(uint32_t insn)
{
    static const uint8_t extra_size[4] = {0, 1, 0, 1};
    unsigned rt = (insn >> 12) & 15;
    bool load = insn & (1u << 20);
    bool writes_back = (insn & 0x01200000) != 0x01000000;

    if (insn >> 28 == 15) {
        return 0;
    }
    if ((insn & 0x0f800ff0) == 0x01800c90) { /* size: 0 word, 2 byte, 3 halfword */
        unsigned size = (insn >> 21) & 3;
        rt = load ? rt : insn & 15;
        return rt == 15 || size == 1 ? 0
                                     : syndrome(size ? size - 2 : 2, false, rt, false, true);
    }
    if (writes_back || rt == 15) {
        return 0;
    }
    if ((insn & 0x0e000000) == 0x04000000 || (insn & 0x0e000010) == 0x06000000) {
        return syndrome(insn & (1u << 22) ? 0 : 2, false, rt, false, false);
    }
    unsigned op = (insn >> 5) & 3;
    if ((insn & 0x0e000090) == 0x00000090 && op && (load || op == 1)) {
        return syndrome(extra_size[op], op >= 2, rt, false, false);
    }
    return 0;
}

static uint32_t syndrome_t16(uint32_t insn)
{
    static const uint8_t register_size[8] = {2, 1, 0, 0, 2, 1, 0, 1};
    unsigned low = insn & 7;
    unsigned high = (insn >> 8) & 7;
    unsigned op = (insn >> 9) & 7;
    switch (insn >> 11) {
    case 0x09: return syndrome(2, false, high, false, false); /* literal */
    case 0x0a:
    case 0x0b: return syndrome(register_size[op], op == 3 || op == 7, low, false, false);
    case 0x0c:
    case 0x0d: return syndrome(2, false, low, false, false);
    case 0x0e:
    case 0x0f: return syndrome(0, false, low, false, false);
    case 0x10:
    case 0x11: return syndrome(1, false, low, false, false);
    case 0x12:
    case 0x13: return syndrome(2, false, high, false, false); /* SP-relative */
    default: return 0;
    }
}

uint32_t el4_isv_syndrome_t32(uint32_t insn, unsigned bytes)
{
    if (bytes == 2) {
        return syndrome_t16(insn);
    }
    unsigned rt = (insn >> 12) & 15;
    bool load = insn & (1u << 20);
    bool sign_extend = insn & (1u << 24);
    unsigned size = (insn >> 21) & 3;
    if ((insn & 0xffe00f80) == 0xe8c00f80 && ((insn >> 4) & 7) <= 2) { /* LDA, STL */
        return rt == 15 ? 0 : syndrome((insn >> 4) & 3, false, rt, false, true);
    }
    if ((insn & 0xfe000000) != 0xf8000000 || rt == 15 || size == 3 ||
        (sign_extend && (!load || size == 2))) {
        return 0;
    }
    bool literal = ((insn >> 16) & 15) == 15;
    bool long_offset = insn & (1u << 23);
    bool by_register = !(insn & 0xfc0);
    bool short_offset = (insn & 0xd00) == 0xc00; /* P, not W */
    return literal || long_offset || by_register || short_offset
               ? syndrome(size, sign_extend, rt, false, false)
               : 0;
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

unsigned el4_a32_register_as_x(const struct el4_cpu *cpu, unsigned n)
{
    static const struct {
        uint8_t mode, r13, r14;
    } banks[] = {
        {EL4_A32_FIQ, 29, 30}, {EL4_A32_IRQ, 17, 16}, {EL4_A32_SVC, 19, 18},
        {EL4_A32_ABT, 21, 20}, {EL4_A32_UND, 23, 22}, {EL4_A32_HYP, 15, 14},
    };
    if (cpu->a32.mode == EL4_A32_FIQ && n >= 8 && n <= 12) {
        return n + 16;
    }
    for (unsigned i = 0; n >= 13 && i < sizeof(banks) / sizeof(banks[0]); i++) {
        if (banks[i].mode == cpu->a32.mode) {
            return n == 13 ? banks[i].r13 : banks[i].r14;
        }
    }
    return n;
}

static uint16_t halfword(const void *code, unsigned n)
{
    uint16_t value;
    memcpy(&value, (const uint8_t *)code + 2 * n, sizeof(value));
    return value;
}

/* A T32 instruction that goes on in the next page has no syndrome: that is allowed. */
static uint32_t syndrome_at_t32(const void *code, unsigned bytes_left, unsigned *bytes)
{
    uint32_t insn = halfword(code, 0);
    *bytes = insn >> 11 >= 0x1d ? 4 : 2;
    if (*bytes > bytes_left) {
        return 0;
    }
    return el4_isv_syndrome_t32(*bytes == 4 ? insn << 16 | halfword(code, 1) : insn, *bytes);
}

void el4_isv_complete(const struct el4_cpu *cpu, const void *code, unsigned bytes_left,
                      struct el4_exception *exception)
{
    unsigned bytes = 4;
    uint32_t iss;
    if (cpu->mode.thumb) {
        iss = syndrome_at_t32(code, bytes_left, &bytes);
    } else {
        uint32_t insn = halfword(code, 0) | (uint32_t)halfword(code, 1) << 16;
        iss = cpu->mode.aarch32 ? el4_isv_syndrome_a32(insn) : el4_isv_syndrome(insn);
    }
    if (iss && cpu->mode.aarch32 && !el4_cpu_el_is_a32(cpu, exception->target_el)) {
        unsigned rt = el4_a32_register_as_x(cpu, EL4_FIELD(iss, 19, 16));
        iss = (iss & ~(31u << 16)) | rt << 16;
    }
    exception->esr |= iss;
    if (iss && bytes == 2) {
        exception->esr &= ~(uint64_t)EL4_ESR_IL;
    }
}
