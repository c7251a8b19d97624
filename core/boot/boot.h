/* SPDX-License-Identifier: MIT */
/*
 * Getting guest software into memory: kernel images (arm64 Image, plain, gzip or EFI zboot with
 * gzip), zImage, ELF, raw binaries, initrd, device tree blobs. Files are hostile input:
 * every size and offset is checked, errors name the file and what is wrong with it.
 */
#ifndef EL4_BOOT_BOOT_H
#define EL4_BOOT_BOOT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of all errors here and in fdt.h; there is one code, 0. */
#define EL4_BOOT_ERROR g_quark_from_static_string("el4-boot")

/* Where loaders write; returns false if the range is not loadable memory. */
struct el4_boot_target {
    /* data NULL: zeros */
    bool (*write)(void *opaque, uint64_t address, const void *data, size_t bytes);
    void *opaque;
    uint64_t ram_base; /* main RAM */
    uint64_t ram_bytes;
};

enum el4_boot_kind { EL4_BOOT_LINUX, EL4_BOOT_ELF, EL4_BOOT_RAW };

/* What [boot] says. Paths are absolute; NULL: not given. */
struct el4_boot_request {
    const char *kernel;
    const char *initrd;
    const char *dtb;
    const char *append;    /* kernel command line, may be NULL */
    uint64_t load_address; /* of a raw kernel; 0: RAM base + 0x80000 */
};

/* What became of it. Offsets are guest physical addresses. */
struct el4_boot_result {
    enum el4_boot_kind kind;
    bool aarch32; /* the image is for AArch32 */
    uint64_t entry;
    uint64_t kernel_start, kernel_end; /* occupied memory, end exclusive */
    uint64_t initrd_start, initrd_end; /* equal: none */
    /* Chosen place, 2 MiB aligned, room for EL4_BOOT_DTB_MAX; 0 if there is no room, which only
     * ELF and raw programs without an initrd may do without. */
    uint64_t dtb_address;
};

#define EL4_BOOT_DTB_MAX (2u << 20)

/*
 * Place and write kernel and initrd, choose where the device tree goes. The initrd goes to the
 * middle of RAM or 128 MiB into it, whichever is less; if there is no room, behind the kernel
 * or before it. RAM must lie below 2^59. Memory may have been written when it fails.
 */
bool el4_boot_load(const struct el4_boot_request *request, const struct el4_boot_target *target,
                   struct el4_boot_result *result, GError **error);

/* Load a flat file (firmware image) into [address, address + bytes_max). */
bool el4_boot_load_flat(const char *path, const struct el4_boot_target *target,
                        uint64_t address, uint64_t bytes_max, uint64_t *bytes, GError **error);

/* Read a whole regular file of at most bytes_max bytes; free with g_bytes_unref. */
GBytes *el4_boot_read_file(const char *path, uint64_t bytes_max, GError **error);

#endif
