/* SPDX-License-Identifier: MIT */
/*
 * imx-usdhc: an SDHC memory card (SD Physical Layer Simplified Specification 3.01) over a disk
 * image: high capacity, default and high speed, 3.3 V only, 1 or 4 data lines. Erased blocks
 * are zeros. No write protection groups, no passwords, no SPI mode.
 */
#include "sd-card.h"

#include <stdlib.h>
#include <string.h>

/* Card states, as the card status has them (4.10.1). */
enum sd_state {
    STATE_IDLE,
    STATE_READY,
    STATE_IDENT,
    STATE_STANDBY,
    STATE_TRANSFER,
    STATE_SENDING,
    STATE_RECEIVING,
    STATE_INACTIVE = 15,
};

#define STATUS_OUT_OF_RANGE (1u << 31)
#define STATUS_ERASE_SEQ    (1u << 28)
#define STATUS_ERASE_PARAM  (1u << 27)
#define STATUS_WP_VIOLATION (1u << 26)
#define STATUS_ILLEGAL      (1u << 22)
#define STATUS_ERROR        (1u << 19)
#define STATUS_READY        (1u << 8)
#define STATUS_APP_CMD      (1u << 5)

#define OCR_VOLTAGES 0x00ff8000u
#define OCR_HIGH     (1u << 30) /* CCS; in ACMD41's argument HCS */
#define OCR_POWERED  (1u << 31)

#define SIZE_UNIT  (512u * 1024u) /* of C_SIZE */
#define C_SIZE_MAX 0x3fffffu
#define CARD_RCA   0x4567u
#define SMALL_MAX  64u /* the longest block that is not content */

struct sd_card {
    struct disk *disk;
    bool readonly;
    uint32_t blocks; /* of the card */

    enum sd_state state;
    uint32_t errors; /* for the next response that has a status */
    uint16_t rca;
    bool app_command;  /* CMD55 came before */
    uint8_t bus_width; /* ACMD6: 0 or 2 */
    uint8_t speed;     /* CMD6: function of group 1 */
    uint32_t erase_first, erase_last;
    bool erase_has_first, erase_has_last;

    /* The transfer under way, if the state is SENDING or RECEIVING. */
    uint32_t next;        /* block */
    uint32_t left;        /* blocks to go; 0: until CMD12 */
    uint32_t block_count; /* CMD23, for the next command */
    uint8_t small[SMALL_MAX];
    size_t small_bytes; /* not 0: `small` is sent instead of content */
    uint32_t written;   /* ACMD22 */
};

/* ---- registers of the card ---- */

static uint8_t crc7(const uint8_t *data, size_t bytes)
{
    uint8_t crc = 0;
    for (size_t i = 0; i < bytes * 8; i++) {
        bool bit = (data[i / 8] >> (7 - i % 8) & 1) != (crc >> 6 & 1);
        crc = (uint8_t)((crc << 1 & 0x7f) ^ (bit ? 0x09 : 0));
    }
    return crc;
}

static struct sd_reply long_reply(uint8_t data[16])
{
    struct sd_reply reply = {.kind = SD_RESPONSE_LONG};
    data[15] = (uint8_t)(crc7(data, 15) << 1 | 1);
    for (unsigned i = 0; i < 16; i++) {
        reply.words[i / 4] = reply.words[i / 4] << 8 | data[i];
    }
    return reply;
}

/* Maker 0xee, "E4", "EL4SD", revision 1.0, serial number, January 2024 (5.2). */
static struct sd_reply reply_cid(void)
{
    uint8_t cid[16] = {0xee, 'E',  '4',  'E',  'L',  '4',  'S', 'D',
                       0x10, 0x00, 0x00, 0x00, 0x01, 0x01, 0x81};
    return long_reply(cid);
}

/* Version 2.0 (5.3.3): classes 0, 2, 4, 5, 8 and 10, 25 MHz. */
static struct sd_reply reply_csd(const struct sd_card *card)
{
    uint32_t size = card->blocks / (SIZE_UNIT / SD_BLOCK_BYTES) - 1;
    uint8_t csd[16] = {0x40,
                       0x0e,
                       0x00,
                       card->speed ? 0x5a : 0x32,
                       0x53,
                       0x59,
                       0x00,
                       (uint8_t)(size >> 16),
                       (uint8_t)(size >> 8),
                       (uint8_t)size,
                       0x7f,
                       0x80,
                       0x0a,
                       0x40,
                       card->readonly ? 0x20 : 0x00};
    return long_reply(csd);
}

/* ---- responses ---- */

static uint32_t take_status(struct sd_card *card, enum sd_state state)
{
    uint32_t status = card->errors | (uint32_t)state << 9 | STATUS_READY;
    card->errors = 0;
    return card->app_command ? status | STATUS_APP_CMD : status;
}

/* R1: the state is the one in which the command came. */
static struct sd_reply reply_status(struct sd_card *card, enum sd_state state)
{
    return (struct sd_reply){SD_RESPONSE_SHORT, {take_status(card, state)}};
}

static struct sd_reply no_reply(void)
{
    return (struct sd_reply){.kind = SD_RESPONSE_NONE};
}

static struct sd_reply illegal(struct sd_card *card)
{
    card->errors |= STATUS_ILLEGAL;
    return no_reply();
}

/* R6: some bits of the status move (4.9.5). */
static struct sd_reply reply_rca(struct sd_card *card, enum sd_state state)
{
    uint32_t status = take_status(card, state);
    uint32_t bits = (status >> 8 & 0xc000) | (status >> 6 & 0x2000) | (status & 0x1fff);
    return (struct sd_reply){SD_RESPONSE_SHORT, {(uint32_t)card->rca << 16 | bits}};
}

static bool is_addressed(const struct sd_card *card, uint32_t argument)
{
    return argument >> 16 == card->rca;
}

/* ---- transfers ---- */

static struct sd_reply send_small(struct sd_card *card, size_t bytes)
{
    enum sd_state state = card->state;
    card->small_bytes = bytes;
    card->left = 1;
    card->state = STATE_SENDING;
    return reply_status(card, state);
}

static struct sd_reply start_transfer(struct sd_card *card, uint32_t block, bool multiple,
                                      bool write)
{
    enum sd_state state = card->state;
    uint32_t count = card->block_count;
    card->block_count = 0;
    if (state != STATE_TRANSFER) {
        return illegal(card);
    }
    if (block >= card->blocks || (write && card->readonly)) {
        card->errors |= block >= card->blocks ? STATUS_OUT_OF_RANGE : STATUS_WP_VIOLATION;
        return reply_status(card, state);
    }
    card->next = block;
    card->left = multiple ? count : 1;
    card->small_bytes = 0;
    card->written = write ? 0 : card->written;
    card->state = write ? STATE_RECEIVING : STATE_SENDING;
    return reply_status(card, state);
}

static void block_done(struct sd_card *card)
{
    if (card->left && --card->left == 0) {
        card->state = STATE_TRANSFER;
        card->small_bytes = 0;
    }
}

/* The next block's offset; false if the transfer has gone beyond the card's end. */
static bool content_offset(struct sd_card *card, size_t bytes, uint64_t *offset)
{
    if (bytes != SD_BLOCK_BYTES || card->next >= card->blocks) {
        card->errors |= card->next >= card->blocks ? STATUS_OUT_OF_RANGE : 0;
        return false;
    }
    *offset = (uint64_t)card->next * SD_BLOCK_BYTES;
    return true;
}

bool el4_sd_card_read(struct sd_card *card, void *data, size_t bytes)
{
    uint64_t offset;
    if (card->state != STATE_SENDING) {
        return false;
    }
    if (card->small_bytes) {
        if (bytes != card->small_bytes) {
            return false;
        }
        memcpy(data, card->small, bytes);
        block_done(card);
        return true;
    }
    if (!content_offset(card, bytes, &offset)) {
        return false;
    }
    if (el4_disk_read(card->disk, offset, data, bytes) < 0) {
        card->errors |= STATUS_ERROR;
        return false;
    }
    card->next++;
    block_done(card);
    return true;
}

bool el4_sd_card_write(struct sd_card *card, const void *data, size_t bytes)
{
    uint64_t offset;
    if (card->state != STATE_RECEIVING || !content_offset(card, bytes, &offset)) {
        return false;
    }
    if (el4_disk_write(card->disk, offset, data, bytes) < 0) {
        card->errors |= STATUS_ERROR;
        return false;
    }
    card->next++;
    card->written++;
    block_done(card);
    return true;
}

/* ---- what some commands do ---- */

static void put_be32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* CMD6: 512 bits of what can be and what is chosen (4.3.10); only group 1 has a choice. */
static struct sd_reply switch_function(struct sd_card *card, uint32_t argument)
{
    uint8_t chosen[6];
    bool refused = false;
    for (unsigned group = 0; group < 6; group++) {
        uint32_t wanted = argument >> (4 * group) & 0xf;
        uint8_t now = group == 0 ? card->speed : 0;
        bool known = wanted == 0 || (group == 0 && wanted == 1);
        chosen[group] = wanted == 0xf ? now : known ? (uint8_t)wanted : 0xf;
        refused |= chosen[group] == 0xf;
    }
    memset(card->small, 0, sizeof(card->small));
    card->small[1] = refused ? 0 : 100; /* milliamperes */
    for (unsigned group = 0; group < 6; group++) {
        card->small[13 - 2 * group] = group == 0 ? 0x03 : 0x01;
        card->small[12 - 2 * group] = 0x80;
        card->small[16 - group / 2] |= (uint8_t)(chosen[group] << (group % 2 * 4));
    }
    if (argument >> 31 && !refused) {
        card->speed = chosen[0];
    }
    return send_small(card, 64);
}

/* ACMD13: 4.10.2. Speed class 10, allocation units of 4 MiB. */
static struct sd_reply send_sd_status(struct sd_card *card)
{
    memset(card->small, 0, sizeof(card->small));
    card->small[0] = (uint8_t)(card->bus_width << 6);
    card->small[8] = 0x04;
    card->small[10] = 0x90;
    return send_small(card, 64);
}

/* ACMD51: version 3.0x, 1 and 4 data lines, CMD23 (5.6). */
static struct sd_reply send_scr(struct sd_card *card)
{
    static const uint8_t scr[8] = {0x02, 0x05, 0x80, 0x02};
    memcpy(card->small, scr, sizeof(scr));
    return send_small(card, sizeof(scr));
}

static struct sd_reply erase(struct sd_card *card)
{
    enum sd_state state = card->state;
    bool in_order = card->erase_has_first && card->erase_has_last;
    uint32_t first = card->erase_first, last = card->erase_last;
    card->erase_has_first = false;
    card->erase_has_last = false;
    if (!in_order) {
        card->errors |= STATUS_ERASE_SEQ;
    } else if (first > last || last >= card->blocks) {
        card->errors |= STATUS_ERASE_PARAM;
    } else if (card->readonly) {
        card->errors |= STATUS_WP_VIOLATION;
    } else if (el4_disk_zero(card->disk, (uint64_t)first * SD_BLOCK_BYTES,
                             ((uint64_t)last - first + 1) * SD_BLOCK_BYTES, true) < 0) {
        card->errors |= STATUS_ERROR;
    }
    return reply_status(card, state);
}

/* ACMD41: without HCS a card of high capacity never gets ready (4.2.3.1). */
static struct sd_reply send_operating_condition(struct sd_card *card, uint32_t argument)
{
    uint32_t ocr = OCR_VOLTAGES;
    if (card->state != STATE_IDLE) {
        return illegal(card);
    }
    if (argument & OCR_VOLTAGES && argument & OCR_HIGH) {
        card->state = STATE_READY;
        ocr |= OCR_POWERED | OCR_HIGH;
    }
    return (struct sd_reply){SD_RESPONSE_SHORT, {ocr}};
}

static struct sd_reply select_card(struct sd_card *card, uint32_t argument)
{
    enum sd_state state = card->state;
    if (state < STATE_STANDBY || state == STATE_INACTIVE) {
        return illegal(card);
    }
    if (!is_addressed(card, argument)) {
        card->state = STATE_STANDBY;
        return no_reply();
    }
    if (state != STATE_STANDBY) {
        return illegal(card);
    }
    card->state = STATE_TRANSFER;
    return reply_status(card, state);
}

static struct sd_reply stop(struct sd_card *card)
{
    enum sd_state state = card->state;
    if (state != STATE_SENDING && state != STATE_RECEIVING && state != STATE_TRANSFER) {
        return illegal(card);
    }
    card->state = STATE_TRANSFER;
    card->left = 0;
    card->small_bytes = 0;
    return reply_status(card, state);
}

/* ---- commands by number ---- */

static struct sd_reply app_command(struct sd_card *card, uint32_t index, uint32_t argument)
{
    enum sd_state state = card->state;
    if (index == 41) {
        return send_operating_condition(card, argument);
    }
    if (state != STATE_TRANSFER) {
        return illegal(card);
    }
    card->app_command = true; /* as the response says */
    struct sd_reply reply;
    switch (index) {
    case 6:
        card->bus_width = argument & 2;
        reply = reply_status(card, state);
        break;
    case 13: reply = send_sd_status(card); break;
    case 22:
        put_be32(card->small, card->written);
        reply = send_small(card, 4);
        break;
    case 23: /* to erase before writing: no gain */
    case 42: /* the pull-up resistor */ reply = reply_status(card, state); break;
    case 51: reply = send_scr(card); break;
    default: reply = illegal(card); break;
    }
    card->app_command = false;
    return reply;
}

/* While the card has no address yet. */
static struct sd_reply identify(struct sd_card *card, uint32_t index, uint32_t argument)
{
    enum sd_state state = card->state;
    switch (index) {
    case 0: el4_sd_card_power_on(card); return no_reply();
    case 2:
        if (state != STATE_READY) {
            return illegal(card);
        }
        card->state = STATE_IDENT;
        return reply_cid();
    case 3:
        if (state != STATE_IDENT && state != STATE_STANDBY) {
            return illegal(card);
        }
        card->state = STATE_STANDBY;
        card->rca = CARD_RCA;
        return reply_rca(card, state);
    default: /* 8: 2.7 to 3.6 V */
        if (state != STATE_IDLE || (argument >> 8 & 0xf) != 1) {
            return no_reply();
        }
        return (struct sd_reply){SD_RESPONSE_SHORT, {argument & 0xfff}};
    }
}

/* Commands that name the card. */
static struct sd_reply addressed(struct sd_card *card, uint32_t index, uint32_t argument)
{
    if (!is_addressed(card, argument)) {
        return no_reply();
    }
    switch (index) {
    case 13: return reply_status(card, card->state);
    case 15: card->state = STATE_INACTIVE; return no_reply();
    case 55: card->app_command = true; return reply_status(card, card->state);
    default: break;
    }
    if (card->state != STATE_STANDBY) {
        return illegal(card);
    }
    return index == 9 ? reply_csd(card) : reply_cid();
}

/* Commands of the transfer state that only note something. */
static struct sd_reply note(struct sd_card *card, uint32_t index, uint32_t argument)
{
    if (card->state != STATE_TRANSFER) {
        return illegal(card);
    }
    switch (index) {
    case 16: break; /* blocks of such a card have 512 bytes whatever is said */
    case 23: card->block_count = argument; break;
    case 32:
        card->erase_first = argument;
        card->erase_has_first = true;
        break;
    case 33:
        card->erase_last = argument;
        card->erase_has_last = true;
        break;
    default: return erase(card);
    }
    return reply_status(card, STATE_TRANSFER);
}

struct sd_reply el4_sd_card_command(struct sd_card *card, uint32_t index, uint32_t argument)
{
    if (card->state == STATE_INACTIVE) {
        return no_reply(); /* until power is switched off */
    }
    if (card->app_command) {
        card->app_command = false;
        return app_command(card, index, argument);
    }
    switch (index) {
    case 0:
    case 2:
    case 3:
    case 8: return identify(card, index, argument);
    case 4: return no_reply(); /* there is no DSR */
    case 6:
        return card->state == STATE_TRANSFER ? switch_function(card, argument) : illegal(card);
    case 7: return select_card(card, argument);
    case 9:
    case 10:
    case 13:
    case 15:
    case 55: return addressed(card, index, argument);
    case 12: return stop(card);
    case 16:
    case 23:
    case 32:
    case 33:
    case 38: return note(card, index, argument);
    case 17: return start_transfer(card, argument, false, false);
    case 18: return start_transfer(card, argument, true, false);
    case 24: return start_transfer(card, argument, false, true);
    case 25: return start_transfer(card, argument, true, true);
    default: return illegal(card);
    }
}

/* ---- life ---- */

void el4_sd_card_power_on(struct sd_card *card)
{
    card->state = STATE_IDLE;
    card->errors = 0;
    card->rca = 0;
    card->app_command = false;
    card->bus_width = 0;
    card->speed = 0;
    card->erase_has_first = false;
    card->erase_has_last = false;
    card->left = 0;
    card->block_count = 0;
    card->small_bytes = 0;
}

struct sd_card *el4_sd_card_new(const struct el4_host *host, struct el4_instance *self,
                                struct disk *disk, bool readonly)
{
    uint64_t bytes = el4_disk_bytes(disk);
    if (bytes % SIZE_UNIT || bytes / SIZE_UNIT > C_SIZE_MAX) {
        host->fail(self,
                   "file: an SD card's size is a multiple of 512 KiB, below 2 TiB; "
                   "this one has %llu bytes",
                   (unsigned long long)bytes);
        return NULL;
    }
    struct sd_card *card = calloc(1, sizeof(*card));
    if (!card) {
        host->fail(self, "out of memory");
        return NULL;
    }
    card->disk = disk;
    card->readonly = readonly;
    card->blocks = (uint32_t)(bytes / SD_BLOCK_BYTES);
    el4_sd_card_power_on(card);
    return card;
}

void el4_sd_card_free(struct sd_card *card)
{
    el4_disk_close(card->disk);
    free(card);
}
