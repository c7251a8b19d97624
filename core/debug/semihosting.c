/* SPDX-License-Identifier: MIT */
/*
 * Semihosting operations. Parameter blocks hold 64-bit fields, in AArch32 32-bit ones, and are
 * read as the guest's own loads would be.
 */
#include "debug/semihosting.h"

#include <errno.h>
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/mem.h"

/* Operation numbers of the specification. */
enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_READC = 0x07,
    SYS_ISERROR = 0x08,
    SYS_ISTTY = 0x09,
    SYS_FLEN = 0x0c,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    SYS_TICKFREQ = 0x31,
};

#define STOPPED_APPLICATION_EXIT 0x20026
#define WRITE0_MAX               65536
#define CHUNK                    256

/* Handles of ":tt", by the mode it is opened with: read, write, append. */
enum { HANDLE_STDIN = 1, HANDLE_STDOUT = 2, HANDLE_STDERR = 3 };

struct request {
    struct el4_cpu *cpu;
    const struct el4_semihosting_ops *ops;
    void *data;
    uint64_t parameter;
};

static unsigned field_bytes(const struct request *r)
{
    return el4_cpu_is_a32(r->cpu) ? 4 : 8;
}

/* The data accesses of the guest's own mode. */
static uint32_t access_aux(const struct request *r)
{
    return r->cpu->mode.mmu_index | (r->cpu->mode.big_endian ? EL4_MEM_BIG_ENDIAN : 0);
}

static uint64_t field(const struct request *r, unsigned index)
{
    unsigned bytes = field_bytes(r);
    return el4_mem_read(r->cpu, r->parameter + bytes * index, bytes, access_aux(r));
}

static uint8_t guest_byte(const struct request *r, uint64_t address)
{
    return (uint8_t)el4_mem_read(r->cpu, address, 1, r->cpu->mode.mmu_index);
}

static uint64_t do_open(const struct request *r)
{
    uint64_t name = field(r, 0);
    uint64_t mode = field(r, 1);
    if (field(r, 2) != 3 || guest_byte(r, name) != ':' || guest_byte(r, name + 1) != 't' ||
        guest_byte(r, name + 2) != 't') {
        return UINT64_MAX;
    }
    return mode < 4 ? HANDLE_STDIN : mode < 8 ? HANDLE_STDOUT : HANDLE_STDERR;
}

static void write_bytes(const struct request *r, int stream, uint64_t address, uint64_t count)
{
    uint8_t chunk[CHUNK];
    while (count) {
        size_t part = count < CHUNK ? (size_t)count : CHUNK;
        for (size_t i = 0; i < part; i++) {
            chunk[i] = guest_byte(r, address + i);
        }
        r->ops->write(r->data, stream, chunk, part);
        address += part;
        count -= part;
    }
}

static void do_write0(const struct request *r)
{
    uint64_t length = 0;
    while (length < WRITE0_MAX && guest_byte(r, r->parameter + length)) {
        length++;
    }
    write_bytes(r, 1, r->parameter, length);
}

/* Result: bytes not written. */
static uint64_t do_write(const struct request *r)
{
    uint64_t handle = field(r, 0);
    uint64_t address = field(r, 1);
    uint64_t count = field(r, 2);
    if (handle != HANDLE_STDOUT && handle != HANDLE_STDERR) {
        return count;
    }
    uint64_t now = count < WRITE0_MAX ? count : WRITE0_MAX;
    write_bytes(r, handle == HANDLE_STDERR ? 2 : 1, address, now);
    return count - now;
}

/* Result: bytes not read. */
static uint64_t do_read(const struct request *r)
{
    uint64_t address = field(r, 1);
    uint64_t count = field(r, 2);
    uint64_t got = 0;
    if (field(r, 0) != HANDLE_STDIN) {
        return count;
    }
    while (got < count) {
        int byte = r->ops->read(r->data);
        if (byte < 0) {
            break;
        }
        el4_mem_write(r->cpu, address + got, (uint64_t)byte, 1, r->cpu->mode.mmu_index);
        got++;
    }
    return count - got;
}

static uint64_t do_get_cmdline(const struct request *r)
{
    const char *text = r->ops->command_line ? r->ops->command_line : "";
    uint64_t address = field(r, 0);
    size_t length = strlen(text);
    if (field(r, 1) < length + 1) {
        return UINT64_MAX;
    }
    for (size_t i = 0; i <= length; i++) {
        el4_mem_write(r->cpu, address + i, (uint8_t)text[i], 1, r->cpu->mode.mmu_index);
    }
    unsigned bytes = field_bytes(r);
    el4_mem_write(r->cpu, r->parameter + bytes, length, bytes, access_aux(r));
    return 0;
}

/* AArch32's SYS_EXIT has the reason itself where AArch64 has a block with it and a status. */
static void do_exit(const struct request *r, uint32_t operation)
{
    bool reason_only = operation == SYS_EXIT && el4_cpu_is_a32(r->cpu);
    uint64_t reason = reason_only ? r->parameter : field(r, 0);
    uint64_t status = reason_only ? 0 : field(r, 1);
    r->ops->exit(r->data, reason == STOPPED_APPLICATION_EXIT, status);
}

/* A count of ticks: 64 bits in both; in AArch32 the low word comes first. */
static void do_elapsed(const struct request *r)
{
    uint64_t now = r->ops->now_ns(r->data);
    if (el4_cpu_is_a32(r->cpu)) {
        el4_mem_write(r->cpu, r->parameter, (uint32_t)now, 4, access_aux(r));
        el4_mem_write(r->cpu, r->parameter + 4, now >> 32, 4, access_aux(r));
    } else {
        el4_mem_write(r->cpu, r->parameter, now, 8, access_aux(r));
    }
}

static uint64_t perform(const struct request *r, uint32_t operation)
{
    switch (operation) {
    case SYS_OPEN: return do_open(r);
    case SYS_CLOSE: return field(r, 0) - 1 < 3 ? 0 : UINT64_MAX;
    case SYS_WRITEC: write_bytes(r, 1, r->parameter, 1); return 0;
    case SYS_WRITE0: do_write0(r); return 0;
    case SYS_WRITE: return do_write(r);
    case SYS_READ: return do_read(r);
    case SYS_READC: return (uint64_t)(int64_t)r->ops->read(r->data);
    case SYS_ISERROR: return field(r, 0) >> (8 * field_bytes(r) - 1);
    case SYS_ISTTY: return field(r, 0) - 1 < 3;
    case SYS_FLEN: return UINT64_MAX;
    case SYS_CLOCK: return r->ops->now_ns(r->data) / 10000000;
    case SYS_TIME: return (uint64_t)r->ops->wall_clock_s(r->data);
    case SYS_ERRNO: return ENOSYS;
    case SYS_GET_CMDLINE: return do_get_cmdline(r);
    case SYS_EXIT:
    case SYS_EXIT_EXTENDED: do_exit(r, operation); return 0;
    case SYS_ELAPSED: do_elapsed(r); return 0;
    case SYS_TICKFREQ: return 1000000000;
    default: return UINT64_MAX;
    }
}

void el4_semihosting_call(struct el4_cpu *cpu, const struct el4_semihosting_ops *ops,
                          void *data)
{
    struct request request = {cpu, ops, data, cpu->slot[EL4_SLOT_X0 + 1]};
    uint64_t result = perform(&request, (uint32_t)cpu->slot[EL4_SLOT_X0]);
    cpu->slot[EL4_SLOT_X0] = el4_cpu_is_a32(cpu) ? (uint32_t)result : result;
}
