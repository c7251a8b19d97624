/* SPDX-License-Identifier: MIT */
/*
 * The system registers of AArch32: coprocessors 14 and 15, as translate functions call them.
 * One table (cp-table.c) has all of them; who may access what is in cp-access.c. Everything
 * here raises what the manual says (UNDEFINED, or a trap to EL1, Hyp mode, EL2 or EL3).
 *
 * A key names a register in the 16 bits of a micro-op's aux. MCR and MRC: bit 15 CP14, 14:11
 * CRn, 10:7 CRm, 6:4 opc1, 3:1 opc2. MCRR and MRRC: bit 15 CP14, 10:7 CRm, 6:3 opc1. Bit 0 is
 * clear.
 *
 * info is what a trap's syndrome needs beside the key: EL4_CP_INFO.
 */
#ifndef EL4_CPU_CP_H
#define EL4_CPU_CP_H

#include <stdbool.h>
#include <stddef.h>
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
/*
 * An LDC or STC: Rn and imm8 in the place of Rt and Rt2, and the addressing mode as in the
 * syndrome: U, and AM (0 unindexed, 1 post-indexed, 2 offset, 3 pre-indexed; 4 and more for a
 * literal).
 */
#define EL4_CP_INFO_MEMORY(rn, imm8, cond, u, am)                                              \
    ((uint32_t)((rn) | (imm8) << 8 | (cond) << 16 | EL4_CP_INFO_LDC | (u) << 25 | (am) << 26))

/*
 * What a micro-op may carry instead of a key: the register's place in the table, with bit 0
 * set, so that running it searches nothing. The key itself if there is no such register.
 */
uint32_t el4_cp_resolve(uint32_t key, bool is_64bit);

/*
 * el4_call_fn: a is unused by reads; info is b of reads and c of writes. aux is a key, or what
 * el4_cp_resolve() made of it.
 */
uint64_t el4_cp_read(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c, uint32_t aux);
uint64_t el4_cp_write(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                      uint32_t aux);
/* MRRC and MCRR: Rt is the low half of the value, Rt2 the high one. */
uint64_t el4_cp_read64(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c,
                       uint32_t aux);
uint64_t el4_cp_write64(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                        uint32_t aux);

/*
 * el4_call_fn, for BXJ of a core with Hyp mode: HSTR.TJDBX. b is the ISS but for IL: CV, COND
 * and Rm.
 */
uint64_t el4_cp_check_bxj(struct el4_cpu *cpu, uint64_t a, uint64_t iss, uint64_t c,
                          uint32_t aux);

/* Reset values of what only AArch32 has, or has otherwise; the rest is zeroed already. */
void el4_cp_reset(struct el4_cpu *cpu);

/*
 * el4_cpu_env.unimplemented() is told of an unknown register with this bit set, and below it
 * the key with EL4_CP_WIDE for MCRR and MRRC.
 */
#define EL4_CP_ENCODING (1u << 31)
#define EL4_CP_WIDE     (1u << 16)
/* "p15, 0, c1, c0, 0" of such an encoding. */
void el4_cp_name(uint32_t encoding, char *text, size_t size);

#endif
