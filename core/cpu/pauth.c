/* SPDX-License-Identifier: MIT */
/*
 * Pointer authentication with QARMA5: the block cipher of the manual's ComputePAC(), and
 * AddPAC(), Auth(), Strip() around it (DDI 0487 "shared/functions/pac"). FEAT_PAuth without
 * EPAC: a failed authentication leaves an error code in the pointer.
 *
 * The cipher is written from its paper (IACR eprint 2016/444, QARMA-64 with the S-box sigma 2,
 * which is the manual's PACSub). A state is four rows of four cells of four bits; cell 0 is in
 * the most significant bits, so that turning the word by 16 bits turns the rows.
 */
#include "cpu/pauth.h"

#include "cpu/cpu.h"

/* The reflection constant and the round constants: digits of pi. */
#define ALPHA UINT64_C(0xc0ac29b7c97c50dd)

static const uint64_t round_constants[] = {
    UINT64_C(0x0000000000000000), UINT64_C(0x13198a2e03707344), UINT64_C(0xa4093822299f31d0),
    UINT64_C(0x082efa98ec4e6c89), UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6c),
    UINT64_C(0x3f84d5b5b5470917), UINT64_C(0x9216d5d98979fb1b),
};

#define ROUNDS_MAX (sizeof(round_constants) / sizeof(round_constants[0]))

static const uint8_t substitute[16] = {11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10};
static const uint8_t substitute_back[16] = {5, 14, 13, 8, 10, 11, 1, 9,
                                            2, 6,  15, 0, 4,  12, 7, 3};

/* Cell i of the result is cell [i] of the operand. */
static const uint8_t shuffle[16] = {0, 11, 6, 13, 10, 1, 12, 7, 5, 14, 3, 8, 15, 4, 9, 2};
static const uint8_t shuffle_back[16] = {0, 5, 15, 10, 13, 8, 2, 7, 11, 14, 4, 1, 6, 3, 9, 12};
static const uint8_t tweak_cells[16] = {6, 5, 14, 15, 0, 1, 2, 3, 7, 12, 13, 4, 8, 9, 10, 11};
static const uint8_t tweak_back[16] = {4, 5, 6, 7, 11, 1, 0, 8, 12, 13, 14, 15, 9, 10, 2, 3};
/* The tweak's cells 0, 1, 3, 4, 8, 11 and 13 also step a linear feedback register. */
#define TWEAK_STEPPED UINT64_C(0xff0ff000f00f0f00)

static uint64_t rotate_left(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static uint64_t map_cells(uint64_t x, const uint8_t *table)
{
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 4) {
        result |= (uint64_t)table[x >> shift & 15] << shift;
    }
    return result;
}

static uint64_t permute_cells(uint64_t x, const uint8_t *from)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < 16; i++) {
        result = result << 4 | (x >> (60 - 4 * from[i]) & 15);
    }
    return result;
}

/* Each cell turned left by one and by two bits. */
static uint64_t turn_cells(uint64_t x)
{
    return (x << 1 & UINT64_C(0xeeeeeeeeeeeeeeee)) | (x >> 3 & UINT64_C(0x1111111111111111));
}

/* MixColumns with circ(0, rho, rho^2, rho), its own inverse. */
static uint64_t mix_columns(uint64_t x)
{
    uint64_t once = rotate_left(x, 16) ^ rotate_left(x, 48);
    return turn_cells(once) ^ turn_cells(turn_cells(rotate_left(x, 32)));
}

/* (b3, b2, b1, b0) becomes (b0 ^ b1, b3, b2, b1) in the stepped cells. */
static uint64_t next_tweak(uint64_t tweak)
{
    uint64_t x = permute_cells(tweak, tweak_cells);
    uint64_t low = UINT64_C(0x1111111111111111);
    uint64_t stepped = ((x & ~low) >> 1) | ((x ^ x >> 1) & low) << 3;
    return (stepped & TWEAK_STEPPED) | (x & ~TWEAK_STEPPED);
}

static uint64_t previous_tweak(uint64_t x)
{
    uint64_t low = UINT64_C(0x1111111111111111);
    uint64_t stepped = ((x & ~(low << 3)) << 1) | ((x >> 3 ^ x) & low);
    stepped = (stepped & TWEAK_STEPPED) | (x & ~TWEAK_STEPPED);
    return permute_cells(stepped, tweak_back);
}

static uint64_t forward(uint64_t state, uint64_t round_key, bool full)
{
    state ^= round_key;
    if (full) {
        state = mix_columns(permute_cells(state, shuffle));
    }
    return map_cells(state, substitute);
}

static uint64_t backward(uint64_t state, uint64_t round_key, bool full)
{
    state = map_cells(state, substitute_back);
    if (full) {
        state = permute_cells(mix_columns(state), shuffle_back);
    }
    return state ^ round_key;
}

uint64_t el4_pauth_qarma(uint64_t data, uint64_t modifier, uint64_t w0, uint64_t k0,
                         unsigned rounds)
{
    uint64_t w1 = rotate_left(w0, 63) ^ w0 >> 63;
    uint64_t tweak = modifier;
    uint64_t state = data ^ w0;

    rounds = rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX;
    for (unsigned i = 0; i < rounds; i++) {
        state = forward(state, k0 ^ tweak ^ round_constants[i], i > 0);
        tweak = next_tweak(tweak);
    }
    state = forward(state, w1 ^ tweak, true);
    /* The reflector. */
    state = mix_columns(permute_cells(state, shuffle)) ^ k0;
    state = permute_cells(state, shuffle_back);
    state = backward(state, w0 ^ tweak, true);
    for (unsigned i = rounds; i-- > 0;) {
        tweak = previous_tweak(tweak);
        state = backward(state, k0 ^ tweak ^ round_constants[i] ^ ALPHA, i > 0);
    }
    return state ^ w1;
}

uint64_t el4_pauth_qarma5(uint64_t data, uint64_t modifier, uint64_t key_high, uint64_t key_low)
{
    return el4_pauth_qarma(data, modifier, key_high, key_low, 5);
}

/* ---- pointers ---- */

/* How the current regime looks at a pointer. */
struct layout {
    uint64_t tcr;
    bool two_ranges;
    bool instruction;
};

static struct layout layout_now(const struct el4_cpu *cpu, bool instruction)
{
    unsigned regime = el4_cpu_regime_el(cpu);
    return (struct layout){
        .tcr = cpu->regs.tcr[regime],
        .two_ranges = regime == 1 || (regime == 2 && el4_cpu_e2h(cpu)),
        .instruction = instruction,
    };
}

/* TBI of a range, and not data only (TBID) for an instruction address. */
static bool range_ignores_top(const struct layout *layout, unsigned upper)
{
    bool ignored, data_only;
    if (layout->two_ranges) {
        ignored = layout->tcr >> (37 + upper) & 1;
        data_only = layout->tcr >> (51 + upper) & 1;
    } else {
        ignored = layout->tcr >> 20 & 1;
        data_only = layout->tcr >> 29 & 1;
    }
    return ignored && !(data_only && layout->instruction);
}

/* CalculateBottomPACBit() */
static unsigned bottom_bit(const struct el4_cpu *cpu, const struct layout *layout,
                           unsigned upper)
{
    bool second = layout->two_ranges && upper;
    unsigned tsz = layout->tcr >> (second ? 16 : 0) & 0x3f;
    /* TG0: 01 is 64 KiB; TG1: 11. */
    bool granule_64k = second ? (layout->tcr >> 30 & 3) == 3 : (layout->tcr >> 14 & 3) == 1;
    unsigned most = !cpu->features.ttst ? 39 : granule_64k ? 47 : 48;
    unsigned least = granule_64k && cpu->features.va_bits == 52 ? 12 : 16;
    tsz = tsz > most ? most : tsz < least ? least : tsz;
    return 64 - tsz;
}

/* Bits high:low of a word, the others zero. */
static uint64_t bits(unsigned high, unsigned low)
{
    return high < low ? 0 : (~UINT64_C(0) >> (63 - high)) & (~UINT64_C(0) << low);
}

/* The bits that hold the PAC: from bottom to 54, and the top byte if it is not ignored. */
static uint64_t pac_field(unsigned bottom, bool tbi)
{
    return bits(54, bottom) | (tbi ? 0 : bits(63, 56));
}

/* The pointer as it is without PAC: its extension bits all equal to bit. */
static uint64_t extended(uint64_t ptr, unsigned bottom, bool tbi, bool bit)
{
    uint64_t field = bits(tbi ? 55 : 63, bottom);
    return bit ? ptr | field : ptr & ~field;
}

static uint64_t add_pac(const struct el4_cpu *cpu, uint64_t ptr, uint64_t modifier,
                        const uint64_t key[2], bool instruction)
{
    struct layout layout = layout_now(cpu, instruction);
    bool tbi = range_ignores_top(&layout, ptr >> 55 & 1);
    bool by_55 = layout.two_ranges
                     ? range_ignores_top(&layout, 0) || range_ignores_top(&layout, 1)
                     : tbi;
    bool select = ptr >> (by_55 ? 55 : 63) & 1;
    unsigned bottom = bottom_bit(cpu, &layout, select);
    unsigned top = tbi ? 55 : 63;
    uint64_t pac =
        el4_pauth_qarma5(extended(ptr, bottom, tbi, select), modifier, key[1], key[0]);
    uint64_t extension = ptr & bits(top, bottom);
    if (extension != 0 && extension != bits(top, bottom)) {
        pac ^= EL4_BIT(top - 1); /* was not canonical: must not authenticate */
    }
    uint64_t field = pac_field(bottom, tbi);
    uint64_t result = (ptr & ~field & ~EL4_BIT(55)) | (pac & field);
    return result | (select ? EL4_BIT(55) : 0);
}

static uint64_t authenticate(const struct el4_cpu *cpu, uint64_t ptr, uint64_t modifier,
                             const uint64_t key[2], bool instruction, bool key_b)
{
    struct layout layout = layout_now(cpu, instruction);
    bool upper = ptr >> 55 & 1;
    bool tbi = range_ignores_top(&layout, upper);
    unsigned bottom = bottom_bit(cpu, &layout, upper);
    uint64_t original = extended(ptr, bottom, tbi, upper);
    uint64_t pac = el4_pauth_qarma5(original, modifier, key[1], key[0]);
    if (((pac ^ ptr) & pac_field(bottom, tbi)) == 0) {
        return original;
    }
    /* The error code, 01 for key A and 10 for key B, makes the address non-canonical. */
    unsigned low = tbi ? 53 : 61;
    uint64_t code = key_b ? 2 : 1;
    return (original & ~(UINT64_C(3) << low)) | code << low;
}

/* Off: the instruction does nothing. Otherwise traps of HCR_EL2.API and SCR_EL3.API. */
static void check_traps(struct el4_cpu *cpu)
{
    unsigned el = el4_cpu_el(cpu);
    uint64_t hcr = el4_cpu_hcr(cpu);
    bool guest = el <= 1 && !(el == 0 && el4_cpu_e2h_tge(cpu));
    if (guest && el4_cpu_el2_enabled(cpu) && !(hcr & EL4_HCR_API)) {
        el4_cpu_raise_to(cpu, 2, EL4_ESR(EL4_EC_PAUTH_TRAP, 0));
    }
    if (el < 3 && cpu->features.el3 && !(cpu->regs.scr_el3 & EL4_SCR_API)) {
        el4_cpu_raise_to(cpu, 3, EL4_ESR(EL4_EC_PAUTH_TRAP, 0));
    }
}

static bool is_enabled(const struct el4_cpu *cpu, enum el4_pauth_key key)
{
    static const uint64_t enables[] = {EL4_SCTLR_ENIA, EL4_SCTLR_ENIB, EL4_SCTLR_ENDA,
                                       EL4_SCTLR_ENDB};
    return key < EL4_KEY_GA && (cpu->regs.sctlr[el4_cpu_regime_el(cpu)] & enables[key]);
}

uint64_t el4_pauth_sign_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                             uint32_t aux)
{
    if (!is_enabled(cpu, aux)) {
        return a;
    }
    check_traps(cpu);
    return add_pac(cpu, a, b, cpu->regs.pauth_key[aux], aux <= EL4_KEY_IB);
}

uint64_t el4_pauth_auth_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                             uint32_t aux)
{
    if (!is_enabled(cpu, aux)) {
        return a;
    }
    check_traps(cpu);
    bool key_b = aux == EL4_KEY_IB || aux == EL4_KEY_DB;
    return authenticate(cpu, a, b, cpu->regs.pauth_key[aux], aux <= EL4_KEY_IB, key_b);
}

uint64_t el4_pauth_strip_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux)
{
    struct layout layout = layout_now(cpu, aux == 0);
    bool upper = a >> 55 & 1;
    bool tbi = range_ignores_top(&layout, upper);
    return extended(a, bottom_bit(cpu, &layout, upper), tbi, upper);
}

uint64_t el4_pauth_generic_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                uint32_t aux)
{
    check_traps(cpu);
    const uint64_t *key = cpu->regs.pauth_key[EL4_KEY_GA];
    return el4_pauth_qarma5(a, b, key[1], key[0]) & UINT64_C(0xffffffff00000000);
}
