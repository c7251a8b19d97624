/* SPDX-License-Identifier: MIT */
/* Features out of ID registers: nothing else decides what a cpu can do. */
#include "cpu/features.h"

#include <string.h>

#include "cpu/models.h"
#include "cpu/regs.h"

/* Field of four bits; the ones where 0xf means absent are passed as signed by the caller. */
static unsigned field(uint64_t id, unsigned low)
{
    return (id >> low) & 15;
}

static void derive_isar(const struct el4_id_registers *ids, struct el4_features *f)
{
    uint64_t isar0 = ids->id[EL4_ID_AA64ISAR][0];
    uint64_t isar1 = ids->id[EL4_ID_AA64ISAR][1];

    f->aes = field(isar0, 4) >= 1;
    f->pmull = field(isar0, 4) >= 2;
    f->sha1 = field(isar0, 8) >= 1;
    f->sha256 = field(isar0, 12) >= 1;
    f->sha512 = field(isar0, 12) >= 2;
    f->crc32 = field(isar0, 16) >= 1;
    f->lse = field(isar0, 20) >= 2;
    f->rdm = field(isar0, 28) >= 1;
    f->sha3 = field(isar0, 32) >= 1;
    f->dotprod = field(isar0, 44) >= 1;
    f->fhm = field(isar0, 48) >= 1;
    f->flagm = field(isar0, 52) >= 1;
    f->flagm2 = field(isar0, 52) >= 2;
    f->rng = field(isar0, 60) >= 1;

    f->dpb = field(isar1, 0) >= 1;
    f->dpb2 = field(isar1, 0) >= 2;
    f->pauth_epac = field(isar1, 4);
    f->pauth = f->pauth_epac != 0;
    f->jscvt = field(isar1, 12) >= 1;
    f->fcma = field(isar1, 16) >= 1;
    f->rcpc = field(isar1, 20) >= 1;
    f->rcpc2 = field(isar1, 20) >= 2;
    f->pacga = field(isar1, 24) >= 1;
    f->frintts = field(isar1, 32) >= 1;
    f->sb = field(isar1, 36) >= 1;
    f->specres = field(isar1, 40) >= 1;
    f->dgh = field(isar1, 48) >= 1;
}

static void derive_mmfr(const struct el4_id_registers *ids, struct el4_features *f)
{
    static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48, 52};
    uint64_t mmfr0 = ids->id[EL4_ID_AA64MMFR][0];
    uint64_t mmfr1 = ids->id[EL4_ID_AA64MMFR][1];
    uint64_t mmfr2 = ids->id[EL4_ID_AA64MMFR][2];

    unsigned range = field(mmfr0, 0);
    f->pa_bits = pa_bits[range < sizeof(pa_bits) ? range : sizeof(pa_bits) - 1];
    f->lpa = f->pa_bits == 52;
    f->asid16 = field(mmfr0, 4) == 2;
    f->tgran16 = field(mmfr0, 20) >= 1;
    f->tgran64 = field(mmfr0, 24) == 0;
    /* TGran*_2: 0 means as stage 1, 1 absent, 2 present. */
    unsigned stage2_16 = field(mmfr0, 32);
    unsigned stage2_64 = field(mmfr0, 36);
    unsigned stage2_4 = field(mmfr0, 40);
    f->tgran16_stage2 = stage2_16 ? stage2_16 >= 2 : f->tgran16;
    f->tgran64_stage2 = stage2_64 ? stage2_64 >= 2 : f->tgran64;
    f->tgran4_stage2 = stage2_4 ? stage2_4 >= 2 : field(mmfr0, 28) != 15;

    f->hafdbs_af = field(mmfr1, 0) >= 1;
    f->hafdbs_dbm = field(mmfr1, 0) >= 2;
    f->vmid16 = field(mmfr1, 4) == 2;
    f->vhe = field(mmfr1, 8) >= 1;
    f->hpds = field(mmfr1, 12) >= 1;
    f->lor = field(mmfr1, 16) >= 1;
    f->pan = field(mmfr1, 20) >= 1;
    f->pan2 = field(mmfr1, 20) >= 2;
    f->xnx = field(mmfr1, 28) >= 1;
    f->ets = field(mmfr1, 36) >= 1;

    f->ttcnp = field(mmfr2, 0) >= 1;
    f->uao = field(mmfr2, 4) >= 1;
    f->lva = field(mmfr2, 16) >= 1;
    f->va_bits = f->lva ? 52 : 48;
    f->st = field(mmfr2, 28) >= 1;
    f->ttst = f->st;
    f->uscat = field(mmfr2, 32) >= 1;
    f->idst = field(mmfr2, 36) >= 1;
    f->evt = field(mmfr2, 56) >= 1;
    f->e0pd = field(mmfr2, 60) >= 1;
}

/* AArch32 in what every model has: its own ID registers. */
static void derive_a32(const struct el4_id_registers *ids, struct el4_features *f)
{
    const uint64_t *pfr = ids->id[EL4_ID_PFR_A32];
    const uint64_t *isar = ids->id[EL4_ID_ISAR_A32];
    uint64_t isar6 = isar[7]; /* behind ID_MMFR4 */
    const uint64_t *mmfr = &pfr[4];
    const uint64_t *mvfr = ids->id[EL4_ID_MVFR];

    f->a32_v8 = isar[5] != 0;
    f->multiprocessing = field(mmfr[3], 12) >= 2;
    f->lpae = field(mmfr[0], 0) >= 5;
    f->a32_divide_t32 = field(isar[0], 24) >= 1;
    f->a32_divide_a32 = field(isar[0], 24) >= 2;
    f->a32_swp = field(isar[0], 0) == 1 || field(isar[4], 28) == 1;
    f->a32_thumbee = field(pfr[0], 12) == 1;
    f->vfp = field(mvfr[0], 4) != 0;
    f->vfp_double = field(mvfr[0], 8) != 0;
    f->vfp_d32 = field(mvfr[0], 0) == 2;
    f->vfp_half = field(mvfr[1], 24) >= 1;
    f->vfp4 = field(mvfr[1], 28) >= 1;
    f->vfp_short_vectors = f->vfp && !f->a32_v8;
    f->neon = field(mvfr[1], 8) >= 1;
    f->a32_aes = field(isar[5], 4) >= 1;
    f->a32_pmull = field(isar[5], 4) >= 2;
    f->a32_sha1 = field(isar[5], 8) >= 1;
    f->a32_sha256 = field(isar[5], 12) >= 1;
    f->a32_crc32 = field(isar[5], 16) >= 1;
    f->a32_rdm = field(isar[5], 24) >= 1;
    f->a32_fcma = field(isar[5], 28) >= 1;
    f->a32_jscvt = field(isar6, 0) >= 1;
    f->a32_dotprod = field(isar6, 4) >= 1;
    f->a32_fhm = field(isar6, 8) >= 1;
    f->a32_sb = field(isar6, 12) >= 1;
    f->a32_fp16 = field(mvfr[1], 24) >= 3;
}

/* Debug resources, as ID_AA64DFR0 or DBGDIDR has them. */
static void derive_debug(uint64_t id, unsigned breakpoints_at, unsigned watchpoints_at,
                         unsigned context_at, struct el4_features *f)
{
    f->breakpoints = field(id, breakpoints_at) + 1;
    f->watchpoints = field(id, watchpoints_at) + 1;
    f->context_breakpoints = field(id, context_at) + 1;
}

static void derive_v8_debug(const struct el4_id_registers *ids, struct el4_features *f)
{
    derive_debug(ids->id[EL4_ID_AA64DFR][0], 12, 20, 28, f);
}

/* A core without AArch64: what the AA64 registers would say. */
static void derive_a32_only(const struct el4_id_registers *ids, struct el4_features *f)
{
    uint64_t pfr0 = ids->id[EL4_ID_PFR_A32][0];
    uint64_t pfr1 = ids->id[EL4_ID_PFR_A32][1];
    uint64_t pfr2 = ids->id[EL4_ID_MVFR][4];
    uint64_t mmfr3 = ids->id[EL4_ID_PFR_A32][7];
    uint64_t mmfr4 = ids->id[EL4_ID_ISAR_A32][6];
    uint64_t mmfr5 = ids->id[EL4_ID_MVFR][6];

    f->el2 = field(pfr1, 12) != 0;
    f->el3 = field(pfr1, 4) != 0;
    f->el3_a32 = f->el3;
    f->a32_els = 0xf;
    f->generic_timer = field(pfr1, 16) != 0;
    f->pa_bits = f->lpae ? 40 : 32;
    f->pan = field(mmfr3, 16) >= 1;
    f->pan2 = field(mmfr3, 16) >= 2;
    f->xnx = field(mmfr4, 8) >= 1;
    f->ttcnp = field(mmfr4, 12) >= 1;
    f->ets = field(mmfr5, 0) >= 1;
    f->specres = field(ids->id[EL4_ID_ISAR_A32][7], 16) >= 1;
    f->dit = field(pfr0, 24) >= 1;
    f->ssbs = field(pfr2, 4) >= 1;
    if (f->a32_v8) {
        derive_v8_debug(ids, f);
    } else {
        derive_debug(ids->dbgdidr, 24, 28, 20, f);
    }
}

void el4_features_derive(const struct el4_id_registers *ids, struct el4_features *features)
{
    uint64_t pfr0 = ids->id[EL4_ID_AA64PFR][0];
    uint64_t pfr1 = ids->id[EL4_ID_AA64PFR][1];

    memset(features, 0, sizeof(*features));
    derive_isar(ids, features);
    derive_mmfr(ids, features);
    derive_a32(ids, features);
    features->aarch64 = field(pfr0, 0) != 0;
    if (!features->aarch64) {
        derive_a32_only(ids, features);
        return;
    }
    for (unsigned el = 0; el < 4; el++) {
        features->a32_els |= (field(pfr0, 4 * el) == 2) << el;
    }
    features->generic_timer = true;
    features->el2 = field(pfr0, 8) != 0;
    features->el3 = field(pfr0, 12) != 0;
    features->vhe = features->vhe && features->el2;
    features->fp16 = field(pfr0, 16) == 1;
    features->sel2 = field(pfr0, 36) >= 1;
    features->dit = field(pfr0, 48) >= 1;
    features->csv2 = field(pfr0, 56) >= 2;
    features->bti = field(pfr1, 0) >= 1;
    features->ssbs = field(pfr1, 4) >= 1;
    derive_v8_debug(ids, features);
}
