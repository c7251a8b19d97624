/* SPDX-License-Identifier: MIT */
/*
 * Completing a device tree that the user gave for a boot: command line, initrd, seeds, memory,
 * and the nodes of services that answer the guest. The blob is hostile input: libfdt's full
 * check comes first, and everything happens in a copy.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot/boot.h"
#include "boot/fdt.h"

/* More than all that is added but for the command line and the overlay. */
#define ROOM_BYTES 4096u

/* Deeper trees than this are not real ones; the copy recurses. */
#define DEPTH_MAX 16u

/* The checked copy of a blob, with room to grow; NULL sets *error. */
static void *open_copy(GBytes *blob, size_t room, const char *what, GError **error)
{
    size_t bytes = 0;
    const void *data = g_bytes_get_data(blob, &bytes);
    uint32_t magic = 0;
    memcpy(&magic, data ? data : &magic, MIN(bytes, sizeof(magic)));
    if (bytes < sizeof(magic) || GUINT32_FROM_BE(magic) != FDT_MAGIC) {
        g_set_error(error, EL4_BOOT_ERROR, 0,
                    "%s is not a device tree blob: it should begin with 0x%08x (a .dts source "
                    "must be compiled with dtc first)",
                    what, FDT_MAGIC);
        return NULL;
    }
    if (bytes > EL4_BOOT_DTB_MAX) {
        g_set_error(error, EL4_BOOT_ERROR, 0, "%s has %zu bytes, more than the %u that fit",
                    what, bytes, EL4_BOOT_DTB_MAX);
        return NULL;
    }
    /* A copy first: libfdt wants its input aligned. */
    g_autofree void *input = g_memdup2(data, bytes);
    int status = fdt_check_full(input, bytes);
    g_autofree void *copy = g_malloc0(bytes + room);
    if (!status) {
        status = fdt_open_into(input, copy, (int)(bytes + room));
    }
    if (status) {
        g_set_error(error, EL4_BOOT_ERROR, 0,
                    "%s is damaged (%s): make it again with dtc, or copy it again", what,
                    fdt_strerror(status));
        return NULL;
    }
    return g_steal_pointer(&copy);
}

/* The offset of a node below the root, made if need be; or a libfdt error. */
static int root_child(void *fdt, const char *name)
{
    int node = fdt_subnode_offset(fdt, 0, name);
    return node == -FDT_ERR_NOTFOUND ? fdt_add_subnode(fdt, 0, name) : node;
}

static int delete_property(void *fdt, int node, const char *name)
{
    int status = fdt_delprop(fdt, node, name);
    return status == -FDT_ERR_NOTFOUND ? 0 : status;
}

static int complete_chosen(void *fdt, const struct el4_fdt_completion *completion)
{
    int chosen = root_child(fdt, "chosen");
    if (chosen < 0) {
        return chosen;
    }
    int status = 0;
    if (completion->bootargs) {
        status = fdt_setprop_string(fdt, chosen, "bootargs", completion->bootargs);
    }
    if (!status && completion->initrd_start < completion->initrd_end) {
        status = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", completion->initrd_start);
        if (!status) {
            status = fdt_setprop_u64(fdt, chosen, "linux,initrd-end", completion->initrd_end);
        }
    } else if (!status) {
        /* What the blob says of an initrd is some other boot's. */
        status = delete_property(fdt, chosen, "linux,initrd-start");
        if (!status) {
            status = delete_property(fdt, chosen, "linux,initrd-end");
        }
    }
    const uint8_t *seed = completion->seed;
    if (!status && seed) {
        status = fdt_setprop(fdt, chosen, "kaslr-seed", seed, 8);
        if (!status) {
            status = fdt_setprop(fdt, chosen, "rng-seed", seed + 8, 32);
        }
    }
    return status;
}

static bool is_memory(const void *fdt, int node)
{
    int bytes = 0;
    const char *type = fdt_getprop(fdt, node, "device_type", &bytes);
    if (type) {
        return bytes == (int)sizeof("memory") && memcmp(type, "memory", sizeof("memory")) == 0;
    }
    const char *name = fdt_get_name(fdt, node, &bytes);
    return name && strncmp(name, "memory", 6) == 0 && (name[6] == '\0' || name[6] == '@');
}

/* True if the node has a range of some length. */
static bool has_ranges(const void *fdt, int node, int address_cells, int size_cells)
{
    int bytes = 0;
    const uint8_t *reg = fdt_getprop(fdt, node, "reg", &bytes);
    int entry = (address_cells + size_cells) * 4;
    for (int at = 0; reg && entry && at + entry <= bytes; at += entry) {
        for (int i = address_cells * 4; i < entry; i++) {
            if (reg[at + i]) {
                return true;
            }
        }
    }
    return false;
}

/* Append a number of 1 or 2 cells; false if it does not fit. */
static bool put_cells(uint8_t *out, int *bytes, int cells, uint64_t value)
{
    if (cells < 1 || cells > 2 || (cells == 1 && value > UINT32_MAX)) {
        return false;
    }
    for (int i = cells * 4 - 1; i >= 0; i--) {
        out[(*bytes)++] = (uint8_t)(value >> (i * 8));
    }
    return true;
}

static uint64_t get_cells(const uint8_t *in, int cells)
{
    uint64_t value = 0;
    for (int i = 0; i < cells * 4; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

/* One range of a memory node, as far as the machine has it: 0 bytes if nowhere. */
static uint64_t clip(const struct el4_fdt_completion *completion, uint64_t *base,
                     uint64_t bytes)
{
    uint64_t end = *base + bytes < *base ? UINT64_MAX : *base + bytes;
    uint64_t ram_end = completion->ram_base + completion->ram_bytes;
    *base = MAX(*base, completion->ram_base);
    end = MIN(end, ram_end);
    return end > *base ? end - *base : 0;
}

/* Cut a memory node down to the RAM there is; true in *is_ours if that is some. */
static int clip_node(void *fdt, int node, int address_cells, int size_cells,
                     const struct el4_fdt_completion *completion, bool *is_ours)
{
    int bytes = 0, kept = 0, entry = (address_cells + size_cells) * 4;
    const uint8_t *reg = fdt_getprop(fdt, node, "reg", &bytes);
    g_autofree uint8_t *clipped = g_malloc0(bytes > 0 ? (size_t)bytes : 1);
    for (int at = 0; reg && at + entry <= bytes; at += entry) {
        uint64_t base = get_cells(reg + at, address_cells);
        uint64_t size = get_cells(reg + at + address_cells * 4, size_cells);
        size = clip(completion, &base, size);
        if (size && put_cells(clipped, &kept, address_cells, base)) {
            put_cells(clipped, &kept, size_cells, size);
        }
    }
    *is_ours = kept > 0;
    return kept ? fdt_setprop(fdt, node, "reg", clipped, kept) : 0;
}

/*
 * The tree of a board that takes more memory than the machine was given: what is not there must
 * not be used. If no range has any of the machine's RAM, the tree's author knows better.
 */
static int clip_memory(void *fdt, int address_cells, int size_cells,
                       const struct el4_fdt_completion *completion)
{
    bool any = false, is_ours;
    int node, status = 0;
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) {
        return 0;
    }
    fdt_for_each_subnode(node, fdt, 0)
    {
        if (is_memory(fdt, node) && !status) {
            status = clip_node(fdt, node, address_cells, size_cells, completion, &is_ours);
            any |= is_ours;
        }
    }
    for (node = fdt_first_subnode(fdt, 0); any && !status && node >= 0;) {
        int next = fdt_next_subnode(fdt, node);
        if (is_memory(fdt, node)) {
            status = clip_node(fdt, node, address_cells, size_cells, completion, &is_ours);
            if (!status && !is_ours) {
                status = fdt_del_node(fdt, node);
                next = fdt_first_subnode(fdt, 0);
            }
        }
        node = next;
    }
    return status;
}

static bool complete_memory(void *fdt, const struct el4_fdt_completion *completion,
                            GError **error)
{
    int address_cells = fdt_address_cells(fdt, 0), size_cells = fdt_size_cells(fdt, 0);
    int empty = -FDT_ERR_NOTFOUND, node;
    fdt_for_each_subnode(node, fdt, 0)
    {
        if (!is_memory(fdt, node)) {
            continue;
        }
        if (address_cells < 0 || size_cells < 0 ||
            has_ranges(fdt, node, address_cells, size_cells)) {
            int status = clip_memory(fdt, address_cells, size_cells, completion);
            if (status) {
                g_set_error(error, EL4_BOOT_ERROR, 0,
                            "cannot write the device tree's memory node: %s",
                            fdt_strerror(status));
            }
            return !status;
        }
        empty = node;
    }

    uint8_t reg[16];
    int bytes = 0;
    if (!put_cells(reg, &bytes, address_cells, completion->ram_base) ||
        !put_cells(reg, &bytes, size_cells, completion->ram_bytes)) {
        g_set_error(error, EL4_BOOT_ERROR, 0,
                    "the device tree has no memory, and its #address-cells %d and #size-cells "
                    "%d do not hold the machine's (0x%" PRIx64 " bytes at 0x%" PRIx64
                    "): make both 2, or write a memory node",
                    address_cells, size_cells, completion->ram_bytes, completion->ram_base);
        return false;
    }
    if (empty < 0) {
        char name[32];
        snprintf(name, sizeof(name), "memory@%" PRIx64, completion->ram_base);
        empty = fdt_add_subnode(fdt, 0, name);
    }
    int status = empty < 0 ? empty : fdt_setprop(fdt, empty, "reg", reg, bytes);
    if (!status) {
        status = fdt_setprop_string(fdt, empty, "device_type", "memory");
    }
    if (status) {
        g_set_error(error, EL4_BOOT_ERROR, 0, "cannot write the device tree's memory node: %s",
                    fdt_strerror(status));
    }
    return !status;
}

/* Copy a node below `parent`; 0 or a libfdt error. */
static int copy_node(void *fdt, int parent, const void *from, int node, unsigned depth)
{
    const char *name = fdt_get_name(from, node, NULL);
    int copy = name ? fdt_add_subnode(fdt, parent, name) : -FDT_ERR_BADSTRUCTURE;
    if (copy < 0 || depth == 0) {
        return copy < 0 ? copy : -FDT_ERR_BADSTRUCTURE;
    }
    int property, status = 0;
    fdt_for_each_property_offset(property, from, node)
    {
        int bytes = 0;
        const void *value = fdt_getprop_by_offset(from, property, &name, &bytes);
        status = value ? fdt_setprop(fdt, copy, name, value, bytes) : bytes;
        if (status) {
            return status;
        }
    }
    int child;
    fdt_for_each_subnode(child, from, node)
    {
        status = copy_node(fdt, copy, from, child, depth - 1);
        if (status) {
            return status;
        }
    }
    return 0;
}

/* A child of `parent` that is replaced by `from`'s node. */
static int replace_node(void *fdt, int parent, const void *from, int node)
{
    const char *name = fdt_get_name(from, node, NULL);
    int old = name ? fdt_subnode_offset(fdt, parent, name) : -FDT_ERR_BADSTRUCTURE;
    int status = old >= 0 ? fdt_del_node(fdt, old) : old == -FDT_ERR_NOTFOUND ? 0 : old;
    return status ? status : copy_node(fdt, parent, from, node, DEPTH_MAX);
}

/* The ranges of /reserved-memory have as many cells as the root says, not always ours. */
static int fit_reserved(void *fdt, int reserved)
{
    int address_cells = fdt_address_cells(fdt, 0), size_cells = fdt_size_cells(fdt, 0);
    int status = fdt_setprop_u32(fdt, reserved, "#address-cells", (uint32_t)address_cells);
    status =
        status ? status : fdt_setprop_u32(fdt, reserved, "#size-cells", (uint32_t)size_cells);
    return status ? status : fdt_setprop_empty(fdt, reserved, "ranges");
}

static int add_reserved(void *fdt, const void *overlay, int node)
{
    int reserved = root_child(fdt, "reserved-memory");
    int status = reserved < 0 ? reserved : fit_reserved(fdt, reserved);
    int child;
    fdt_for_each_subnode(child, overlay, node)
    {
        uint8_t reg[16];
        int bytes = 0, length = 0;
        const uint8_t *ours = fdt_getprop(overlay, child, "reg", &length);
        status = status ? status : replace_node(fdt, reserved, overlay, child);
        if (status || length != 16) {
            return status ? status : -FDT_ERR_BADVALUE;
        }
        if (!put_cells(reg, &bytes, fdt_address_cells(fdt, 0), get_cells(ours, 2)) ||
            !put_cells(reg, &bytes, fdt_size_cells(fdt, 0), get_cells(ours + 8, 2))) {
            return -FDT_ERR_BADNCELLS;
        }
        int made = fdt_subnode_offset(fdt, reserved, fdt_get_name(overlay, child, NULL));
        status = made < 0 ? made : fdt_setprop(fdt, made, "reg", reg, bytes);
    }
    return status;
}

/* Nodes that several services share keep what else they have. */
static int add_shared(void *fdt, const void *overlay, int node)
{
    int shared = root_child(fdt, fdt_get_name(overlay, node, NULL));
    int status = shared < 0 ? shared : 0;
    int child;
    fdt_for_each_subnode(child, overlay, node)
    {
        status = status ? status : replace_node(fdt, shared, overlay, child);
    }
    return status;
}

static int apply_overlay(void *fdt, const void *overlay)
{
    int node, status = 0;
    fdt_for_each_subnode(node, overlay, 0)
    {
        const char *name = fdt_get_name(overlay, node, NULL);
        if (name && strcmp(name, "reserved-memory") == 0) {
            status = add_reserved(fdt, overlay, node);
        } else if (name && strcmp(name, "firmware") == 0) {
            status = add_shared(fdt, overlay, node);
        } else {
            status = replace_node(fdt, 0, overlay, node);
        }
        if (status) {
            return status;
        }
    }
    return 0;
}

static bool complete_copy(void *fdt, const void *overlay,
                          const struct el4_fdt_completion *completion, GError **error)
{
    int status = overlay ? apply_overlay(fdt, overlay) : 0;
    if (!status) {
        status = complete_chosen(fdt, completion);
    }
    if (status) {
        g_set_error(error, EL4_BOOT_ERROR, 0, "cannot complete the device tree: %s",
                    fdt_strerror(status));
        return false;
    }
    return complete_memory(fdt, completion, error);
}

GBytes *el4_fdt_complete(GBytes *blob, const struct el4_fdt_completion *completion,
                         GError **error)
{
    g_autofree void *overlay = NULL;
    size_t room = ROOM_BYTES;
    if (completion->overlay) {
        overlay = open_copy(completion->overlay, ROOM_BYTES, "the overlay", error);
        if (!overlay) {
            return NULL;
        }
        room += g_bytes_get_size(completion->overlay);
    }
    if (completion->bootargs) {
        size_t length = strlen(completion->bootargs);
        if (length > EL4_BOOT_DTB_MAX / 2) {
            g_set_error(error, EL4_BOOT_ERROR, 0, "the command line has %zu bytes, too many",
                        length);
            return NULL;
        }
        room += length;
    }
    g_autofree void *fdt = open_copy(blob, room, "the device tree", error);
    if (!fdt || !complete_copy(fdt, overlay, completion, error)) {
        return NULL;
    }
    fdt_pack(fdt);
    size_t total = fdt_totalsize(fdt);
    if (total > EL4_BOOT_DTB_MAX) {
        g_set_error(error, EL4_BOOT_ERROR, 0,
                    "the completed device tree has %zu bytes, more than the %u that fit", total,
                    EL4_BOOT_DTB_MAX);
        return NULL;
    }
    return g_bytes_new_take(g_realloc(g_steal_pointer(&fdt), total), total);
}
