/* SPDX-License-Identifier: MIT */
/*
 * Linux's arm64 Image (Documentation/arm64/booting.rst, "Call the kernel image"): a 64-byte
 * little-endian header, then the kernel, which wants image_size bytes of memory from a 2 MiB
 * aligned base plus text_offset.
 */
#include <inttypes.h>

#include "boot/private.h"

#define HEADER_BYTES   64
#define TEXT_OFFSET_AT 0x08
#define IMAGE_SIZE_AT  0x10
#define FLAGS_AT       0x18
#define MAGIC_AT       0x38
#define MAGIC          0x644d5241u

#define FLAG_BIG_ENDIAN 1u
#define BASE_ALIGN      (UINT64_C(2) << 20)

/* Of kernels before 3.17, which leave image_size 0. */
#define OLD_TEXT_OFFSET UINT64_C(0x80000)

bool el4_boot_is_image(const struct el4_boot_file *file)
{
    return file->bytes >= HEADER_BYTES && el4_boot_u32(file->data + MAGIC_AT) == MAGIC;
}

bool el4_boot_load_image(const struct el4_boot_file *file, const struct el4_boot_target *target,
                         struct el4_boot_result *result, GError **error)
{
    uint64_t text_offset = el4_boot_u64(file->data + TEXT_OFFSET_AT);
    uint64_t image_bytes = el4_boot_u64(file->data + IMAGE_SIZE_AT);
    if (el4_boot_u64(file->data + FLAGS_AT) & FLAG_BIG_ENDIAN) {
        return el4_boot_fail(file, error,
                             "a big-endian arm64 kernel; el4 boots little-endian ones only: "
                             "build it without CONFIG_CPU_BIG_ENDIAN");
    }
    if (image_bytes == 0) {
        text_offset = OLD_TEXT_OFFSET;
    }
    uint64_t bytes = MAX(image_bytes, (uint64_t)file->bytes);
    uint64_t base = (target->ram_base + BASE_ALIGN - 1) & ~(BASE_ALIGN - 1);
    uint64_t skipped = base - target->ram_base;
    uint64_t needed;
    if (__builtin_add_overflow(text_offset, bytes, &needed) ||
        __builtin_add_overflow(needed, skipped, &needed)) {
        return el4_boot_fail(file, error,
                             "its header asks for 0x%" PRIx64 " bytes at offset 0x%" PRIx64
                             ", which no machine has: it is damaged, fetch it again",
                             image_bytes, text_offset);
    }
    if (needed > target->ram_bytes) {
        return el4_boot_fail(file, error,
                             "the kernel needs %" PRIu64 " MiB of RAM; there are %" PRIu64
                             " MiB: raise [machine] memory",
                             (needed >> 20) + 1, target->ram_bytes >> 20);
    }
    result->kind = EL4_BOOT_LINUX;
    result->kernel_start = base + text_offset;
    result->kernel_end = result->kernel_start + bytes;
    result->entry = result->kernel_start;
    return el4_boot_write(file, target, result->kernel_start, file->data, file->bytes, error);
}
