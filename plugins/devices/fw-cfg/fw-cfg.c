/* SPDX-License-Identifier: MIT */
/*
 * fw-cfg: the registers. The guest selects an item by its key and reads it byte after byte, or
 * has it copied: it writes the address of a descriptor (control, length, address, all
 * big-endian) to the DMA register. Past an item's end everything reads as zeros.
 */
#include <el4/device.h>
#include <stdlib.h>
#include <string.h>

#include "fw-cfg.h"

enum {
    REG_DATA = 0x00,
    REG_SELECTOR = 0x08,
    REG_DMA = 0x10,
    REG_END = 0x18,
};

/* Descriptor's control word */
#define DMA_ERROR  (1u << 0)
#define DMA_READ   (1u << 1)
#define DMA_SKIP   (1u << 2)
#define DMA_SELECT (1u << 3)
#define DMA_WRITE  (1u << 4)

#define DMA_SIGNATURE    0x51454d5520434647ull /* "QEMU CFG" */
#define DESCRIPTOR_BYTES 16u

struct fw_cfg {
    const struct el4_host *host;
    struct el4_instance *self;
    struct fw_cfg_items items;
    struct fw_cfg_item item; /* the selected one */
    size_t position;
    uint32_t dma_high;
};

static uint64_t get_be(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

static void select_item(struct fw_cfg *fw, uint16_t key)
{
    /* Bit 14 once asked for writing; bit 15 selects a table of the architecture's: empty. */
    fw->item = el4_fw_cfg_find(&fw->items, key & 0xbfff);
    fw->position = 0;
}

static uint8_t next_byte(struct fw_cfg *fw)
{
    return fw->position < fw->item.bytes ? fw->item.data[fw->position++] : 0;
}

static bool copy_out(struct fw_cfg *fw, uint64_t address, uint32_t length)
{
    static const uint8_t zeros[4096];
    size_t left = fw->item.bytes - fw->position;
    size_t bytes = length < left ? length : left;
    if (bytes) {
        if (fw->host->dma_write(fw->self, address, fw->item.data + fw->position, bytes,
                                false) != 0) {
            return false;
        }
        fw->position += bytes;
        address += bytes;
        length -= (uint32_t)bytes;
    }
    while (length) {
        bytes = length < sizeof(zeros) ? length : sizeof(zeros);
        if (fw->host->dma_write(fw->self, address, zeros, bytes, false) != 0) {
            return false;
        }
        address += bytes;
        length -= (uint32_t)bytes;
    }
    return true;
}

static void run_dma(struct fw_cfg *fw, uint64_t descriptor)
{
    uint8_t fields[DESCRIPTOR_BYTES];
    if (fw->host->dma_read(fw->self, descriptor, fields, sizeof(fields), false) != 0) {
        fw->host->log(fw->self, EL4_LOG_GUEST_ERROR, "DMA descriptor is not in memory");
        return;
    }
    uint32_t control = (uint32_t)get_be(fields, 4);
    uint32_t length = (uint32_t)get_be(fields + 4, 4);
    uint64_t address = get_be(fields + 8, 8);
    bool good = true;

    if (control & DMA_SELECT) {
        select_item(fw, (uint16_t)(control >> 16));
    }
    if (control & DMA_READ) {
        good = copy_out(fw, address, length);
    } else if (control & DMA_WRITE) {
        good = false;
    } else if (control & DMA_SKIP) {
        size_t left = fw->item.bytes - fw->position;
        fw->position += length < left ? length : left;
    }
    const uint8_t result[4] = {0, 0, 0, good ? 0 : DMA_ERROR};
    fw->host->dma_write(fw->self, descriptor, result, sizeof(result), false);
}

static enum el4_mmio_result fw_cfg_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    struct fw_cfg *fw = state;
    *value = 0;
    if (offset < REG_SELECTOR) {
        /* The item's bytes keep their order in memory. */
        for (unsigned i = 0; i < size; i++) {
            *value |= (uint64_t)next_byte(fw) << (8 * i);
        }
    } else if (offset >= REG_DMA) {
        uint64_t swapped = __builtin_bswap64(DMA_SIGNATURE) >> (8 * (offset - REG_DMA));
        *value = size == 8 ? swapped : swapped & ((1ull << (8 * size)) - 1);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result fw_cfg_write(void *state, uint64_t offset, unsigned size,
                                         uint64_t value, const struct el4_access *access)
{
    struct fw_cfg *fw = state;
    if (offset == REG_SELECTOR && size == 2) {
        select_item(fw, __builtin_bswap16((uint16_t)value));
    } else if (offset == REG_DMA && size == 8) {
        run_dma(fw, __builtin_bswap64(value));
    } else if (offset == REG_DMA && size == 4) {
        fw->dma_high = __builtin_bswap32((uint32_t)value);
    } else if (offset == REG_DMA + 4 && size == 4) {
        uint64_t high = fw->dma_high;
        fw->dma_high = 0;
        run_dma(fw, high << 32 | __builtin_bswap32((uint32_t)value));
    } else {
        fw->host->log(fw->self, EL4_LOG_GUEST_ERROR, "write of %u bytes at 0x%02x", size,
                      (unsigned)offset);
    }
    return EL4_MMIO_OK;
}

static void fw_cfg_reset(void *state)
{
    struct fw_cfg *fw = state;
    el4_fw_cfg_refresh(&fw->items);
    select_item(fw, 0);
    fw->dma_high = 0;
}

static void fw_cfg_destroy(void *state)
{
    struct fw_cfg *fw = state;
    el4_fw_cfg_free(&fw->items);
    free(fw);
}

static void *fw_cfg_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .size_min = 1,
        .size_max = 8,
        .read = fw_cfg_read,
        .write = fw_cfg_write,
    };
    struct fw_cfg *fw = calloc(1, sizeof(*fw));
    if (!fw) {
        host->fail(self, "out of memory");
        return NULL;
    }
    fw->host = host;
    fw->self = self;
    fw->items.host = host;
    fw->items.self = self;
    if (!el4_fw_cfg_load_files(&fw->items) || !host->mmio_declare(self, 0, &registers)) {
        fw_cfg_destroy(fw);
        return NULL;
    }
    return fw;
}

static const struct el4_config_key keys[] = {
    {.name = "files",
     .type = EL4_CONFIG_LIST,
     .help = "More files for the guest: words NAME=PATH, for example "
             "opt/org.example/x=x.bin; paths are relative to the working folder."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Firmware configuration interface.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = fw_cfg_create,
    .destroy = fw_cfg_destroy,
    .reset = fw_cfg_reset,
};

EL4_PLUGIN_DEFINE(fw_cfg) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "fw-cfg",
    .version = "1.0",
    .description = "Firmware configuration interface (fw_cfg)",
    .schema = &schema,
    .operations = &operations,
};
