/* SPDX-License-Identifier: MIT */
/*
 * fw-cfg: what the guest can read, by key: facts about the machine, the boot blobs, and files
 * with their directory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw-cfg.h"

/* Keys (interface of "qemu,fw-cfg-mmio", version 3). */
enum {
    KEY_SIGNATURE = 0x00,
    KEY_ID = 0x01,
    KEY_RAM_SIZE = 0x03,
    KEY_NOGRAPHIC = 0x04,
    KEY_CPUS = 0x05,
    KEY_KERNEL_SIZE = 0x08,
    KEY_INITRD_SIZE = 0x0b,
    KEY_BOOT_MENU = 0x0e,
    KEY_CPUS_MAX = 0x0f,
    KEY_KERNEL_DATA = 0x11,
    KEY_INITRD_DATA = 0x12,
    KEY_COMMAND_LINE_SIZE = 0x14,
    KEY_COMMAND_LINE_DATA = 0x15,
    KEY_FILE_DIRECTORY = 0x19,
    KEY_FILES = 0x20,
};

#define ID_TRADITIONAL   (1u << 0)
#define ID_DMA           (1u << 1)
#define FILE_BYTES_MAX   (256u << 20)
#define DIRECTORY_HEADER 4
#define DIRECTORY_ENTRY  64 /* size, key, two reserved bytes, name: big-endian */

static void put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_be(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        to[bytes - 1 - i] = (uint8_t)(value >> (8 * i));
    }
}

static bool read_file(struct fw_cfg_items *items, const char *path, struct fw_cfg_file *file)
{
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        items->host->fail(items->self, "files: %s: %s", path, strerror(errno));
        return false;
    }
    bool done = false;
    if (fseek(stream, 0, SEEK_END) != 0) {
        items->host->fail(items->self, "files: %s: %s", path, strerror(errno));
        goto out;
    }
    long end = ftell(stream);
    if (end < 0 || end > (long)FILE_BYTES_MAX) {
        items->host->fail(items->self, "files: %s: not a file of at most 256 MiB", path);
        goto out;
    }
    rewind(stream);
    file->data = malloc((size_t)end + 1);
    if (!file->data || fread(file->data, 1, (size_t)end, stream) != (size_t)end) {
        items->host->fail(items->self, "files: %s: can't be read", path);
        goto out;
    }
    file->bytes = (size_t)end;
    done = true;
out:
    fclose(stream);
    return done;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct fw_cfg_file *)a)->name, ((const struct fw_cfg_file *)b)->name);
}

static void write_directory(struct fw_cfg_items *items)
{
    put_be(items->directory, items->file_count, 4);
    for (size_t i = 0; i < items->file_count; i++) {
        uint8_t *entry = items->directory + DIRECTORY_HEADER + i * DIRECTORY_ENTRY;
        put_be(entry, items->files[i].bytes, 4);
        put_be(entry + 4, KEY_FILES + i, 2);
        memcpy(entry + 8, items->files[i].name, FW_CFG_NAME_MAX);
    }
}

bool el4_fw_cfg_load_files(struct fw_cfg_items *items)
{
    const struct el4_host *host = items->host;
    const char *word;
    for (size_t i = 0; (word = host->config_list(items->self, "files", i)); i++) {
        const char *equals = strchr(word, '=');
        size_t length = equals ? (size_t)(equals - word) : 0;
        if (!length || length >= FW_CFG_NAME_MAX) {
            host->fail(items->self,
                       "files: '%s' is not NAME=PATH with a name of at most %d letters", word,
                       FW_CFG_NAME_MAX - 1);
            return false;
        }
        if (i == FW_CFG_FILES_MAX) {
            host->fail(items->self, "files: more than %d", FW_CFG_FILES_MAX);
            return false;
        }
        struct fw_cfg_file *file = &items->files[items->file_count++];
        memcpy(file->name, word, length);
        if (!read_file(items, equals + 1, file)) {
            return false;
        }
    }
    qsort(items->files, items->file_count, sizeof(items->files[0]), compare_files);
    for (size_t i = 1; i < items->file_count; i++) {
        if (!compare_files(&items->files[i - 1], &items->files[i])) {
            host->fail(items->self, "files: '%s' is there twice", items->files[i].name);
            return false;
        }
    }
    write_directory(items);
    return true;
}

static struct fw_cfg_item blob(struct fw_cfg_items *items, const char *name)
{
    struct fw_cfg_item item = {0};
    item.data = items->host->boot_blob(items->self, name, &item.bytes);
    if (!item.data || item.bytes > UINT32_MAX) {
        item = (struct fw_cfg_item){0};
    }
    return item;
}

/* The guest wants the command line with its NUL, which counts. */
static void refresh_command_line(struct fw_cfg_items *items)
{
    struct fw_cfg_item text = blob(items, "cmdline");
    free(items->command_line_text);
    items->command_line_text = NULL;
    items->command_line = (struct fw_cfg_item){0};
    if (!text.data) {
        return;
    }
    size_t length = strnlen((const char *)text.data, text.bytes);
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, text.data, length);
        copy[length] = 0;
        items->command_line_text = copy;
        items->command_line = (struct fw_cfg_item){(const uint8_t *)copy, length + 1};
    }
}

void el4_fw_cfg_refresh(struct fw_cfg_items *items)
{
    const struct el4_host *host = items->host;
    put_le(items->id, ID_TRADITIONAL | ID_DMA, sizeof(items->id));
    put_le(items->ram_bytes, host->machine_uint(items->self, "memory"), 8);
    put_le(items->cpus, host->cpu_count(items->self), 2);
    items->kernel = blob(items, "kernel");
    items->initrd = blob(items, "initrd");
    refresh_command_line(items);
    put_le(items->kernel_bytes, items->kernel.bytes, 4);
    put_le(items->initrd_bytes, items->initrd.bytes, 4);
    put_le(items->command_line_bytes, items->command_line.bytes, 4);
}

void el4_fw_cfg_free(struct fw_cfg_items *items)
{
    for (size_t i = 0; i < items->file_count; i++) {
        free(items->files[i].data);
    }
    free(items->command_line_text);
}

#define BYTES(array) ((struct fw_cfg_item){(array), sizeof(array)})

struct fw_cfg_item el4_fw_cfg_find(const struct fw_cfg_items *items, uint16_t key)
{
    static const uint8_t signature[4] = {'Q', 'E', 'M', 'U'};
    switch (key) {
    case KEY_SIGNATURE: return BYTES(signature);
    case KEY_ID: return BYTES(items->id);
    case KEY_RAM_SIZE: return BYTES(items->ram_bytes);
    case KEY_NOGRAPHIC: return BYTES(items->zero);
    case KEY_CPUS:
    case KEY_CPUS_MAX: return BYTES(items->cpus);
    case KEY_BOOT_MENU: return BYTES(items->zero);
    case KEY_KERNEL_SIZE: return BYTES(items->kernel_bytes);
    case KEY_KERNEL_DATA: return items->kernel;
    case KEY_INITRD_SIZE: return BYTES(items->initrd_bytes);
    case KEY_INITRD_DATA: return items->initrd;
    case KEY_COMMAND_LINE_SIZE: return BYTES(items->command_line_bytes);
    case KEY_COMMAND_LINE_DATA: return items->command_line;
    case KEY_FILE_DIRECTORY:
        return (struct fw_cfg_item){items->directory,
                                    DIRECTORY_HEADER + items->file_count * DIRECTORY_ENTRY};
    default: break;
    }
    if (key >= KEY_FILES && key - KEY_FILES < (int)items->file_count) {
        const struct fw_cfg_file *file = &items->files[key - KEY_FILES];
        return (struct fw_cfg_item){file->data, file->bytes};
    }
    return (struct fw_cfg_item){0};
}
