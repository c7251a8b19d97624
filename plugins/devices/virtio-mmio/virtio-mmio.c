/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: the transport (virtio 1.2, 4.2), version 2, or 1 if `legacy` is set. One slot
 * has one device of the type that the configuration names; an empty slot shows device id 0.
 */
#include <stdlib.h>
#include <string.h>

#include "../disk-common/disk.h"
#include "../net-common/net-port.h"
#include "virtio.h"

enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_VENDOR_ID = 0x00c,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_GUEST_PAGE_SIZE = 0x028, /* legacy */
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_NUM_MAX = 0x034,
    REG_QUEUE_NUM = 0x038,
    REG_QUEUE_ALIGN = 0x03c, /* legacy */
    REG_QUEUE_PFN = 0x040,   /* legacy */
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC = 0x080,
    REG_QUEUE_DRIVER = 0x090,
    REG_QUEUE_DEVICE = 0x0a0,
    REG_SHM_LEN = 0x0b0,
    REG_SHM_BASE = 0x0b8,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
    REG_END = 0x200,
};

#define MAGIC  0x74726976u /* "virt" */
#define VENDOR 0x554d4551u

#define STATUS_FEATURES_OK 8u
#define STATUS_DRIVER_OK   4u
#define STATUS_NEEDS_RESET 64u
#define STATUS_BITS        0xcfu

#define INTERRUPT_USED   1u
#define INTERRUPT_CONFIG 2u

enum { DEVICE, DRIVER };

/* ---- for the device types ---- */

bool el4_virtio_running(const struct virtio *virtio)
{
    /* Version 1 has no FEATURES_OK. */
    uint32_t needed = STATUS_DRIVER_OK | (virtio->legacy ? 0 : STATUS_FEATURES_OK);
    return (virtio->status & (needed | STATUS_NEEDS_RESET)) == needed;
}

static void update_wire(struct virtio *virtio)
{
    virtio->host->wire_set(virtio->self, 0, virtio->interrupts != 0);
}

void el4_virtio_break(struct virtio *virtio, const char *why)
{
    virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "%s; the device needs a reset", why);
    virtio->status |= STATUS_NEEDS_RESET;
    virtio->interrupts |= INTERRUPT_CONFIG;
    update_wire(virtio);
}

void el4_virtio_interrupt(struct virtio *virtio)
{
    virtio->interrupts |= INTERRUPT_USED;
    update_wire(virtio);
}

void el4_virtio_continue_later(struct virtio *virtio, unsigned queue)
{
    virtio->unfinished |= 1u << queue;
    virtio->host->timer_set(virtio->self, virtio->later,
                            virtio->host->now_ns(virtio->self) + 1);
}

static void notify(struct virtio *virtio, unsigned queue)
{
    if (virtio->type && queue < virtio->type->queue_count && el4_virtio_running(virtio) &&
        virtio->queues[queue].ready) {
        virtio->type->notify(virtio->state, queue);
    }
}

static void continue_queues(void *opaque, uint64_t now_ns)
{
    struct virtio *virtio = opaque;
    uint32_t queues = virtio->unfinished;
    virtio->unfinished = 0;
    for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++) {
        if (queues >> i & 1) {
            notify(virtio, i);
        }
    }
}

/* ---- state ---- */

static uint64_t device_features(const struct virtio *virtio)
{
    uint64_t features = VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX;
    if (!virtio->type) {
        return 0;
    }
    features |= virtio->type->features(virtio->state);
    return virtio->legacy ? features & UINT32_MAX : features | VIRTIO_F_VERSION_1;
}

static void reset(struct virtio *virtio)
{
    virtio->features = 0;
    virtio->status = 0;
    virtio->interrupts = 0;
    memset(virtio->feature_high, 0, sizeof(virtio->feature_high));
    memset(virtio->feature_none, 0, sizeof(virtio->feature_none));
    virtio->queue_select = 0;
    virtio->page_size = 4096;
    virtio->unfinished = 0;
    for (unsigned i = 0; i < VIRTIO_QUEUES_MAX; i++) {
        el4_virtio_queue_reset(&virtio->queues[i]);
    }
    if (virtio->type && virtio->type->reset) {
        virtio->type->reset(virtio->state);
    }
    update_wire(virtio);
}

static void write_status(struct virtio *virtio, uint32_t value)
{
    uint32_t before = virtio->status;
    if (!(value & 0xff)) {
        reset(virtio);
        return;
    }
    value &= STATUS_BITS;
    uint64_t offered = device_features(virtio);
    if (!virtio->legacy && (value & ~before & STATUS_FEATURES_OK) &&
        ((virtio->features & ~offered) || !(virtio->features & VIRTIO_F_VERSION_1))) {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR,
                          "driver accepts features 0x%llx of 0x%llx",
                          (unsigned long long)virtio->features, (unsigned long long)offered);
        value &= ~STATUS_FEATURES_OK;
    }
    bool ran = el4_virtio_running(virtio);
    virtio->status = value | (before & STATUS_NEEDS_RESET);
    if ((value & STATUS_DRIVER_OK) && !virtio->legacy && !(value & STATUS_FEATURES_OK)) {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "DRIVER_OK without FEATURES_OK");
    }
    if (!ran && el4_virtio_running(virtio)) {
        for (unsigned i = 0; virtio->type && i < virtio->type->queue_count; i++) {
            notify(virtio, i);
        }
    }
}

/* The queue that the driver selected, NULL if the device does not have it. */
static struct virtio_queue *selected(struct virtio *virtio)
{
    return virtio->type && virtio->queue_select < virtio->type->queue_count
               ? &virtio->queues[virtio->queue_select]
               : NULL;
}

static void enable_queue(struct virtio *virtio, struct virtio_queue *queue, bool enable)
{
    if (!enable) {
        el4_virtio_queue_reset(queue);
    } else if (!queue->size) {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "queue %u enabled without a size",
                          virtio->queue_select);
    } else if (!queue->ready) {
        queue->next_available = 0;
        queue->next_used = 0;
        queue->signalled = 0;
        queue->ready = true;
    }
}

static void write_queue_size(struct virtio *virtio, struct virtio_queue *queue, uint32_t value)
{
    if (!value || value > VIRTIO_QUEUE_SIZE_MAX || (value & (value - 1))) {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "queue of %u entries", value);
    } else if (!queue->ready) {
        queue->size = (uint16_t)value;
    }
}

/* Legacy: one page number tells where all three parts are (virtio 1.2, 2.7.2). */
static void write_legacy_page(struct virtio *virtio, struct virtio_queue *queue, uint32_t page)
{
    queue->legacy_page = page;
    if (!page) {
        enable_queue(virtio, queue, false);
        return;
    }
    uint64_t align = queue->legacy_align;
    queue->descriptors = (uint64_t)page * virtio->page_size;
    queue->driver = queue->descriptors + 16ull * queue->size;
    uint64_t end = queue->driver + 6 + 2ull * queue->size;
    queue->device = (end + align - 1) & ~(align - 1);
    enable_queue(virtio, queue, true);
}

static bool is_power_of_two(uint32_t value)
{
    return value && !(value & (value - 1));
}

static void write_legacy(struct virtio *virtio, uint64_t offset, uint32_t value)
{
    struct virtio_queue *queue = selected(virtio);
    if (offset == REG_GUEST_PAGE_SIZE) {
        virtio->page_size = is_power_of_two(value) ? value : 4096;
    } else if (queue && offset == REG_QUEUE_ALIGN) {
        queue->legacy_align = is_power_of_two(value) ? value : 4096;
    } else if (queue && offset == REG_QUEUE_PFN) {
        write_legacy_page(virtio, queue, value);
    }
}

static void set_half(uint64_t *address, bool high, uint32_t value)
{
    unsigned shift = high ? 32 : 0;
    *address = (*address & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
}

/* Registers of version 2 that describe the selected queue. */
static void write_queue(struct virtio *virtio, uint64_t offset, uint32_t value)
{
    struct virtio_queue *queue = selected(virtio);
    if (!queue) {
        return;
    }
    if (offset == REG_QUEUE_READY) {
        enable_queue(virtio, queue, value & 1);
        return;
    }
    if (queue->ready) {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "queue %u moved while enabled",
                          virtio->queue_select);
        return;
    }
    bool high = offset & 4;
    switch (offset & ~7ull) {
    case REG_QUEUE_DESC: set_half(&queue->descriptors, high, value); break;
    case REG_QUEUE_DRIVER: set_half(&queue->driver, high, value); break;
    case REG_QUEUE_DEVICE: set_half(&queue->device, high, value); break;
    default: break;
    }
}

static void select_features(struct virtio *virtio, unsigned side, uint32_t value)
{
    virtio->feature_high[side] = value == 1;
    virtio->feature_none[side] = value > 1;
}

static void write_driver_features(struct virtio *virtio, uint32_t value)
{
    bool frozen = virtio->status & (STATUS_FEATURES_OK | STATUS_DRIVER_OK);
    if (frozen || virtio->feature_none[DRIVER]) {
        return;
    }
    set_half(&virtio->features, virtio->feature_high[DRIVER], value);
    if (virtio->legacy) {
        virtio->features &= device_features(virtio);
    }
}

static void acknowledge(struct virtio *virtio, uint32_t value)
{
    virtio->interrupts &= ~value;
    /* The interrupt is edge-triggered: what is left, or came meanwhile, needs a new edge. */
    virtio->host->wire_set(virtio->self, 0, false);
    update_wire(virtio);
}

/* ---- registers ---- */

static uint32_t read_device_features(const struct virtio *virtio)
{
    if (virtio->feature_none[DEVICE]) {
        return 0;
    }
    return (uint32_t)(device_features(virtio) >> (virtio->feature_high[DEVICE] ? 32 : 0));
}

static uint32_t read_register(struct virtio *virtio, uint64_t offset)
{
    struct virtio_queue *queue = selected(virtio);
    switch (offset) {
    case REG_MAGIC: return MAGIC;
    case REG_VERSION: return virtio->legacy ? 1 : 2;
    case REG_DEVICE_ID: return virtio->type ? virtio->type->id : 0;
    case REG_VENDOR_ID: return VENDOR;
    case REG_DEVICE_FEATURES: return read_device_features(virtio);
    case REG_QUEUE_NUM_MAX: return queue ? VIRTIO_QUEUE_SIZE_MAX : 0;
    case REG_QUEUE_PFN: return queue && virtio->legacy ? queue->legacy_page : 0;
    case REG_QUEUE_READY: return queue && !virtio->legacy && queue->ready;
    case REG_INTERRUPT_STATUS: return virtio->interrupts;
    case REG_STATUS: return virtio->status;
    case REG_SHM_LEN:
    case REG_SHM_LEN + 4:
    case REG_SHM_BASE:
    case REG_SHM_BASE + 4: return UINT32_MAX; /* no shared memory region */
    default: return 0;
    }
}

static void write_register(struct virtio *virtio, uint64_t offset, uint32_t value)
{
    struct virtio_queue *queue = selected(virtio);
    switch (offset) {
    case REG_DEVICE_FEATURES_SEL: select_features(virtio, DEVICE, value); break;
    case REG_DRIVER_FEATURES_SEL: select_features(virtio, DRIVER, value); break;
    case REG_DRIVER_FEATURES: write_driver_features(virtio, value); break;
    case REG_QUEUE_SEL: virtio->queue_select = value; break;
    case REG_QUEUE_NUM:
        if (queue) {
            write_queue_size(virtio, queue, value);
        }
        break;
    case REG_QUEUE_NOTIFY: notify(virtio, value); break;
    case REG_INTERRUPT_ACK: acknowledge(virtio, value); break;
    case REG_STATUS: write_status(virtio, value); break;
    default:
        if (virtio->legacy) {
            write_legacy(virtio, offset, value);
        } else {
            write_queue(virtio, offset, value);
        }
        break;
    }
}

static uint64_t read_config(struct virtio *virtio, uint64_t offset, unsigned size)
{
    uint8_t config[REG_END - REG_CONFIG + 8] = {0};
    if (virtio->type && virtio->type->config_bytes) {
        virtio->type->read_config(virtio->state, config);
    }
    return virtio_get_le(config + offset, size);
}

static enum el4_mmio_result mmio_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct virtio *virtio = state;
    *value = 0;
    if (offset >= REG_CONFIG) {
        *value = read_config(virtio, offset - REG_CONFIG, size);
    } else if (size == 4) {
        *value = read_register(virtio, offset);
    } else {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "read of %u bytes at 0x%03x", size,
                          (unsigned)offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result mmio_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct virtio *virtio = state;
    if (!virtio->type) {
        return EL4_MMIO_OK;
    }
    if (offset >= REG_CONFIG) {
        if (virtio->type->write_config) {
            virtio->type->write_config(virtio->state, offset - REG_CONFIG, size, value);
        }
    } else if (size == 4) {
        write_register(virtio, offset, (uint32_t)value);
    } else {
        virtio->host->log(virtio->self, EL4_LOG_GUEST_ERROR, "write of %u bytes at 0x%03x",
                          size, (unsigned)offset);
    }
    return EL4_MMIO_OK;
}

/* ---- the plugin ---- */

static void virtio_reset(void *state)
{
    reset(state);
}

static void virtio_destroy(void *state)
{
    struct virtio *virtio = state;
    if (virtio->type && virtio->state) {
        virtio->type->destroy(virtio->state);
    }
    free(virtio);
}

static void *virtio_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct virtio_type *const types[] = {NULL, &el4_virtio_block, &el4_virtio_net,
                                                      &el4_virtio_console, &el4_virtio_rng};
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .size_min = 1,
        .size_max = 8,
        .read = mmio_read,
        .write = mmio_write,
    };
    struct virtio *virtio = calloc(1, sizeof(*virtio));
    if (!virtio) {
        host->fail(self, "out of memory");
        return NULL;
    }
    virtio->host = host;
    virtio->self = self;
    virtio->legacy = host->config_bool(self, "legacy");
    int type = host->config_enum(self, "device");
    virtio->type = type > 0 ? types[type] : NULL;
    if (virtio->type) {
        virtio->later = host->timer_new(self, continue_queues, virtio);
        virtio->state = virtio->type->create(virtio);
    }
    if ((virtio->type && !virtio->state) || !host->mmio_declare(self, 0, &registers)) {
        virtio_destroy(virtio);
        return NULL;
    }
    return virtio;
}

static const char *const device_choices[] = {"none", "block", "net", "console", "rng", NULL};

static const struct el4_config_key keys[] = {
    {.name = "device",
     .type = EL4_CONFIG_ENUM,
     .default_text = "none",
     .choices = device_choices,
     .help = "What is in the slot."},
    {.name = "legacy",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether the interface is that from before virtio 1.0 (version 1)."},
    {.name = "file",
     .type = EL4_CONFIG_PATH,
     .help = "block: the raw disk image or host block device."},
    {.name = "readonly",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "block: whether the guest may only read."},
    DISK_KEY_SNAPSHOT("block: whether"),
    {.name = "serial",
     .type = EL4_CONFIG_STRING,
     .default_text = "",
     .help = "block: the disk's serial number, up to 20 letters."},
    NET_KEY_MAC("net: the hardware address."),
    NET_KEY_HOSTFWD("net: ports"),
    NET_KEY_RESTRICT("net: whether"),
    {.name = "backend",
     .type = EL4_CONFIG_STRING,
     .default_text = "null",
     .help = "console: where the characters go: terminal, null, file:PATH, pty, socket:PATH "
             "or tcp:HOST:PORT."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Slot for a virtio device.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = virtio_create,
    .destroy = virtio_destroy,
    .reset = virtio_reset,
};

EL4_PLUGIN_DEFINE(virtio_mmio) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "virtio-mmio",
    .version = "1.0",
    .description = "virtio block, net, console and rng devices on MMIO",
    .schema = &schema,
    .operations = &operations,
};
