/* SPDX-License-Identifier: MIT */
/*
 * cfi-flash: one x16 chip with Intel's basic command set (JEDEC JEP137: 0x0001). Chips look at
 * the low byte of a command only. Every operation is finished when the write that starts it
 * returns, so that status bit 7 (ready) is always set and suspending never finds anything to
 * do.
 */
#include "chip.h"

#include <string.h>

enum {
    COMMAND_LOCK = 0x01,
    COMMAND_SET_CONFIGURATION = 0x03,
    COMMAND_PROGRAM_ALTERNATE = 0x10,
    COMMAND_ERASE = 0x20,
    COMMAND_LOCK_DOWN = 0x2f,
    COMMAND_PROGRAM = 0x40,
    COMMAND_CLEAR_STATUS = 0x50,
    COMMAND_LOCK_SETUP = 0x60,
    COMMAND_READ_STATUS = 0x70,
    COMMAND_READ_ID = 0x90,
    COMMAND_READ_QUERY = 0x98,
    COMMAND_SUSPEND = 0xb0,
    COMMAND_PROGRAM_PROTECTION = 0xc0,
    COMMAND_CONFIRM = 0xd0,
    COMMAND_BUFFERED_PROGRAM = 0xe8,
};

#define STATUS_READY         0x80u
#define STATUS_ERASE_ERROR   0x20u
#define STATUS_PROGRAM_ERROR 0x10u
#define STATUS_BLOCK_LOCKED  0x02u
#define STATUS_SEQUENCE      (STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR)

#define LOCKED      1u
#define LOCKED_DOWN 2u

#define ID_MANUFACTURER 0x89u
#define ID_DEVICE       0x18u

/* CFI table from word 0x10 on (JESD68.01), primary extended table at 0x31. */
// clang-format off
static const uint8_t query[] = {
    'Q', 'R', 'Y',
    0x01, 0x00,             /* 0x13: Intel's command set */
    0x31, 0x00,             /* 0x15: primary extended table */
    0x00, 0x00, 0x00, 0x00, /* 0x17: no alternate set */
    0x27, 0x36, 0x00, 0x00, /* 0x1b: Vcc 2.7 to 3.6 V, no Vpp */
    0x07, 0x07, 0x0a, 0x00, /* 0x1f: typical times, 2^n us, us, ms */
    0x04, 0x04, 0x04, 0x00, /* 0x23: longest are 2^n times those */
    CHIP_WORD_BITS,         /* 0x27: 2^n bytes */
    0x01, 0x00,             /* 0x28: x16 */
    CHIP_BUFFER_BITS, 0x00, /* 0x2a: 2^n bytes of buffer */
    0x01,                   /* 0x2c: one region of blocks of one size */
    (CHIP_BLOCKS - 1) & 0xff, (CHIP_BLOCKS - 1) >> 8,
    (CHIP_BLOCK_WORDS * 2 / 256) & 0xff, (CHIP_BLOCK_WORDS * 2 / 256) >> 8,
    'P', 'R', 'I', '1', '0', /* 0x31 */
    0x20, 0x00, 0x00, 0x00, /* 0x36: instant individual block locking */
    0x00,                   /* 0x3a: nothing while suspended */
    0x03, 0x00,             /* 0x3b: lock and lock-down status bits */
    0x33, 0x00,             /* 0x3d: best Vcc, Vpp */
    0x00,                   /* 0x3f: no protection registers */
};
// clang-format on

#define QUERY_FIRST 0x10u

static uint8_t *word_bytes(const struct chip *chip, uint32_t word)
{
    return chip->array + (size_t)word * 4 + chip->lane * 2;
}

uint16_t el4_flash_chip_word(const struct chip *chip, uint32_t word)
{
    const uint8_t *bytes = word_bytes(chip, word % CHIP_WORDS);
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void mark_dirty(struct chip *chip, uint32_t first, uint32_t end)
{
    if (chip->dirty_first == chip->dirty_end) {
        chip->dirty_first = first;
        chip->dirty_end = end;
        return;
    }
    chip->dirty_first = first < chip->dirty_first ? first : chip->dirty_first;
    chip->dirty_end = end > chip->dirty_end ? end : chip->dirty_end;
}

/* Programming can only make zeros. */
static void program_word(struct chip *chip, uint32_t word, uint16_t value)
{
    uint8_t *bytes = word_bytes(chip, word);
    bytes[0] &= (uint8_t)value;
    bytes[1] &= (uint8_t)(value >> 8);
    mark_dirty(chip, word, word + 1);
}

static bool block_is_locked(struct chip *chip, uint32_t word, uint8_t error)
{
    if (!(chip->locked[word / CHIP_BLOCK_WORDS] & LOCKED)) {
        return false;
    }
    chip->status |= error | STATUS_BLOCK_LOCKED;
    return true;
}

static void erase_block(struct chip *chip, uint32_t word)
{
    uint32_t first = word - word % CHIP_BLOCK_WORDS;
    if (block_is_locked(chip, word, STATUS_ERASE_ERROR)) {
        return;
    }
    for (uint32_t i = 0; i < CHIP_BLOCK_WORDS; i++) {
        memset(word_bytes(chip, first + i), 0xff, 2);
    }
    mark_dirty(chip, first, first + CHIP_BLOCK_WORDS);
}

static void lock_block(struct chip *chip, uint32_t word, uint8_t command)
{
    uint8_t *lock = &chip->locked[word / CHIP_BLOCK_WORDS];
    switch (command) {
    case COMMAND_LOCK: *lock |= LOCKED; break;
    case COMMAND_LOCK_DOWN: *lock |= LOCKED | LOCKED_DOWN; break;
    case COMMAND_CONFIRM:
        if (!(*lock & LOCKED_DOWN)) {
            *lock = 0;
        }
        break;
    case COMMAND_SET_CONFIGURATION: break;
    default: chip->status |= STATUS_SEQUENCE; break;
    }
}

static void start_buffer(struct chip *chip, uint16_t value)
{
    chip->buffer_count = value + 1u;
    chip->buffer_filled = 0;
    chip->buffer_bad = chip->buffer_count > CHIP_BUFFER_WORDS;
    if (chip->buffer_bad) {
        chip->status |= STATUS_SEQUENCE;
        chip->step = CHIP_COMMAND;
        return;
    }
    memset(chip->buffer, 0xff, sizeof(chip->buffer));
    chip->step = CHIP_BUFFER_DATA;
}

/* The first data word says where the buffer starts; the others lie within its length. */
static void fill_buffer(struct chip *chip, uint32_t word, uint16_t value)
{
    if (!chip->buffer_filled) {
        chip->buffer_start = word;
        chip->buffer_bad = word / CHIP_BLOCK_WORDS != chip->buffer_block;
    }
    uint32_t index = word - chip->buffer_start;
    if (word < chip->buffer_start || index >= chip->buffer_count ||
        word / CHIP_BLOCK_WORDS != chip->buffer_block) {
        chip->buffer_bad = true;
    } else {
        chip->buffer[index] &= value;
    }
    if (++chip->buffer_filled == chip->buffer_count) {
        chip->step = CHIP_BUFFER_CONFIRM;
    }
}

/* The confirmation may come at any address: EDK2 sends it to that of the bank. */
static void confirm_buffer(struct chip *chip, uint8_t command)
{
    chip->step = CHIP_COMMAND;
    if (command != COMMAND_CONFIRM || chip->buffer_bad) {
        chip->status |= STATUS_SEQUENCE;
        return;
    }
    if (block_is_locked(chip, chip->buffer_start, STATUS_PROGRAM_ERROR)) {
        return;
    }
    for (unsigned i = 0; i < chip->buffer_count; i++) {
        if (chip->buffer_start + i < CHIP_WORDS) {
            program_word(chip, chip->buffer_start + i, chip->buffer[i]);
        }
    }
}

static void start_command(struct chip *chip, uint32_t word, uint8_t command)
{
    chip->view = CHIP_STATUS;
    switch (command) {
    case COMMAND_PROGRAM:
    case COMMAND_PROGRAM_ALTERNATE: chip->step = CHIP_PROGRAM_DATA; break;
    case COMMAND_BUFFERED_PROGRAM:
        chip->step = CHIP_BUFFER_COUNT;
        chip->buffer_block = word / CHIP_BLOCK_WORDS;
        break;
    case COMMAND_ERASE: chip->step = CHIP_ERASE_CONFIRM; break;
    case COMMAND_LOCK_SETUP: chip->step = CHIP_LOCK_CONFIRM; break;
    case COMMAND_PROGRAM_PROTECTION: chip->step = CHIP_IGNORED_DATA; break;
    case COMMAND_CLEAR_STATUS:
        chip->status = STATUS_READY;
        chip->view = CHIP_ARRAY;
        break;
    case COMMAND_READ_STATUS:
    case COMMAND_SUSPEND:
    case COMMAND_CONFIRM: break;
    case COMMAND_READ_ID: chip->view = CHIP_ID; break;
    case COMMAND_READ_QUERY: chip->view = CHIP_QUERY; break;
    default: chip->view = CHIP_ARRAY; break; /* 0xff, and resets of other command sets */
    }
}

void el4_flash_chip_write(struct chip *chip, uint32_t word, uint16_t value)
{
    uint8_t command = (uint8_t)value;
    word %= CHIP_WORDS;
    switch (chip->step) {
    case CHIP_COMMAND: start_command(chip, word, command); return;
    case CHIP_PROGRAM_DATA:
        if (!block_is_locked(chip, word, STATUS_PROGRAM_ERROR)) {
            program_word(chip, word, value);
        }
        break;
    case CHIP_BUFFER_COUNT: start_buffer(chip, value); return;
    case CHIP_BUFFER_DATA: fill_buffer(chip, word, value); return;
    case CHIP_BUFFER_CONFIRM: confirm_buffer(chip, command); return;
    case CHIP_ERASE_CONFIRM:
        if (command == COMMAND_CONFIRM) {
            erase_block(chip, word);
        } else {
            chip->status |= STATUS_SEQUENCE;
        }
        break;
    case CHIP_LOCK_CONFIRM: lock_block(chip, word, command); break;
    case CHIP_IGNORED_DATA: break;
    }
    chip->step = CHIP_COMMAND;
}

static uint16_t read_id(const struct chip *chip, uint32_t word)
{
    switch (word & 0xff) {
    case 0: return ID_MANUFACTURER;
    case 1: return ID_DEVICE;
    case 2: return chip->locked[word / CHIP_BLOCK_WORDS];
    default: return 0;
    }
}

uint16_t el4_flash_chip_read(const struct chip *chip, uint32_t word)
{
    word %= CHIP_WORDS;
    switch (chip->view) {
    case CHIP_ARRAY: return el4_flash_chip_word(chip, word);
    case CHIP_STATUS: return chip->status;
    case CHIP_ID: return read_id(chip, word);
    case CHIP_QUERY:
        word &= 0xff;
        if (word < 2) {
            return read_id(chip, word);
        }
        return word >= QUERY_FIRST && word - QUERY_FIRST < sizeof(query)
                   ? query[word - QUERY_FIRST]
                   : 0;
    }
    return 0;
}

void el4_flash_chip_reset(struct chip *chip)
{
    chip->view = CHIP_ARRAY;
    chip->step = CHIP_COMMAND;
    chip->status = STATUS_READY;
    memset(chip->locked, 0, sizeof(chip->locked));
}
