/* SPDX-License-Identifier: MIT */
/*
 * cfi-flash: one x16 chip of the bank and its command state machine.
 */
#ifndef CHIP_H
#define CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_WORD_BITS    25u /* 32 MiB a chip */
#define CHIP_WORDS        (1u << (CHIP_WORD_BITS - 1))
#define CHIP_BLOCK_WORDS  (1u << 16) /* 128 KiB */
#define CHIP_BLOCKS       (CHIP_WORDS / CHIP_BLOCK_WORDS)
#define CHIP_BUFFER_BITS  9u /* bytes of the write buffer */
#define CHIP_BUFFER_WORDS (1u << (CHIP_BUFFER_BITS - 1))

/* What reads show. */
enum chip_view { CHIP_ARRAY, CHIP_STATUS, CHIP_ID, CHIP_QUERY };

/* What the next write means. */
enum chip_step {
    CHIP_COMMAND,
    CHIP_PROGRAM_DATA,
    CHIP_BUFFER_COUNT,
    CHIP_BUFFER_DATA,
    CHIP_BUFFER_CONFIRM,
    CHIP_ERASE_CONFIRM,
    CHIP_LOCK_CONFIRM,
    CHIP_IGNORED_DATA,
};

struct chip {
    /* Words of the array that this chip has, every other one of the bank's; set by the owner.
     */
    uint8_t *array;
    unsigned lane; /* 0 or 1: which half of each 32-bit word */

    enum chip_view view;
    enum chip_step step;
    uint8_t status;
    uint8_t locked[CHIP_BLOCKS]; /* bit 0 locked, bit 1 locked down */

    uint32_t buffer_start;
    uint32_t buffer_block;
    unsigned buffer_count; /* words to come, 1 to CHIP_BUFFER_WORDS */
    unsigned buffer_filled;
    bool buffer_bad;
    uint16_t buffer[CHIP_BUFFER_WORDS];

    /* Words of the array that changed since the owner looked: first to end - 1. */
    uint32_t dirty_first;
    uint32_t dirty_end;
};

void el4_flash_chip_reset(struct chip *chip);
/* A word as the chip shows it now. */
uint16_t el4_flash_chip_read(const struct chip *chip, uint32_t word);
/* The same word of the array, whatever is shown. */
uint16_t el4_flash_chip_word(const struct chip *chip, uint32_t word);
void el4_flash_chip_write(struct chip *chip, uint32_t word, uint16_t value);

#endif
