/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: block device (virtio 1.2, 5.2). Requests are done when they are taken: the
 * host's page cache answers most of them. Whatever goes wrong is told to the guest as IOERR.
 */
#include <stdlib.h>
#include <string.h>

#include "../disk-common/disk.h"
#include "virtio.h"

#define F_SEG_MAX      (1ull << 2)
#define F_RO           (1ull << 5)
#define F_BLK_SIZE     (1ull << 6)
#define F_FLUSH        (1ull << 9)
#define F_DISCARD      (1ull << 13)
#define F_WRITE_ZEROES (1ull << 14)

enum {
    REQUEST_IN = 0,
    REQUEST_OUT = 1,
    REQUEST_FLUSH = 4,
    REQUEST_GET_ID = 8,
    REQUEST_DISCARD = 11,
    REQUEST_WRITE_ZEROES = 13,
};

enum { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPPORTED = 2 };

#define SECTOR_BYTES 512u
#define HEADER_BYTES 16u
#define SERIAL_BYTES 20u
#define RANGE_BYTES  16u /* of a discard or write-zeroes request */
#define RANGES_MAX   16u
#define SECTORS_MAX  (1u << 21) /* of such a range: 1 GiB */
#define REQUEST_MAX  (1ull << 30)
#define COPY_BYTES   65536u
#define CONFIG_BYTES 60u
#define FLAG_UNMAP   1u

struct block {
    struct virtio *virtio;
    struct disk *disk;
    bool readonly;
    char serial[SERIAL_BYTES + 1];
    uint8_t copy[COPY_BYTES];
};

static void *block_create(struct virtio *virtio)
{
    const struct el4_host *host = virtio->host;
    const char *path = host->config_string(virtio->self, "file");
    const char *serial = host->config_string(virtio->self, "serial");
    if (!path) {
        host->fail(virtio->self, "a block device needs a file");
        return NULL;
    }
    if (serial && strlen(serial) > SERIAL_BYTES) {
        host->fail(virtio->self, "serial: more than %u letters", SERIAL_BYTES);
        return NULL;
    }
    struct block *block = calloc(1, sizeof(*block));
    if (!block) {
        host->fail(virtio->self, "out of memory");
        return NULL;
    }
    block->virtio = virtio;
    block->readonly = host->config_bool(virtio->self, "readonly");
    if (serial) {
        memcpy(block->serial, serial, strlen(serial));
    }
    block->disk = el4_disk_open(host, virtio->self, path, block->readonly,
                                host->config_bool(virtio->self, "snapshot"));
    if (!block->disk) {
        free(block);
        return NULL;
    }
    return block;
}

static void block_destroy(void *state)
{
    struct block *block = state;
    el4_disk_close(block->disk);
    free(block);
}

static uint64_t block_features(void *state)
{
    const struct block *block = state;
    return F_SEG_MAX | F_BLK_SIZE | F_FLUSH |
           (block->readonly ? F_RO : F_DISCARD | F_WRITE_ZEROES);
}

static void block_read_config(void *state, uint8_t *config)
{
    const struct block *block = state;
    virtio_put_le(config, el4_disk_bytes(block->disk) / SECTOR_BYTES, 8);
    virtio_put_le(config + 12, VIRTIO_QUEUE_SIZE_MAX - 2, 4); /* seg_max */
    virtio_put_le(config + 20, SECTOR_BYTES, 4);              /* blk_size */
    virtio_put_le(config + 34, 1, 2);                         /* num_queues */
    virtio_put_le(config + 36, SECTORS_MAX, 4);               /* max_discard_sectors */
    virtio_put_le(config + 40, RANGES_MAX, 4);                /* max_discard_seg */
    virtio_put_le(config + 44, 1, 4);                         /* discard_sector_alignment */
    virtio_put_le(config + 48, SECTORS_MAX, 4);               /* max_write_zeroes_sectors */
    virtio_put_le(config + 52, RANGES_MAX, 4);                /* max_write_zeroes_seg */
    config[56] = 1;                                           /* write_zeroes_may_unmap */
}

/* Offset of a transfer; false if it is not all within the disk. */
static bool locate(const struct block *block, uint64_t sector, uint64_t bytes, uint64_t *offset)
{
    uint64_t total = el4_disk_bytes(block->disk);
    if (bytes % SECTOR_BYTES || bytes > total || bytes > REQUEST_MAX ||
        sector > (total - bytes) / SECTOR_BYTES) {
        return false;
    }
    *offset = sector * SECTOR_BYTES;
    return true;
}

static uint8_t transfer_in(struct block *block, const struct virtio_chain *chain,
                           uint64_t sector, uint64_t bytes)
{
    uint64_t offset;
    if (!locate(block, sector, bytes, &offset)) {
        return STATUS_IOERR;
    }
    for (uint64_t done = 0; done < bytes; done += COPY_BYTES) {
        size_t piece = (size_t)(bytes - done < COPY_BYTES ? bytes - done : COPY_BYTES);
        if (el4_disk_read(block->disk, offset + done, block->copy, piece) < 0 ||
            !el4_virtio_chain_write(block->virtio, chain, done, block->copy, piece)) {
            return STATUS_IOERR;
        }
    }
    return STATUS_OK;
}

static uint8_t transfer_out(struct block *block, const struct virtio_chain *chain,
                            uint64_t sector)
{
    uint64_t bytes = chain->readable_bytes - HEADER_BYTES;
    uint64_t offset;
    if (block->readonly || !locate(block, sector, bytes, &offset)) {
        return STATUS_IOERR;
    }
    for (uint64_t done = 0; done < bytes; done += COPY_BYTES) {
        size_t piece = (size_t)(bytes - done < COPY_BYTES ? bytes - done : COPY_BYTES);
        if (!el4_virtio_chain_read(block->virtio, chain, HEADER_BYTES + done, block->copy,
                                   piece) ||
            el4_disk_write(block->disk, offset + done, block->copy, piece) < 0) {
            return STATUS_IOERR;
        }
    }
    /* A driver that did not negotiate FLUSH expects its data to be safe (5.2.6.2). */
    if (!(block->virtio->features & F_FLUSH) && el4_disk_flush(block->disk) < 0) {
        return STATUS_IOERR;
    }
    return STATUS_OK;
}

static uint8_t clear_ranges(struct block *block, const struct virtio_chain *chain, bool discard)
{
    uint64_t bytes = chain->readable_bytes - HEADER_BYTES;
    if (block->readonly) {
        return STATUS_IOERR;
    }
    if (!bytes || bytes % RANGE_BYTES || bytes / RANGE_BYTES > RANGES_MAX) {
        return STATUS_IOERR;
    }
    for (uint64_t done = 0; done < bytes; done += RANGE_BYTES) {
        uint8_t range[RANGE_BYTES];
        if (!el4_virtio_chain_read(block->virtio, chain, HEADER_BYTES + done, range,
                                   sizeof(range))) {
            return STATUS_IOERR;
        }
        uint64_t sectors = virtio_get_le(range + 8, 4);
        uint32_t flags = (uint32_t)virtio_get_le(range + 12, 4);
        uint64_t offset;
        if (flags & (discard ? UINT32_MAX : ~FLAG_UNMAP)) {
            return STATUS_UNSUPPORTED;
        }
        if (sectors > SECTORS_MAX ||
            !locate(block, virtio_get_le(range, 8), sectors * SECTOR_BYTES, &offset) ||
            el4_disk_zero(block->disk, offset, sectors * SECTOR_BYTES,
                          discard || (flags & FLAG_UNMAP)) < 0) {
            return STATUS_IOERR;
        }
    }
    return STATUS_OK;
}

static uint8_t get_id(struct block *block, const struct virtio_chain *chain, uint64_t bytes)
{
    size_t wanted = bytes < SERIAL_BYTES ? (size_t)bytes : SERIAL_BYTES;
    return el4_virtio_chain_write(block->virtio, chain, 0, block->serial, wanted)
               ? STATUS_OK
               : STATUS_IOERR;
}

static uint8_t run_request(struct block *block, const struct virtio_chain *chain,
                           const uint8_t *header, uint64_t data_bytes)
{
    uint64_t sector = virtio_get_le(header + 8, 8);
    switch (virtio_get_le(header, 4)) {
    case REQUEST_IN: return transfer_in(block, chain, sector, data_bytes);
    case REQUEST_OUT: return transfer_out(block, chain, sector);
    case REQUEST_FLUSH: return el4_disk_flush(block->disk) < 0 ? STATUS_IOERR : STATUS_OK;
    case REQUEST_GET_ID: return get_id(block, chain, data_bytes);
    case REQUEST_DISCARD: return clear_ranges(block, chain, true);
    case REQUEST_WRITE_ZEROES: return clear_ranges(block, chain, false);
    default: return STATUS_UNSUPPORTED;
    }
}

/* The status is the last byte that the device may write; all before it is data. */
static void handle(struct block *block, const struct virtio_chain *chain)
{
    struct virtio *virtio = block->virtio;
    uint8_t header[HEADER_BYTES];
    if (!chain->writable_bytes ||
        !el4_virtio_chain_read(virtio, chain, 0, header, sizeof(header))) {
        el4_virtio_break(virtio, "a request lacks its header or its status byte");
        return;
    }
    uint64_t data_bytes = chain->writable_bytes - 1;
    uint8_t status = run_request(block, chain, header, data_bytes);
    if (!el4_virtio_chain_write(virtio, chain, data_bytes, &status, 1)) {
        el4_virtio_break(virtio, "a request's status byte is not in memory");
        return;
    }
    uint64_t written = status == STATUS_OK ? data_bytes + 1 : 1;
    el4_virtio_queue_give(virtio, 0, chain->head,
                          written > UINT32_MAX ? UINT32_MAX : (uint32_t)written);
}

static void block_notify(void *state, unsigned queue)
{
    struct block *block = state;
    struct virtio_chain chain;
    /* The guest may add requests as fast as they are done: others need the lock, too. */
    unsigned budget = VIRTIO_QUEUE_SIZE_MAX;
    while (budget && el4_virtio_queue_take(block->virtio, queue, &chain)) {
        handle(block, &chain);
        budget--;
    }
    el4_virtio_queue_signal(block->virtio, queue);
    if (!budget) {
        el4_virtio_continue_later(block->virtio, queue);
    }
}

const struct virtio_type el4_virtio_block = {
    .id = 2,
    .queue_count = 1,
    .config_bytes = CONFIG_BYTES,
    .create = block_create,
    .destroy = block_destroy,
    .features = block_features,
    .read_config = block_read_config,
    .notify = block_notify,
};
