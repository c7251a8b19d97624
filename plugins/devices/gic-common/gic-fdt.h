/* SPDX-License-Identifier: MIT */
/*
 * The device tree properties that both interrupt controllers have (Linux's bindings
 * arm,gic.yaml and arm,gic-v3.yaml).
 */
#ifndef GIC_FDT_H
#define GIC_FDT_H

#include "gic-block.h"
#include <el4/host.h>
#include <string.h>

#define GIC_COMPATIBLES_MAX 4

/* "compatible" is a text of words, not a list, as the names have commas. */
static inline void gic_fdt_compatible(const struct el4_host *host, struct el4_instance *self,
                                      struct el4_fdt *tree)
{
    const char *key = host->config_string(self, "compatible");
    const char *words[GIC_COMPATIBLES_MAX + 1] = {0};
    char text[256] = "", *rest = text;
    unsigned count = 0;
    if (key) {
        strncpy(text, key, sizeof(text) - 1);
    }
    for (char *word; count < GIC_COMPATIBLES_MAX && (word = strsep(&rest, " ")) != NULL;) {
        if (*word) {
            words[count++] = word;
        }
    }
    if (count) {
        host->fdt_strings(tree, "compatible", words);
    }
}

static inline void gic_fdt(const struct el4_host *host, struct el4_instance *self,
                           struct el4_fdt *tree, bool maintenance)
{
    gic_fdt_compatible(host, self, tree);
    host->fdt_flag(tree, "interrupt-controller");
    el4_fdt_add_cell(host, tree, "#interrupt-cells", 3);
    el4_fdt_add_cell(host, tree, "#address-cells", 0);
    if (maintenance) {
        /* a PPI, level high */
        host->fdt_cells(tree, "interrupts", (const uint32_t[]){1, GIC_MAINTENANCE - 16, 4}, 3);
    }
    host->fdt_label(tree, "gic");
}

#endif
