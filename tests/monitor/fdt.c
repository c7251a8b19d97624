/* SPDX-License-Identifier: MIT */
/*
 * Copies a device tree (Devicetree Specification 0.4, chapter 5) and adds what the monitor is
 * for: a node /psci with method smc, enable-method for the CPUs, and a reservation of the
 * monitor's memory where that is plain RAM.
 */
#include "monitor.h"

#define FDT_MAGIC      0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define FDT_END        9u

/* Words of the header. */
enum {
    MAGIC,
    TOTAL,
    STRUCT,
    STRINGS,
    RESERVED,
    VERSION,
    COMPATIBLE,
    BOOT_CPU,
    STRINGS_BYTES,
    STRUCT_BYTES,
    HEADER_WORDS
};

/* Behind the given strings. */
static const char strings[] = "compatible\0method\0enable-method";
#define AT_COMPATIBLE    0u
#define AT_METHOD        11u
#define AT_ENABLE_METHOD 18u

struct output {
    uint8_t *at, *end;
    uint32_t strings_base; /* of ours */
};

static uint32_t get(const void *at)
{
    const uint8_t *bytes = at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

static void set(void *at, uint32_t value)
{
    uint8_t *bytes = at;
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void put_bytes(struct output *out, const void *from, size_t bytes)
{
    const uint8_t *source = from;
    for (size_t i = 0; i < ((bytes + 3) & ~(size_t)3) && out->at < out->end; i++) {
        *out->at++ = i < bytes ? source[i] : 0;
    }
}

static void put(struct output *out, uint32_t value)
{
    uint8_t bytes[4];
    set(bytes, value);
    put_bytes(out, bytes, sizeof(bytes));
}

static void put_property(struct output *out, uint32_t name, const char *value, size_t bytes)
{
    put(out, FDT_PROP);
    put(out, (uint32_t)bytes);
    put(out, out->strings_base + name);
    put_bytes(out, value, bytes);
}

static void put_psci(struct output *out)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
    put(out, FDT_BEGIN_NODE);
    put_bytes(out, "psci", 5);
    put_property(out, AT_COMPATIBLE, compatible, sizeof(compatible));
    put_property(out, AT_METHOD, "smc", 4);
    put(out, FDT_END_NODE);
}

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n]) {
        n++;
    }
    return n;
}

static bool begins_with(const char *text, const char *start)
{
    while (*start && *text == *start) {
        text++;
        start++;
    }
    return !*start;
}

/* The structure block, with additions; false if it is none. */
static bool copy_structure(const uint8_t *from, struct output *out)
{
    unsigned depth = 0;
    bool in_cpus = false, has_psci = false;
    for (;;) {
        uint32_t token = get(from);
        const char *name = (const char *)from + 4;
        size_t bytes = 4;
        switch (token) {
        case FDT_BEGIN_NODE:
            bytes += (length(name) + 4) & ~(size_t)3;
            if (depth == 1 && !has_psci) {
                put_psci(out); /* properties of the root are over */
                has_psci = true;
            }
            in_cpus = depth == 1 ? begins_with(name, "cpus") : in_cpus;
            put_bytes(out, from, bytes);
            if (depth == 2 && in_cpus && begins_with(name, "cpu@")) {
                put_property(out, AT_ENABLE_METHOD, "psci", 5);
            }
            depth++;
            break;
        case FDT_PROP:
            bytes += 8 + ((get(from + 4) + 3) & ~(size_t)3);
            put_bytes(out, from, bytes);
            break;
        case FDT_END_NODE:
            depth--;
            put(out, token);
            break;
        case FDT_NOP: break;
        case FDT_END: put(out, token); return depth == 0;
        default: return false;
        }
        from += bytes;
    }
}

bool fdt_add_psci(const void *from, void *to, size_t bytes_max)
{
    const uint8_t *given = from;
    uint8_t *made = to;
    struct output out = {.at = made + 4 * HEADER_WORDS, .end = made + bytes_max};
    if (get(given) != FDT_MAGIC) {
        return false;
    }
    out.strings_base = get(given + 4 * STRINGS_BYTES);

    const uint8_t *reserved = given + get(given + 4 * RESERVED);
    set(made + 4 * RESERVED, (uint32_t)(out.at - made));
    for (; get(reserved) | get(reserved + 4) | get(reserved + 8) | get(reserved + 12);
         reserved += 16) {
        put_bytes(&out, reserved, 16);
    }
    const uint32_t ours[] = {0, MONITOR_MEMORY, 0, MONITOR_BYTES, 0, 0, 0, 0};
    for (unsigned i = MONITOR_BYTES ? 0 : 4; i < 8; i++) {
        put(&out, ours[i]);
    }

    uint8_t *structure = out.at;
    if (!copy_structure(given + get(given + 4 * STRUCT), &out)) {
        return false;
    }
    uint8_t *text = out.at;
    put_bytes(&out, given + get(given + 4 * STRINGS), out.strings_base);
    out.at = text + out.strings_base;
    put_bytes(&out, strings, sizeof(strings));

    set(made + 4 * MAGIC, FDT_MAGIC);
    set(made + 4 * TOTAL, (uint32_t)(out.at - made));
    set(made + 4 * STRUCT, (uint32_t)(structure - made));
    set(made + 4 * STRUCT_BYTES, (uint32_t)(text - structure));
    set(made + 4 * STRINGS, (uint32_t)(text - made));
    set(made + 4 * STRINGS_BYTES, out.strings_base + (uint32_t)sizeof(strings));
    set(made + 4 * VERSION, 17);
    set(made + 4 * COMPATIBLE, 16);
    set(made + 4 * BOOT_CPU, get(given + 4 * BOOT_CPU));
    return out.at < out.end;
}
