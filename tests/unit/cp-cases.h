/* SPDX-License-Identifier: MIT */
/*
 * For the test-cpu-cp* binaries: the registers by name, an AArch32 cpu in any mode, MCR and MRC
 * that may raise, and the syndromes that come of it.
 */
#ifndef EL4_TEST_CP_CASES_H
#define EL4_TEST_CP_CASES_H

#include "cpu/cp-private.h"
#include "test-cpu-fixture.h"

#define A7  "cortex-a7"
#define A9  "cortex-a9"
#define A15 "cortex-a15"
#define A53 "cortex-a53"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* MRC p15, opc1, Rt, CRn, CRm, opc2, in the order of the instruction. */
#define CP15(opc1, crn, crm, opc2) EL4_CP_KEY(15, opc1##u, crn##u, crm##u, opc2##u)
#define CP14(opc1, crn, crm, opc2) EL4_CP_KEY(14, opc1##u, crn##u, crm##u, opc2##u)
#define WIDE(opc1, crm)            EL4_CP_KEY64(15, opc1##u, crm##u)

#define MIDR       CP15(0, 0, 0, 0)
#define MPIDR      CP15(0, 0, 0, 5)
#define CSSELR     CP15(2, 0, 0, 0)
#define CCSIDR     CP15(1, 0, 0, 0)
#define SCTLR      CP15(0, 1, 0, 0)
#define ACTLR      CP15(0, 1, 0, 1)
#define CPACR      CP15(0, 1, 0, 2)
#define SCR        CP15(0, 1, 1, 0)
#define SDER       CP15(0, 1, 1, 1)
#define NSACR      CP15(0, 1, 1, 2)
#define HSCTLR     CP15(4, 1, 0, 0)
#define HCR        CP15(4, 1, 1, 0)
#define HCPTR      CP15(4, 1, 1, 2)
#define TTBR0      CP15(0, 2, 0, 0)
#define TTBCR      CP15(0, 2, 0, 2)
#define DACR       CP15(0, 3, 0, 0)
#define DFSR       CP15(0, 5, 0, 0)
#define IFSR       CP15(0, 5, 0, 1)
#define DFAR       CP15(0, 6, 0, 0)
#define IFAR       CP15(0, 6, 0, 2)
#define PAR        CP15(0, 7, 4, 0)
#define ICIALLU    CP15(0, 7, 5, 0)
#define CP15ISB    CP15(0, 7, 5, 4)
#define ATS1CPR    CP15(0, 7, 8, 0)
#define ATS12NSOPR CP15(0, 7, 8, 4)
#define DCCMVAC    CP15(0, 7, 10, 1)
#define CP15DSB    CP15(0, 7, 10, 4)
#define DCCISW     CP15(0, 7, 14, 2)
#define TLBIALL    CP15(0, 8, 7, 0)
#define TLBIMVA    CP15(0, 8, 7, 1)
#define TLBIALLH   CP15(4, 8, 7, 0)
#define L2CTLR     CP15(1, 9, 0, 2)
#define PMCR       CP15(0, 9, 12, 0)
#define PMCCNTR    CP15(0, 9, 13, 0)
#define PRRR       CP15(0, 10, 2, 0)
#define NMRR       CP15(0, 10, 2, 1)
#define VBAR       CP15(0, 12, 0, 0)
#define MVBAR      CP15(0, 12, 0, 1)
#define ICC_IAR1   CP15(0, 12, 12, 0)
#define CONTEXTIDR CP15(0, 13, 0, 1)
#define TPIDRURW   CP15(0, 13, 0, 2)
#define TPIDRURO   CP15(0, 13, 0, 3)
#define TPIDRPRW   CP15(0, 13, 0, 4)
#define CNTFRQ     CP15(0, 14, 0, 0)
#define CNTP_CTL   CP15(0, 14, 2, 1)
#define CBAR       CP15(4, 15, 0, 0)
#define DBGDIDR    CP14(0, 0, 0, 0)
#define DBGDSCRint CP14(0, 0, 1, 0)
#define DBGDTRint  CP14(0, 0, 5, 0)
#define DBGBVR0    CP14(0, 0, 0, 4)
#define DBGDRAR    CP14(0, 1, 0, 0)
#define DBGOSLAR   CP14(0, 1, 0, 4)
#define DBGOSLSR   CP14(0, 1, 1, 4)
#define TEECR      CP14(6, 0, 0, 0)
#define TEEHBR     CP14(6, 1, 0, 0)
#define JIDR       CP14(7, 0, 0, 0)
#define NOBODYS    CP15(3, 6, 5, 4)

#define INFO EL4_CP_INFO(3u, 5u, 14u)

static inline struct el4_cpu *new_cpu(struct machine *machine, const char *model)
{
    return machine_cpu(machine, (struct machine_options){.model = model});
}

/* Put an AArch32 cpu in a mode and a world, all else as it is. */
static inline void be_in(struct el4_cpu *cpu, uint32_t mode, bool secure)
{
    if (cpu->features.el3) {
        uint64_t ns = secure ? 0 : EL4_SCR_NS;
        cpu->regs.scr_el3 = (cpu->regs.scr_el3 & ~EL4_SCR_NS) | ns;
    }
    el4_a32_set_mode(cpu, mode);
    el4_cpu_update_mode(cpu);
}

/* A core with AArch64, in an AArch32 mode; EL1 (and EL2) use AArch32 as asked. */
static inline void be_in_below_a64(struct el4_cpu *cpu, uint32_t mode, bool el1_a32,
                                   bool el2_a32)
{
    cpu->regs.scr_el3 = EL4_SCR_NS | EL4_SCR_HCE | (el2_a32 ? 0 : EL4_SCR_RW);
    cpu->regs.hcr_el2 = el1_a32 ? 0 : EL4_HCR_RW;
    cpu->pstate = EL4_PSTATE_NRW;
    cpu->a32.mode = EL4_A32_USR;
    el4_a32_set_mode(cpu, mode);
    el4_cpu_update_mode(cpu);
}

static inline uint64_t call_read(struct el4_cpu *cpu, uint64_t is_wide, uint64_t info,
                                 uint64_t c, uint32_t key)
{
    /* Both ways of naming a register. */
    uint32_t aux = el4_cp_resolve(key, is_wide);
    uint64_t by_place =
        is_wide ? el4_cp_read64(cpu, 0, info, 0, aux) : el4_cp_read(cpu, 0, info, 0, aux);
    uint64_t by_key =
        is_wide ? el4_cp_read64(cpu, 0, info, 0, key) : el4_cp_read(cpu, 0, info, 0, key);
    assert_int_equal(by_place, by_key);
    return by_key;
}

static inline bool tries_read(struct el4_cpu *cpu, uint32_t key, uint64_t *value)
{
    return try_call(cpu, call_read, 0, INFO, key, value);
}

static inline bool reads(struct el4_cpu *cpu, uint32_t key)
{
    uint64_t ignored;
    return tries_read(cpu, key, &ignored);
}

static inline uint64_t call_write(struct el4_cpu *cpu, uint64_t value, uint64_t is_wide,
                                  uint64_t c, uint32_t key)
{
    return is_wide ? el4_cp_write64(cpu, value, 0, INFO, key)
                   : el4_cp_write(cpu, value, 0, INFO, key);
}

static inline bool writes(struct el4_cpu *cpu, uint32_t key, uint32_t value)
{
    uint64_t ignored;
    return try_call(cpu, call_write, value, 0, key, &ignored);
}

static inline uint32_t get(struct el4_cpu *cpu, uint32_t key)
{
    uint64_t value = 0;
    if (!tries_read(cpu, key, &value)) {
        char name[48];
        el4_cp_name(key, name, sizeof(name));
        fail_msg("read of %s is refused", name);
    }
    return (uint32_t)value;
}

static inline void set(struct el4_cpu *cpu, uint32_t key, uint32_t value)
{
    assert_true(writes(cpu, key, value));
}

static inline uint64_t get64(struct el4_cpu *cpu, uint32_t key)
{
    uint64_t value = 0;
    assert_true(try_call(cpu, call_read, 1, INFO, key, &value));
    return value;
}

static inline void set64(struct el4_cpu *cpu, uint32_t key, uint64_t value)
{
    uint64_t ignored;
    assert_true(try_call(cpu, call_write, value, 1, key, &ignored));
}

static inline void assert_undefined(struct el4_cpu *cpu)
{
    assert_int_equal(exception_class(cpu->exception.esr), EL4_EC_UNKNOWN);
}

static inline void assert_trap(struct el4_cpu *cpu, unsigned target, uint64_t esr)
{
    assert_int_equal(cpu->exception.target_el, target);
    assert_int_equal(cpu->exception.esr, esr);
}

/* The syndrome of an MCR or MRC with the Rt and condition of INFO. */
static inline uint64_t syndrome(uint32_t key, unsigned rt, bool is_read)
{
    enum el4_ec ec = EL4_CP_IS_14(key) ? EL4_EC_CP14_32 : EL4_EC_CP15_32;
    return EL4_ESR(ec, 1u << 24 | 14u << 20 | EL4_CP_OPC2(key) << 17 | EL4_CP_OPC1(key) << 14 |
                           EL4_CP_CRN(key) << 10 | rt << 5 | EL4_CP_CRM(key) << 1 | is_read);
}

#endif
