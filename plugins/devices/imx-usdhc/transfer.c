/* SPDX-License-Identifier: MIT */
/*
 * imx-usdhc: data transfers (i.MX 6UltraLite reference manual, chapter 58): by the data port,
 * by simple DMA, by ADMA2. DMA takes no time. A transfer has at most 65535 blocks, and a
 * descriptor table is followed only as long as it is worth it, so that no guest can keep the
 * machine busy.
 */
#include "imx-usdhc.h"

/* PROT_CTRL.DMASEL */
#define DMASEL(prot) ((prot) >> 8 & 3)
enum { DMA_SIMPLE, DMA_ADMA1, DMA_ADMA2 };

/* ADMA2 descriptor: attributes, length, address */
#define ADMA_VALID     (1u << 0)
#define ADMA_END       (1u << 1)
#define ADMA_INTERRUPT (1u << 2)
#define ADMA_ACTION(d) ((d) >> 4 & 3)
enum { ADMA_NOP, ADMA_RESERVED, ADMA_TRANSFER, ADMA_LINK };

/* ADMA_ERR_STATUS */
#define ADMA_FETCH_ERROR   0x1u
#define ADMA_DATA_ERROR    0x3u
#define ADMA_LENGTH_ERROR  (1u << 2)
#define ADMA_INVALID_ERROR (1u << 3)

/* More than a transfer of 65535 blocks of 4 KiB can need, by pages, and links. */
#define DESCRIPTORS_MAX 131072u
#define TABLE_BYTES_MAX (256u << 20)

static uint32_t multiple_blocks(const struct imx_usdhc *usdhc)
{
    return usdhc->registers[REG_BLK_ATT / 4] >> 16;
}

/* ---- the card's side: whole blocks ---- */

static bool block_from_card(struct imx_usdhc *usdhc)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    if (!usdhc->card ||
        !el4_sd_card_read(usdhc->card, transfer->buffer, transfer->block_bytes)) {
        transfer->active = false;
        el4_usdhc_raise(usdhc, INT_DTOE);
        return false;
    }
    transfer->left -= !transfer->endless;
    transfer->at = 0;
    return true;
}

static bool block_to_card(struct imx_usdhc *usdhc)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    if (!usdhc->card ||
        !el4_sd_card_write(usdhc->card, transfer->buffer, transfer->block_bytes)) {
        transfer->active = false;
        el4_usdhc_raise(usdhc, INT_DCE);
        return false;
    }
    transfer->left -= !transfer->endless;
    transfer->at = 0;
    return true;
}

static void finish(struct imx_usdhc *usdhc)
{
    uint32_t mix = *usdhc_register(usdhc, REG_MIX_CTRL);
    usdhc->transfer.active = false;
    if (mix & MIX_BCEN) {
        *usdhc_register(usdhc, REG_BLK_ATT) &= 0xffff;
    }
    if ((mix & MIX_AC12EN) && (mix & MIX_MULTI) &&
        !el4_usdhc_send(usdhc, 12, 0, usdhc_register(usdhc, REG_CMD_RSP3))) {
        *usdhc_register(usdhc, REG_AUTOCMD_STATUS) |= 1u << 1; /* no response */
        el4_usdhc_raise(usdhc, INT_AC12E);
    }
    el4_usdhc_raise(usdhc, INT_TC);
}

/* ---- DMA ---- */

/* True when all blocks have been moved, and memory has what belongs there. */
static bool is_complete(const struct usdhc_transfer *transfer)
{
    uint32_t rest = transfer->write ? transfer->at : transfer->block_bytes - transfer->at;
    return !transfer->endless && !transfer->left && !rest;
}

/* Move up to `bytes` between memory and card; false after an error, which has been raised. */
static bool move(struct imx_usdhc *usdhc, uint32_t address, uint32_t bytes)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    while (bytes && !is_complete(transfer)) {
        if (!transfer->write && transfer->at == transfer->block_bytes &&
            !block_from_card(usdhc)) {
            return false;
        }
        uint32_t piece = transfer->block_bytes - transfer->at;
        piece = piece < bytes ? piece : bytes;
        uint8_t *buffer = transfer->buffer + transfer->at;
        int status = transfer->write
                         ? usdhc->host->dma_read(usdhc->self, address, buffer, piece, false)
                         : usdhc->host->dma_write(usdhc->self, address, buffer, piece, false);
        if (status < 0) {
            *usdhc_register(usdhc, REG_ADMA_ERR_STATUS) = ADMA_DATA_ERROR;
            transfer->active = false;
            el4_usdhc_raise(usdhc, INT_DMAE);
            return false;
        }
        transfer->at += piece;
        address += piece;
        bytes -= piece;
        if (transfer->write && transfer->at == transfer->block_bytes && !block_to_card(usdhc)) {
            return false;
        }
    }
    return true;
}

static void run_simple(struct imx_usdhc *usdhc)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    uint32_t *address = usdhc_register(usdhc, REG_DS_ADDR);
    uint32_t bytes = transfer->left * transfer->block_bytes; /* below 2^28 */
    if (transfer->endless) {
        usdhc->host->log(usdhc->self, EL4_LOG_UNIMPLEMENTED,
                         "simple DMA of an unlimited number of blocks");
        transfer->active = false;
        el4_usdhc_raise(usdhc, INT_DTOE);
        return;
    }
    if (move(usdhc, *address, bytes)) {
        *address += bytes;
        el4_usdhc_raise(usdhc, INT_DINT);
        finish(usdhc);
    }
}

static void adma_error(struct imx_usdhc *usdhc, uint32_t error)
{
    *usdhc_register(usdhc, REG_ADMA_ERR_STATUS) = error;
    usdhc->transfer.active = false;
    el4_usdhc_raise(usdhc, INT_DMAE);
}

static void run_adma2(struct imx_usdhc *usdhc)
{
    uint32_t *next = usdhc_register(usdhc, REG_ADMA_SYS_ADDR);
    uint64_t total = 0;
    for (unsigned count = 0; count < DESCRIPTORS_MAX && total < TABLE_BYTES_MAX; count++) {
        uint32_t words[2];
        if (usdhc->host->dma_read(usdhc->self, *next, words, sizeof(words), false) < 0) {
            adma_error(usdhc, ADMA_FETCH_ERROR);
            return;
        }
        uint32_t attributes = words[0] & 0xffff, length = words[0] >> 16;
        if (!(attributes & ADMA_VALID)) {
            adma_error(usdhc, ADMA_FETCH_ERROR | ADMA_INVALID_ERROR);
            return;
        }
        *next += (uint32_t)sizeof(words);
        length = length ? length : 65536;
        total += ADMA_ACTION(attributes) == ADMA_TRANSFER ? length : 0;
        if (ADMA_ACTION(attributes) == ADMA_LINK) {
            *next = words[1];
        } else if (ADMA_ACTION(attributes) == ADMA_TRANSFER && !move(usdhc, words[1], length)) {
            return;
        }
        if (attributes & ADMA_INTERRUPT) {
            el4_usdhc_raise(usdhc, INT_DINT);
        }
        if (is_complete(&usdhc->transfer)) {
            finish(usdhc);
            return;
        }
        if (attributes & ADMA_END) {
            if (usdhc->transfer.endless) {
                finish(usdhc);
            } else {
                adma_error(usdhc, ADMA_DATA_ERROR | ADMA_LENGTH_ERROR);
            }
            return;
        }
    }
    usdhc->host->log(usdhc->self, EL4_LOG_GUEST_ERROR, "the ADMA2 table does not end");
    adma_error(usdhc, ADMA_FETCH_ERROR | ADMA_LENGTH_ERROR);
}

static void run_dma(struct imx_usdhc *usdhc)
{
    switch (DMASEL(*usdhc_register(usdhc, REG_PROT_CTRL))) {
    case DMA_SIMPLE: run_simple(usdhc); break;
    case DMA_ADMA2: run_adma2(usdhc); break;
    default:
        usdhc->host->log(usdhc->self, EL4_LOG_UNIMPLEMENTED, "ADMA1");
        adma_error(usdhc, ADMA_FETCH_ERROR);
        break;
    }
}

/* ---- the data port ---- */

/* Offer the next block, or room for it; or end. */
static void next_block(struct imx_usdhc *usdhc)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    if (!transfer->endless && !transfer->left) {
        finish(usdhc);
    } else if (transfer->write) {
        el4_usdhc_raise(usdhc, INT_BWR);
    } else if (block_from_card(usdhc)) {
        el4_usdhc_raise(usdhc, INT_BRR);
    }
}

uint32_t el4_usdhc_port_read(struct imx_usdhc *usdhc, unsigned size)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    uint32_t value = 0;
    if (!transfer->active || transfer->write) {
        usdhc->host->log(usdhc->self, EL4_LOG_GUEST_ERROR,
                         "the data port is read while it has nothing");
        return 0;
    }
    for (unsigned i = 0; i < size && transfer->at < transfer->block_bytes; i++) {
        value |= (uint32_t)transfer->buffer[transfer->at++] << (8 * i);
    }
    if (transfer->at == transfer->block_bytes) {
        next_block(usdhc);
    }
    return value;
}

void el4_usdhc_port_write(struct imx_usdhc *usdhc, uint32_t value, unsigned size)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    if (!transfer->active || !transfer->write) {
        usdhc->host->log(usdhc->self, EL4_LOG_GUEST_ERROR,
                         "the data port is written while nothing is to be sent");
        return;
    }
    for (unsigned i = 0; i < size && transfer->at < transfer->block_bytes; i++) {
        transfer->buffer[transfer->at++] = (uint8_t)(value >> (8 * i));
    }
    if (transfer->at == transfer->block_bytes && block_to_card(usdhc)) {
        next_block(usdhc);
    }
}

/* ---- begin and end ---- */

void el4_usdhc_transfer_start(struct imx_usdhc *usdhc)
{
    struct usdhc_transfer *transfer = &usdhc->transfer;
    uint32_t mix = *usdhc_register(usdhc, REG_MIX_CTRL);
    bool multiple = mix & MIX_MULTI;
    transfer->block_bytes = *usdhc_register(usdhc, REG_BLK_ATT) & 0x1fff;
    transfer->write = !(mix & MIX_READ);
    transfer->endless = multiple && !(mix & MIX_BCEN);
    transfer->left = transfer->endless ? 0 : multiple ? multiple_blocks(usdhc) : 1;
    if (!transfer->block_bytes || transfer->block_bytes > BLOCK_BYTES_MAX ||
        (!transfer->endless && !transfer->left)) {
        usdhc->host->log(usdhc->self, EL4_LOG_GUEST_ERROR,
                         "a transfer of %u blocks of %u bytes", transfer->left,
                         transfer->block_bytes);
        el4_usdhc_raise(usdhc, INT_TC);
        return;
    }
    transfer->active = true;
    /* Full when nothing was read yet: DMA then fetches a block first. */
    transfer->at = transfer->write ? 0 : transfer->block_bytes;
    if (mix & MIX_DMAEN) {
        run_dma(usdhc);
    } else {
        next_block(usdhc);
    }
}

void el4_usdhc_transfer_stop(struct imx_usdhc *usdhc)
{
    usdhc->transfer.active = false;
}
