/* SPDX-License-Identifier: MIT */
/*
 * Architectural state of one processing element beyond the general and vector registers: the
 * system registers that el4 models, under the manual's names. What exists once an exception
 * level is an array indexed by the EL (index 0 is unused unless said). Everything is 64 bits
 * wide, so that the table in sysreg-table.c can reach any of it by offset.
 *
 * Values are held as the guest would read them, with two exceptions: SP of the current EL and
 * SPSel lives in EL4_SLOT_SP, and the PMU's counters are as of cpu->pmu_seen (pmu.h). Without
 * EL3 scr_el3 holds its effective value (NS, HCE, RW, API, APK set), so that code may always
 * look at it; HCR_EL2 must be read through el4_cpu_hcr(), which knows when EL2 is out of the
 * game.
 */
#ifndef EL4_CPU_REGS_H
#define EL4_CPU_REGS_H

#include <stdint.h>

#include "cpu/a32.h"
#include "fp/fp.h"

#define EL4_BIT(n)           (UINT64_C(1) << (n))
#define EL4_FIELD(v, hi, lo) (((uint64_t)(v) >> (lo)) & (~UINT64_C(0) >> (63 - ((hi) - (lo)))))

/* SCTLR_ELx */
#define EL4_SCTLR_M      EL4_BIT(0)
#define EL4_SCTLR_A      EL4_BIT(1)
#define EL4_SCTLR_C      EL4_BIT(2)
#define EL4_SCTLR_SA     EL4_BIT(3)
#define EL4_SCTLR_SA0    EL4_BIT(4)
#define EL4_SCTLR_NAA    EL4_BIT(6)
#define EL4_SCTLR_UMA    EL4_BIT(9)
#define EL4_SCTLR_ENRCTX EL4_BIT(10)
#define EL4_SCTLR_I      EL4_BIT(12)
#define EL4_SCTLR_ENDB   EL4_BIT(13)
#define EL4_SCTLR_DZE    EL4_BIT(14)
#define EL4_SCTLR_UCT    EL4_BIT(15)
#define EL4_SCTLR_NTWI   EL4_BIT(16)
#define EL4_SCTLR_NTWE   EL4_BIT(18)
#define EL4_SCTLR_WXN    EL4_BIT(19)
#define EL4_SCTLR_TSCXT  EL4_BIT(20)
#define EL4_SCTLR_SPAN   EL4_BIT(23)
#define EL4_SCTLR_E0E    EL4_BIT(24)
#define EL4_SCTLR_EE     EL4_BIT(25)
#define EL4_SCTLR_UCI    EL4_BIT(26)
#define EL4_SCTLR_ENDA   EL4_BIT(27)
#define EL4_SCTLR_ENIB   EL4_BIT(30)
#define EL4_SCTLR_ENIA   EL4_BIT(31)
#define EL4_SCTLR_BT0    EL4_BIT(35)
#define EL4_SCTLR_BT1    EL4_BIT(36) /* BT in SCTLR_EL2 (E2H clear) and SCTLR_EL3 */
#define EL4_SCTLR_DSSBS  EL4_BIT(44)

/* SCR_EL3 */
#define EL4_SCR_NS     EL4_BIT(0)
#define EL4_SCR_IRQ    EL4_BIT(1)
#define EL4_SCR_FIQ    EL4_BIT(2)
#define EL4_SCR_EA     EL4_BIT(3)
#define EL4_SCR_SMD    EL4_BIT(7)
#define EL4_SCR_HCE    EL4_BIT(8)
#define EL4_SCR_SIF    EL4_BIT(9)
#define EL4_SCR_RW     EL4_BIT(10)
#define EL4_SCR_ST     EL4_BIT(11)
#define EL4_SCR_TWI    EL4_BIT(12)
#define EL4_SCR_TWE    EL4_BIT(13)
#define EL4_SCR_TLOR   EL4_BIT(14)
#define EL4_SCR_APK    EL4_BIT(16)
#define EL4_SCR_API    EL4_BIT(17)
#define EL4_SCR_ENSCXT EL4_BIT(25)

/* TCR_EL1, and TCR_EL2 with E2H: two ranges */
#define EL4_TCR_EPD0  EL4_BIT(7)
#define EL4_TCR_A1    EL4_BIT(22)
#define EL4_TCR_EPD1  EL4_BIT(23)
#define EL4_TCR_AS    EL4_BIT(36)
#define EL4_TCR_TBI0  EL4_BIT(37)
#define EL4_TCR_TBI1  EL4_BIT(38)
#define EL4_TCR_HA    EL4_BIT(39)
#define EL4_TCR_HD    EL4_BIT(40)
#define EL4_TCR_HPD0  EL4_BIT(41)
#define EL4_TCR_HPD1  EL4_BIT(42)
#define EL4_TCR_TBID0 EL4_BIT(51)
#define EL4_TCR_TBID1 EL4_BIT(52)
#define EL4_TCR_E0PD0 EL4_BIT(55)
#define EL4_TCR_E0PD1 EL4_BIT(56)

/* TCR_EL2 without E2H, TCR_EL3: one range. HA and HD stand there in VTCR_EL2 too. */
#define EL4_TCR_ONE_TBI  EL4_BIT(20)
#define EL4_TCR_ONE_HA   EL4_BIT(21)
#define EL4_TCR_ONE_HD   EL4_BIT(22)
#define EL4_TCR_ONE_HPD  EL4_BIT(24)
#define EL4_TCR_ONE_TBID EL4_BIT(29)

#define EL4_VTCR_VS EL4_BIT(19)

/* HCR_EL2 */
#define EL4_HCR_VM      EL4_BIT(0)
#define EL4_HCR_SWIO    EL4_BIT(1)
#define EL4_HCR_PTW     EL4_BIT(2)
#define EL4_HCR_FMO     EL4_BIT(3)
#define EL4_HCR_IMO     EL4_BIT(4)
#define EL4_HCR_AMO     EL4_BIT(5)
#define EL4_HCR_VF      EL4_BIT(6)
#define EL4_HCR_VI      EL4_BIT(7)
#define EL4_HCR_VSE     EL4_BIT(8)
#define EL4_HCR_FB      EL4_BIT(9)
#define EL4_HCR_DC      EL4_BIT(12)
#define EL4_HCR_TWI     EL4_BIT(13)
#define EL4_HCR_TWE     EL4_BIT(14)
#define EL4_HCR_TID0    EL4_BIT(15)
#define EL4_HCR_TID1    EL4_BIT(16)
#define EL4_HCR_TID2    EL4_BIT(17)
#define EL4_HCR_TID3    EL4_BIT(18)
#define EL4_HCR_TSC     EL4_BIT(19)
#define EL4_HCR_TIDCP   EL4_BIT(20)
#define EL4_HCR_TACR    EL4_BIT(21)
#define EL4_HCR_TSW     EL4_BIT(22)
#define EL4_HCR_TPCP    EL4_BIT(23)
#define EL4_HCR_TPU     EL4_BIT(24)
#define EL4_HCR_TTLB    EL4_BIT(25)
#define EL4_HCR_TVM     EL4_BIT(26)
#define EL4_HCR_TGE     EL4_BIT(27)
#define EL4_HCR_TDZ     EL4_BIT(28)
#define EL4_HCR_HCD     EL4_BIT(29)
#define EL4_HCR_TRVM    EL4_BIT(30)
#define EL4_HCR_RW      EL4_BIT(31)
#define EL4_HCR_CD      EL4_BIT(32)
#define EL4_HCR_ID      EL4_BIT(33)
#define EL4_HCR_E2H     EL4_BIT(34)
#define EL4_HCR_TLOR    EL4_BIT(35)
#define EL4_HCR_MIOCNCE EL4_BIT(38)
#define EL4_HCR_APK     EL4_BIT(40)
#define EL4_HCR_API     EL4_BIT(41)
#define EL4_HCR_TID4    EL4_BIT(49)
#define EL4_HCR_TICAB   EL4_BIT(50)
#define EL4_HCR_TOCU    EL4_BIT(52)
#define EL4_HCR_ENSCXT  EL4_BIT(53)
#define EL4_HCR_TTLBIS  EL4_BIT(54)
#define EL4_HCR_TTLBOS  EL4_BIT(55)

/* CPTR_EL2 (E2H clear), CPTR_EL3 */
#define EL4_CPTR_TFP   EL4_BIT(10)
#define EL4_CPTR_TCPAC EL4_BIT(31)

/* MDSCR_EL1 */
#define EL4_MDSCR_SS   EL4_BIT(0)
#define EL4_MDSCR_TDCC EL4_BIT(12)
#define EL4_MDSCR_KDE  EL4_BIT(13)
#define EL4_MDSCR_MDE  EL4_BIT(15)

/* MDCR_EL2 */
#define EL4_MDCR2_HPMN  UINT64_C(0x1f)
#define EL4_MDCR2_TPMCR EL4_BIT(5)
#define EL4_MDCR2_TPM   EL4_BIT(6)
#define EL4_MDCR2_HPME  EL4_BIT(7)
#define EL4_MDCR2_TDE   EL4_BIT(8)
#define EL4_MDCR2_TDA   EL4_BIT(9)
#define EL4_MDCR2_TDOSA EL4_BIT(10)
#define EL4_MDCR2_TDRA  EL4_BIT(11)

/* MDCR_EL3 */
#define EL4_MDCR3_TPM   EL4_BIT(6)
#define EL4_MDCR3_TDA   EL4_BIT(9)
#define EL4_MDCR3_TDOSA EL4_BIT(10)
#define EL4_MDCR3_SPME  EL4_BIT(17)
#define EL4_MDCR3_SDD   EL4_BIT(16)

enum el4_timer_id {
    EL4_TIMER_PHYS,     /* CNTP */
    EL4_TIMER_VIRT,     /* CNTV */
    EL4_TIMER_HYP,      /* CNTHP */
    EL4_TIMER_SEC,      /* CNTPS */
    EL4_TIMER_HYP_VIRT, /* CNTHV */
    EL4_TIMER_COUNT,
};

enum el4_pauth_key {
    EL4_KEY_IA,
    EL4_KEY_IB,
    EL4_KEY_DA,
    EL4_KEY_DB,
    EL4_KEY_GA,
    EL4_KEY_COUNT,
};

#define EL4_BREAKPOINTS_MAX  16
#define EL4_PMU_COUNTERS_MAX 31

struct el4_sysregs {
    /* Banked by exception level. */
    uint64_t sp[4]; /* SP_EL0..SP_EL3; the live one is in EL4_SLOT_SP */
    uint64_t elr[4];
    uint64_t spsr[4];
    uint64_t esr[4];
    uint64_t far[4];
    uint64_t vbar[4];
    uint64_t sctlr[4];
    uint64_t actlr[4];
    uint64_t afsr0[4];
    uint64_t afsr1[4];
    uint64_t tcr[4];
    uint64_t ttbr0[4];
    uint64_t ttbr1[4]; /* EL1, and EL2 with FEAT_VHE */
    uint64_t mair[4];
    uint64_t amair[4];
    uint64_t contextidr[4]; /* EL1, and EL2 with FEAT_VHE */
    uint64_t tpidr[4];      /* [0] is TPIDR_EL0 */
    uint64_t scxtnum[4];    /* FEAT_CSV2_2; [0] is SCXTNUM_EL0 */
    uint64_t tpidrro_el0;

    /* Identification that is not in struct el4_id_registers. */
    uint64_t mpidr_el1;
    uint64_t vpidr_el2;
    uint64_t vmpidr_el2;
    uint64_t csselr_el1;
    uint64_t rvbar;
    uint64_t cbar_el1; /* Cortex models: PERIPHBASE */

    /* EL1 controls */
    uint64_t cpacr_el1;
    uint64_t par_el1;
    uint64_t lorsa_el1, lorea_el1, lorn_el1, lorc_el1;

    /* EL2 and EL3 controls */
    uint64_t hcr_el2;
    uint64_t hacr_el2;
    uint64_t hstr_el2;
    uint64_t hpfar_el2;
    uint64_t cptr_el2;
    uint64_t mdcr_el2;
    uint64_t vtcr_el2;
    uint64_t vttbr_el2;
    uint64_t scr_el3;
    uint64_t cptr_el3;
    uint64_t mdcr_el3;

    /* AArch32 state that AArch64 software can save and restore. */
    uint64_t spsr_abt, spsr_und, spsr_irq, spsr_fiq;
    uint64_t dacr32_el2, ifsr32_el2, fpexc32_el2, sder32_el3, dbgvcr32_el2;

    /* Generic timers (timer.h). */
    uint64_t cntfrq_el0;
    uint64_t cntkctl_el1;
    uint64_t cnthctl_el2;
    uint64_t cntvoff_el2;
    uint64_t timer_cval[EL4_TIMER_COUNT];
    uint64_t timer_ctl[EL4_TIMER_COUNT]; /* ENABLE and IMASK; ISTATUS is worked out */

    /* Performance monitors (pmu.h). */
    uint64_t pmcr_el0; /* the writable bits */
    uint64_t pmcnten;
    uint64_t pmovs;
    uint64_t pminten;
    uint64_t pmselr_el0;
    uint64_t pmuserenr_el0;
    uint64_t pmccfiltr_el0;
    uint64_t pmccntr; /* as of cpu->pmu_seen */
    uint64_t pmevcntr[EL4_PMU_COUNTERS_MAX];
    uint64_t pmevtyper[EL4_PMU_COUNTERS_MAX];

    /* Self-hosted debug (debug.h). */
    uint64_t mdscr_el1;
    uint64_t mdccint_el1;
    uint64_t os_lock; /* OSLSR_EL1.OSLK in bit 0 */
    uint64_t osdlr_el1;
    uint64_t osdtrrx_el1, osdtrtx_el1, oseccr_el1;
    uint64_t dbgprcr_el1;
    uint64_t dbgclaim;
    uint64_t dbgbvr[EL4_BREAKPOINTS_MAX];
    uint64_t dbgbcr[EL4_BREAKPOINTS_MAX];
    uint64_t dbgwvr[EL4_BREAKPOINTS_MAX];
    uint64_t dbgwcr[EL4_BREAKPOINTS_MAX];

    /* Pointer authentication keys: [0] bits 63:0, [1] bits 127:64. */
    uint64_t pauth_key[EL4_KEY_COUNT][2];

    /* Implementation defined controls of the Cortex models; kept, without effect. */
    uint64_t impdef[8];

    struct el4_a32_regs a32;

    struct el4_fp_env fp;
};

#endif
