/* SPDX-License-Identifier: MIT */
/*
 * Reading files, telling kernels apart, and finding room in RAM for initrd and device tree.
 */
#include "boot/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/private.h"

#define MIB        (UINT64_C(1) << 20)
#define PAGE_ALIGN (UINT64_C(64) << 10)
#define DTB_ALIGN  (2 * MIB)
#define INITRD_MAX (UINT64_C(4) << 30)
#define KERNEL_MAX (UINT64_C(4) << 30)
/* Where a raw kernel goes, and where the initrd at most begins, from the start of RAM. */
#define RAW_OFFSET    UINT64_C(0x80000)
#define INITRD_OFFSET (128 * MIB)

bool el4_boot_fail(const struct el4_boot_file *file, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, EL4_BOOT_ERROR, 0, "%s: %s", file->path, text);
    return false;
}

uint16_t el4_boot_u16(const uint8_t *data)
{
    return (uint16_t)(data[0] | data[1] << 8);
}

uint32_t el4_boot_u32(const uint8_t *data)
{
    return el4_boot_u16(data) | (uint32_t)el4_boot_u16(data + 2) << 16;
}

uint64_t el4_boot_u64(const uint8_t *data)
{
    return el4_boot_u32(data) | (uint64_t)el4_boot_u32(data + 4) << 32;
}

bool el4_boot_in_ram(const struct el4_boot_target *target, uint64_t start, uint64_t bytes)
{
    return start >= target->ram_base && bytes <= target->ram_bytes &&
           start - target->ram_base <= target->ram_bytes - bytes;
}

bool el4_boot_write(const struct el4_boot_file *file, const struct el4_boot_target *target,
                    uint64_t address, const void *data, size_t bytes, GError **error)
{
    if (bytes == 0 || target->write(target->opaque, address, data, bytes)) {
        return true;
    }
    return el4_boot_fail(file, error,
                         "it wants %zu bytes at 0x%" PRIx64
                         ", and not all of that is memory; RAM is %" PRIu64 " MiB at 0x%" PRIx64
                         ": link or load it elsewhere, or raise [machine] memory",
                         bytes, address, target->ram_bytes >> 20, target->ram_base);
}

/* ---- files ---- */

/* Read until the end; NULL and errno. The file may grow or shrink meanwhile. */
static GBytes *read_all(int fd, size_t bytes)
{
    g_autofree uint8_t *data = g_try_malloc(MAX(bytes, 1));
    if (!data) {
        errno = ENOMEM;
        return NULL;
    }
    size_t done = 0;
    while (done < bytes) {
        ssize_t got = read(fd, data + done, MIN(bytes - done, (size_t)1 << 30));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return NULL;
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return g_bytes_new_take(g_steal_pointer(&data), done);
}

GBytes *el4_boot_read_file(const char *path, uint64_t bytes_max, GError **error)
{
    struct el4_boot_file file = {.path = path};
    /* Non-blocking, as opening a FIFO would wait. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    GBytes *bytes = NULL;
    if (fd < 0 || fstat(fd, &status)) {
        el4_boot_fail(&file, error, "cannot be opened: %s", g_strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        el4_boot_fail(&file, error, "is not a regular file");
    } else if (status.st_size < 0 || (uint64_t)status.st_size > bytes_max) {
        el4_boot_fail(&file, error,
                      "has %" PRIu64 " bytes, and %" PRIu64
                      " at most fit: is it the right file?",
                      (uint64_t)status.st_size, bytes_max);
    } else {
        bytes = read_all(fd, (size_t)status.st_size);
        if (!bytes) {
            el4_boot_fail(&file, error, "cannot be read: %s", g_strerror(errno));
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return bytes;
}

bool el4_boot_load_flat(const char *path, const struct el4_boot_target *target,
                        uint64_t address, uint64_t bytes_max, uint64_t *bytes, GError **error)
{
    g_autoptr(GBytes) contents = el4_boot_read_file(path, bytes_max, error);
    if (!contents) {
        return false;
    }
    struct el4_boot_file file = {.path = path};
    file.data = g_bytes_get_data(contents, &file.bytes);
    *bytes = file.bytes;
    if (file.bytes == 0) {
        return el4_boot_fail(&file, error, "is empty");
    }
    return el4_boot_write(&file, target, address, file.data, file.bytes, error);
}

/* ---- the kernel ---- */

static bool load_raw(const struct el4_boot_file *file, const struct el4_boot_target *target,
                     uint64_t load_address, struct el4_boot_result *result, GError **error)
{
    uint64_t address = load_address ? load_address : target->ram_base + RAW_OFFSET;
    result->kind = EL4_BOOT_RAW;
    result->entry = address;
    if (el4_boot_in_ram(target, address, file->bytes)) {
        result->kernel_start = address;
        result->kernel_end = address + file->bytes;
    } else {
        result->kernel_start = result->kernel_end = target->ram_base;
    }
    return el4_boot_write(file, target, address, file->data, file->bytes, error);
}

static bool load_kernel(const struct el4_boot_request *request,
                        const struct el4_boot_target *target, struct el4_boot_result *result,
                        GError **error)
{
    g_autoptr(GBytes) packed = el4_boot_read_file(request->kernel, KERNEL_MAX, error);
    if (!packed) {
        return false;
    }
    g_autoptr(GBytes) contents =
        el4_boot_unpack(packed, request->kernel, target->ram_bytes, error);
    if (!contents) {
        return false;
    }
    struct el4_boot_file file = {.path = request->kernel};
    file.data = g_bytes_get_data(contents, &file.bytes);
    if (file.bytes == 0) {
        return el4_boot_fail(&file, error, "is empty");
    }
    if (el4_boot_is_image(&file)) {
        return el4_boot_load_image(&file, target, result, error);
    }
    if (el4_boot_is_elf(&file)) {
        return el4_boot_load_elf(&file, target, result, error);
    }
    if (el4_boot_is_zimage(&file)) {
        return el4_boot_load_zimage(&file, target, result, error);
    }
    return load_raw(&file, target, request->load_address, result, error);
}

/* ---- room for the rest ---- */

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/*
 * Put the initrd at `start` and the device tree after it, if both are in RAM and free of the
 * kernel. Addresses are below 2^60 here, see el4_boot_load().
 */
static bool place_at(uint64_t start, uint64_t initrd_bytes,
                     const struct el4_boot_target *target, struct el4_boot_result *result)
{
    uint64_t initrd_end = start + initrd_bytes;
    uint64_t dtb = align_up(initrd_end, DTB_ALIGN);
    uint64_t end = dtb + EL4_BOOT_DTB_MAX;
    bool beside_kernel = end <= result->kernel_start || start >= result->kernel_end;
    if (dtb == 0 || !beside_kernel || !el4_boot_in_ram(target, start, end - start)) {
        return false;
    }
    result->initrd_start = start;
    result->initrd_end = initrd_end;
    result->dtb_address = dtb;
    return true;
}

static bool place(const struct el4_boot_target *target, uint64_t initrd_bytes,
                  struct el4_boot_result *result)
{
    uint64_t offset = MIN(target->ram_bytes / 2, INITRD_OFFSET);
    return place_at(align_up(target->ram_base + offset, PAGE_ALIGN), initrd_bytes, target,
                    result) ||
           place_at(align_up(result->kernel_end, PAGE_ALIGN), initrd_bytes, target, result) ||
           place_at(align_up(target->ram_base, PAGE_ALIGN), initrd_bytes, target, result);
}

bool el4_boot_load(const struct el4_boot_request *request, const struct el4_boot_target *target,
                   struct el4_boot_result *result, GError **error)
{
    g_assert(target->ram_base < UINT64_C(1) << 59 && target->ram_bytes < UINT64_C(1) << 59);
    *result = (struct el4_boot_result){0};
    if (!load_kernel(request, target, result, error)) {
        return false;
    }
    g_autoptr(GBytes) initrd = NULL;
    struct el4_boot_file file = {.path = request->initrd ? request->initrd : request->kernel};
    if (request->initrd) {
        initrd = el4_boot_read_file(request->initrd, INITRD_MAX, error);
        if (!initrd) {
            return false;
        }
        file.data = g_bytes_get_data(initrd, &file.bytes);
        if (file.bytes == 0) {
            return el4_boot_fail(&file, error, "is empty");
        }
    }
    if (!place(target, file.bytes, result)) {
        if (!request->initrd && result->kind != EL4_BOOT_LINUX) {
            return true; /* programs of their own do without a device tree */
        }
        uint64_t needed =
            align_up(align_up(result->kernel_end, PAGE_ALIGN) + file.bytes, DTB_ALIGN) +
            EL4_BOOT_DTB_MAX - target->ram_base;
        return el4_boot_fail(&file, error,
                             "kernel, initrd and device tree need %" PRIu64
                             " MiB of RAM; there are %" PRIu64 " MiB: raise [machine] memory",
                             align_up(needed, MIB) / MIB, target->ram_bytes / MIB);
    }
    if (!request->initrd) {
        return true;
    }
    return el4_boot_write(&file, target, result->initrd_start, file.data, file.bytes, error);
}
