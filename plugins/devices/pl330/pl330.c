/* SPDX-License-Identifier: MIT */
/*
 * PL330: the PrimeCell DMA controller (Arm DDI 0424), as far as a driver's probe goes: it tells
 * what it has, all of its threads are stopped, and they stay so, because DMA programs are not
 * executed. Of debug instructions DMAKILL and DMASEV do what they should.
 */
#include "../primecell-common/primecell.h"
#include <stdlib.h>

enum {
    REG_DSR = 0x000, /* manager status */
    REG_DPC = 0x004,
    REG_INTEN = 0x020,
    REG_EVENTS = 0x024,
    REG_INTMIS = 0x028,
    REG_INTCLR = 0x02c,
    REG_FSRD = 0x030, /* faults: manager, channels, types */
    REG_FAULTS_END = 0x060,
    REG_CSR = 0x100, /* status and PC of each channel */
    REG_CSR_END = 0x140,
    REG_CHANNELS = 0x400, /* addresses, control, loop counters */
    REG_CHANNELS_END = 0x500,
    REG_DBGSTATUS = 0xd00,
    REG_DBGCMD = 0xd04,
    REG_DBGINST0 = 0xd08,
    REG_DBGINST1 = 0xd0c,
    REG_CR0 = 0xe00, /* to CR4 and CRD */
    REG_CR4 = 0xe10,
    REG_CRD = 0xe14,
    REG_WATCHDOG = 0xe80,
};

#define CHANNELS         8u
#define REQUESTS         32u
#define EVENTS           32u
#define OP_DMAKILL       0x01u
#define OP_DMASEV        0x34u
#define OP_DMAGO         0xa0u /* bit 1: Non-secure */
#define CR0_HAS_REQUESTS 1u
/* A 64-bit bus; 8 reads and 8 writes under way, queues of 16 lines; a buffer of 128 lines. */
#define CRD_VALUE (3u | 7u << 4 | 15u << 8 | 7u << 12 | 15u << 16 | 127u << 20)

struct pl330 {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t interrupts_enabled;
    uint32_t events, interrupts;
    uint32_t instruction[2];
};

/* r1p1 */
static const struct primecell cell = {.peripheral_id = 0x00241330};

static void update(struct pl330 *dma)
{
    for (unsigned event = 0; event < EVENTS; event++) {
        dma->host->wire_set(dma->self, event, dma->interrupts >> event & 1);
    }
}

static uint32_t read_config(unsigned n)
{
    static const uint32_t values[] = {
        CR0_HAS_REQUESTS | (CHANNELS - 1) << 4 | (REQUESTS - 1) << 12 | (EVENTS - 1) << 17,
        /* instruction cache: 8 lines of 16 bytes; boot address; security: all Secure */
        4u | 7u << 4,
        0,
        0,
        0,
        CRD_VALUE,
    };
    return values[n];
}

/* Stopped threads, no faults: what is not stored reads as zero. */
static bool reads_as_zero(uint64_t offset)
{
    return offset <= REG_DPC || (offset >= REG_FSRD && offset < REG_FAULTS_END) ||
           (offset >= REG_CSR && offset < REG_CSR_END) ||
           (offset >= REG_CHANNELS && offset < REG_CHANNELS_END) || offset == REG_DBGSTATUS ||
           offset == REG_WATCHDOG;
}

static uint32_t read_register(struct pl330 *dma, uint64_t offset)
{
    switch (offset) {
    case REG_INTEN: return dma->interrupts_enabled;
    case REG_EVENTS: return dma->events | dma->interrupts;
    case REG_INTMIS: return dma->interrupts;
    default: break;
    }
    if (offset >= REG_CR0 && offset <= REG_CRD) {
        return read_config((unsigned)(offset - REG_CR0) / 4);
    }
    return reads_as_zero(offset) ? 0 : el4_primecell_read(&cell, dma->host, dma->self, offset);
}

static enum el4_mmio_result pl330_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = read_register(state, offset);
    return EL4_MMIO_OK;
}

/* DBGINST0: thread in bits 0 and 10:8, instruction bytes 0 and 1 in 31:16. */
static void debug_instruction(struct pl330 *dma)
{
    uint32_t opcode = dma->instruction[0] >> 16 & 0xff;
    uint32_t event = 1u << (dma->instruction[0] >> 27 & 0x1f);
    if (opcode == OP_DMAKILL) {
        return; /* it is stopped */
    }
    if (opcode == OP_DMASEV) {
        if (dma->interrupts_enabled & event) {
            dma->interrupts |= event;
        } else {
            dma->events |= event;
        }
        return;
    }
    dma->host->log(dma->self, EL4_LOG_UNIMPLEMENTED, "debug instruction 0x%02x%s", opcode,
                   (opcode & ~2u) == OP_DMAGO ? " (DMAGO): DMA programs are not executed" : "");
}

static enum el4_mmio_result pl330_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct pl330 *dma = state;
    switch (offset) {
    case REG_INTEN: dma->interrupts_enabled = (uint32_t)value; break;
    case REG_INTCLR: dma->interrupts &= ~(uint32_t)value; break;
    case REG_DBGINST0:
    case REG_DBGINST1: dma->instruction[(offset - REG_DBGINST0) / 4] = (uint32_t)value; break;
    case REG_DBGCMD:
        if ((value & 3) == 0) {
            debug_instruction(dma);
        }
        break;
    case REG_WATCHDOG: break;
    default: el4_primecell_write(&cell, dma->host, dma->self, offset); break;
    }
    update(dma);
    return EL4_MMIO_OK;
}

static void pl330_reset(void *state)
{
    struct pl330 *dma = state;
    dma->interrupts_enabled = 0;
    dma->events = 0;
    dma->interrupts = 0;
    dma->instruction[0] = 0;
    dma->instruction[1] = 0;
    update(dma);
}

static void *pl330_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .read = pl330_read,
        .write = pl330_write,
    };
    struct pl330 *dma = calloc(1, sizeof(*dma));
    if (!dma) {
        host->fail(self, "out of memory");
        return NULL;
    }
    dma->host = host;
    dma->self = self;
    if (!host->mmio_declare(self, 0, &registers)) {
        free(dma);
        return NULL;
    }
    return dma;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl330_create,
    .destroy = free,
    .reset = pl330_reset,
};

EL4_PLUGIN_DEFINE(pl330) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl330",
    .version = "1.0",
    .description = "PrimeCell DMA controller (PL330), whose channels stay stopped",
    .operations = &operations,
};
