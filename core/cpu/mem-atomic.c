/* SPDX-License-Identifier: MIT */
/*
 * Atomic accesses: FEAT_LSE operations, compare and swap, exclusives. All end in host atomics
 * on RAM. An exclusive pair is a load that keeps the value and a compare-and-swap: it can
 * succeed although the value changed and changed back, which no guest can tell from a store
 * that happened before the load.
 */
#include "cpu/mem-private.h"
#include "cpu/mmu.h"

static _Noreturn void raise_unsupported(struct el4_cpu *cpu, uint64_t va, bool is_write)
{
    const struct el4_mmu_fault fault = {.fsc = EL4_FSC_ATOMIC, .is_write = is_write};
    el4_mmu_raise(cpu, &fault, va, 0);
}

void *el4_mem_atomic_pointer(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux)
{
    struct el4_mem_place place;
    if (va & (bytes - 1)) {
        el4_mem_raise_alignment(cpu, va, true);
    }
    /* The read first: where it would fault too, the syndrome says so (WnR clear). */
    el4_mem_locate(cpu, va, EL4_ACCESS_READ, aux, &place);
    el4_mem_locate(cpu, va, EL4_ACCESS_WRITE, aux, &place);
    if (!place.host) {
        raise_unsupported(cpu, va, true);
    }
    el4_mem_check_watched(cpu, va, bytes, false, aux);
    el4_mem_check_watched(cpu, va, bytes, true, aux);
    return place.host;
}

static bool swap_if_equal(void *host, unsigned bytes, uint64_t *expected, uint64_t desired)
{
    bool done;
    switch (bytes) {
    case 1: {
        uint8_t old = (uint8_t)*expected;
        done = __atomic_compare_exchange_n((uint8_t *)host, &old, (uint8_t)desired, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *expected = old;
        break;
    }
    case 2: {
        uint16_t old = (uint16_t)*expected;
        done = __atomic_compare_exchange_n((uint16_t *)host, &old, (uint16_t)desired, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *expected = old;
        break;
    }
    case 4: {
        uint32_t old = (uint32_t)*expected;
        done = __atomic_compare_exchange_n((uint32_t *)host, &old, (uint32_t)desired, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *expected = old;
        break;
    }
    default:
        done = __atomic_compare_exchange_n((uint64_t *)host, expected, desired, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        break;
    }
    return done;
}

static int64_t sign_extend(uint64_t value, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    return (int64_t)(value << shift) >> shift;
}

static uint64_t combine(enum el4_atomic_op op, uint64_t old, uint64_t value, unsigned bytes)
{
    switch (op) {
    case EL4_ATOMIC_ADD: return old + value;
    case EL4_ATOMIC_CLR: return old & ~value;
    case EL4_ATOMIC_EOR: return old ^ value;
    case EL4_ATOMIC_SET: return old | value;
    case EL4_ATOMIC_SMAX:
        return sign_extend(old, bytes) > sign_extend(value, bytes) ? old : value;
    case EL4_ATOMIC_SMIN:
        return sign_extend(old, bytes) < sign_extend(value, bytes) ? old : value;
    case EL4_ATOMIC_UMAX: return old > value ? old : value;
    case EL4_ATOMIC_UMIN: return old < value ? old : value;
    default: return value;
    }
}

/* The host has these as one instruction each, little-endian. */
static bool add_or_swap(void *host, enum el4_atomic_op op, uint64_t value, unsigned bytes,
                        uint64_t *old)
{
    if (op != EL4_ATOMIC_ADD && op != EL4_ATOMIC_SWP) {
        return false;
    }
    bool add = op == EL4_ATOMIC_ADD;
    if (bytes == 4) {
        uint32_t *word = host;
        *old = add ? __atomic_fetch_add(word, (uint32_t)value, __ATOMIC_SEQ_CST)
                   : __atomic_exchange_n(word, (uint32_t)value, __ATOMIC_SEQ_CST);
        return true;
    }
    if (bytes == 8) {
        uint64_t *word = host;
        *old = add ? __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST)
                   : __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
        return true;
    }
    return false;
}

static uint64_t low_bytes(uint64_t value, unsigned bytes)
{
    return value & (UINT64_MAX >> (64 - 8 * bytes));
}

uint64_t el4_mem_atomic(struct el4_cpu *cpu, enum el4_atomic_op op, uint64_t va, uint64_t value,
                        unsigned bytes, uint32_t aux)
{
    void *host = el4_mem_atomic_pointer(cpu, va, bytes, aux);
    uint64_t old;
    value = low_bytes(value, bytes);
    if (!(aux & EL4_MEM_BIG_ENDIAN) && add_or_swap(host, op, value, bytes, &old)) {
        return old;
    }
    uint64_t raw = el4_mem_host_read(host, bytes);
    uint64_t desired;
    do {
        old = el4_mem_order(raw, bytes, aux);
        desired = low_bytes(combine(op, old, value, bytes), bytes);
    } while (!swap_if_equal(host, bytes, &raw, el4_mem_order(desired, bytes, aux)));
    return old;
}

uint64_t el4_mem_cas(struct el4_cpu *cpu, uint64_t va, uint64_t expected, uint64_t desired,
                     unsigned bytes, uint32_t aux)
{
    void *host = el4_mem_atomic_pointer(cpu, va, bytes, aux);
    uint64_t raw = el4_mem_order(low_bytes(expected, bytes), bytes, aux);
    swap_if_equal(host, bytes, &raw, el4_mem_order(low_bytes(desired, bytes), bytes, aux));
    return el4_mem_order(raw, bytes, aux);
}

/* expected becomes what was there. The __sync form is cmpxchg16b without a library call. */
static bool swap_pair(void *host, uint64_t expected[2], const uint64_t desired[2])
{
    unsigned __int128 old = (unsigned __int128)expected[1] << 64 | expected[0];
    unsigned __int128 new = (unsigned __int128)desired[1] << 64 | desired[0];
    unsigned __int128 seen = __sync_val_compare_and_swap((unsigned __int128 *)host, old, new);
    expected[0] = (uint64_t)seen;
    expected[1] = (uint64_t)(seen >> 64);
    return seen == old;
}

void el4_mem_cas128(struct el4_cpu *cpu, uint64_t va, uint64_t expected[2],
                    const uint64_t desired[2], uint32_t aux)
{
    void *host = el4_mem_atomic_pointer(cpu, va, 16, aux);
    uint64_t old[2], new[2];
    for (unsigned i = 0; i < 2; i++) {
        old[i] = el4_mem_order(expected[i], 8, aux);
        new[i] = el4_mem_order(desired[i], 8, aux);
    }
    swap_pair(host, old, new);
    expected[0] = el4_mem_order(old[0], 8, aux);
    expected[1] = el4_mem_order(old[1], 8, aux);
}

void el4_mem_load_exclusive(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint64_t value[2],
                            uint32_t aux)
{
    struct el4_mem_place place;
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    if (va & (bytes - 1)) {
        el4_mem_raise_alignment(cpu, va, false);
    }
    el4_mem_locate(cpu, va, EL4_ACCESS_READ, aux, &place);
    if (!place.host) {
        raise_unsupported(cpu, va, false);
    }
    el4_mem_check_watched(cpu, va, bytes, false, aux);
    uint64_t *raw = cpu->exclusive_value;
    raw[0] = raw[1] = 0;
    if (bytes == 16) {
        /* Compare with anything: what comes back was read at once. */
        swap_pair(place.host, raw, raw);
        value[1] = el4_mem_order(raw[1], 8, aux);
        value[0] = el4_mem_order(raw[0], 8, aux);
    } else {
        raw[0] = el4_mem_host_read(place.host, bytes);
        value[0] = el4_mem_order(raw[0], bytes, aux);
    }
    cpu->exclusive_va = va;
    cpu->exclusive_bytes = bytes;
}

unsigned el4_mem_store_exclusive(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                                 const uint64_t value[2], uint32_t aux)
{
    struct el4_mem_place place;
    if (va & (bytes - 1)) {
        el4_mem_raise_alignment(cpu, va, true);
    }
    bool marked = cpu->exclusive_va == va && cpu->exclusive_bytes == bytes;
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    if (!marked) {
        return 1;
    }
    el4_mem_locate(cpu, va, EL4_ACCESS_WRITE, aux, &place);
    if (!place.host) {
        raise_unsupported(cpu, va, true);
    }
    el4_mem_check_watched(cpu, va, bytes, true, aux);
    uint64_t *expected = cpu->exclusive_value;
    if (bytes == 16) {
        const uint64_t desired[2] = {el4_mem_order(value[0], 8, aux),
                                     el4_mem_order(value[1], 8, aux)};
        return !swap_pair(place.host, expected, desired);
    }
    uint64_t desired = el4_mem_order(low_bytes(value[0], bytes), bytes, aux);
    return !swap_if_equal(place.host, bytes, expected, desired);
}
