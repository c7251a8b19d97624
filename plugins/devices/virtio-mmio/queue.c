/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: split virtqueues (virtio 1.2, 2.7). Every number that comes from guest memory is
 * read once, then checked: lengths of chains are bounded, so that a descriptor loop ends in a
 * broken device and not in a hang.
 */
#include <string.h>

#include "virtio.h"

#define DESCRIPTOR_BYTES 16u
#define DESC_NEXT        1u
#define DESC_WRITE       2u
#define DESC_INDIRECT    4u

#define AVAIL_NO_INTERRUPT 1u
#define RING_INDEX         2u /* offset of idx in both rings; flags are at 0 */
#define RING_ENTRIES       4u
#define USED_ENTRY_BYTES   8u

struct descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

/* Where a chain's descriptors are: the queue's own, or an indirect table. */
struct table {
    uint64_t address;
    uint32_t count;
};

void el4_virtio_queue_reset(struct virtio_queue *queue)
{
    *queue = (struct virtio_queue){.legacy_align = 4096};
}

static bool read_u16(struct virtio *virtio, uint64_t address, uint16_t *value)
{
    uint8_t bytes[2];
    if (virtio->host->dma_read(virtio->self, address, bytes, sizeof(bytes), false) != 0) {
        el4_virtio_break(virtio, "a ring is not in memory");
        return false;
    }
    *value = (uint16_t)virtio_get_le(bytes, 2);
    return true;
}

static bool write_u16(struct virtio *virtio, uint64_t address, uint16_t value)
{
    uint8_t bytes[2];
    virtio_put_le(bytes, value, 2);
    if (virtio->host->dma_write(virtio->self, address, bytes, sizeof(bytes), false) != 0) {
        el4_virtio_break(virtio, "a ring is not in memory");
        return false;
    }
    return true;
}

static bool read_descriptor(struct virtio *virtio, const struct table *table, uint32_t index,
                            struct descriptor *descriptor)
{
    uint8_t bytes[DESCRIPTOR_BYTES];
    if (index >= table->count) {
        el4_virtio_break(virtio, "a descriptor's number is too large");
        return false;
    }
    if (virtio->host->dma_read(virtio->self,
                               table->address + (uint64_t)index * DESCRIPTOR_BYTES, bytes,
                               sizeof(bytes), false) != 0) {
        el4_virtio_break(virtio, "a descriptor is not in memory");
        return false;
    }
    descriptor->address = virtio_get_le(bytes, 8);
    descriptor->bytes = (uint32_t)virtio_get_le(bytes + 8, 4);
    descriptor->flags = (uint16_t)virtio_get_le(bytes + 12, 2);
    descriptor->next = (uint16_t)virtio_get_le(bytes + 14, 2);
    return true;
}

static bool add_segment(struct virtio *virtio, struct virtio_chain *chain,
                        const struct descriptor *descriptor)
{
    if (chain->count == VIRTIO_CHAIN_MAX) {
        el4_virtio_break(virtio, "a chain is too long, or a loop");
        return false;
    }
    if (descriptor->flags & DESC_WRITE) {
        chain->writable_bytes += descriptor->bytes;
    } else if (chain->count > chain->readable_count) {
        el4_virtio_break(virtio, "a readable buffer comes after a writable one");
        return false;
    } else {
        chain->readable_count++;
        chain->readable_bytes += descriptor->bytes;
    }
    chain->segments[chain->count++] =
        (struct virtio_segment){descriptor->address, descriptor->bytes};
    return true;
}

/* An indirect table takes the place of the rest of the chain; there is none inside another. */
static bool enter_indirect(struct virtio *virtio, struct table *table, bool *indirect,
                           const struct descriptor *descriptor)
{
    if (*indirect || !(virtio->features & VIRTIO_F_INDIRECT_DESC) ||
        (descriptor->flags & DESC_NEXT) || !descriptor->bytes ||
        descriptor->bytes % DESCRIPTOR_BYTES) {
        el4_virtio_break(virtio, "an indirect descriptor is not allowed there");
        return false;
    }
    *indirect = true;
    table->address = descriptor->address;
    table->count = descriptor->bytes / DESCRIPTOR_BYTES;
    return true;
}

static bool collect(struct virtio *virtio, struct table table, uint16_t head,
                    struct virtio_chain *chain)
{
    struct descriptor descriptor;
    bool indirect = false;
    uint32_t index = head;
    for (;;) {
        if (!read_descriptor(virtio, &table, index, &descriptor)) {
            return false;
        }
        if (descriptor.flags & DESC_INDIRECT) {
            if (!enter_indirect(virtio, &table, &indirect, &descriptor)) {
                return false;
            }
            index = 0;
            continue;
        }
        if (!add_segment(virtio, chain, &descriptor)) {
            return false;
        }
        if (!(descriptor.flags & DESC_NEXT)) {
            return true;
        }
        index = descriptor.next;
    }
}

static uint64_t used_event_address(const struct virtio_queue *queue)
{
    return queue->driver + RING_ENTRIES + 2ull * queue->size;
}

static uint64_t avail_event_address(const struct virtio_queue *queue)
{
    return queue->device + RING_ENTRIES + (uint64_t)USED_ENTRY_BYTES * queue->size;
}

/* Is a chain there? If not, ask to be notified of the next, then look again. */
static bool available(struct virtio *virtio, struct virtio_queue *queue)
{
    uint16_t index;
    for (unsigned look = 0; look < 2; look++) {
        if (!read_u16(virtio, queue->driver + RING_INDEX, &index)) {
            return false;
        }
        /* What the index announces was written before it. */
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        uint16_t waiting = (uint16_t)(index - queue->next_available);
        if (waiting > queue->size) {
            el4_virtio_break(virtio, "the available ring has more entries than it can");
            return false;
        }
        if (waiting) {
            return true;
        }
        if (!(virtio->features & VIRTIO_F_EVENT_IDX) || look) {
            return false;
        }
        if (!write_u16(virtio, avail_event_address(queue), queue->next_available)) {
            return false;
        }
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    return false;
}

bool el4_virtio_queue_take(struct virtio *virtio, unsigned number, struct virtio_chain *chain)
{
    struct virtio_queue *queue = &virtio->queues[number];
    uint16_t head;
    if (!el4_virtio_running(virtio) || !queue->ready || !available(virtio, queue)) {
        return false;
    }
    uint64_t entry =
        queue->driver + RING_ENTRIES + 2ull * (queue->next_available & (queue->size - 1u));
    if (!read_u16(virtio, entry, &head)) {
        return false;
    }
    chain->head = head;
    chain->readable_count = 0;
    chain->count = 0;
    chain->readable_bytes = 0;
    chain->writable_bytes = 0;
    struct table table = {queue->descriptors, queue->size};
    if (!collect(virtio, table, head, chain)) {
        return false;
    }
    queue->next_available++;
    return true;
}

void el4_virtio_queue_untake(struct virtio *virtio, unsigned number, unsigned count)
{
    virtio->queues[number].next_available -= (uint16_t)count;
}

bool el4_virtio_queue_fill(struct virtio *virtio, unsigned number, unsigned ahead,
                           uint16_t head, uint32_t written)
{
    struct virtio_queue *queue = &virtio->queues[number];
    uint8_t entry[USED_ENTRY_BYTES];
    if (!el4_virtio_running(virtio) || !queue->ready) {
        return false;
    }
    uint16_t index = (uint16_t)(queue->next_used + ahead) & (uint16_t)(queue->size - 1u);
    virtio_put_le(entry, head, 4);
    virtio_put_le(entry + 4, written, 4);
    if (virtio->host->dma_write(
            virtio->self, queue->device + RING_ENTRIES + (uint64_t)USED_ENTRY_BYTES * index,
            entry, sizeof(entry), false) != 0) {
        el4_virtio_break(virtio, "a ring is not in memory");
        return false;
    }
    return true;
}

void el4_virtio_queue_publish(struct virtio *virtio, unsigned number, unsigned count)
{
    struct virtio_queue *queue = &virtio->queues[number];
    if (!el4_virtio_running(virtio) || !queue->ready) {
        return;
    }
    queue->next_used += (uint16_t)count;
    /* The entries are seen before the index that announces them. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    write_u16(virtio, queue->device + RING_INDEX, queue->next_used);
}

void el4_virtio_queue_give(struct virtio *virtio, unsigned number, uint16_t head,
                           uint32_t written)
{
    if (el4_virtio_queue_fill(virtio, number, 0, head, written)) {
        el4_virtio_queue_publish(virtio, number, 1);
    }
}

void el4_virtio_queue_signal(struct virtio *virtio, unsigned number)
{
    struct virtio_queue *queue = &virtio->queues[number];
    uint16_t before = queue->signalled;
    uint16_t now = queue->next_used;
    uint16_t word;
    if (before == now || !el4_virtio_running(virtio) || !queue->ready) {
        return;
    }
    queue->signalled = now;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (virtio->features & VIRTIO_F_EVENT_IDX) {
        /* Was the index that the driver waits for passed? (virtio 1.2, 2.7.7.2) */
        if (read_u16(virtio, used_event_address(queue), &word) &&
            (uint16_t)(now - word - 1) < (uint16_t)(now - before)) {
            el4_virtio_interrupt(virtio);
        }
    } else if (read_u16(virtio, queue->driver, &word) && !(word & AVAIL_NO_INTERRUPT)) {
        el4_virtio_interrupt(virtio);
    }
}

static bool copy(struct virtio *virtio, const struct virtio_segment *segments, unsigned count,
                 uint64_t position, uint8_t *data, size_t bytes, bool write)
{
    const struct el4_host *host = virtio->host;
    for (unsigned i = 0; i < count && bytes; i++) {
        if (position >= segments[i].bytes) {
            position -= segments[i].bytes;
            continue;
        }
        uint64_t address = segments[i].address + position;
        size_t piece = segments[i].bytes - (size_t)position;
        piece = piece < bytes ? piece : bytes;
        int status = write ? host->dma_write(virtio->self, address, data, piece, false)
                           : host->dma_read(virtio->self, address, data, piece, false);
        if (status != 0) {
            return false;
        }
        data += piece;
        bytes -= piece;
        position = 0;
    }
    return bytes == 0;
}

bool el4_virtio_chain_read(struct virtio *virtio, const struct virtio_chain *chain,
                           uint64_t position, void *data, size_t bytes)
{
    return copy(virtio, chain->segments, chain->readable_count, position, data, bytes, false);
}

bool el4_virtio_chain_write(struct virtio *virtio, const struct virtio_chain *chain,
                            uint64_t position, const void *data, size_t bytes)
{
    return copy(virtio, chain->segments + chain->readable_count,
                chain->count - chain->readable_count, position, (uint8_t *)data, bytes, true);
}
