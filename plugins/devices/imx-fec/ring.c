/* SPDX-License-Identifier: MIT */
/*
 * imx-fec: descriptor rings and frames (i.MX 6UltraLite reference manual, chapter 22). A
 * descriptor that is not in memory ends in a bus error (EBERR), which stops the MAC. Frames
 * for which there is no buffer wait in a short list, then are dropped: TCP copes.
 */
#include "imx-fec.h"

/* The first word of a descriptor, as the MAC sees it: status, length */
#define BD_OWNED     (1u << 31) /* transmit: ready; receive: empty */
#define BD_WRAP      (1u << 29)
#define BD_LAST      (1u << 27)
#define BD_TX_CRC    (1u << 26) /* the MAC appends it */
#define BD_RX_MISS   (1u << 24)
#define BD_RX_BCAST  (1u << 23)
#define BD_RX_MCAST  (1u << 22)
#define BD_RX_LONG   (1u << 21)
#define BD_RX_KEPT   (0x7000u << 16) /* the software's bits and WRAP */
#define BD_LENGTH(w) ((w)&0xffff)

/* The third word: of enhanced descriptors only */
#define BD_TX_INT     (1u << 30)
#define BD_TX_STAMP   (1u << 29)
#define BD_TX_PAYLOAD (1u << 28)
#define BD_TX_HEADER  (1u << 27)
#define BD_RX_INT     (1u << 23)
#define BD_DONE       (1u << 31) /* of the fifth word */

#define TACC_SHIFT16 (1u << 0)
#define RACC_SHIFT16 (1u << 7)

#define CRC_BYTES 4u
#define FRAME_MIN 60u /* without the check sequence */
#define BUDGET    1024u
#define WORDS_MAX 8u

struct descriptor {
    uint32_t address;
    uint32_t words[WORDS_MAX];
};

/* ---- descriptors ---- */

static uint32_t descriptor_bytes(struct imx_fec *fec)
{
    return *fec_register(fec, REG_ECR) & ECR_1588 ? 32 : 8;
}

static void swap_words(struct imx_fec *fec, struct descriptor *bd)
{
    for (unsigned i = 0; i < WORDS_MAX && !(*fec_register(fec, REG_ECR) & ECR_DBSWP); i++) {
        bd->words[i] = __builtin_bswap32(bd->words[i]);
    }
}

static void bus_error(struct imx_fec *fec, uint32_t address)
{
    fec->host->log(fec->self, EL4_LOG_GUEST_ERROR, "no memory at 0x%08x", address);
    *fec_register(fec, REG_ECR) &= ~ECR_ENABLE;
    *fec_register(fec, REG_RDAR) = 0;
    *fec_register(fec, REG_TDAR) = 0;
    el4_fec_raise(fec, INT_EBERR);
}

static bool load(struct imx_fec *fec, uint32_t address, struct descriptor *bd)
{
    memset(bd, 0, sizeof(*bd));
    bd->address = address;
    if (fec->host->dma_read(fec->self, address, bd->words, descriptor_bytes(fec), false) < 0) {
        bus_error(fec, address);
        return false;
    }
    swap_words(fec, bd);
    return true;
}

static bool store(struct imx_fec *fec, struct descriptor *bd)
{
    swap_words(fec, bd);
    int status =
        fec->host->dma_write(fec->self, bd->address, bd->words, descriptor_bytes(fec), false);
    swap_words(fec, bd);
    if (status < 0) {
        bus_error(fec, bd->address);
    }
    return status >= 0;
}

static uint32_t following(struct imx_fec *fec, const struct descriptor *bd, unsigned base)
{
    return bd->words[0] & BD_WRAP ? *fec_register(fec, base)
                                  : bd->address + descriptor_bytes(fec);
}

static bool is_enhanced(struct imx_fec *fec)
{
    return *fec_register(fec, REG_ECR) & ECR_1588;
}

static void count(struct imx_fec *fec, unsigned counter, uint32_t amount)
{
    if (!(*fec_register(fec, REG_MIBC) >> 31)) {
        *fec_register(fec, counter) += amount;
    }
}

/* ---- transmit ---- */

static void put_source_address(struct imx_fec *fec)
{
    uint32_t low = *fec_register(fec, REG_PALR), high = *fec_register(fec, REG_PAUR);
    for (unsigned i = 0; i < 4; i++) {
        fec->frame[6 + i] = (uint8_t)(low >> (24 - 8 * i));
    }
    fec->frame[10] = (uint8_t)(high >> 24);
    fec->frame[11] = (uint8_t)(high >> 16);
}

/* All of a frame is there; bd is its last descriptor. */
static void send_frame(struct imx_fec *fec, const struct descriptor *bd)
{
    size_t shift = *fec_register(fec, REG_TACC) & TACC_SHIFT16 ? 2 : 0;
    size_t crc = bd->words[0] & BD_TX_CRC ? 0 : CRC_BYTES; /* there already */
    uint8_t *frame = fec->frame + shift;
    if (fec->frame_too_long || fec->frame_bytes < shift + crc + 14) {
        el4_fec_raise(fec, fec->frame_too_long ? INT_BABT : 0);
        return;
    }
    size_t bytes = fec->frame_bytes - shift - crc;
    if (bytes < FRAME_MIN) {
        memset(frame + bytes, 0, FRAME_MIN - bytes);
        bytes = FRAME_MIN;
    }
    if (*fec_register(fec, REG_TCR) & TCR_ADDINS && !shift) {
        put_source_address(fec);
    }
    if (is_enhanced(fec)) {
        el4_fec_checksum(frame, bytes, bd->words[2] & BD_TX_HEADER,
                         bd->words[2] & BD_TX_PAYLOAD);
    }
    count(fec, REG_RMON_T_PACKETS, 1);
    count(fec, REG_RMON_T_OCTETS, (uint32_t)bytes + CRC_BYTES);
    count(fec, REG_IEEE_T_FRAME_OK, 1);
    if (*fec_register(fec, REG_RCR) & RCR_LOOP) {
        el4_fec_receive(fec, frame, bytes);
    } else if (fec->network) {
        el4_user_net_send(fec->network, frame, bytes);
        fec->host->poll_kick(fec->self);
    }
}

static bool gather(struct imx_fec *fec, const struct descriptor *bd)
{
    uint32_t bytes = BD_LENGTH(bd->words[0]);
    size_t room = sizeof(fec->frame) - fec->frame_bytes;
    if (bytes > room) {
        fec->frame_too_long = true;
        return true;
    }
    if (bytes && fec->host->dma_read(fec->self, bd->words[1], fec->frame + fec->frame_bytes,
                                     bytes, false) < 0) {
        bus_error(fec, bd->words[1]);
        return false;
    }
    fec->frame_bytes += bytes;
    return true;
}

static bool complete_transmit(struct imx_fec *fec, struct descriptor *bd)
{
    bool last = bd->words[0] & BD_LAST;
    uint32_t events = last ? INT_TXF | INT_TXB : INT_TXB;
    bd->words[0] &= ~BD_OWNED;
    if (is_enhanced(fec)) {
        events = bd->words[2] & BD_TX_INT ? events : 0;
        bd->words[4] |= BD_DONE;
        if (last && (bd->words[2] & BD_TX_STAMP)) {
            bd->words[5] = el4_fec_time(fec);
            *fec_register(fec, REG_ATSTMP) = bd->words[5];
            events |= INT_TS_AVAIL;
        }
    }
    if (!store(fec, bd)) {
        return false;
    }
    el4_fec_raise(fec, events);
    return true;
}

/* A ring that never ends must not stop the machine: after a while it goes on later. */
void el4_fec_transmit(struct imx_fec *fec)
{
    struct descriptor bd;
    uint32_t *active = fec_register(fec, REG_TDAR);
    for (unsigned budget = BUDGET; *active && budget; budget--) {
        if (!load(fec, fec->transmit_next, &bd)) {
            return;
        }
        if (!(bd.words[0] & BD_OWNED)) {
            *active = 0;
            return;
        }
        if (!gather(fec, &bd)) {
            return;
        }
        uint32_t next = following(fec, &bd, REG_TDSR);
        if (bd.words[0] & BD_LAST) {
            send_frame(fec, &bd);
            fec->frame_bytes = 0;
            fec->frame_too_long = false;
        }
        if (!complete_transmit(fec, &bd)) {
            return;
        }
        fec->transmit_next = next;
    }
    if (*active) {
        fec->host->timer_set(fec->self, fec->later, fec->host->now_ns(fec->self));
    }
}

/* ---- receive ---- */

static bool hash_accepts(struct imx_fec *fec, const uint8_t *address, unsigned upper,
                         unsigned lower)
{
    unsigned hash = el4_fec_crc(address, NET_MAC_BYTES) >> 26;
    uint32_t bits = *fec_register(fec, hash & 0x20 ? upper : lower);
    return bits >> (hash & 0x1f) & 1;
}

/* Whether a frame is for this station, and the flags that its descriptor gets. */
static bool is_accepted(struct imx_fec *fec, const uint8_t *address, uint32_t *flags)
{
    static const uint8_t broadcast[NET_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint32_t control = *fec_register(fec, REG_RCR);
    uint32_t low = *fec_register(fec, REG_PALR), high = *fec_register(fec, REG_PAUR);
    const uint8_t own[NET_MAC_BYTES] = {(uint8_t)(low >> 24),  (uint8_t)(low >> 16),
                                        (uint8_t)(low >> 8),   (uint8_t)low,
                                        (uint8_t)(high >> 24), (uint8_t)(high >> 16)};
    bool hit;
    *flags = 0;
    if (!memcmp(address, broadcast, NET_MAC_BYTES)) {
        *flags = BD_RX_BCAST;
        hit = !(control & RCR_NO_BCAST);
    } else if (address[0] & 1) {
        *flags = BD_RX_MCAST;
        hit = hash_accepts(fec, address, REG_GAUR, REG_GALR);
    } else {
        hit = !memcmp(address, own, NET_MAC_BYTES) ||
              hash_accepts(fec, address, REG_IAUR, REG_IALR);
    }
    *flags |= hit ? 0 : BD_RX_MISS;
    return hit || (control & RCR_PROMISCUOUS);
}

/* True if the ring has empty buffers for so many bytes. */
static bool has_room(struct imx_fec *fec, size_t bytes, size_t buffer)
{
    struct descriptor bd;
    uint32_t address = fec->receive_next;
    for (size_t found = 0; found < bytes; found += buffer) {
        if (!load(fec, address, &bd) || !(bd.words[0] & BD_OWNED)) {
            return false;
        }
        address = following(fec, &bd, REG_RDSR);
        if (address == fec->receive_next && found + buffer < bytes) {
            return false; /* the ring is shorter than the frame */
        }
    }
    return true;
}

static bool fill_descriptor(struct imx_fec *fec, struct descriptor *bd, const uint8_t *data,
                            size_t piece, uint32_t status)
{
    bool last = status & BD_LAST;
    uint32_t events = last ? INT_RXF | INT_RXB : INT_RXB;
    if (fec->host->dma_write(fec->self, bd->words[1], data, piece, false) < 0) {
        bus_error(fec, bd->words[1]);
        return false;
    }
    bd->words[0] = (bd->words[0] & BD_RX_KEPT) | status;
    if (is_enhanced(fec)) {
        events = bd->words[2] & BD_RX_INT ? events : 0;
        bd->words[2] &= BD_RX_INT;
        bd->words[3] = 0;
        bd->words[4] = BD_DONE;
        bd->words[5] = el4_fec_time(fec);
    }
    if (!store(fec, bd)) {
        return false;
    }
    el4_fec_raise(fec, events);
    return true;
}

static void fill_buffers(struct imx_fec *fec, const uint8_t *data, size_t bytes, size_t buffer,
                         uint32_t flags)
{
    struct descriptor bd;
    for (size_t done = 0; done < bytes;) {
        size_t piece = bytes - done < buffer ? bytes - done : buffer;
        bool last = done + piece == bytes;
        uint32_t status = last ? flags | BD_LAST | (uint32_t)bytes : (uint32_t)piece;
        if (!load(fec, fec->receive_next, &bd)) {
            return;
        }
        uint32_t next = following(fec, &bd, REG_RDSR);
        if (!fill_descriptor(fec, &bd, data + done, piece, status)) {
            return;
        }
        fec->receive_next = next;
        done += piece;
    }
}

/* False if it has to wait for buffers. */
static bool deliver(struct imx_fec *fec, const struct net_frame *frame)
{
    uint8_t data[2 + FEC_FRAME_MAX + CRC_BYTES] = {0};
    uint32_t flags, control = *fec_register(fec, REG_RCR);
    size_t buffer = *fec_register(fec, REG_MRBR) & 0x3ff0;
    size_t shift = *fec_register(fec, REG_RACC) & RACC_SHIFT16 ? 2 : 0;
    size_t bytes = frame->bytes < FRAME_MIN ? FRAME_MIN : frame->bytes;
    if (!is_accepted(fec, frame->data, &flags)) {
        return true;
    }
    if (!buffer) {
        fec->host->log(fec->self, EL4_LOG_GUEST_ERROR, "receive buffers of no bytes (MRBR)");
        return true;
    }
    memcpy(data + shift, frame->data, frame->bytes);
    uint32_t crc = ~el4_fec_crc(data + shift, bytes);
    for (unsigned i = 0; i < CRC_BYTES; i++) {
        data[shift + bytes + i] = (uint8_t)(crc >> (8 * i));
    }
    bytes += CRC_BYTES;
    if (bytes > RCR_MAX_FL(control)) {
        flags |= BD_RX_LONG;
        el4_fec_raise(fec, INT_BABR);
    }
    size_t total = shift + bytes - (control & RCR_NO_CRC ? CRC_BYTES : 0);
    if (!has_room(fec, total, buffer)) {
        *fec_register(fec, REG_RDAR) = 0;
        return false;
    }
    count(fec, REG_RMON_R_PACKETS, 1);
    count(fec, REG_RMON_R_OCTETS, (uint32_t)bytes);
    count(fec, REG_IEEE_R_FRAME_OK, 1);
    fill_buffers(fec, data, total, buffer, flags);
    return true;
}

void el4_fec_deliver_waiting(struct imx_fec *fec)
{
    const struct net_frame *frame;
    while ((frame = el4_net_waiting_first(&fec->waiting)) && *fec_register(fec, REG_RDAR) &&
           deliver(fec, frame)) {
        el4_net_waiting_drop_first(&fec->waiting);
    }
}

void el4_fec_receive(struct imx_fec *fec, const uint8_t *frame, size_t bytes)
{
    if (!(*fec_register(fec, REG_ECR) & ECR_ENABLE) || bytes < 14 || bytes > FEC_FRAME_MAX) {
        return;
    }
    if (el4_net_waiting_add(&fec->waiting, frame, bytes)) {
        el4_fec_deliver_waiting(fec);
    } else {
        count(fec, REG_IEEE_R_DROP, 1);
    }
}
