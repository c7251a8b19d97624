/* SPDX-License-Identifier: MIT */
/*
 * Helpers of Advanced SIMD, FP and crypto, against published vectors (FIPS 197, FIPS 180-4) and
 * ones worked out by hand; the translate functions' feature checks and immediates; and the
 * host's FP arithmetic against the exact one. The comparison of every instruction with an
 * oracle is tests/insn. The engine is not linked: el4_emit() here records the micro-ops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "fp/fp.h"
#include "isa/a32-simd.h"
#include "isa/a64.h"
#include "isa/simd.h"

struct fixture {
    struct el4_cpu *cpu;
    struct el4_fp_env fp;
    struct el4_features features;
    struct el4_translator translator;
    struct el4_uop uops[EL4_UOPS_PER_INSN_MAX];
};

struct el4_uop *el4_emit(struct el4_translator *t, enum el4_uop_code op, unsigned d, unsigned a,
                         unsigned b, unsigned c, unsigned aux, uint64_t imm)
{
    assert_true(t->uop_count < t->uop_capacity);
    struct el4_uop *uop = &t->uops[t->uop_count++];
    *uop = (struct el4_uop){
        {(uint8_t)d, (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint16_t)aux, (uint16_t)op}, imm};
    return uop;
}

bool el4_emit_fp_check(struct el4_translator *t)
{
    if (t->mode.fp_trap_el) {
        t->ended = true;
        return false;
    }
    return true;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const size_t alignment = 64;

    assert_non_null(f);
    f->cpu = aligned_alloc(alignment, (sizeof(*f->cpu) + alignment - 1) & ~(alignment - 1));
    assert_non_null(f->cpu);
    memset(f->cpu, 0, sizeof(*f->cpu));
    f->cpu->fp = &f->fp;
    f->translator.features = &f->features;
    f->translator.uops = f->uops;
    f->translator.uop_capacity = EL4_UOPS_PER_INSN_MAX;
    f->translator.temp_next = EL4_SLOT_TEMP;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    free(f->cpu);
    free(f);
    return 0;
}

#define VEC64(high, low) ((union el4_vec){.d = {UINT64_C(low), UINT64_C(high)}})

/* V0 = fn(V0 = d, V1 = a, V2 = b, V3 = c). */
static union el4_vec run(struct fixture *f, el4_vcall_fn *fn, union el4_vec d, union el4_vec a,
                         union el4_vec b, unsigned aux)
{
    assert_non_null(fn);
    f->cpu->v[0] = d;
    f->cpu->v[1] = a;
    f->cpu->v[2] = b;
    fn(f->cpu, (struct el4_uop_desc){0, 1, 2, 3, (uint16_t)aux, EL4_UOP_VCALL});
    return f->cpu->v[0];
}

static void assert_vec(union el4_vec result, union el4_vec expected)
{
    assert_int_equal(result.d[1], expected.d[1]);
    assert_int_equal(result.d[0], expected.d[0]);
}

static const union el4_vec zero;
static const union el4_vec ones = {.d = {UINT64_MAX, UINT64_MAX}};

static union el4_vec from_bytes(const char *hex)
{
    union el4_vec v;

    for (unsigned i = 0; i < 16; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        v.b[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return v;
}

/* FIPS 197 appendix B, round 1; and back again. */
static void test_aes(void **state)
{
    struct fixture *f = *state;
    const union el4_vec input = from_bytes("3243f6a8885a308d313198a2e0370734");
    const union el4_vec key = from_bytes("2b7e151628aed2a6abf7158809cf4f3c");
    const union el4_vec start = from_bytes("193de3bea0f4e22b9ac68d2ae9f84808");
    const union el4_vec shifted = from_bytes("d4bf5d30e0b452aeb84111f11e2798e5");
    const union el4_vec mixed = from_bytes("046681e5e0cb199a48f8d37a2806264c");

    assert_vec(run(f, el4_simd_aese, input, key, zero, 4), shifted);
    assert_vec(run(f, el4_simd_aesmc, zero, shifted, zero, 4), mixed);
    assert_vec(run(f, el4_simd_aesimc, zero, mixed, zero, 4), shifted);
    assert_vec(run(f, el4_simd_aesd, shifted, zero, zero, 4), start);
}

/* The padded one-block message "abc" as 16 words (FIPS 180-4 5.1.1). */
static const uint32_t abc_block[16] = {0x61626380, [15] = 24};

static union el4_vec words(const uint32_t *w)
{
    return (union el4_vec){.s = {w[0], w[1], w[2], w[3]}};
}

static union el4_vec add_words(union el4_vec a, union el4_vec b)
{
    for (unsigned i = 0; i < 4; i++) {
        a.s[i] += b.s[i];
    }
    return a;
}

static void test_sha1(void **state)
{
    struct fixture *f = *state;
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    static el4_vcall_fn *const rounds[4] = {el4_simd_sha1c, el4_simd_sha1p, el4_simd_sha1m,
                                            el4_simd_sha1p};
    const union el4_vec start = {.s = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
    const uint32_t start_e = 0xc3d2e1f0;
    union el4_vec abcd = start;
    union el4_vec e = {.s = {start_e}};
    union el4_vec w[4];

    for (unsigned i = 0; i < 4; i++) {
        w[i] = words(abc_block + 4 * i);
    }
    for (unsigned i = 0; i < 20; i++) {
        const uint32_t k = constants[i / 5];
        const union el4_vec scheduled = add_words(w[i % 4], (union el4_vec){.s = {k, k, k, k}});
        const union el4_vec next_e = run(f, el4_simd_sha1h, zero, abcd, zero, 4);
        abcd = run(f, rounds[i / 5], abcd, e, scheduled, 4);
        e = next_e;
        /* Words i + 16 and on replace words i and on. */
        const union el4_vec half =
            run(f, el4_simd_sha1su0, w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], 4);
        w[i % 4] = run(f, el4_simd_sha1su1, half, w[(i + 3) % 4], zero, 4);
    }
    assert_vec(add_words(abcd, start),
               (union el4_vec){.s = {0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c}});
    assert_int_equal(e.s[0] + start_e, 0x9cd0d89d);
}

/* The first 32 bits of the fraction of the cube root of p (FIPS 180-4 4.2.2). */
static uint32_t cube_root_fraction(unsigned p)
{
    uint64_t root = 0;

    for (int bit = 35; bit >= 0; bit--) {
        const unsigned __int128 tried = root | UINT64_C(1) << bit;
        if (tried * tried * tried <= (unsigned __int128)p << 96) {
            root = (uint64_t)tried;
        }
    }
    return (uint32_t)root;
}

static unsigned next_prime(unsigned p)
{
    for (;;) {
        p++;
        unsigned divisor = 2;
        while (p % divisor) {
            divisor++;
        }
        if (divisor == p) {
            return p;
        }
    }
}

static void test_sha256(void **state)
{
    struct fixture *f = *state;
    const union el4_vec start_x = {.s = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a}};
    const union el4_vec start_y = {.s = {0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    union el4_vec x = start_x;
    union el4_vec y = start_y;
    union el4_vec w[4];
    unsigned prime = 1;

    for (unsigned i = 0; i < 4; i++) {
        w[i] = words(abc_block + 4 * i);
    }
    for (unsigned i = 0; i < 16; i++) {
        union el4_vec k;
        for (unsigned j = 0; j < 4; j++) {
            prime = next_prime(prime);
            k.s[j] = cube_root_fraction(prime);
        }
        const union el4_vec scheduled = add_words(w[i % 4], k);
        const union el4_vec next_x = run(f, el4_simd_sha256h, x, y, scheduled, 4);
        y = run(f, el4_simd_sha256h2, y, x, scheduled, 4);
        x = next_x;
        const union el4_vec half =
            run(f, el4_simd_sha256su0, w[i % 4], w[(i + 1) % 4], zero, 4);
        w[i % 4] = run(f, el4_simd_sha256su1, half, w[(i + 2) % 4], w[(i + 3) % 4], 4);
    }
    assert_vec(add_words(x, start_x),
               (union el4_vec){.s = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223}});
    assert_vec(add_words(y, start_y),
               (union el4_vec){.s = {0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad}});
}

/* With one bit set the sigmas of FIPS 180-4 4.1.3 are three bits that can be read off. */
static void test_sha512_sha3(void **state)
{
    struct fixture *f = *state;

    assert_vec(run(f, el4_simd_sha512su0, VEC64(1, 0), VEC64(0, 0x80), zero, 4),
               VEC64(0x8000000000000042, 0x8100000000000000));
    assert_vec(run(f, el4_simd_sha512su1, zero, VEC64(0, 1), VEC64(3, 4), 4),
               VEC64(3, 0x000020000000000c));
    assert_vec(run(f, el4_simd_rax1, zero, VEC64(1, 2), VEC64(0x8000000000000000, 3), 4),
               VEC64(0, 4));
    assert_vec(run(f, el4_simd_xar, zero, VEC64(0, 0x11), VEC64(0x20, 0), el4_simd_aux(4, 4)),
               VEC64(2, 0x1000000000000001));
    f->cpu->v[3] = VEC64(0xff00, 0x0ff0);
    assert_vec(run(f, el4_simd_bcax, zero, VEC64(1, 2), VEC64(0xffff, 0xffff), 4),
               VEC64(0xfe, 0xf00d));
    assert_vec(run(f, el4_simd_eor3, zero, VEC64(1, 2), VEC64(0xffff, 0xffff), 4),
               VEC64(0xfe, 0xf00d));
}

static void test_polynomials(void **state)
{
    struct fixture *f = *state;
    const union el4_vec interleaved = VEC64(0x5555555555555555, 0x5555555555555555);

    /* Squaring over GF(2) spreads the bits. */
    assert_vec(run(f, el4_simd_pmull[3], zero, ones, ones, 4), interleaved);
    assert_vec(run(f, el4_simd_pmull[0], zero, ones, ones, 4), interleaved);
    assert_vec(run(f, el4_simd_pmul[0], zero, ones, ones, 4), interleaved);
    assert_vec(run(f, el4_simd_pmull[3], zero, VEC64(0, 0x8000000000000000), VEC64(0, 2), 4),
               VEC64(1, 0));
    /* PMULL2 takes the upper halves. */
    assert_vec(run(f, el4_simd_pmull[3], zero, VEC64(3, 9), VEC64(3, 9), 4 | EL4_SIMD_UPPER),
               VEC64(0, 5));
}

static union el4_vec run_qc(struct fixture *f, el4_vcall_fn *fn, union el4_vec d,
                            union el4_vec a, union el4_vec b, unsigned aux, bool saturates)
{
    f->fp.fpsr = 0;
    const union el4_vec result = run(f, fn, d, a, b, aux);
    assert_int_equal(f->fp.fpsr, saturates ? EL4_FPSR_QC : 0);
    return result;
}

static void test_saturation(void **state)
{
    struct fixture *f = *state;

    assert_vec(run_qc(f, el4_simd_sqadd[0], zero, VEC64(0, 0x7f80), VEC64(0, 0x01ff), 4, true),
               VEC64(0, 0x7f80));
    assert_vec(run_qc(f, el4_simd_uqsub[1], zero, VEC64(0, 5), VEC64(0, 6), 3, true), zero);
    assert_vec(run_qc(f, el4_simd_uqadd[3], zero, ones, VEC64(0, 0), 4, false), ones);
    /* Lanes above the width neither show nor saturate. */
    assert_vec(run_qc(f, el4_simd_uqadd[3], zero, ones, VEC64(1, 0), 3, false),
               VEC64(0, 0xffffffffffffffff));
    assert_vec(run_qc(f, el4_simd_sqadd[1], zero, VEC64(0, 0x7fff0001), VEC64(0, 0x00010001), 1,
                      false),
               VEC64(0, 2));
    /* MIN * MIN is the one product that doubling takes out of range. */
    assert_vec(
        run_qc(f, el4_simd_sqdmulh[1], zero, VEC64(0, 0x8000), VEC64(0, 0x8000), 4, true),
        VEC64(0, 0x7fff));
    assert_vec(
        run_qc(f, el4_simd_sqdmulh[1], zero, VEC64(0, 0x8000), VEC64(0, 0x8001), 4, false),
        VEC64(0, 0x7fff));
    assert_vec(run_qc(f, el4_simd_sqrdmlsh[2], VEC64(0, 0x7fffffff), VEC64(0, 0x80000000),
                      VEC64(0, 0x7fffffff), 2, true),
               VEC64(0, 0x7fffffff));
    assert_vec(run_qc(f, el4_simd_suqadd[0], VEC64(0, 0x80), VEC64(0, 0xff), zero, 4, false),
               VEC64(0, 0x7f));
    assert_vec(run_qc(f, el4_simd_usqadd[0], VEC64(0, 0x7f), VEC64(0, 0x80), zero, 4, true),
               zero);
    assert_vec(run_qc(f, el4_simd_sqabs[3], zero, VEC64(0x8000000000000000, 1), zero, 4, true),
               VEC64(0x7fffffffffffffff, 1));
    assert_vec(run_qc(f, el4_simd_sqdmull[2], zero, VEC64(0, 0x80000000), VEC64(0, 0x80000000),
                      3, true),
               VEC64(0, 0x7fffffffffffffff));
}

static void test_shifts(void **state)
{
    struct fixture *f = *state;
    const union el4_vec by_minus_1 = VEC64(0xff, 0xff);
    const union el4_vec by_minus_64 = VEC64(0xc0, 0xc0);
    const union el4_vec by_minus_65 = VEC64(0xbf, 0xbf);
    const union el4_vec by_1 = VEC64(1, 1);
    const union el4_vec halves = VEC64(0x8000000000000000, 3);

    assert_vec(run(f, el4_simd_sshl[3], zero, halves, by_minus_1, 4),
               VEC64(0xc000000000000000, 1));
    assert_vec(run(f, el4_simd_urshl[3], zero, halves, by_minus_1, 4),
               VEC64(0x4000000000000000, 2));
    assert_vec(run(f, el4_simd_urshl[3], zero, halves, by_minus_64, 4), VEC64(1, 0));
    assert_vec(run(f, el4_simd_urshl[3], zero, halves, by_minus_65, 4), zero);
    assert_vec(run(f, el4_simd_srshl[3], zero, halves, by_minus_64, 4), zero);
    assert_vec(run(f, el4_simd_sshl[3], zero, halves, by_minus_64, 4),
               VEC64(0xffffffffffffffff, 0));
    assert_vec(run_qc(f, el4_simd_uqshl[3], zero, halves, by_1, 4, true),
               VEC64(0xffffffffffffffff, 6));
    assert_vec(run_qc(f, el4_simd_sqshl[3], zero, halves, by_1, 4, true),
               VEC64(0x8000000000000000, 6));
    assert_vec(run_qc(f, el4_simd_sqshlu_imm[0], zero, VEC64(0, 0xff40), zero,
                      el4_simd_aux(4, 2), true),
               VEC64(0, 0x00ff));
    /* The whole element out, to the right; inserting shifts keep what they do not write. */
    assert_vec(run(f, el4_simd_ushr_imm[1], zero, ones, zero, el4_simd_aux(4, 16)), zero);
    assert_vec(run(f, el4_simd_srshr_imm[1], zero, ones, zero, el4_simd_aux(4, 16)), zero);
    assert_vec(
        run(f, el4_simd_sri_imm[2], VEC64(0, 0x12345678), ones, zero, el4_simd_aux(2, 8)),
        VEC64(0, 0x12ffffff));
    assert_vec(
        run(f, el4_simd_sli_imm[2], VEC64(0, 0x12345678), ones, zero, el4_simd_aux(2, 8)),
        VEC64(0, 0xffffff78));
    /* SQRSHRUN: rounding comes before saturation. */
    assert_vec(run_qc(f, el4_simd_sqrshrun[0], zero, VEC64(0, 0xfff80ff80fe8), zero,
                      el4_simd_aux(3, 4), true),
               VEC64(0, 0x00ffff));
}

static void test_halves(void **state)
{
    struct fixture *f = *state;
    const union el4_vec wide = VEC64(0x1111222233334444, 0x5555666677778888);

    assert_vec(run(f, el4_simd_shrn[1], ones, wide, zero, el4_simd_aux(3, 0)),
               VEC64(0, 0x2222444466668888));
    assert_vec(
        run(f, el4_simd_shrn[1], VEC64(7, 9), wide, zero, el4_simd_aux(3, 16) | EL4_SIMD_UPPER),
        VEC64(0x1111333355557777, 9));
    assert_vec(run(f, el4_simd_add[0], zero, ones, VEC64(1, 1), 3),
               VEC64(0, 0xffffffffffffff00));
    assert_vec(run(f, el4_simd_saddl[2], zero, VEC64(0x80000000, 1), VEC64(0x80000000, 1),
                   4 | EL4_SIMD_UPPER),
               VEC64(0, 0xffffffff00000000));
    assert_vec(run(f, el4_simd_cls[0], zero, VEC64(0, 0x00ff7f80c0), zero, 3),
               VEC64(0, 0x0707070707000001));
}

static void test_permutations(void **state)
{
    struct fixture *f = *state;
    const union el4_vec low = VEC64(0x0f0e0d0c0b0a0908, 0x0706050403020100);
    const union el4_vec high = VEC64(0x1f1e1d1c1b1a1918, 0x1716151413121110);

    assert_vec(run(f, el4_simd_ext, zero, low, high, el4_simd_aux(4, 9)),
               VEC64(0x1817161514131211, 0x100f0e0d0c0b0a09));
    assert_vec(run(f, el4_simd_ext, zero, low, high, el4_simd_aux(3, 3)),
               VEC64(0, 0x1211100706050403));
    assert_vec(run(f, el4_simd_zip2[1], zero, low, high, 4),
               VEC64(0x1f1e0f0e1d1c0d0c, 0x1b1a0b0a19180908));
    assert_vec(run(f, el4_simd_uzp1[0], zero, low, high, 3), VEC64(0, 0x1614121006040200));
    assert_vec(run(f, el4_simd_trn2[2], zero, low, high, 4),
               VEC64(0x1f1e1d1c0f0e0d0c, 0x1716151407060504));
    assert_vec(run(f, el4_simd_rev64[1], zero, low, zero, 4),
               VEC64(0x09080b0a0d0c0f0e, 0x0100030205040706));

    /* A table in V31 and V0; indices out of it leave the destination. */
    f->cpu->v[31] = low;
    f->cpu->v[0] = high;
    f->cpu->v[2] = VEC64(0, 0xff201f100f010020);
    f->cpu->v[5] = VEC64(7, 0xaabbccddeeff1122);
    el4_simd_tbx(f->cpu, (struct el4_uop_desc){5, 31, 2, 0, el4_simd_aux(3, 2), 0});
    assert_vec(f->cpu->v[5], VEC64(0, 0xaabb1f100f010022));
    el4_simd_tbl(f->cpu, (struct el4_uop_desc){2, 31, 2, 0, el4_simd_aux(3, 2), 0});
    assert_vec(f->cpu->v[2], VEC64(0, 0x00001f100f010000));
}

/* 1.0f and so on, by their integer value. */
static uint32_t single(int value)
{
    struct el4_fp_env env = {0};
    return el4_fp32_from_fixed((uint64_t)(int64_t)value, 64, 0, false, EL4_FP_TIEEVEN, &env);
}

static void test_fp(void **state)
{
    struct fixture *f = *state;
    const union el4_vec x = {.s = {single(1), single(2), single(1), single(2)}};
    const union el4_vec y = {.s = {single(3), single(4), single(3), single(4)}};
    union el4_vec result;

    /* (1 + 2i) (3 + 4i) = -5 + 10i, in two steps. */
    result = run(f, el4_simd_fcmla[2], zero, x, y, el4_simd_aux(4, 0));
    result = run(f, el4_simd_fcmla[2], result, x, y, el4_simd_aux(4, 1));
    assert_vec(result, (union el4_vec){.s = {single(-5), single(10), single(-5), single(10)}});
    /* (1 + 2i) + i (3 + 4i) = -3 + 5i. */
    result = run(f, el4_simd_fcadd[2], zero, x, y, el4_simd_aux(3, 1));
    assert_vec(result, (union el4_vec){.s = {single(-3), single(5)}});
    /* (1 + e) (1 - e) - 1 = -e^2: lost if the product were rounded. */
    result = run(f, el4_simd_fmla[2], (union el4_vec){.s = {0xbf800000}},
                 (union el4_vec){.s = {0x3f800001}}, (union el4_vec){.s = {0x3f7ffffe}}, 2);
    assert_vec(result, (union el4_vec){.s = {0xa8800000}});
    /* A quiet NaN loses against a number, at the first level of the tree. */
    result =
        run(f, el4_simd_fp_maxnumv[2], zero,
            (union el4_vec){.s = {0x7fc00000, single(-7), single(-8), single(-9)}}, zero, 4);
    assert_vec(result, (union el4_vec){.s = {single(-7)}});
    assert_int_equal(f->fp.fpsr, 0);
}

static void test_fp_scalar_calls(void **state)
{
    struct fixture *f = *state;
    const uint32_t operands = 1 | 2 << 5;

    f->cpu->v[1].d[0] = 0x3ff0000000000000; /* 1.0 */
    f->cpu->v[2].d[0] = 0x7ff8000000000000; /* quiet NaN */
    assert_int_equal(el4_simd_fcmp[3](f->cpu, 0, 0, 0, operands), 0x30000000);
    assert_int_equal(f->fp.fpsr, 0);
    assert_int_equal(el4_simd_fcmp[3](f->cpu, 0, 0, 0, operands | EL4_SIMD_CMP_ZERO),
                     0x20000000);
    /* EQ does not hold: no comparison, so no flag either; then it does. */
    assert_int_equal(
        el4_simd_fccmp[3](f->cpu, 0, 0xa0000000, 0, operands | EL4_SIMD_CMP_SIGNAL),
        0xa0000000);
    assert_int_equal(f->fp.fpsr, 0);
    assert_int_equal(
        el4_simd_fccmp[3](f->cpu, 0x40000000, 0xa0000000, 0, operands | EL4_SIMD_CMP_SIGNAL),
        0x30000000);
    assert_int_equal(f->fp.fpsr, EL4_FPSR_IOC);

    /* -1.5 towards zero as a word: zero-extended. 2^32 + 1 in JavaScript's way is 1, inexactly.
     */
    f->cpu->v[1].d[0] = 0xbff8000000000000;
    assert_int_equal(
        el4_simd_fp_to_gp[3](f->cpu, 0, 0, 0, 1 | EL4_FP_ZERO << EL4_SIMD_GP_ARG_SHIFT),
        0xffffffff);
    f->cpu->v[1].d[0] = 0x41f0000000100000;
    assert_int_equal(el4_simd_fjcvtzs(f->cpu, 0, 0, 0, 1), 1);
    el4_simd_gp_to_fp_fix[2](f->cpu, 0xffffffff80000000, 0, 0,
                             1 | EL4_SIMD_GP_64 | 31 << EL4_SIMD_GP_ARG_SHIFT);
    assert_vec(f->cpu->v[1], (union el4_vec){.s = {single(-1)}});
}

/* Values at which the host could go wrong, of both formats. */
static const uint32_t edge_singles[] = {
    0,          0x80000000, 1,          0x007fffff, 0x00800000, 0x00800001, 0x80ffffff,
    0x3f800000, 0xbf800001, 0x3f7fffff, 0x33800000, 0x7f7fffff, 0xff7ffffe, 0x7f800000,
    0xff800000, 0x7fc00001, 0x7f800001, 0x1f800000, 0x20000001, 0x5f000000,
};
static const uint64_t edge_doubles[] = {
    0,
    0x8000000000000000,
    1,
    0x000fffffffffffff,
    0x0010000000000000,
    0x0010000000000001,
    0x3ff0000000000000,
    0xbff0000000000001,
    0x3fefffffffffffff,
    0x7fefffffffffffff,
    0x7ff0000000000000,
    0xfff0000000000000,
    0x7ff8000000000001,
    0x7ff0000000000001,
    0x1ff0000000000000,
    0x2000000000000001,
    0x5fe0000000000000,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void set_edge(union el4_vec *v, unsigned esz, size_t value)
{
    for (unsigned i = 0; i < 16u >> esz; i++) {
        if (esz == 2) {
            v->s[i] = edge_singles[(value + i * i) % COUNT(edge_singles)];
        } else {
            v->d[i] = edge_doubles[(value + 5 * i) % COUNT(edge_doubles)];
        }
    }
}

static void compare_fast(struct fixture *f, el4_vcall_fn *fast, el4_vcall_fn *exact,
                         unsigned esz, unsigned aux)
{
    static const uint32_t modes[] = {0, EL4_FPCR_FZ, EL4_FPCR_DN, UINT32_C(1) << 22};
    const size_t count = esz == 2 ? COUNT(edge_singles) : COUNT(edge_doubles);

    for (size_t i = 0; i < count * count * count * COUNT(modes) * 2; i++) {
        const uint32_t fpsr = i & 1 ? EL4_FPSR_IXC : 0;
        union el4_vec d, a, b, result;
        set_edge(&a, esz, i / 8 % count);
        set_edge(&b, esz, i / 8 / count % count);
        set_edge(&d, esz, i / 8 / count / count);
        f->cpu->v[3] = d;
        f->fp.fpcr = modes[i / 2 % 4];
        f->fp.fpsr = fpsr;
        result = run(f, exact, d, a, b, aux);
        const uint32_t exact_fpsr = f->fp.fpsr;
        f->fp.fpsr = fpsr;
        assert_vec(run(f, fast, d, a, b, aux), result);
        assert_int_equal(f->fp.fpsr, exact_fpsr);
    }
}

static void test_fast_is_exact(void **state)
{
    static el4_vcall_fn *const *const exact[EL4_SIMD_FAST_COUNT] = {
        el4_simd_fadd,      el4_simd_fsub,  el4_simd_fmul,  el4_simd_fdiv,
        el4_simd_fmul_elem, el4_simd_fmla,  el4_simd_fmls,  el4_simd_fmla_elem,
        el4_simd_fmls_elem, el4_simd_fmadd, el4_simd_fmsub, el4_simd_fnmadd,
        el4_simd_fnmsub,
    };

    for (unsigned op = 0; op < EL4_SIMD_FAST_COUNT; op++) {
        for (unsigned esz = 2; esz <= 3; esz++) {
            for (unsigned width = esz; width <= 4; width++) {
                el4_vcall_fn *fast = el4_simd_fast((enum el4_simd_fast_op)op, esz, width);
                if (fast) {
                    compare_fast(*state, fast, exact[op][esz], esz, width);
                }
            }
        }
    }
    assert_null(el4_simd_fast(EL4_SIMD_FAST_FADD, 1, 4));
    assert_null(el4_simd_fast(EL4_SIMD_FAST_FADD, 2, 3));
}

/* With one D register, its other half is not touched. */
static void test_neon_fast_is_exact(void **state)
{
    struct fixture *f = *state;
    static el4_vcall_fn *const *const exact[EL4_A32_NEON_FAST_COUNT] = {
        el4_a32_neon_add,      el4_a32_neon_sub, el4_a32_neon_mul,
        el4_a32_neon_mul_elem, el4_a32_neon_fma, el4_a32_neon_fms,
    };
    static const uint32_t plain[] = {0x3f800000, 0xc0490fdb, 0x3eaaaaab, 0x42c80001};
    const size_t count = COUNT(edge_singles);

    for (size_t i = 0; i < EL4_A32_NEON_FAST_COUNT * count * count * count * 16; i++) {
        const unsigned op = i % EL4_A32_NEON_FAST_COUNT;
        const size_t edges = i / EL4_A32_NEON_FAST_COUNT / 16;
        const unsigned q = i / EL4_A32_NEON_FAST_COUNT % 2;
        const unsigned lane = i / EL4_A32_NEON_FAST_COUNT / 2 % 4;
        const uint32_t fpsr = i / EL4_A32_NEON_FAST_COUNT / 8 % 2 ? EL4_FPSR_IXC : 0;
        el4_vcall_fn *fast = el4_a32_neon_fast((enum el4_a32_neon_fast_op)op, q);
        if (!fast) {
            continue;
        }
        /* One lane has the values that matter, the others are plain. */
        union el4_vec d, a, b, result[2];
        for (unsigned j = 0; j < 4; j++) {
            d.s[j] = j == lane ? edge_singles[edges % count] : plain[j];
            a.s[j] = j == lane ? edge_singles[edges / count % count] : plain[3 - j];
            b.s[j] = j == lane ? edge_singles[edges / count / count] : plain[j ^ 1];
        }
        const unsigned odd = q ? 0 : lane / 2;
        const struct el4_uop_desc desc = {
            .d = (uint8_t)(6 + odd),
            .a = (uint8_t)(2 + odd),
            .b = (uint8_t)(4 + odd),
            .aux = (uint16_t)(q + 1 + (lane % 2 << EL4_A32_NEON_ARG_SHIFT))};
        uint32_t flags[2];
        for (unsigned is_fast = 0; is_fast < 2; is_fast++) {
            f->cpu->v[1] = a;
            f->cpu->v[2] = b;
            f->cpu->v[3] = d;
            f->fp.fpcr = 0;
            f->fp.fpsr = fpsr;
            (is_fast ? fast : exact[op][2])(f->cpu, desc);
            result[is_fast] = f->cpu->v[3];
            flags[is_fast] = f->fp.fpsr;
        }
        assert_vec(result[1], result[0]);
        assert_int_equal(flags[1], flags[0]);
    }
}

/* UNDEFINED without the feature; with it one micro-op, unless the access is trapped. */
#define ASSERT_NEEDS(f, feature, call)                                                         \
    do {                                                                                       \
        (f)->features.feature = false;                                                         \
        assert_false(call);                                                                    \
        assert_int_equal((f)->translator.uop_count, 0);                                        \
        (f)->features.feature = true;                                                          \
        assert_true(call);                                                                     \
        assert_int_equal((f)->translator.uop_count, 1);                                        \
        (f)->translator.uop_count = 0;                                                         \
        (f)->translator.mode.fp_trap_el = 1;                                                   \
        assert_true(call);                                                                     \
        assert_int_equal((f)->translator.uop_count, 0);                                        \
        (f)->translator.mode.fp_trap_el = 0;                                                   \
    } while (0)

static void test_features(void **state)
{
    struct fixture *f = *state;
    struct el4_translator *t = &f->translator;
    const struct a64_args_crypto_rr two = {.rn = 1};
    const struct a64_args_crypto_rrr three = {.rm = 2, .rn = 1};
    const struct a64_args_simd_rrr half = {.q = 1, .esz = 1, .rm = 2, .rn = 1};
    const struct a64_args_simd_rrr doubleword = {.q = 1, .esz = 3, .rm = 2, .rn = 1};
    const struct a64_args_simd_logic bytes = {.q = 1, .rm = 2, .rn = 1};
    const struct a64_args_simd_rot complex_single = {.q = 1, .esz = 2, .rm = 2, .rn = 1};
    const struct a64_args_simd_long halves = {.q = 1, .rm = 2, .rn = 1};
    const struct a64_args_simd_rr single_rr = {.q = 1, .esz = 2, .rn = 1};
    const struct a64_args_fp_rrr scalar_half = {.ftype = 3, .rm = 2, .rn = 1};

    ASSERT_NEEDS(f, aes, el4_a64_AESE(t, &two));
    ASSERT_NEEDS(f, pmull, el4_a64_PMULL(t, &doubleword));
    ASSERT_NEEDS(f, sha1, el4_a64_SHA1C(t, &three));
    ASSERT_NEEDS(f, sha256, el4_a64_SHA256H(t, &three));
    ASSERT_NEEDS(f, sha512, el4_a64_SHA512H(t, &three));
    ASSERT_NEEDS(f, sha3, el4_a64_RAX1(t, &three));
    ASSERT_NEEDS(f, rdm, el4_a64_SQRDMLAH_v(t, &half));
    ASSERT_NEEDS(f, dotprod, el4_a64_UDOT_v(t, &bytes));
    ASSERT_NEEDS(f, fcma, el4_a64_FCADD_v(t, &complex_single));
    ASSERT_NEEDS(f, fhm, el4_a64_FMLAL_v(t, &halves));
    ASSERT_NEEDS(f, frintts, el4_a64_FRINT32Z_v(t, &single_rr));
    ASSERT_NEEDS(f, fp16, el4_a64_FADD_v(t, &half));
    ASSERT_NEEDS(f, fp16, el4_a64_FADD_s(t, &scalar_half));
}

static uint64_t moved_immediate(struct fixture *f, bool inverted, unsigned cmode)
{
    const struct a64_args_simd_modimm args = {.q = 1, .cmode = cmode, .imm = 0xa5, .rd = 3};
    struct el4_translator *t = &f->translator;

    t->uop_count = 0;
    assert_true(inverted ? el4_a64_MVNI(t, &args) : el4_a64_MOVI(t, &args));
    assert_int_equal(t->uop_count, 1);
    assert_int_equal(t->uops[0].desc.op, EL4_UOP_VMOVI);
    assert_int_equal(t->uops[0].desc.d, 3);
    assert_int_equal(t->uops[0].desc.aux, 1);
    return t->uops[0].imm;
}

static void test_immediates(void **state)
{
    struct fixture *f = *state;
    struct el4_translator *t = &f->translator;

    assert_int_equal(moved_immediate(f, false, 0), 0x000000a5000000a5);
    assert_int_equal(moved_immediate(f, false, 6), 0xa5000000a5000000);
    assert_int_equal(moved_immediate(f, true, 10), 0x5aff5aff5aff5aff);
    assert_int_equal(moved_immediate(f, false, 12), 0x0000a5ff0000a5ff);
    assert_int_equal(moved_immediate(f, true, 13), 0xff5a0000ff5a0000);
    assert_int_equal(moved_immediate(f, false, 14), 0xa5a5a5a5a5a5a5a5);

    t->uop_count = 0;
    const struct a64_args_simd_modimm bytes = {.imm = 0xa5};
    assert_true(el4_a64_MOVI_d(t, &bytes));
    assert_int_equal(t->uops[0].imm, 0xff00ff0000ff00ff);

    /* 1.0 and -0.125 in the three formats. */
    static const uint64_t expected[3][2] = {
        {0x3f800000, 0xbe000000}, {0x3ff0000000000000, 0xbfc0000000000000}, {0x3c00, 0xb000}};
    f->features.fp16 = true;
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned j = 0; j < 2; j++) {
            const struct a64_args_fp_imm args = {.ftype = i + (i == 2), .imm = j ? 0xc0 : 0x70};
            t->uop_count = 0;
            assert_true(el4_a64_FMOV_s_imm(t, &args));
            assert_int_equal(t->uops[0].imm, expected[i][j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_aes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sha1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sha256, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sha512_sha3, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_polynomials, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_saturation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shifts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_halves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_permutations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fp_scalar_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fast_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_neon_fast_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_features, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_immediates, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
