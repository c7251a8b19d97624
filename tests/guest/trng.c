/* SPDX-License-Identifier: MIT */
/*
 * Entropy by call (Arm DEN0098): discovery, counts of bits, and a pool that runs dry.
 */
#include "guest.h"

#define TRNG_VERSION  0x84000050u
#define TRNG_FEATURES 0x84000051u
#define TRNG_GET_UUID 0x84000052u
#define TRNG_RND32    0x84000053u
#define TRNG_RND64    (TRNG_RND32 | SMC64)
#define NO_ENTROPY    ((uint64_t)-3)

static struct outcome trng(uint64_t id, uint64_t x1)
{
    return call(HVC, id, x1, 0, 0);
}

static void discovery(void)
{
    check_answer("VERSION", trng(TRNG_VERSION, 0), 0x10000);
    check_answer("FEATURES(RND32)", trng(TRNG_FEATURES, TRNG_RND32), 0);
    check_answer("FEATURES(RND64)", trng(TRNG_FEATURES, TRNG_RND64), 0);
    check_answer("FEATURES(0x84000054)", trng(TRNG_FEATURES, 0x84000054), NOT_SUPPORTED);
    check_answer("0x84000054 is unknown", trng(0x84000054, 1), NOT_SUPPORTED);
    check_answer("0xc4000050 is unknown", trng(0xc4000050, 1), NOT_SUPPORTED);
    struct outcome uuid = trng(TRNG_GET_UUID, 0);
    check_answer("GET_UUID w0", uuid, 0x00e0210d);
    check("GET_UUID w3", uuid.x[3], 0x4c5a4e55);
}

static void counts(void)
{
    check_answer("RND32 of 0 bits", trng(TRNG_RND32, 0), INVALID_PARAMETERS);
    check_answer("RND32 of 97 bits", trng(TRNG_RND32, 97), INVALID_PARAMETERS);
    check_answer("RND64 of 193 bits", trng(TRNG_RND64, 193), INVALID_PARAMETERS);
    struct outcome few = trng(TRNG_RND64, 9);
    check_answer("RND64 of 9 bits", few, 0);
    check("they are the lowest of x3", (few.x[3] >> 9) | few.x[2] | few.x[1], 0);
    bool kept = true;
    for (unsigned i = 4; i < 18; i++) {
        kept &= few.x[i] == trng(TRNG_VERSION, 0).x[i];
    }
    check("x4 to x17 are kept", kept, true);
}

static void pool(void)
{
    struct outcome all = trng(TRNG_RND64, 192);
    check_answer("RND64 of 192 bits", all, 0);
    check("registers differ", all.x[1] != all.x[2] && all.x[2] != all.x[3], true);
    check_answer("the pool is empty", trng(TRNG_RND64, 192), NO_ENTROPY);
    delay_us(60000); /* a hundred bits and more */
    check_answer("some came back", trng(TRNG_RND32, 96), 0);
}

void guest_main(void)
{
    discovery();
    counts();
    pool();
}
