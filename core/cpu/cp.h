/* SPDX-License-Identifier: MIT */
/*
 * The system registers of AArch32: coprocessors 14 and 15, as translate functions call them.
 * All raise what the manual says (UNDEFINED, or a trap to EL1, Hyp mode, EL2 or EL3).
 *
 * A key names a register in the 16 bits of a micro-op's aux. MCR and MRC: bit 15 CP14, 14:11
 * CRn, 10:7 CRm, 6:4 opc1, 3:1 opc2. MCRR and MRRC: bit 15 CP14, 10:7 CRm, 6:3 opc1.
 *
 * info is what a trap's syndrome needs beside the key: EL4_CP_INFO.
 */
#ifndef EL4_CPU_CP_H
#define EL4_CPU_CP_H

#include <stdint.h>

struct el4_cpu;

#define EL4_CP_KEY(cp, opc1, crn, crm, opc2)                                                   \
    ((uint32_t)(((cp) == 14 ? 1u << 15 : 0) | (crn) << 11 | (crm) << 7 | (opc1) << 4 |         \
                (opc2) << 1))
#define EL4_CP_KEY64(cp, opc1, crm)                                                            \
    ((uint32_t)(((cp) == 14 ? 1u << 15 : 0) | (crm) << 7 | (opc1) << 3))

/* Rt, Rt2 (0 where there is none), the condition (14: always), and: it is an LDC or STC. */
#define EL4_CP_INFO(rt, rt2, cond) ((uint32_t)((rt) | (rt2) << 8 | (cond) << 16))
#define EL4_CP_INFO_LDC            (1u << 24)
#define EL4_CP_INFO_RT(info)       ((unsigned)(info)&15)
#define EL4_CP_INFO_RT2(info)      ((unsigned)((info) >> 8) & 15)
#define EL4_CP_INFO_COND(info)     ((unsigned)((info) >> 16) & 15)

/* el4_call_fn: a is unused by reads; info is b of reads and c of writes. */
uint64_t el4_cp_read(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c, uint32_t key);
uint64_t el4_cp_write(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                      uint32_t key);
/* MRRC and MCRR: Rt is the low half of the value, Rt2 the high one. */
uint64_t el4_cp_read64(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c,
                       uint32_t key);
uint64_t el4_cp_write64(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                        uint32_t key);

#endif
