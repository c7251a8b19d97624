/* SPDX-License-Identifier: MIT */
/*
 * The models: ID register values of Cortex-A7 r0p5, A9 and A15 r4p0 (AArch32 only), Cortex-A53
 * r0p4, A57 r1p0 and A72 r0p3, and of `max`, which has every feature that el4 implements and no
 * other. docs/cpu-models.md lists where `max` says less than other emulators' models of that
 * name.
 */
#include "cpu/models.h"

#include <string.h>

#include "cpu/regs.h"

#define AARCH32_ISAR0_4 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142
#define AARCH32_COMMON(pfr0, mmfr0)                                                            \
    [EL4_ID_PFR_A32] = {(pfr0),  0x00011011, 0x03010066, 0,                                    \
                        (mmfr0), 0x40000000, 0x01260000, 0x02102211},                          \
    [EL4_ID_ISAR_A32] = {AARCH32_ISAR0_4, 0x00011121},                                         \
    [EL4_ID_MVFR] = {0x10110222, 0x12111111, 0x00000043}

/* ID_PFR0, PFR1, DFR0, MMFR0..3, ISAR0 and ISAR4; the rest is common to the v7 cores. */
#define AARCH32_V7(pfr0, pfr1, dfr0, mmfr0, mmfr1, mmfr2, mmfr3, isar0, isar4)                 \
    [EL4_ID_PFR_A32] = {(pfr0), (pfr1), (dfr0), 0, (mmfr0), (mmfr1), (mmfr2), (mmfr3)},        \
    [EL4_ID_ISAR_A32] = {(isar0), 0x13112111, 0x21232041, 0x11112131, (isar4)}

static const struct el4_cpu_model models[] = {
    {
        .name = "cortex-a7",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x410fc075},
                        AARCH32_V7(0x00001131, 0x00011011, 0x02010555, 0x10101105, 0x40000000,
                                   0x01240000, 0x02102211, 0x02101110, 0x10011142),
                        [EL4_ID_MVFR] = {0x10110222, 0x11111111},
                    },
                .ctr = 0x84448003,
                .clidr = 0x0a200023,
                .ccsidr = {0x701fe00a, 0x201fe00a, 0x711fe07a},
                .pmcr = 0x41072000,
                .sctlr_reset = 0x00c50078,
                .fpsid = 0x41023075,
                .dbgdidr = 0x3515f005,
            },
        .a32_core = EL4_CORE_A7,
        .gic_list_registers = 4,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
    {
        .name = "cortex-a9",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x410fc090},
                        AARCH32_V7(0x1031, 0x11, 0, 0x00100103, 0x20000000, 0x01230000,
                                   0x00002111, 0x00101111, 0x00111142),
                        [EL4_ID_MVFR] = {0x11110222, 0x01111111},
                    },
                .ctr = 0x80038003,
                .clidr = 0x09000003,
                .ccsidr = {0xe00fe019, 0x200fe019},
                .pmcr = 0x41093000,
                .sctlr_reset = 0x00c50078,
                .fpsid = 0x41033090,
                .dbgdidr = 0x35141000,
            },
        .a32_core = EL4_CORE_A9,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
    {
        .name = "cortex-a15",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x414fc0f0},
                        AARCH32_V7(0x00001131, 0x00011011, 0x02010555, 0x10201105, 0x20000000,
                                   0x01240000, 0x02102211, 0x02101110, 0x10011142),
                        [EL4_ID_MVFR] = {0x10110222, 0x11111111},
                    },
                .ctr = 0x8444c004,
                .clidr = 0x0a200023,
                .ccsidr = {0x701fe00a, 0x201fe00a, 0x711fe07a},
                .pmcr = 0x410f3000,
                .sctlr_reset = 0x00c50078,
                .fpsid = 0x410430f0,
                .dbgdidr = 0x3515f021,
            },
        .a32_core = EL4_CORE_A15,
        .gic_list_registers = 4,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
    {
        .name = "cortex-a53",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x410fd034},
                        AARCH32_COMMON(0x00000131, 0x10101105),
                        [EL4_ID_AA64PFR] = {0x2222},
                        [EL4_ID_AA64DFR] = {0x10305106},
                        [EL4_ID_AA64ISAR] = {0x00011120},
                        [EL4_ID_AA64MMFR] = {0x00001122},
                    },
                .ctr = 0x84448004,
                .clidr = 0x0a200023,
                .ccsidr = {0x700fe01a, 0x201fe00a, 0x707fe07a},
                .dczid = 4,
                .pmcr = 0x41033000,
                .sctlr_reset = 0x00c50838,
                .fpsid = 0x41034030,
            },
        .cortex = true,
        .gic_list_registers = 4,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
    {
        .name = "cortex-a57",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x411fd070},
                        AARCH32_COMMON(0x00000131, 0x10101105),
                        [EL4_ID_AA64PFR] = {0x2222},
                        [EL4_ID_AA64DFR] = {0x10305106},
                        [EL4_ID_AA64ISAR] = {0x00011120},
                        [EL4_ID_AA64MMFR] = {0x00001124},
                    },
                .ctr = 0x8444c004,
                .clidr = 0x0a200023,
                .ccsidr = {0x701fe00a, 0x201fe012, 0x70ffe07a},
                .dczid = 4,
                .pmcr = 0x41013000,
                .sctlr_reset = 0x00c50838,
                .fpsid = 0x41034070,
            },
        .cortex = true,
        .gic_list_registers = 4,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
    {
        .name = "cortex-a72",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x410fd083},
                        AARCH32_COMMON(0x00000131, 0x10201105),
                        [EL4_ID_AA64PFR] = {0x2222},
                        [EL4_ID_AA64DFR] = {0x10305106},
                        [EL4_ID_AA64ISAR] = {0x00011120},
                        [EL4_ID_AA64MMFR] = {0x00001124},
                    },
                .ctr = 0x8444c004,
                .clidr = 0x0a200023,
                .ccsidr = {0x701fe00a, 0x201fe012, 0x707fe07a},
                .dczid = 4,
                .pmcr = 0x41023000,
                .sctlr_reset = 0x00c50838,
                .fpsid = 0x41034080,
            },
        .cortex = true,
        .gic_list_registers = 4,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
    {
        /* Reference values less what el4 lacks: docs/cpu-models.md has the fields. */
        .name = "max",
        .ids =
            {
                .id =
                    {
                        [EL4_ID_MIDR] = {0x000f0510},
                        /* the Cortex-A57's with what the AA64 registers below say too */
                        [EL4_ID_PFR_A32] = {0x01020131, 0x00011011, 0x03010099, 0, 0x10101105,
                                            0x40000000, 0x01260000, 0x02122211},
                        [EL4_ID_ISAR_A32] = {AARCH32_ISAR0_4, 0x11011121,
                                             0x00001110, 0x00011111},
                        [EL4_ID_MVFR] = {0x10110222, 0x13211111, 0x00000043, 0, 0x00000011, 0,
                                         0x00000001},
                        [EL4_ID_AA64PFR] = {0x1201000000112222, 0x21},
                        [EL4_ID_AA64DFR] = {0x10305109},
                        [EL4_ID_AA64ISAR] = {0x1021100110212120, 0x0001011101211012},
                        [EL4_ID_AA64MMFR] = {0x0000022200101126,
                                             0x0000001010211122, 0x1001001010010011},
                    },
                .ctr = 0x8444c004,
                .clidr = 0x0a200023,
                .ccsidr = {0x701fe00a, 0x201fe012, 0x70ffe07a},
                .dczid = 4,
                .pmcr = 0x41013000,
                .sctlr_reset = 0x00c50838,
                .fpsid = 0x41034070,
            },
        .gic_list_registers = 4,
        .gic_priority_bits = 5,
        .gic_preemption_bits = 5,
    },
};

const struct el4_cpu_model *el4_cpu_model_at(unsigned index)
{
    return index < sizeof(models) / sizeof(models[0]) ? &models[index] : NULL;
}

const struct el4_cpu_model *el4_cpu_model_find(const char *name)
{
    const struct el4_cpu_model *model;
    for (unsigned i = 0; (model = el4_cpu_model_at(i)); i++) {
        if (!strcmp(model->name, name)) {
            return model;
        }
    }
    return NULL;
}

/* ID_AA64DFR0 stays: what AArch32 can see of it has no ID register of its own. */
static void hide_aarch64(struct el4_id_registers *ids)
{
    static const enum el4_id_row rows[] = {EL4_ID_AA64PFR, EL4_ID_AA64ISAR, EL4_ID_AA64MMFR};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(ids->id[rows[i]], 0, sizeof(ids->id[rows[i]]));
    }
}

void el4_cpu_model_ids(const struct el4_cpu_model *model, const struct el4_cpu_parts *parts,
                       struct el4_id_registers *ids)
{
    *ids = model->ids;
    uint64_t *pfr0 = &ids->id[EL4_ID_AA64PFR][0];
    uint64_t *pfr1_a32 = &ids->id[EL4_ID_PFR_A32][1];
    uint64_t *dfr0_a32 = &ids->id[EL4_ID_PFR_A32][2];

    if (!parts->el2) {
        *pfr0 &= ~UINT64_C(0xf00);
        *pfr1_a32 &= ~UINT64_C(0xf000); /* Virtualization */
    }
    if (!parts->el3) {
        *pfr0 &= ~UINT64_C(0xf000);
        *pfr1_a32 &= ~UINT64_C(0xf0); /* Security */
        *dfr0_a32 &= ~UINT64_C(0xf0); /* CopSDBG */
    }
    if (parts->gicv3) {
        *pfr0 |= UINT64_C(1) << 24;
        *pfr1_a32 |= UINT64_C(1) << 28;
    }
    if (parts->aarch32_only) {
        hide_aarch64(ids);
    }
}
