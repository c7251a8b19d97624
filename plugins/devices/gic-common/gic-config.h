/* SPDX-License-Identifier: MIT */
/*
 * The configuration keys that both interrupt controllers have, for their tables; where a key
 * means something else in each, the table says it.
 */
#ifndef GIC_CONFIG_H
#define GIC_CONFIG_H

#include "gic-virtual.h"
#include <el4/host.h>

#define GIC_KEY_SPIS                                                                           \
    {                                                                                          \
        .name = "spis", .type = EL4_CONFIG_UINT, .default_text = "224", .max = 988,            \
        .help = "Shared interrupts; rounded up to a multiple of 32.",                          \
    }

#define GIC_KEY_PRIORITY_BITS(text)                                                            \
    {                                                                                          \
        .name = "priority-bits", .type = EL4_CONFIG_UINT, .default_text = "5", .min = 4,       \
        .max = 8, .help = text,                                                                \
    }

#define GIC_KEY_FLAG(key, text)                                                                \
    {                                                                                          \
        .name = key, .type = EL4_CONFIG_BOOL, .default_text = "false", .help = text,           \
    }

#define GIC_KEY_LIST_REGISTERS                                                                 \
    {                                                                                          \
        .name = "list-registers", .type = EL4_CONFIG_UINT, .default_text = "4", .min = 1,      \
        .max = GIC_LRS_MAX, .help = "List registers of each virtual CPU interface.",           \
    }

#define GIC_KEY_COMPATIBLE(names)                                                              \
    {                                                                                          \
        .name = "compatible", .type = EL4_CONFIG_STRING, .default_text = names,                \
        .help = "The device tree node's compatible strings (at most 4), separated by "         \
                "spaces; empty if the board writes them.",                                     \
    }

/* Blocks of 32 interrupts: a CPU's own, and the shared ones. */
static inline unsigned gic_config_blocks(const struct el4_host *host, struct el4_instance *self)
{
    return 1 + ((unsigned)host->config_uint(self, "spis") + 31) / 32;
}

#endif
