/* SPDX-License-Identifier: MIT */
/*
 * Linux's 32-bit zImage (Documentation/arm/booting.rst): it unpacks itself to the start of the
 * 128 MiB it lies in, and wants to lie 32 MiB above that, so that it need not move itself
 * first.
 */
#include <inttypes.h>

#include "boot/private.h"

#define MAGIC_AT      0x24
#define START_AT      0x28
#define END_AT        0x2c
#define ENDIANNESS_AT 0x30
#define HEADER_BYTES  0x34

#define MAGIC          0x016f2818u
#define MAGIC_SWAPPED  0x18286f01u
#define BIG_ENDIAN_TAG 0x01020304u

#define MIB         (UINT64_C(1) << 20)
#define FAR_OFFSET  (32 * MIB)
#define FAR_RAM_MIN (128 * MIB)
#define NEAR_OFFSET UINT64_C(0x10000)
#define UNPACK_GUESS                                                                           \
    5 /* a kernel is rarely more than so many times its zImage, with its BSS                   \
       */

bool el4_boot_is_zimage(const struct el4_boot_file *file)
{
    if (file->bytes < HEADER_BYTES) {
        return false;
    }
    uint32_t magic = el4_boot_u32(file->data + MAGIC_AT);
    return magic == MAGIC || magic == MAGIC_SWAPPED;
}

bool el4_boot_load_zimage(const struct el4_boot_file *file,
                          const struct el4_boot_target *target, struct el4_boot_result *result,
                          GError **error)
{
    /* BE8 kernels have a header in little-endian order; the tag tells (kernels before 3.13 have
     * none, and something else there). */
    if (el4_boot_u32(file->data + MAGIC_AT) == MAGIC_SWAPPED ||
        el4_boot_u32(file->data + ENDIANNESS_AT) == BIG_ENDIAN_TAG) {
        return el4_boot_fail(file, error,
                             "a big-endian zImage; el4 boots little-endian ones only: build it "
                             "without CONFIG_CPU_BIG_ENDIAN");
    }
    uint32_t start = el4_boot_u32(file->data + START_AT);
    uint32_t end = el4_boot_u32(file->data + END_AT);
    if (end < start || end - start > file->bytes) {
        return el4_boot_fail(file, error,
                             "its header says 0x%" PRIx32 " bytes and the file has %zu: it is "
                             "damaged, fetch it again",
                             end - start, file->bytes);
    }
    uint64_t offset = target->ram_bytes >= FAR_RAM_MIN ? FAR_OFFSET : NEAR_OFFSET;
    uint64_t needed = offset + file->bytes;
    if (needed > target->ram_bytes || target->ram_base + needed > UINT64_C(1) << 32) {
        return el4_boot_fail(file, error,
                             "the kernel needs %" PRIu64 " MiB of RAM below 4 GiB; there are "
                             "%" PRIu64 " MiB at 0x%" PRIx64 ": raise [machine] memory",
                             (needed >> 20) + 1, target->ram_bytes >> 20, target->ram_base);
    }
    result->kind = EL4_BOOT_LINUX;
    result->aarch32 = true;
    result->entry = target->ram_base + offset;
    /* The unpacked kernel's place is taken, too. */
    result->kernel_start = target->ram_base;
    result->kernel_end = target->ram_base +
                         MIN(needed + UNPACK_GUESS * (uint64_t)file->bytes, target->ram_bytes);
    return el4_boot_write(file, target, result->entry, file->data, file->bytes, error);
}
