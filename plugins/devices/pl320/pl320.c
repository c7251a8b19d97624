/* SPDX-License-Identifier: MIT */
/*
 * PL320: the PrimeCell inter-processor communications module (Arm DDI 0306). 32 mailboxes of
 * seven words; a mailbox belongs to the channel in its Source register, and interrupts its
 * destinations (a message) or its source (an acknowledge). Channels are those who listen; all
 * use the same registers.
 */
#include "../primecell-common/primecell.h"
#include <stdlib.h>
#include <string.h>

enum {
    MAILBOX_BYTES = 0x40,
    REG_SOURCE = 0x00,
    REG_DEST_SET = 0x04,
    REG_DEST_CLEAR = 0x08,
    REG_DEST = 0x0c,
    REG_MODE = 0x10,
    REG_MASK_SET = 0x14,
    REG_MASK_CLEAR = 0x18,
    REG_MASK = 0x1c,
    REG_SEND = 0x20,
    REG_DATA = 0x24,
    REG_MASKED = 0x800, /* and raw status, for each channel */
    REG_STATUS_END = 0x900,
    REG_CONFIG = 0x900,
    REG_TEST = 0xf00, /* integration test: TCR, TOR */
    REG_TEST_END = 0xf08,
};

#define MAILBOXES      32u
#define CHANNELS       32u
#define DATA_WORDS     7u
#define MODE_AUTO_ACK  (1u << 0)
#define MODE_AUTO_LINK (1u << 1)
#define SEND_MESSAGE   1u
#define SEND_ACK       2u
#define CONFIG         (MAILBOXES << 16 | CHANNELS << 8 | DATA_WORDS)

struct mailbox {
    uint32_t source, destination, mode, mask, send;
    uint32_t data[DATA_WORDS];
};

struct pl320 {
    const struct el4_host *host;
    struct el4_instance *self;
    struct mailbox mailboxes[MAILBOXES];
};

static const struct primecell cell = {0x00041320, REG_TEST, REG_TEST_END};

/* Channels that a mailbox has something for. */
static uint32_t listeners(const struct mailbox *box)
{
    return (box->send & SEND_MESSAGE ? box->destination : 0) |
           (box->send & SEND_ACK ? box->source : 0);
}

static uint32_t channel_status(const struct pl320 *ipc, unsigned channel, bool masked)
{
    uint32_t status = 0;
    for (unsigned i = 0; i < MAILBOXES; i++) {
        const struct mailbox *box = &ipc->mailboxes[i];
        uint32_t channels = listeners(box) & (masked ? box->mask : UINT32_MAX);
        status |= (channels >> channel & 1) << i;
    }
    return status;
}

static void update(struct pl320 *ipc)
{
    uint32_t interrupts = 0;
    for (unsigned i = 0; i < MAILBOXES; i++) {
        interrupts |= listeners(&ipc->mailboxes[i]) & ipc->mailboxes[i].mask;
    }
    for (unsigned channel = 0; channel < CHANNELS; channel++) {
        ipc->host->wire_set(ipc->self, channel, interrupts >> channel & 1);
    }
}

static uint32_t read_mailbox(const struct mailbox *box, unsigned offset)
{
    switch (offset) {
    case REG_SOURCE: return box->source;
    case REG_DEST: return box->destination;
    case REG_MODE: return box->mode;
    case REG_MASK: return box->mask;
    case REG_SEND: return box->send;
    default: return offset >= REG_DATA ? box->data[(offset - REG_DATA) / 4] : 0;
    }
}

static uint32_t read_register(struct pl320 *ipc, uint64_t offset)
{
    if (offset < MAILBOXES * MAILBOX_BYTES) {
        return read_mailbox(&ipc->mailboxes[offset / MAILBOX_BYTES], offset % MAILBOX_BYTES);
    }
    if (offset < REG_STATUS_END) {
        unsigned n = (unsigned)(offset - REG_MASKED) / 4;
        return channel_status(ipc, n / 2, n % 2 == 0);
    }
    if (offset == REG_CONFIG) {
        return CONFIG;
    }
    return el4_primecell_read(&cell, ipc->host, ipc->self, offset);
}

static enum el4_mmio_result pl320_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = read_register(state, offset);
    return EL4_MMIO_OK;
}

/* One channel takes a free mailbox; zero gives it back, with all that it holds. */
static void write_source(struct mailbox *box, uint32_t value)
{
    if (!value) {
        memset(box, 0, sizeof(*box));
    } else if (!box->source && !(value & (value - 1))) {
        box->source = value;
    }
}

static void clear_destination(struct mailbox *box, uint32_t value)
{
    box->destination &= ~value;
    if ((box->mode & MODE_AUTO_ACK) && !box->destination && box->send == SEND_MESSAGE) {
        box->send = SEND_ACK;
    }
}

static void write_mode(struct pl320 *ipc, struct mailbox *box, uint32_t value)
{
    box->mode = value & (MODE_AUTO_ACK | MODE_AUTO_LINK);
    if (box->mode & MODE_AUTO_LINK) {
        ipc->host->log(ipc->self, EL4_LOG_UNIMPLEMENTED, "linked mailboxes");
    }
}

static void write_mailbox(struct pl320 *ipc, struct mailbox *box, unsigned offset,
                          uint32_t value)
{
    if (offset == REG_SOURCE) {
        write_source(box, value);
        return;
    }
    if (!box->source) {
        return; /* nobody's: its other registers cannot be written */
    }
    switch (offset) {
    case REG_DEST_SET: box->destination |= value; break;
    case REG_DEST_CLEAR: clear_destination(box, value); break;
    case REG_MODE: write_mode(ipc, box, value); break;
    case REG_MASK_SET: box->mask |= value; break;
    case REG_MASK_CLEAR: box->mask &= ~value; break;
    case REG_SEND: box->send = value & (SEND_MESSAGE | SEND_ACK); break;
    default:
        if (offset >= REG_DATA) {
            box->data[(offset - REG_DATA) / 4] = value;
        }
        break;
    }
}

static enum el4_mmio_result pl320_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct pl320 *ipc = state;
    if (offset < MAILBOXES * MAILBOX_BYTES) {
        write_mailbox(ipc, &ipc->mailboxes[offset / MAILBOX_BYTES], offset % MAILBOX_BYTES,
                      (uint32_t)value);
        update(ipc);
    } else {
        el4_primecell_write(&cell, ipc->host, ipc->self, offset);
    }
    return EL4_MMIO_OK;
}

static void pl320_reset(void *state)
{
    struct pl320 *ipc = state;
    memset(ipc->mailboxes, 0, sizeof(ipc->mailboxes));
    update(ipc);
}

static void *pl320_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .read = pl320_read,
        .write = pl320_write,
    };
    struct pl320 *ipc = calloc(1, sizeof(*ipc));
    if (!ipc) {
        host->fail(self, "out of memory");
        return NULL;
    }
    ipc->host = host;
    ipc->self = self;
    if (!host->mmio_declare(self, 0, &registers)) {
        free(ipc);
        return NULL;
    }
    return ipc;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl320_create,
    .destroy = free,
    .reset = pl320_reset,
};

EL4_PLUGIN_DEFINE(pl320) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl320",
    .version = "1.0",
    .description = "PrimeCell inter-processor communications module (PL320)",
    .operations = &operations,
};
