/* SPDX-License-Identifier: MIT */
/*
 * Typed micro-ops: what translate functions (core/isa) emit and what every consumer (the
 * interpreter now, an x86-64 emitter later) executes. EL4_UOP_LIST is the single definition:
 * name, destination type, source types, flags. A micro-op works on slots: 64-bit cells of
 * struct el4_cpu that hold the X registers, SP, PC base, NZCV and a block's temporaries.
 *
 * Types:  x  64-bit slot        w  32-bit value in a slot, zero-extended when written
 *         f  NZCV slot (bits 31:28)   v  vector register   -  none
 *         X  64-bit slot that is written, where a source would stand
 * Flags:  F  reads NZCV   S  also writes NZCV (beside d)   M  may fault (touches memory or
 *         raises)   E  ends the block   C  calls a C function
 *
 * Temporaries live within one block only. Micro-ops never contain absolute guest addresses:
 * all PC-relative values are "PC slot + imm", where the PC slot holds the virtual address of
 * the block's first instruction. So one block serves every mapping of its physical page.
 */
#ifndef EL4_ENGINE_UOP_H
#define EL4_ENGINE_UOP_H

#include <stdint.h>

/* Slot numbers. */
enum el4_slot {
    EL4_SLOT_X0 = 0,    /* X0..X30 */
    EL4_SLOT_SP = 31,   /* SP of the current EL and SPSel */
    EL4_SLOT_ZERO = 32, /* reads as zero, never written */
    EL4_SLOT_SINK = 33, /* written by results that go to XZR, never read */
    EL4_SLOT_PC = 34,   /* virtual address of the current block's first instruction */
    EL4_SLOT_NZCV = 35, /* PSTATE.NZCV in bits 31:28, all other bits zero */
    /* AArch32: R0..R14 of the current mode are X0..X14, their upper halves zero. */
    EL4_SLOT_GE = 36,     /* PSTATE.GE in bits 19:16, all other bits zero */
    EL4_SLOT_Q = 37,      /* PSTATE.Q in bit 27, all other bits zero */
    EL4_SLOT_FPNZCV = 38, /* FPSCR.NZCV in bits 31:28, all other bits zero */
    EL4_SLOT_TEMP = 39,   /* first temporary */
    EL4_SLOT_COUNT = 128,
};

/*
 * X(NAME, dest, a, b, c, flags)  -- d, a, b, c are slot (or V register) numbers.
 * The comment gives the meaning; imm is 64 bits, aux 16 bits.
 */
#define EL4_UOP_LIST(X)                                                                        \
    /* moves */                                                                                \
    X(MOV, x, x, -, -, "")   /* d = a */                                                       \
    X(MOV32, w, x, -, -, "") /* d = (uint32_t)a */                                             \
    X(MOVI, x, -, -, -, "")  /* d = imm */                                                     \
    X(PCREL, x, -, -, -, "") /* d = PC slot + imm */                                           \
    /* arithmetic */                                                                           \
    X(ADD64, x, x, x, -, "") /* d = a + b */                                                   \
    X(ADD32, w, w, w, -, "")                                                                   \
    X(SUB64, x, x, x, -, "") /* d = a - b */                                                   \
    X(SUB32, w, w, w, -, "")                                                                   \
    X(ADDI64, x, x, -, -, "") /* d = a + imm */                                                \
    X(ADDI32, w, w, -, -, "")                                                                  \
    X(ADDS64, x, x, x, -, "S") /* d = a + b, NZCV */                                           \
    X(ADDS32, w, w, w, -, "S")                                                                 \
    X(SUBS64, x, x, x, -, "S") /* d = a - b, NZCV */                                           \
    X(SUBS32, w, w, w, -, "S")                                                                 \
    X(ADDSI64, x, x, -, -, "S") /* d = a + imm, NZCV */                                        \
    X(ADDSI32, w, w, -, -, "S")                                                                \
    X(SUBSI64, x, x, -, -, "S") /* d = a - imm, NZCV */                                        \
    X(SUBSI32, w, w, -, -, "S")                                                                \
    X(ADC64, x, x, x, -, "F") /* d = a + b + C (SBC: b inverted first) */                      \
    X(ADC32, w, w, w, -, "F")                                                                  \
    X(ADCS64, x, x, x, -, "FS")                                                                \
    X(ADCS32, w, w, w, -, "FS")                                                                \
    X(NEG64, x, x, -, -, "") /* d = -a */                                                      \
    X(NEG32, w, w, -, -, "")                                                                   \
    /* logical */                                                                              \
    X(AND64, x, x, x, -, "")                                                                   \
    X(AND32, w, w, w, -, "")                                                                   \
    X(ORR64, x, x, x, -, "")                                                                   \
    X(ORR32, w, w, w, -, "")                                                                   \
    X(EOR64, x, x, x, -, "")                                                                   \
    X(EOR32, w, w, w, -, "")                                                                   \
    X(BIC64, x, x, x, -, "") /* d = a & ~b */                                                  \
    X(BIC32, w, w, w, -, "")                                                                   \
    X(ORN64, x, x, x, -, "") /* d = a | ~b */                                                  \
    X(ORN32, w, w, w, -, "")                                                                   \
    X(EON64, x, x, x, -, "") /* d = a ^ ~b */                                                  \
    X(EON32, w, w, w, -, "")                                                                   \
    X(NOT64, x, x, -, -, "")                                                                   \
    X(NOT32, w, w, -, -, "")                                                                   \
    X(ANDI64, x, x, -, -, "") /* d = a & imm */                                                \
    X(ANDI32, w, w, -, -, "")                                                                  \
    X(ORRI64, x, x, -, -, "")                                                                  \
    X(ORRI32, w, w, -, -, "")                                                                  \
    X(EORI64, x, x, -, -, "")                                                                  \
    X(EORI32, w, w, -, -, "")                                                                  \
    X(ANDS64, x, x, x, -, "S") /* N and Z from the result, C and V clear */                    \
    X(ANDS32, w, w, w, -, "S")                                                                 \
    X(BICS64, x, x, x, -, "S")                                                                 \
    X(BICS32, w, w, w, -, "S")                                                                 \
    X(ANDSI64, x, x, -, -, "S")                                                                \
    X(ANDSI32, w, w, -, -, "S")                                                                \
    /* shifts: I by imm (< width), V by b modulo the width */                                  \
    X(LSLI64, x, x, -, -, "")                                                                  \
    X(LSLI32, w, w, -, -, "")                                                                  \
    X(LSRI64, x, x, -, -, "")                                                                  \
    X(LSRI32, w, w, -, -, "")                                                                  \
    X(ASRI64, x, x, -, -, "")                                                                  \
    X(ASRI32, w, w, -, -, "")                                                                  \
    X(RORI64, x, x, -, -, "")                                                                  \
    X(RORI32, w, w, -, -, "")                                                                  \
    X(LSLV64, x, x, x, -, "")                                                                  \
    X(LSLV32, w, w, w, -, "")                                                                  \
    X(LSRV64, x, x, x, -, "")                                                                  \
    X(LSRV32, w, w, w, -, "")                                                                  \
    X(ASRV64, x, x, x, -, "")                                                                  \
    X(ASRV32, w, w, w, -, "")                                                                  \
    X(RORV64, x, x, x, -, "")                                                                  \
    X(RORV32, w, w, w, -, "")                                                                  \
    /* A32 and T32: by the low byte of b, which may be more than 31 */                         \
    X(LSLR32, w, w, w, -, "")                                                                  \
    X(LSRR32, w, w, w, -, "")                                                                  \
    X(ASRR32, w, w, w, -, "")                                                                  \
    X(EXTR64, x, x, x, -, "") /* d = (a:b) >> imm, 0 < imm < 64 */                             \
    X(EXTR32, w, w, w, -, "") /* 0 < imm < 32 */                                               \
    /* with a shifted operand: aux, below the width, is by how much */                         \
    X(ADDLSL64, x, x, x, -, "") /* d = a + (b << aux) */                                       \
    X(ADDLSL32, w, w, w, -, "")                                                                \
    X(ADDLSR64, x, x, x, -, "") /* d = a + (b >> aux) */                                       \
    X(ADDLSR32, w, w, w, -, "")                                                                \
    X(SUBLSL64, x, x, x, -, "") /* d = a - (b << aux) */                                       \
    X(SUBLSL32, w, w, w, -, "")                                                                \
    X(SUBLSR64, x, x, x, -, "") /* d = a - (b >> aux) */                                       \
    X(SUBLSR32, w, w, w, -, "")                                                                \
    X(ANDLSL64, x, x, x, -, "") /* d = a & (b << aux) */                                       \
    X(ANDLSL32, w, w, w, -, "")                                                                \
    X(ANDLSR64, x, x, x, -, "") /* d = a & (b >> aux) */                                       \
    X(ANDLSR32, w, w, w, -, "")                                                                \
    X(ORRLSL64, x, x, x, -, "") /* d = a | (b << aux) */                                       \
    X(ORRLSL32, w, w, w, -, "")                                                                \
    X(ORRLSR64, x, x, x, -, "") /* d = a | (b >> aux) */                                       \
    X(ORRLSR32, w, w, w, -, "")                                                                \
    X(EORLSL64, x, x, x, -, "") /* d = a ^ (b << aux) */                                       \
    X(EORLSL32, w, w, w, -, "")                                                                \
    X(EORLSR64, x, x, x, -, "") /* d = a ^ (b >> aux) */                                       \
    X(EORLSR32, w, w, w, -, "")                                                                \
    /* bit fields */                                                                           \
    X(UBFX64, x, x, -, -, "")  /* d = (a >> aux) & imm */                                      \
    X(SBFX64, x, x, -, -, "")  /* d = sign_extend(a >> aux, imm bits) */                       \
    X(SBFX32, w, w, -, -, "")  /* the same, truncated to 32 bits */                            \
    X(UBFIZ64, x, x, -, -, "") /* d = (a & imm) << aux */                                      \
    X(BFI64, x, x, x, -, "")   /* d = (a & ~imm) | (rotate_left(b, aux) & imm) */              \
    X(SXTB64, x, x, -, -, "")                                                                  \
    X(SXTH64, x, x, -, -, "")                                                                  \
    X(SXTW64, x, x, -, -, "")                                                                  \
    X(UXTB, x, x, -, -, "")                                                                    \
    X(UXTH, x, x, -, -, "")                                                                    \
    X(CLZ64, x, x, -, -, "")                                                                   \
    X(CLZ32, w, w, -, -, "")                                                                   \
    X(CLS64, x, x, -, -, "")                                                                   \
    X(CLS32, w, w, -, -, "")                                                                   \
    X(RBIT64, x, x, -, -, "")                                                                  \
    X(RBIT32, w, w, -, -, "")                                                                  \
    X(REV64, x, x, -, -, "")                                                                   \
    X(REV32, x, x, -, -, "") /* bytes within each 32-bit half */                               \
    X(REV16, x, x, -, -, "") /* bytes within each 16-bit part */                               \
    /* multiply, divide */                                                                     \
    X(MADD64, x, x, x, x, "") /* d = c + a * b */                                              \
    X(MADD32, w, w, w, w, "")                                                                  \
    X(MSUB64, x, x, x, x, "") /* d = c - a * b */                                              \
    X(MSUB32, w, w, w, w, "")                                                                  \
    X(MUL64, x, x, x, -, "")                                                                   \
    X(MUL32, w, w, w, -, "")                                                                   \
    X(SMADDL, x, w, w, x, "") /* d = c + (int64_t)(int32_t)a * (int32_t)b */                   \
    X(SMSUBL, x, w, w, x, "")                                                                  \
    X(UMADDL, x, w, w, x, "")                                                                  \
    X(UMSUBL, x, w, w, x, "")                                                                  \
    X(SMULH, x, x, x, -, "")                                                                   \
    X(UMULH, x, x, x, -, "")                                                                   \
    X(UMULL32, w, w, w, X, "") /* d = low half of a * b, then c = the high half (A32) */       \
    X(SMULL32, w, w, w, X, "")                                                                 \
    X(UDIV64, x, x, x, -, "") /* division by zero gives 0 */                                   \
    X(UDIV32, w, w, w, -, "")                                                                  \
    X(SDIV64, x, x, x, -, "") /* INT_MIN / -1 gives INT_MIN */                                 \
    X(SDIV32, w, w, w, -, "")                                                                  \
    /* conditional; aux = the condition's el4_condition_mask() */                              \
    X(CSEL64, x, x, x, -, "F") /* d = cond ? a : b */                                          \
    X(CSEL32, w, w, w, -, "F")                                                                 \
    X(CSINC64, x, x, x, -, "F") /* d = cond ? a : b + 1 */                                     \
    X(CSINC32, w, w, w, -, "F")                                                                \
    X(CSINV64, x, x, x, -, "F") /* d = cond ? a : ~b */                                        \
    X(CSINV32, w, w, w, -, "F")                                                                \
    X(CSNEG64, x, x, x, -, "F") /* d = cond ? a : -b */                                        \
    X(CSNEG32, w, w, w, -, "F")                                                                \
    X(MOVIC, x, x, -, -, "F")   /* d = cond ? imm : a */                                       \
    X(CCMP64, -, x, x, -, "FS") /* NZCV = cond ? flags(a - b) : imm (31:28) */                 \
    X(CCMP32, -, w, w, -, "FS")                                                                \
    X(CCMN64, -, x, x, -, "FS") /* NZCV = cond ? flags(a + b) : imm */                         \
    X(CCMN32, -, w, w, -, "FS")                                                                \
    X(NZ32, -, w, -, -, "FS")  /* N and Z of a, C and V stay (A32: MOVS, ANDS ...) */          \
    X(NZC32, -, w, x, -, "FS") /* N and Z of a, C = bit aux of b, V stays */                   \
    X(GETF, x, -, -, -, "F")   /* d = NZCV */                                                  \
    X(SETF, -, x, -, -, "S")   /* NZCV = a & 0xf0000000 */                                     \
    /* loads: address = a + imm; aux = EL4_MEM_* (MMU index and alignment rule) */             \
    X(LD8, x, x, -, -, "M") /* zero-extended */                                                \
    X(LD16, x, x, -, -, "M")                                                                   \
    X(LD32, x, x, -, -, "M")                                                                   \
    X(LD64, x, x, -, -, "M")                                                                   \
    X(LD8S64, x, x, -, -, "M") /* sign-extended to 64 */                                       \
    X(LD16S64, x, x, -, -, "M")                                                                \
    X(LD32S64, x, x, -, -, "M")                                                                \
    X(LD8S32, w, x, -, -, "M") /* sign-extended to 32 */                                       \
    X(LD16S32, w, x, -, -, "M")                                                                \
    X(LDX8, x, x, x, -, "M") /* address = a + (b << imm), imm < 64: LDR Xt, [Xn, Xm] */        \
    X(LDX16, x, x, x, -, "M")                                                                  \
    X(LDX32, x, x, x, -, "M")                                                                  \
    X(LDX64, x, x, x, -, "M")                                                                  \
    X(LDXW8, w, w, w, -, "M") /* the same, the address wrapping at 32 bits, imm < 32 */        \
    X(LDXW16, w, w, w, -, "M")                                                                 \
    X(LDXW32, w, w, w, -, "M")                                                                 \
    /* stores: mem[a + imm] = b */                                                             \
    X(ST8, -, x, x, -, "M")                                                                    \
    X(ST16, -, x, x, -, "M")                                                                   \
    X(ST32, -, x, x, -, "M")                                                                   \
    X(ST64, -, x, x, -, "M")                                                                   \
    X(STX8, -, x, x, x, "M") /* mem[a + (b << imm)] = c, imm < 64 */                           \
    X(STX16, -, x, x, x, "M")                                                                  \
    X(STX32, -, x, x, x, "M")                                                                  \
    X(STX64, -, x, x, x, "M")                                                                  \
    X(STXW8, -, w, w, w, "M") /* the same, the address wrapping at 32 bits, imm < 32 */        \
    X(STXW16, -, w, w, w, "M")                                                                 \
    X(STXW32, -, w, w, w, "M")                                                                 \
    /* pairs: two words, single-copy atomic each; c of a load is its second result */          \
    X(LDP32, x, x, -, X, "M") /* d = mem[a + imm], c = mem[a + imm + 4] */                     \
    X(LDP32S64, x, x, -, X, "M")                                                               \
    X(LDP64, x, x, -, X, "M")                                                                  \
    X(STP32, -, x, x, x, "M") /* mem[a + imm] = b, mem[a + imm + 4] = c */                     \
    X(STP64, -, x, x, x, "M")                                                                  \
    /* with writeback: after the access at a + (int32_t)imm, a += imm >> 32 (arithmetic) */    \
    X(LD8U64, x, X, -, -, "M")                                                                 \
    X(LD64U64, x, X, -, -, "M")                                                                \
    X(LDP64U64, x, X, -, X, "M")                                                               \
    X(STP64U64, -, X, x, x, "M")                                                               \
    X(LD8U32, x, X, -, -, "M") /* a wraps at 32 bits */                                        \
    X(LD16U32, x, X, -, -, "M")                                                                \
    X(LD32U32, x, X, -, -, "M")                                                                \
    X(ST8U32, -, X, x, -, "M")                                                                 \
    X(ST16U32, -, X, x, -, "M")                                                                \
    X(ST32U32, -, X, x, -, "M")                                                                \
    /* A32: imm = list of registers (15:0), first offset (31:16), writeback (63:32); b words;  \
     */                                                                                        \
    /* a is not in the list, R15 is d of LDM32 and not in that of STM32 */                     \
    X(LDM32, w, X, -, -, "M")                                                                  \
    X(STM32, -, X, -, -, "M")                                                                  \
    /* vector loads (V[d] = zero-extended mem[a + imm]) and stores (mem[a + imm] = V[d]) */    \
    X(LDV8, v, x, -, -, "M")                                                                   \
    X(LDV16, v, x, -, -, "M")                                                                  \
    X(LDV32, v, x, -, -, "M")                                                                  \
    X(LDV64, v, x, -, -, "M")                                                                  \
    X(LDV128, v, x, -, -, "M")                                                                 \
    X(STV8, v, x, -, -, "M")                                                                   \
    X(STV16, v, x, -, -, "M")                                                                  \
    X(STV32, v, x, -, -, "M")                                                                  \
    X(STV64, v, x, -, -, "M")                                                                  \
    X(STV128, v, x, -, -, "M")                                                                 \
    /* order, alignment */                                                                     \
    X(FENCE, -, -, -, -, "")    /* aux: EL4_FENCE_* */                                         \
    X(CHECKSP, -, x, -, -, "M") /* raises if a is not a multiple of 16 */                      \
    /* simple vector operations inline; everything else is VCALL */                            \
    X(VMOV, v, v, -, -, "")  /* V[d] = V[a]; aux 1: only the low 64 bits, rest zero */         \
    X(VMOVI, v, -, -, -, "") /* V[d].d[0] = imm, .d[1] = aux ? imm : 0 */                      \
    X(VGETD, x, v, -, -, "") /* d = V[a].d[aux] */                                             \
    X(VGETS, w, v, -, -, "") /* d = V[a].s[aux] */                                             \
    X(VSETD, v, x, -, -, "") /* V[d] = zero, then .d[0] = a */                                 \
    X(VSETS, v, w, -, -, "") /* V[d] = zero, then .s[0] = a */                                 \
    /* C functions */                                                                          \
    X(CALL, x, x, x, x, "MFSC")  /* d = ((el4_call_fn *)imm)(cpu, a, b, c, aux) */             \
    X(VCALL, -, -, -, -, "MFSC") /* ((el4_vcall_fn *)imm)(cpu, desc): d,a,b,c,aux packed */    \
    /* control; imm and the next-instruction offset are relative to the PC slot */             \
    X(B, -, -, -, -, "E")      /* PC = PC slot + imm; chainable (aux: which link) */           \
    X(BCOND, -, -, -, -, "FE") /* cond aux: PC slot + imm, else PC slot + insn end */          \
    /* two in one: SUBS and BCOND; aux, and imm as with BCOND, I: its upper half */            \
    X(SUBSB64, x, x, x, -, "SE")                                                               \
    X(SUBSB32, w, w, w, -, "SE")                                                               \
    X(SUBSIB64, x, x, -, -, "SE") /* the lower half of imm, zero-extended, is subtracted */    \
    X(SUBSIB32, w, w, -, -, "SE")                                                              \
    X(CBZ64, -, x, -, -, "E") /* a == 0: PC slot + imm, else fall through */                   \
    X(CBNZ64, -, x, -, -, "E")                                                                 \
    X(CBZ32, -, w, -, -, "E")                                                                  \
    X(CBNZ32, -, w, -, -, "E")                                                                 \
    X(TBZ, -, x, -, -, "E") /* bit aux of a clear: PC slot + imm */                            \
    X(TBNZ, -, x, -, -, "E")                                                                   \
    X(BR, -, x, -, -, "ME")     /* PC = a (after tag removal); aux: BTYPE it leaves */         \
    X(EXIT, -, -, -, -, "E")    /* PC = PC slot + imm; mode and events re-examined */          \
    X(EXITPC, -, x, -, -, "E")  /* PC = a; the same (after ERET and the like) */               \
    X(BX32, -, w, -, -, "E")    /* AArch32: T = bit 0 of a, PC = the rest of a, aligned */     \
    X(SKIP, -, -, -, -, "F")    /* cond aux false: leave out the next imm micro-ops */         \
    X(RAISE, -, -, -, -, "MEC") /* synchronous exception: imm = ESR value (EC, IL, ISS),       \
                                   aux = enum el4_raise_kind */

enum el4_uop_code {
#define X(name, d, a, b, c, flags) EL4_UOP_##name,
    EL4_UOP_LIST(X)
#undef X
        EL4_UOP_COUNT
};

/*
 * One micro-op, 16 bytes. d, a, b, c come directly before aux, so that a vector helper gets
 * all five as one by-value word (struct el4_uop_desc).
 */
struct el4_uop_desc {
    uint8_t d, a, b, c;
    uint16_t aux;
    uint16_t op;
};

struct el4_uop {
    struct el4_uop_desc desc;
    uint64_t imm;
};

_Static_assert(sizeof(struct el4_uop_desc) == 8, "a helper takes the descriptor in a register");
_Static_assert(sizeof(struct el4_uop) == 16, "two micro-ops to half a cache line");

/* aux of memory micro-ops */
#define EL4_MEM_INDEX_MASK  0x000f /* enum el4_mmu_index */
#define EL4_MEM_ALIGNED     0x0010 /* must be naturally aligned whatever SCTLR.A says */
#define EL4_MEM_BIG_ENDIAN  0x0020 /* data in big-endian order (SCTLR_ELx.EE/E0E) */
#define EL4_MEM_ALIGN_CHECK 0x0040 /* SCTLR_ELx.A: natural alignment checked */
#define EL4_MEM_ATOMIC      0x0080 /* access of an atomic or exclusive (for syndromes: WnR) */
#define EL4_MEM_ALIGN16     0x0100 /* 128-bit access that must be 16-byte aligned */
#define EL4_MEM_ADDR32      0x0200 /* AArch32: the address wraps at 4 GiB (mem.c) */
#define EL4_MEM_WORD_PAIR   0x0400 /* 64 bits as two aligned words: LDRD, STRD */
/* The aux of a CALL or VCALL that accesses memory: the bits above, and its own beside them. */
#define EL4_MEM_AUX_BITS 9 /* not ADDR32 and WORD_PAIR, which A64 does not use */
#define EL4_MEM_AUX_MASK ((1u << EL4_MEM_AUX_BITS) - 1)

/* aux of FENCE */
#define EL4_FENCE_ACQUIRE 0
#define EL4_FENCE_RELEASE 1
#define EL4_FENCE_FULL    2

struct el4_cpu;

/* CALL: three slot values and aux in, one slot value out. May el4_cpu_raise(). */
typedef uint64_t el4_call_fn(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                             uint32_t aux);
/* VCALL: works on V[d], V[a], V[b], V[c] of its descriptor. May el4_cpu_raise(). */
typedef void el4_vcall_fn(struct el4_cpu *cpu, struct el4_uop_desc desc);

#endif
