/* SPDX-License-Identifier: MIT */
/*
 * CPU models by name: each a table of ID registers. Features are derived from them
 * (features.h), so a model is data only. Deviations from the real cores: docs/cpu-models.md.
 */
#ifndef EL4_CPU_MODELS_H
#define EL4_CPU_MODELS_H

#include <stdbool.h>
#include <stdint.h>

/* Rows of the space op0=3, op1=0, CRn=0: id[CRm][op2]. Row 0 holds MIDR at [0][0] alone. */
enum el4_id_row {
    EL4_ID_MIDR = 0,
    EL4_ID_PFR_A32 = 1,  /* ID_PFR0, PFR1, DFR0, AFR0, MMFR0..3 */
    EL4_ID_ISAR_A32 = 2, /* ID_ISAR0..5, MMFR4, ISAR6 */
    EL4_ID_MVFR = 3,     /* MVFR0..2, -, ID_PFR2, DFR1, MMFR5 */
    EL4_ID_AA64PFR = 4,
    EL4_ID_AA64DFR = 5, /* DFR0, DFR1, -, -, AFR0, AFR1 */
    EL4_ID_AA64ISAR = 6,
    EL4_ID_AA64MMFR = 7,
};

struct el4_id_registers {
    uint64_t id[8][8];
    uint64_t revidr;
    uint64_t ctr;
    uint64_t clidr;
    uint64_t ccsidr[3]; /* L1 data, L1 instruction, L2 unified */
    uint64_t dczid;
    uint64_t pmcr; /* IMP, IDCODE; N comes from the machine */
    uint64_t sctlr_reset;
    uint64_t fpsid, dbgdidr; /* AArch32; DBGDIDR of v7 cores only, v8 has it from DFR0 */
};

/* Which AArch32 core's IMPLEMENTATION DEFINED CP15 registers there are. */
enum el4_a32_core { EL4_CORE_V8, EL4_CORE_A7, EL4_CORE_A9, EL4_CORE_A15 };

struct el4_cpu_model {
    const char *name;
    struct el4_id_registers ids;
    bool cortex; /* has the IMPLEMENTATION DEFINED registers of Cortex-A53, A57, A72 */
    enum el4_a32_core a32_core;
    unsigned gic_list_registers, gic_priority_bits, gic_preemption_bits;
};

/* Find a model by name; NULL if there is none. index walks all models until NULL. */
const struct el4_cpu_model *el4_cpu_model_find(const char *name);
const struct el4_cpu_model *el4_cpu_model_at(unsigned index);

struct el4_features;

/* What of a model a cpu has. */
struct el4_cpu_parts {
    bool el2, el3;
    bool gicv3;        /* ID_AA64PFR0.GIC: system register CPU interface */
    bool aarch32_only; /* no level uses AArch64, whatever the model */
};

/* The ID registers of a cpu built from a model. */
void el4_cpu_model_ids(const struct el4_cpu_model *model, const struct el4_cpu_parts *parts,
                       struct el4_id_registers *ids);

/* Derive what the cpu can do from its final ID registers. */
void el4_features_derive(const struct el4_id_registers *ids, struct el4_features *features);

#endif
