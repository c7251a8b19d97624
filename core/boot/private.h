/* SPDX-License-Identifier: MIT */
/*
 * The inside of the loaders: a file, and what each format's reader (image.c, elf.c) and the
 * placement (boot.c) tell each other.
 */
#ifndef EL4_BOOT_PRIVATE_H
#define EL4_BOOT_PRIVATE_H

#include "boot/boot.h"

/* A kernel file, unpacked; path is for messages. */
struct el4_boot_file {
    const char *path;
    const uint8_t *data;
    size_t bytes;
};

/* Sets *error to "PATH: ..." and returns false. */
bool el4_boot_fail(const struct el4_boot_file *file, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Write, or say that the memory is not there. */
bool el4_boot_write(const struct el4_boot_file *file, const struct el4_boot_target *target,
                    uint64_t address, const void *data, size_t bytes, GError **error);
/* True if [start, start + bytes) is RAM. */
bool el4_boot_in_ram(const struct el4_boot_target *target, uint64_t start, uint64_t bytes);

uint16_t el4_boot_u16(const uint8_t *data);
uint32_t el4_boot_u32(const uint8_t *data);
uint64_t el4_boot_u64(const uint8_t *data);

/* ---- unpack.c ---- */
/* The file itself (a new reference), or what is in it if it is compressed; NULL sets *error. */
GBytes *el4_boot_unpack(GBytes *packed, const char *path, uint64_t bytes_max, GError **error);

/* ---- image.c ---- */
bool el4_boot_is_image(const struct el4_boot_file *file);
bool el4_boot_load_image(const struct el4_boot_file *file, const struct el4_boot_target *target,
                         struct el4_boot_result *result, GError **error);

/* ---- zimage.c ---- */
bool el4_boot_is_zimage(const struct el4_boot_file *file);
bool el4_boot_load_zimage(const struct el4_boot_file *file,
                          const struct el4_boot_target *target, struct el4_boot_result *result,
                          GError **error);

/* ---- elf.c ---- */
bool el4_boot_is_elf(const struct el4_boot_file *file);
bool el4_boot_load_elf(const struct el4_boot_file *file, const struct el4_boot_target *target,
                       struct el4_boot_result *result, GError **error);

#endif
