/* SPDX-License-Identifier: MIT */
/*
 * Entropy by call: the TRNG firmware interface, Arm DEN0098 1.0.
 *
 * The bits are the host's, or with `clock = virtual` the machine's seeded generator's; the
 * `seed` key takes a generator of the service's own instead. `pool` and `refill` make entropy
 * scarce, so that a guest's way with NO_ENTROPY can be seen.
 */
#include <el4/service.h>

#include <stdlib.h>
#include <string.h>

#define SMC64              0x40000000u
#define TRNG_VERSION       0x84000050u
#define TRNG_FEATURES      0x84000051u
#define TRNG_GET_UUID      0x84000052u
#define TRNG_RND32         0x84000053u
#define TRNG_RND64         (TRNG_RND32 | SMC64)
#define VERSION_1_0        0x10000u
#define NOT_SUPPORTED      (-1)
#define INVALID_PARAMETERS (-2)
#define NO_ENTROPY         (-3)

#define NS_PER_S   UINT64_C(1000000000)
#define UUID_BYTES 16

struct trng {
    const struct el4_host *host;
    struct el4_instance *self;
    uint8_t uuid[UUID_BYTES];
    bool has_seed;
    uint64_t seed;
    uint64_t generator; /* state of the seeded generator */
    uint64_t pool;      /* bits when full; 0: there is always enough */
    uint64_t refill;    /* bits a second */
    uint64_t bits;      /* there now */
    uint64_t filled_ns; /* up to when they are counted */
};

static const struct {
    uint32_t id;
    const char *name;
} functions[] = {
    {TRNG_VERSION, "TRNG_VERSION"},   {TRNG_FEATURES, "TRNG_FEATURES"},
    {TRNG_GET_UUID, "TRNG_GET_UUID"}, {TRNG_RND32, "TRNG_RND"},
    {TRNG_RND64, "TRNG_RND"},
};
#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

/* ---- bits ---- */

/* Steele, Lea and Flood's SplitMix64: for runs that repeat, no secret. */
static uint64_t next_word(struct trng *trng)
{
    uint64_t z = trng->generator += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void random_words(struct trng *trng, uint64_t *words, unsigned count)
{
    if (!trng->has_seed) {
        trng->host->random(trng->self, words, count * sizeof(*words));
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        words[i] = next_word(trng);
    }
}

static void fill_pool(struct trng *trng)
{
    uint64_t now_ns = trng->host->now_ns(trng->self);
    uint64_t lacking = trng->pool - trng->bits;
    unsigned __int128 gained =
        (unsigned __int128)(now_ns - trng->filled_ns) * trng->refill / NS_PER_S;
    if (gained >= lacking) {
        trng->bits = trng->pool;
        trng->filled_ns = now_ns;
    } else if (gained) {
        /* What is left of the time counts for the next bit. */
        trng->bits += (uint64_t)gained;
        trng->filled_ns += (uint64_t)(gained * NS_PER_S / trng->refill);
    }
}

/* False if there are not so many bits now. */
static bool take_bits(struct trng *trng, uint64_t bits)
{
    if (!trng->pool) {
        return true;
    }
    fill_pool(trng);
    if (trng->bits < bits) {
        return false;
    }
    trng->bits -= bits;
    return true;
}

/* ---- calls ---- */

/* A call without result still has x1 to x3: zero (DEN0098 2.5). */
static void return_nothing(struct el4_call *call, int32_t code)
{
    el4_call_return_code(call, code);
    for (unsigned n = 1; n <= 3; n++) {
        el4_call_return(call, n, 0);
    }
}

/* The lowest bits are in the last register, and what is not asked for is zero. */
static void rnd(struct trng *trng, struct el4_call *call)
{
    unsigned width = call->id & SMC64 ? 64 : 32;
    uint64_t bits = el4_call_arg(call, 1);
    if (bits < 1 || bits > 3 * width) {
        return_nothing(call, INVALID_PARAMETERS);
        return;
    }
    if (!take_bits(trng, bits)) {
        return_nothing(call, NO_ENTROPY);
        return;
    }
    uint64_t words[3];
    random_words(trng, words, 3);
    el4_call_return_code(call, 0);
    for (unsigned n = 3; n >= 1; n--) {
        unsigned here = bits < width ? (unsigned)bits : width;
        uint64_t mask = here < 64 ? (UINT64_C(1) << here) - 1 : UINT64_MAX;
        el4_call_return(call, n, words[n - 1] & mask);
        bits -= here;
    }
}

/* DEN0028: byte 0 is in bits 7:0 of w0. */
static void get_uuid(const struct trng *trng, struct el4_call *call)
{
    for (unsigned n = 0; n < UUID_BYTES / 4; n++) {
        const uint8_t *bytes = trng->uuid + 4 * n;
        el4_call_return(call, n,
                        bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                            (uint32_t)bytes[3] << 24);
    }
}

static void features(const struct trng *trng, struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[1];
    bool exists = false;
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        exists |= functions[i].id == id && !(call->aarch32 && (id & SMC64)) &&
                  trng->host->call_is_claimed(trng->self, call->conduit, id, call->cpu);
    }
    el4_call_return_code(call, exists ? 0 : NOT_SUPPORTED);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct trng *trng = state;
    if (call->aarch32 && (call->id & SMC64)) {
        el4_call_return_code(call, NOT_SUPPORTED);
        return EL4_HANDLED;
    }
    switch (call->id) {
    case TRNG_VERSION: el4_call_return(call, 0, VERSION_1_0); return EL4_HANDLED;
    case TRNG_FEATURES: features(trng, call); return EL4_HANDLED;
    case TRNG_GET_UUID: get_uuid(trng, call); return EL4_HANDLED;
    case TRNG_RND32:
    case TRNG_RND64: rnd(trng, call); return EL4_HANDLED;
    default: return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
}

/* ---- the instance ---- */

static void reset(void *state)
{
    struct trng *trng = state;
    trng->generator = trng->seed;
    trng->bits = trng->pool;
    trng->filled_ns = trng->host->now_ns(trng->self);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_uuid(const char *text, uint8_t *uuid)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != strlen(form)) {
        return false;
    }
    unsigned digits = 0;
    memset(uuid, 0, UUID_BYTES);
    for (size_t i = 0; form[i]; i++) {
        int digit = hex_digit(text[i]);
        if (form[i] == '-' ? text[i] != '-' : digit < 0) {
            return false;
        }
        if (form[i] == 'x') {
            uuid[digits / 2] |= (uint8_t)(digit << (digits % 2 ? 0 : 4));
            digits++;
        }
    }
    return true;
}

static bool configure(struct trng *trng)
{
    const struct el4_host *host = trng->host;
    static const uint8_t unknown[4] = {0xff, 0xff, 0xff, 0xff};
    if (!read_uuid(host->config_string(trng->self, "uuid"), trng->uuid)) {
        host->fail(trng->self, "uuid: write it as 01234567-89ab-cdef-0123-456789abcdef");
        return false;
    }
    if (!memcmp(trng->uuid, unknown, sizeof(unknown))) {
        host->fail(trng->self,
                   "uuid: with ffffffff at its beginning it would be -1, which says "
                   "that the function is unknown");
        return false;
    }
    trng->has_seed = host->config_is_set(trng->self, "seed");
    trng->seed = trng->has_seed ? host->config_uint(trng->self, "seed") : 0;
    trng->pool =
        host->config_is_set(trng->self, "pool") ? host->config_uint(trng->self, "pool") : 0;
    trng->refill = host->config_uint(trng->self, "refill");
    return true;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct trng *trng = calloc(1, sizeof(*trng));
    if (!trng) {
        host->fail(self, "out of memory");
        return NULL;
    }
    trng->host = host;
    trng->self = self;
    bool made = configure(trng);
    for (size_t i = 0; made && i < FUNCTION_COUNT; i++) {
        made = el4_claim_function(host, self, functions[i].id, functions[i].name);
    }
    if (!made) {
        free(trng);
        return NULL;
    }
    return trng;
}

static void destroy(void *state)
{
    free(state);
}

static const struct el4_config_key keys[] = {
    {.name = "uuid",
     .type = EL4_CONFIG_STRING,
     .default_text = "c5a1ea2b-6d3f-4c57-9c2e-7be40d9a51f4",
     .help = "What TRNG_GET_UUID returns: it names the generator behind the calls."},
    {.name = "seed",
     .type = EL4_CONFIG_UINT,
     .help =
         "Start of a sequence that is the same after each reset, whatever the clock. Unset: "
         "the host's entropy, or the machine's seeded generator if the clock is virtual."},
    {.name = "pool",
     .type = EL4_CONFIG_UINT,
     .min = 192,
     .max = UINT32_MAX,
     .help = "Bits of entropy that there are at most; a call that wants more than are left is "
             "answered NO_ENTROPY. Unset: there is always enough."},
    {.name = "refill",
     .type = EL4_CONFIG_UINT,
     .default_text = "1000",
     .max = UINT32_MAX,
     .help = "Bits a second that come into the pool; 0: what is used up stays so until reset."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Entropy from firmware (Arm DEN0098).",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = call,
};

EL4_PLUGIN_DEFINE(trng) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "trng",
    .version = "1.0",
    .description = "TRNG 1.0: entropy from firmware",
    .schema = &schema,
    .operations = &operations,
};
