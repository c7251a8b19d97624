/* SPDX-License-Identifier: MIT */
/*
 * cfi-flash: a bank of NOR flash made of two x16 chips, each having one half of every 32-bit
 * word. While both chips show their array the guest reads (and runs) straight from memory;
 * otherwise its reads come here.
 */
#include <el4/device.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chip.h"

#define CHIPS      2u
#define BANK_BYTES ((uint64_t)CHIP_WORDS * 2 * CHIPS)

struct flash {
    const struct el4_host *host;
    struct el4_instance *self;
    struct chip chips[CHIPS];
    uint8_t *array; /* NULL before the first reset */
    bool direct;
    bool persist;
    bool warned;
    int file; /* -1: none */
    uint64_t file_bytes;
};

static void update_direct(struct flash *flash)
{
    bool direct = flash->chips[0].view == CHIP_ARRAY && flash->chips[1].view == CHIP_ARRAY;
    if (direct != flash->direct) {
        flash->direct = direct;
        flash->host->memory_set_direct(flash->self, 0, direct);
    }
}

/* Bring the file up to what the chips changed. */
static void write_through(struct flash *flash)
{
    for (unsigned i = 0; i < CHIPS; i++) {
        struct chip *chip = &flash->chips[i];
        uint64_t offset = (uint64_t)chip->dirty_first * 4;
        size_t bytes = (size_t)(chip->dirty_end - chip->dirty_first) * 4;
        chip->dirty_first = 0;
        chip->dirty_end = 0;
        if (!bytes || !flash->persist) {
            continue;
        }
        ssize_t done = pwrite(flash->file, flash->array + offset, bytes, (off_t)offset);
        if (done != (ssize_t)bytes && !flash->warned) {
            flash->warned = true;
            flash->host->log(flash->self, EL4_LOG_WARNING, "can't write the image: %s",
                             done < 0 ? strerror(errno) : "no room");
        }
    }
}

static enum el4_mmio_result flash_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    struct flash *flash = state;
    *value = 0;
    for (unsigned i = 0; i < size && flash->array; i++) {
        uint64_t at = offset + i;
        uint16_t word = el4_flash_chip_read(&flash->chips[at >> 1 & 1], (uint32_t)(at >> 2));
        *value |= (uint64_t)(at & 1 ? word >> 8 : word & 0xff) << (8 * i);
    }
    return EL4_MMIO_OK;
}

/*
 * A write narrower than the bank: its data are for one chip, and its commands reach both, as on
 * the peer. U-Boot needs that: it finds the bank to be one 16 bits wide.
 */
static void write_narrow(struct flash *flash, uint64_t offset, unsigned size, uint16_t value)
{
    struct chip *chip = &flash->chips[offset >> 1 & 1];
    struct chip *other = &flash->chips[~offset >> 1 & 1];
    uint32_t word = (uint32_t)(offset >> 2);
    if (chip->step != CHIP_PROGRAM_DATA && chip->step != CHIP_BUFFER_DATA) {
        el4_flash_chip_write(chip, word, value);
        el4_flash_chip_write(other, word, value);
        return;
    }
    if (size == 1) {
        value = offset & 1 ? (uint16_t)(value << 8 | 0xff) : 0xff00 | value;
    }
    if (other->step == chip->step) {
        el4_flash_chip_write(other, word, 0xffff); /* programs nothing */
    }
    el4_flash_chip_write(chip, word, value);
}

static enum el4_mmio_result flash_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct flash *flash = state;
    if (!flash->array) {
        return EL4_MMIO_OK;
    }
    if (size < 4) {
        write_narrow(flash, offset, size, (uint16_t)value);
    }
    for (unsigned i = 0; i + 4 <= size; i += 4) {
        uint32_t word = (uint32_t)((offset + i) >> 2);
        el4_flash_chip_write(&flash->chips[0], word, (uint16_t)(value >> (8 * i)));
        el4_flash_chip_write(&flash->chips[1], word, (uint16_t)(value >> (8 * i + 16)));
    }
    write_through(flash);
    update_direct(flash);
    return EL4_MMIO_OK;
}

/* At the first reset: only now is the array there to be filled. */
static void load_image(struct flash *flash)
{
    uint64_t done = 0;
    while (flash->file >= 0 && done < flash->file_bytes) {
        ssize_t got =
            pread(flash->file, flash->array + done, flash->file_bytes - done, (off_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            flash->host->log(flash->self, EL4_LOG_ERROR, "can't read the image: %s",
                             got < 0 ? strerror(errno) : "it became shorter");
            return;
        }
        done += (uint64_t)got;
    }
}

static void flash_reset(void *state)
{
    struct flash *flash = state;
    if (!flash->array) {
        flash->array = flash->host->memory_pointer(flash->self, 0);
        if (!flash->array) {
            return;
        }
        load_image(flash);
    }
    for (unsigned i = 0; i < CHIPS; i++) {
        flash->chips[i].array = flash->array;
        flash->chips[i].lane = i;
        el4_flash_chip_reset(&flash->chips[i]);
    }
    flash->direct = true;
    flash->host->memory_set_direct(flash->self, 0, true);
}

static bool open_image(struct flash *flash, const char *path)
{
    const struct el4_host *host = flash->host;
    bool writes = flash->persist && !host->machine_uint(flash->self, "look-only");
    flash->file = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (flash->file < 0 || (flash->persist && access(path, W_OK) != 0) ||
        fstat(flash->file, &status) != 0) {
        host->fail(flash->self, "image %s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > BANK_BYTES) {
        host->fail(flash->self, "image %s: not a file of at most %u MiB", path,
                   (unsigned)(BANK_BYTES >> 20));
        return false;
    }
    if (writes && flock(flash->file, LOCK_EX | LOCK_NB) != 0) {
        host->fail(flash->self, "image %s: somebody else writes to it", path);
        return false;
    }
    flash->file_bytes = (uint64_t)status.st_size;
    return true;
}

static void flash_destroy(void *state)
{
    struct flash *flash = state;
    if (flash->file >= 0) {
        close(flash->file);
    }
    free(flash);
}

static void *flash_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .size_min = 1,
        .size_max = 8,
        .read = flash_read,
        .write = flash_write,
    };
    static const struct el4_memory memory = {
        .struct_size = sizeof(memory),
        .bytes = BANK_BYTES,
        .mmio = &registers,
    };
    struct flash *flash = calloc(1, sizeof(*flash));
    if (!flash) {
        host->fail(self, "out of memory");
        return NULL;
    }
    flash->host = host;
    flash->self = self;
    flash->file = -1;
    const char *image = host->config_string(self, "image");
    flash->persist = image && host->config_bool(self, "persist");
    if ((image && !open_image(flash, image)) || !host->memory_declare(self, 0, &memory)) {
        flash_destroy(flash);
        return NULL;
    }
    return flash;
}

static const struct el4_config_key keys[] = {
    {.name = "image",
     .type = EL4_CONFIG_PATH,
     .help = "File with the first contents, at most 64 MiB."},
    {.name = "persist",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether what the guest programs and erases is written to the image file."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Bank of NOR flash.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = flash_create,
    .destroy = flash_destroy,
    .reset = flash_reset,
};

EL4_PLUGIN_DEFINE(cfi_flash) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "cfi-flash",
    .version = "1.0",
    .description = "NOR flash bank with Intel's command set (CFI)",
    .schema = &schema,
    .operations = &operations,
};
