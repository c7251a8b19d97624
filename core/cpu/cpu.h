/* SPDX-License-Identifier: MIT */
/*
 * One processing element: its architectural state, and the few things the engine needs beside
 * it (fast TLB, attention word, unwinding). The slots hold the general registers as micro-ops
 * see them; everything else that the manual names is in struct el4_sysregs (regs.h).
 *
 * Threads: a cpu is touched by its own vCPU thread only, but for the members under "shared",
 * which are atomic, and for the machine builder before the first run.
 */
#ifndef EL4_CPU_CPU_H
#define EL4_CPU_CPU_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/a32.h"
#include "cpu/exception.h"
#include "cpu/features.h"
#include "cpu/models.h"
#include "cpu/regs.h"
#include "cpu/vec.h"
#include "engine/uop.h"

struct el4_bus;
struct el4_code_ops;
struct el4_cpu_env;
struct el4_mmu;
struct el4_smccc;
struct el4_trace_ops;

/*
 * Index of a translation context with permissions: each has its own fast TLB, so that moving
 * between EL0 and EL1, or toggling PAN, costs nothing. Which regime an index stands for
 * follows from the current mode; a change of regime (HCR_EL2.TGE, security state, world
 * switch) flushes the fast TLBs, never the tagged TLB behind them (mmu.h).
 */
enum el4_mmu_index {
    EL4_MMU_EL0,      /* unprivileged: EL0 itself and LDTR/STTR */
    EL4_MMU_PRIV,     /* EL1, or EL2 with HCR_EL2.E2H, PAN clear */
    EL4_MMU_PRIV_PAN, /* the same, PAN set */
    EL4_MMU_EL2,      /* EL2 with E2H clear */
    EL4_MMU_EL3,
    EL4_MMU_INDEX_COUNT,
};

enum el4_access_kind { EL4_ACCESS_READ, EL4_ACCESS_WRITE, EL4_ACCESS_EXECUTE };

#define EL4_PAGE_BITS 12
#define EL4_PAGE_SIZE (1u << EL4_PAGE_BITS)
#define EL4_PAGE_MASK (~(uint64_t)(EL4_PAGE_SIZE - 1))

/*
 * Fast TLB: direct mapped, one 4 KiB page an entry. A tag is the page's virtual address
 * (top byte included, so tagged pointers take entries of their own) or EL4_TLB_NO_TAG.
 * host = addend + va. Only RAM gets in; write tags only while the page holds no translated
 * code.
 */
#define EL4_TLB_BITS   8
#define EL4_TLB_SIZE   (1u << EL4_TLB_BITS)
#define EL4_TLB_NO_TAG UINT64_MAX

#define EL4_PAGE_GENERATIONS 64

struct el4_tlb_entry {
    uint64_t read_tag;
    uint64_t write_tag;
    uintptr_t addend;
    uint64_t pa; /* page base; below it EL4_TLB_PA_* (mem-private.h) */
};

/* PSTATE but for NZCV (its own slot). Bits as in SPSR_ELx, so that an SPSR is an OR away. */
#define EL4_PSTATE_SP          (1u << 0)
#define EL4_PSTATE_EL_SHIFT    2
#define EL4_PSTATE_NRW         (1u << 4)
#define EL4_PSTATE_T           (1u << 5) /* AArch32: T32 */
#define EL4_PSTATE_F           (1u << 6)
#define EL4_PSTATE_I           (1u << 7)
#define EL4_PSTATE_A           (1u << 8)
#define EL4_PSTATE_D           (1u << 9)
#define EL4_PSTATE_E           (1u << 9) /* AArch32: data are big-endian */
#define EL4_PSTATE_BTYPE_SHIFT 10
#define EL4_PSTATE_BTYPE       (3u << 10)
#define EL4_PSTATE_SSBS        (1u << 12)
#define EL4_PSTATE_IL          (1u << 20)
#define EL4_PSTATE_SS          (1u << 21)
#define EL4_PSTATE_PAN         (1u << 22)
#define EL4_PSTATE_UAO         (1u << 23)
#define EL4_PSTATE_DIT         (1u << 24)
#define EL4_PSTATE_IT          (0xfcu << 8 | 3u << 25) /* AArch32: IT[7:2] and IT[1:0] */

/* ITSTATE as the eight bits of the manual, to and from the bits of PSTATE. */
static inline uint32_t el4_pstate_it(uint32_t pstate)
{
    return (pstate >> 8 & 0xfc) | (pstate >> 25 & 3);
}

static inline uint32_t el4_pstate_of_it(uint32_t it)
{
    return (it & 0xfc) << 8 | (it & 3) << 25;
}

/* ITAdvance() of the manual: ITSTATE of the next instruction. */
static inline uint32_t el4_it_advance(uint32_t it)
{
    return it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
}

/*
 * Why a vCPU must leave translated code (bits of cpu->attention). The line bits mirror the
 * level of the interrupt inputs; the others are one-shot requests.
 */
#define EL4_ATTENTION_IRQ     (1u << 0) /* physical IRQ input is asserted */
#define EL4_ATTENTION_FIQ     (1u << 1)
#define EL4_ATTENTION_VIRQ    (1u << 2) /* from the GIC's virtual interface */
#define EL4_ATTENTION_VFIQ    (1u << 3)
#define EL4_ATTENTION_SERROR  (1u << 4)
#define EL4_ATTENTION_LINES   0x1fu
#define EL4_ATTENTION_CALLS   (1u << 8)  /* cross-CPU calls are queued (crosscall.h) */
#define EL4_ATTENTION_STOP    (1u << 9)  /* leave the run loop: power or machine event */
#define EL4_ATTENTION_TIMER   (1u << 10) /* a generic timer's condition must be looked at */
#define EL4_ATTENTION_RECHECK (1u << 11) /* mode, masks or debug state changed */
#define EL4_ATTENTION_ICOUNT  (1u << 12) /* virtual clock: the quantum is over */

/*
 * Everything that decides how an instruction translates, as one word: blocks are keyed by it.
 * Recomputed by el4_cpu_update_mode() whenever something it depends on changes, but for what a
 * block's page and the way it was entered add (bti, btype, it), which is the engine's.
 */
union el4_cpu_mode {
    struct {
        uint32_t el : 2;
        uint32_t secure : 1;
        uint32_t aarch32 : 1;
        uint32_t mmu_index : 3; /* enum el4_mmu_index of plain data accesses */
        uint32_t
            unpriv_index : 3; /* of LDTR/STTR (EL1, or EL2 with E2H and TGE: EL0; UAO: own) */
        uint32_t fp_trap_el : 2;     /* 0: SIMD and FP usable; else the EL that traps it */
        uint32_t big_endian : 1;     /* data accesses are big-endian */
        uint32_t align_check : 1;    /* SCTLR.A */
        uint32_t sp_align_check : 1; /* SCTLR.SA / SA0 for this EL */
        uint32_t single_insn : 1;    /* one instruction a block: software step or insn trace */
        uint32_t step_active : 1;    /* software step: active-not-pending or active-pending */
        uint32_t bti : 1;        /* the page of this block is guarded (GP): BTI is checked */
        uint32_t btype : 2;      /* PSTATE.BTYPE at block entry, only kept when bti */
        uint32_t uma_trap : 1;   /* EL0 and SCTLR.UMA clear: DAIF accesses trap */
        uint32_t trace_insn : 1; /* instructions are traced */
        uint32_t illegal : 1;    /* PSTATE.IL */
        uint32_t spsel : 1;
        uint32_t it : 8;         /* AArch32: ITSTATE at block entry */
        uint32_t thumb : 1;      /* AArch32: PSTATE.T */
        uint32_t fp_vectors : 1; /* FPSCR.Len not 0: VFP data processing UNDEFINED */
        uint32_t simd_off : 1;   /* CPACR.ASEDIS and the like: no Advanced SIMD */
        uint32_t d32_off : 1;    /* CPACR.D32DIS and the like: no D16 to D31 */
        uint32_t it_disable : 1; /* SCTLR.ITD: only the simplest IT blocks */
    };
    uint64_t word;
};

_Static_assert(sizeof(union el4_cpu_mode) == 8, "the mode is one word of a block's key");

/* Vector registers that micro-ops name: V0..V31 and scratch for the D registers of AArch32. */
#define EL4_V_TEMP  32
#define EL4_VECTORS 40

/* What a powered-off or sleeping vCPU is doing (shared; PSCI's view is made from it). */
enum el4_power_state {
    EL4_POWER_OFF,
    EL4_POWER_ON_PENDING, /* switched on, has not run yet */
    EL4_POWER_ON,
    EL4_POWER_SUSPENDED, /* powered down by CPU_SUSPEND; wakes at its entry point */
};

struct el4_cpu {
    /* What micro-ops work on; first, so that emitted code reaches it with short offsets. */
    uint64_t slot[EL4_SLOT_COUNT];
    union el4_vec v[EL4_VECTORS];

    /* The engine's hot members. */
    union el4_cpu_mode mode;
    uint32_t pstate;       /* EL4_PSTATE_*; NZCV stays in its slot */
    uint64_t icount;       /* instructions retired (all blocks entered so far) */
    uint64_t icount_limit; /* virtual clock: leave when icount reaches this; else UINT64_MAX */
    struct el4_fp_env *fp; /* points at regs.fp: FPCR and FPSR */
    const struct el4_uop *fault_uop; /* the micro-op that may be faulting right now */
    struct el4_block *block;         /* the block being executed */
    /* Bumped by every flush of all of the fast TLB: what the engine derived from a PC is void.
     */
    uint64_t tlb_generation;
    /*
     * Attention bits that make the engine leave translated code. All ones after anything that
     * could unmask an interrupt (el4_cpu_update_mode, PSTATE.DAIF, HCR, SCR changes);
     * el4_cpu_service_attention() clears the bits of lines that cannot be taken now.
     */
    uint32_t attention_enabled;
    /* WFI or WFE found nothing to do: the engine leaves with EL4_ENGINE_WAIT at the next EXIT.
     */
    bool waiting;
    bool waiting_for_event; /* it was WFE: the event register wakes it too */
    bool doorbell_rung;     /* a store made a service call: as soon as it is over (mem.c) */
    struct el4_tlb_entry tlb[EL4_MMU_INDEX_COUNT][EL4_TLB_SIZE];
    /* Bumped by a flush of one page, which may share its place: the same for PCs in it. */
    uint64_t page_generation[EL4_PAGE_GENERATIONS];

    /* Exclusive monitor: local, with the value seen (STXR is a compare-and-swap). */
    uint64_t exclusive_va; /* EL4_TLB_NO_TAG: open */
    uint64_t exclusive_value[2];
    uint32_t exclusive_bytes;

    struct el4_sysregs regs;
    struct el4_a32_banks a32; /* AArch32: mode and banked registers */
    struct el4_features features;
    struct el4_id_registers ids; /* after EL2 and EL3 were hidden or shown */
    const struct el4_cpu_model *model;
    unsigned index;       /* 0 .. cpus - 1 */
    bool el3_is_emulated; /* EL3 shows, but SMC finds no guest code there */
    bool smc_conduit;     /* HCR_EL2.TSC works even without EL3 */
    unsigned pmu_counters;

    /* Exception in flight: filled by el4_cpu_raise(), taken by the run loop. */
    struct el4_exception exception;
    jmp_buf *unwind; /* set while the engine runs guest code */

    struct el4_mmu *mmu;               /* tagged TLB and walker (mmu.h) */
    struct el4_timers *timers;         /* generic timers (timer.h) */
    struct el4_code_cache *code_cache; /* owned by the engine */
    struct el4_bus *bus;
    struct el4_smccc *smccc;             /* who answers SMC and HVC; NULL: nobody */
    struct el4_trace_ops *trace;         /* NULL: off */
    const struct el4_code_ops *code_ops; /* set by the engine (code.h) */
    uint32_t regime;       /* what the EL0 and PRIV fast TLBs stand for (el4_cpu_update_mode) */
    uint64_t pmu_seen;     /* icount up to which the PMU has counted */
    bool pmu_line;         /* its overflow output */
    bool stepping;         /* software step was active before the current instruction */
    uint32_t debug_active; /* EL4_DEBUG_*: what to look for while running (debug.h) */
    const struct el4_cpu_env *env; /* what the machine gives a cpu (env.h) */
    void *env_data;

    /* Shared. */
    _Atomic uint32_t attention;
    _Atomic uint32_t power;    /* enum el4_power_state */
    _Atomic uint32_t event;    /* the event register of WFE; SEV of any cpu sets it */
    _Atomic uint32_t in_guest; /* runs guest code: cross-calls must be waited for */
    struct el4_crosscall_queue *crosscalls;
};

/* Current exception level. */
static inline uint64_t *el4_cpu_page_generation(struct el4_cpu *cpu, uint64_t va)
{
    return &cpu->page_generation[va >> EL4_PAGE_BITS & (EL4_PAGE_GENERATIONS - 1)];
}

static inline unsigned el4_cpu_el(const struct el4_cpu *cpu)
{
    return (cpu->pstate >> EL4_PSTATE_EL_SHIFT) & 3;
}

/* PSTATE.nRW: AArch32 state. */
static inline bool el4_cpu_is_a32(const struct el4_cpu *cpu)
{
    return cpu->pstate & EL4_PSTATE_NRW;
}

/* Security state: EL3 is Secure always, the others as SCR_EL3.NS says. */
static inline bool el4_cpu_is_secure(const struct el4_cpu *cpu)
{
    return cpu->features.el3 && (el4_cpu_el(cpu) == 3 || !(cpu->regs.scr_el3 & EL4_SCR_NS));
}

/* Security state of what runs below EL3 (the manual's IsSecureBelowEL3). */
static inline bool el4_cpu_is_secure_below_el3(const struct el4_cpu *cpu)
{
    return cpu->features.el3 && !(cpu->regs.scr_el3 & EL4_SCR_NS);
}

/* EL2Enabled(): EL2 is there in the current security state below EL3 (no Secure EL2 in el4). */
static inline bool el4_cpu_el2_enabled(const struct el4_cpu *cpu)
{
    return cpu->features.el2 && !el4_cpu_is_secure_below_el3(cpu);
}

/* Effective HCR_EL2: zero (but for RW) where EL2 is not enabled. */
static inline uint64_t el4_cpu_hcr(const struct el4_cpu *cpu)
{
    return el4_cpu_el2_enabled(cpu) ? cpu->regs.hcr_el2 : EL4_HCR_RW;
}

/* HCR_EL2.E2H is effective: EL2 runs a host (ELIsInHost for EL2). */
static inline bool el4_cpu_e2h(const struct el4_cpu *cpu)
{
    return el4_cpu_hcr(cpu) & EL4_HCR_E2H;
}

/* E2H and TGE: EL0 belongs to the EL2&0 regime. */
static inline bool el4_cpu_e2h_tge(const struct el4_cpu *cpu)
{
    uint64_t both = EL4_HCR_E2H | EL4_HCR_TGE;
    return (el4_cpu_hcr(cpu) & both) == both;
}

/*
 * The EL that EL0 belongs to but for a host: in the Secure world EL3 if that uses AArch32,
 * where PL1 is EL3. So it is also the index of the bank that CP15 shows: Hyp mode sees the
 * Non-secure one, Monitor mode what SCR.NS says.
 */
static inline unsigned el4_cpu_el0_owner(const struct el4_cpu *cpu)
{
    return cpu->features.el3_a32 && el4_cpu_is_secure_below_el3(cpu) ? 3 : 1;
}

/*
 * The EL whose SCTLR, TCR and the like govern the current EL: EL0 belongs to EL1, or to EL2, or
 * to an AArch32 EL3.
 */
static inline unsigned el4_cpu_regime_el(const struct el4_cpu *cpu)
{
    unsigned el = el4_cpu_el(cpu);
    return el ? el : el4_cpu_e2h_tge(cpu) ? 2 : el4_cpu_el0_owner(cpu);
}

/* Allocate a cpu of the given model with the given configuration; NULL when out of memory. */
struct el4_cpu_config {
    const struct el4_cpu_model *model;
    unsigned index;
    uint64_t mpidr;
    bool has_el2;
    bool has_el3; /* EL3 shows in the ID registers */
    bool
        el3_is_emulated; /* no guest code at EL3: SCR_EL3 and friends hold what firmware sets */
    bool has_gicv3;      /* ID_AA64PFR0.GIC: system register CPU interface */
    bool aarch32_only;   /* reset into AArch32, no level uses AArch64, whatever the model */
    uint64_t cntfrq_hz;
    uint64_t rvbar;        /* reset address */
    uint64_t periphbase;   /* CBAR_EL1 of the Cortex models */
    unsigned pmu_counters; /* event counters beside the cycle counter; 0 allowed */
    bool smc_conduit;      /* the machine has an smc chain: HCR_EL2.TSC works without EL3 */
    struct el4_bus *bus;
    const struct el4_cpu_env *env;
    void *env_data;
};

struct el4_cpu *el4_cpu_new(const struct el4_cpu_config *config);
void el4_cpu_free(struct el4_cpu *cpu);

/* Cold or warm reset to the highest implemented EL (cpu-boot state of the Arm ARM). */
void el4_cpu_reset(struct el4_cpu *cpu);

/*
 * State at a firmware-provided entry point (direct Linux boot, PSCI CPU_ON, resume): acts as
 * the firmware above would have: Non-secure, highest Non-secure EL allowed, MMU and D-cache
 * off, DAIF masked, the enables of the arm64 boot protocol set.
 */
struct el4_cpu_entry {
    uint64_t pc;
    uint64_t x0;
    uint64_t r1, r2; /* AArch32 only, as x0 */
    unsigned el;     /* 1, 2 or 3; AArch32: 2 is Hyp, else Supervisor mode */
    bool secure;     /* false: Non-secure */
    bool aarch32;    /* bit 0 of pc selects T32 */
    bool big_endian; /* SCTLR_ELx.EE at the entered EL */
};

void el4_cpu_enter(struct el4_cpu *cpu, const struct el4_cpu_entry *entry);

/*
 * Recompute cpu->mode from the architectural state, but for bti and btype (the engine's, by
 * page). Sets attention_enabled; drops the fast TLBs if they stand for another regime now.
 */
void el4_cpu_update_mode(struct el4_cpu *cpu);

/* Program counter as the architecture sees it, valid outside translated code. */
static inline uint64_t el4_cpu_pc(const struct el4_cpu *cpu)
{
    return cpu->slot[EL4_SLOT_PC];
}

/* PSTATE as an SPSR would save it. */
uint32_t el4_cpu_spsr(const struct el4_cpu *cpu);

/*
 * Set PSTATE.<EL, SP> and the stack pointer that goes with them: the only place where
 * EL4_SLOT_SP changes its meaning. The caller calls el4_cpu_update_mode() when it is done.
 */
void el4_cpu_set_el_sp(struct el4_cpu *cpu, unsigned el, bool spsel);

/* CheckFPAdvSIMDEnabled64() for an EL: who traps SIMD and FP now, 0 for none. */
unsigned el4_cpu_fp_trap_el(const struct el4_cpu *cpu, unsigned el);
/* The same of EL2 and EL3 alone, as far as they use AArch64. */
unsigned el4_cpu_fp_trap_above_el1(const struct el4_cpu *cpu, unsigned el);

/* Something that may unmask an interrupt changed: the engine must look at the attention word.
 */
void el4_cpu_masks_changed(struct el4_cpu *cpu);

/* Set or clear bits of cpu->attention from any thread and wake the vCPU if it sleeps. */
void el4_cpu_notice(struct el4_cpu *cpu, uint32_t bits);
static inline void el4_cpu_notice_clear(struct el4_cpu *cpu, uint32_t bits)
{
    atomic_fetch_and_explicit(&cpu->attention, ~bits, memory_order_acq_rel);
}

/*
 * Look at every attention bit before running guest code: interrupts are taken here (the
 * exception is entered), timers re-evaluated. Returns false if the vCPU must leave its loop.
 */
bool el4_cpu_service_attention(struct el4_cpu *cpu);

/* What EL4_ATTENTION_TIMER asks for: timers and PMU drive their wires. Clears the bit first. */
void el4_cpu_serve_timers(struct el4_cpu *cpu);

/* An interrupt would wake a WFI now (masked or not, as the manual's WFI wake-up events). */
bool el4_cpu_wfi_wakes(const struct el4_cpu *cpu);

#endif
