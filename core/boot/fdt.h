/* SPDX-License-Identifier: MIT */
/*
 * Writing device trees with libfdt. Nodes come out in the order in which they are made; the
 * root is open from the start. Errors (bad or repeated names, labels that no node has) are
 * sticky and reported by el4_fdt_finish(). Phandles are handed out by label, so that a node can
 * refer to another that comes later.
 */
#ifndef EL4_BOOT_FDT_H
#define EL4_BOOT_FDT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct el4_fdt;

struct el4_fdt *el4_fdt_new(void);
void el4_fdt_free(struct el4_fdt *fdt);

void el4_fdt_begin(struct el4_fdt *fdt, const char *name);
/* As begin, but goes on with a node that is there. */
void el4_fdt_open(struct el4_fdt *fdt, const char *name);
void el4_fdt_end(struct el4_fdt *fdt);
void el4_fdt_bytes(struct el4_fdt *fdt, const char *property, const void *data, size_t bytes);
void el4_fdt_cells(struct el4_fdt *fdt, const char *property, const uint32_t *cells,
                   size_t count);
void el4_fdt_u64s(struct el4_fdt *fdt, const char *property, const uint64_t *values,
                  size_t count);
void el4_fdt_string(struct el4_fdt *fdt, const char *property, const char *value);
void el4_fdt_strings(struct el4_fdt *fdt, const char *property, const char *const *strings);
void el4_fdt_flag(struct el4_fdt *fdt, const char *property);
/* Phandles count from here (1 if it is not called); before the first label. */
void el4_fdt_set_first_phandle(struct el4_fdt *fdt, uint32_t first);
uint32_t el4_fdt_phandle(struct el4_fdt *fdt, const char *label);
void el4_fdt_label(struct el4_fdt *fdt, const char *label);

/* Write the tree, which must have no node open but the root, and return the blob (g_bytes_unref
 * it); NULL sets *error. */
GBytes *el4_fdt_finish(struct el4_fdt *fdt, GError **error);

/*
 * Complete a given blob (checked first: hostile input) for a boot: /chosen bootargs,
 * linux,initrd-start/end, rng-seed and kaslr-seed; /memory if it has none or an empty one; and
 * /psci replaced by the nodes of overlay when overlay is not NULL (root-level nodes of that
 * blob, each replacing one of the same name; phandles in them must not be the blob's). Returns
 * a new blob of at most EL4_BOOT_DTB_MAX bytes.
 */
struct el4_fdt_completion {
    const char *bootargs; /* NULL: leave what is there */
    uint64_t initrd_start, initrd_end;
    uint64_t ram_base, ram_bytes;
    const void *seed; /* 64 random bytes: kaslr-seed takes 8, rng-seed 32; NULL: none */
    GBytes *overlay;
};
GBytes *el4_fdt_complete(GBytes *blob, const struct el4_fdt_completion *completion,
                         GError **error);

#endif
