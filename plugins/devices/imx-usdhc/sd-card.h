/* SPDX-License-Identifier: MIT */
/*
 * imx-usdhc: an SDHC memory card, as its host sees it: commands with their responses, and
 * blocks of data.
 */
#ifndef SD_CARD_H
#define SD_CARD_H

#include "../disk-common/disk.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SD_BLOCK_BYTES 512u

struct sd_card;

/* What follows a command on the command line. */
enum sd_response {
    SD_RESPONSE_NONE,
    SD_RESPONSE_SHORT, /* words[0] */
    SD_RESPONSE_LONG,  /* words[0] has bits 127:96 */
};

struct sd_reply {
    enum sd_response kind;
    uint32_t words[4];
};

/* A card of the disk's content, which becomes the card's; NULL after fail(). */
struct sd_card *el4_sd_card_new(const struct el4_host *host, struct el4_instance *self,
                                struct disk *disk, bool readonly);
void el4_sd_card_free(struct sd_card *card);
void el4_sd_card_power_on(struct sd_card *card);
struct sd_reply el4_sd_card_command(struct sd_card *card, uint32_t index, uint32_t argument);
/*
 * The next block that the last command made the card send or take. False: there is none of
 * that length, and the host waits in vain.
 */
bool el4_sd_card_read(struct sd_card *card, void *data, size_t bytes);
bool el4_sd_card_write(struct sd_card *card, const void *data, size_t bytes);

#endif
