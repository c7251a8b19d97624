/* SPDX-License-Identifier: MIT */
/*
 * The el4 side of the FP oracle: `host make COUNT SEED` writes random cases, `host check` reads
 * what guest.c made of them (with the same COUNT and SEED) and compares core/fp's answers, and
 * `host time` measures the common operations. See run.sh.
 */
#include "../../core/fp/fp.h"
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t fjcvtzs(uint64_t a, struct el4_fp_env *env)
{
    bool z;
    uint32_t value = el4_fp64_to_int32_js(a, &z, env);
    return (uint64_t)z << 32 | value;
}

#define OP(name, width, code, call)                                                            \
    static uint64_t run_##name(uint64_t a, uint64_t b, uint64_t c, struct el4_fp_env *env)     \
    {                                                                                          \
        return call;                                                                           \
    }
#include "ops.h"
#undef OP

struct op {
    const char *name;
    unsigned width;
    uint64_t (*run)(uint64_t a, uint64_t b, uint64_t c, struct el4_fp_env *env);
};

#define OP(name, width, code, call) {#name, width, run_##name},
static const struct op ops[] = {
#include "ops.h"
};
#undef OP

#define OP_COUNT (sizeof(ops) / sizeof(ops[0]))

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned frac_bits_of(unsigned width)
{
    return width == 16 ? 10 : width == 32 ? 23 : 52;
}

/* Random, with a liking for the ends of the ranges of exponent and fraction. */
static uint64_t random_operand(unsigned width, uint64_t near, uint64_t *state)
{
    const unsigned frac_bits = frac_bits_of(width);
    const uint64_t exp_ones = (UINT64_C(1) << (width - 1 - frac_bits)) - 1;
    const uint64_t frac_mask = (UINT64_C(1) << frac_bits) - 1;
    uint64_t choice = next_random(state);
    uint64_t fraction = next_random(state) & frac_mask;
    uint64_t exponent = next_random(state);

    switch (choice & 7) {
    case 0: fraction = 0; break;
    case 1: fraction = choice >> 32 & 3; break;
    case 2: fraction = frac_mask - (choice >> 32 & 3); break;
    case 3: fraction = UINT64_C(1) << (choice >> 32) % frac_bits; break;
    case 4: fraction &= ~UINT64_C(0) << (choice >> 32) % frac_bits & frac_mask; break;
    case 5: fraction >>= (choice >> 32) % frac_bits; break;
    default: break;
    }
    switch (choice >> 3 & 7) {
    case 0: exponent = 0; break;
    case 1: exponent = exponent & 3; break;
    case 2: exponent = exp_ones - (exponent & 3); break;
    case 3:
    case 4: exponent = exp_ones / 2 + (exponent & 7) - 3; break;
    case 5: exponent = (near >> frac_bits) + (exponent & 127) - 64; break;
    case 6: exponent = exp_ones - (near >> frac_bits) + (exponent & 7) - 4; break;
    default: break;
    }
    return (choice >> 8 & 1) << (width - 1) | (exponent & exp_ones) << frac_bits | fraction;
}

static void make_case(struct fp_case *record, uint64_t *state)
{
    *record = (struct fp_case){0};
    record->op = (uint32_t)(next_random(state) % OP_COUNT);
    unsigned width = ops[record->op].width;
    unsigned addend_width = width == 1632 ? 32 : width;
    width = width == 1632 ? 16 : width;
    uint64_t modes = next_random(state);
    /* Half the cases have the default mode, where the host's arithmetic is used. */
    if (modes & 1) {
        record->fpcr = (uint32_t)modes & (EL4_FPCR_AHP | EL4_FPCR_DN | EL4_FPCR_FZ |
                                          EL4_FPCR_FZ16 | EL4_FPCR_RMODE);
    } else if (modes & 2) {
        record->fpcr = EL4_FPCR_FZ;
    }
    record->fpsr = modes & 4 ? EL4_FPSR_IXC : 0;
    record->a = random_operand(width, next_random(state), state);
    record->b = random_operand(width, record->a, state);
    record->c = random_operand(addend_width, record->a, state);
}

static int make_cases(uint64_t count, uint64_t state)
{
    for (uint64_t i = 0; i < count; i++) {
        struct fp_case record;
        make_case(&record, &state);
        if (fwrite(&record, sizeof(record), 1, stdout) != 1) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

/* qemu before 9.1 has FJCVTZS of a positive denormal that FZ flushed set Z (its issue 2375). */
static bool is_known_fault(const struct fp_case *made)
{
    return strcmp(ops[made->op].name, "fjcvtzs") == 0 && made->fpcr & EL4_FPCR_FZ &&
           made->a >> 52 == 0 && made->a != 0;
}

static int check_cases(uint64_t count, uint64_t state)
{
    static unsigned bad_of[OP_COUNT], done_of[OP_COUNT];
    uint64_t bad = 0, done = 0;
    struct fp_case record, original;

    while (done < count && fread(&record, sizeof(record), 1, stdin) == 1) {
        make_case(&original, &state);
        const struct op *op = &ops[original.op];
        struct el4_fp_env env = {original.fpcr, original.fpsr};
        uint64_t result = op->run(original.a, original.b, original.c, &env);
        done++;
        done_of[original.op]++;
        if ((result == record.result && env.fpsr == record.fpsr) || is_known_fault(&original)) {
            continue;
        }
        bad++;
        if (bad_of[original.op]++ < 4) {
            printf("%-16s fpcr %08x fpsr %02x a %016llx b %016llx c %016llx: el4 %llx/%02x "
                   "oracle %llx/%02x\n",
                   op->name, original.fpcr, original.fpsr, (unsigned long long)original.a,
                   (unsigned long long)original.b, (unsigned long long)original.c,
                   (unsigned long long)result, env.fpsr, (unsigned long long)record.result,
                   record.fpsr);
        }
    }
    unsigned fewest = ~0u;
    for (size_t i = 0; i < OP_COUNT; i++) {
        fewest = done_of[i] < fewest ? done_of[i] : fewest;
    }
    printf("%llu cases, %zu operations (at least %u each), %llu mismatches\n",
           (unsigned long long)done, OP_COUNT, fewest, (unsigned long long)bad);
    return bad == 0 && done == count ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Nanoseconds an operation, on numbers of like size, with the given FPCR and IXC set. */
static void time_op(const char *name, uint32_t fpcr)
{
    const struct op *op = ops;
    while (strcmp(op->name, name) != 0) {
        op++;
    }
    const unsigned frac_bits = frac_bits_of(op->width);
    const uint64_t one = ((UINT64_C(1) << (op->width - 2 - frac_bits)) - 1) << frac_bits;
    uint64_t operands[256], state = 1, sink = 0;
    for (unsigned i = 0; i < 256; i++) {
        operands[i] = one + (next_random(&state) & ((UINT64_C(4) << frac_bits) - 1));
    }
    struct el4_fp_env env = {fpcr, EL4_FPSR_IXC};
    struct timespec start, end;
    const unsigned rounds = 4000000;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned i = 0; i < rounds; i++) {
        sink ^=
            op->run(operands[i & 255], operands[(i + 1) & 255], operands[i * 7 & 255], &env);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ns =
        (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    printf("%-12s fpcr %08x %6.2f ns  (%u)\n", name, fpcr, ns / rounds, (unsigned)(sink & 1));
}

static int time_all(void)
{
    static const char *const names[] = {
        "fadd_s",   "fmul_s",   "fdiv_s",     "fsqrt_s",  "fmadd_s",     "fadd_d",
        "fmul_d",   "fdiv_d",   "fsqrt_d",    "fmadd_d",  "fcmp_d",      "fmax_d",
        "fcvt_s_d", "fcvt_d_s", "fcvtzs_x_d", "frintm_d", "scvtf_d_x_0", "fadd_h",
        "fmul_h",   "fmadd_h",  "fcvt_s_h",   "fcvt_h_s", "frecpe_s",    "frsqrte_s",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        time_op(names[i], 0);
        time_op(names[i], EL4_FPCR_FZ | EL4_FPCR_DN);
        time_op(names[i], (uint32_t)EL4_FP_POSINF << EL4_FPCR_RMODE_SHIFT);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "time") == 0) {
        return time_all();
    }
    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        return make_cases(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
    }
    if (argc == 4 && strcmp(argv[1], "check") == 0) {
        return check_cases(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
    }
    fprintf(stderr, "usage: host make|check COUNT SEED, or host time\n");
    return EXIT_FAILURE;
}
