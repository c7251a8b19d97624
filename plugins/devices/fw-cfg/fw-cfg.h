/* SPDX-License-Identifier: MIT */
/*
 * fw-cfg: the items, by key. They are made at reset, when the boot configuration is known.
 */
#ifndef FW_CFG_H
#define FW_CFG_H

#include <el4/host.h>

#define FW_CFG_FILES_MAX 32
#define FW_CFG_NAME_MAX  56 /* with the NUL */

struct fw_cfg_item {
    const uint8_t *data;
    size_t bytes;
};

struct fw_cfg_file {
    char name[FW_CFG_NAME_MAX];
    uint8_t *data;
    size_t bytes;
};

struct fw_cfg_items {
    const struct el4_host *host;
    struct el4_instance *self;
    /* Numbers, as the guest reads them: little-endian. */
    uint8_t id[4];
    uint8_t ram_bytes[8];
    uint8_t cpus[2];
    uint8_t kernel_bytes[4];
    uint8_t initrd_bytes[4];
    uint8_t command_line_bytes[4];
    uint8_t zero[2];
    struct fw_cfg_item kernel;
    struct fw_cfg_item initrd;
    struct fw_cfg_item command_line;
    char *command_line_text;                    /* with its NUL */
    struct fw_cfg_file files[FW_CFG_FILES_MAX]; /* sorted by name */
    size_t file_count;
    uint8_t directory[4 + FW_CFG_FILES_MAX * 64];
};

/* Read the files that the configuration names; false after fail(). */
bool el4_fw_cfg_load_files(struct fw_cfg_items *items);
/* Take what the boot configuration has now. */
void el4_fw_cfg_refresh(struct fw_cfg_items *items);
void el4_fw_cfg_free(struct fw_cfg_items *items);
/* The item of a key; one without bytes if there is none. */
struct fw_cfg_item el4_fw_cfg_find(const struct fw_cfg_items *items, uint16_t key);

#endif
