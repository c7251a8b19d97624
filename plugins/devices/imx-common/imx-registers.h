/* SPDX-License-Identifier: MIT */
/*
 * What the i.MX blocks have in common: banks of 32-bit registers with reset values, and the
 * addresses that set, clear or toggle bits of the register before them.
 */
#ifndef IMX_REGISTERS_H
#define IMX_REGISTERS_H

#include "../lane-common/lanes.h"
#include <el4/device.h>
#include <stdlib.h>
#include <string.h>

#define IMX_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The length of most blocks' windows. */
#define IMX_BLOCK_BYTES 0x4000u

struct imx_reset_value {
    uint32_t offset;
    uint32_t value;
};

/* All zeros but for the list. */
static inline void imx_registers_reset(uint32_t *registers, size_t count,
                                       const struct imx_reset_value *values, size_t value_count)
{
    memset(registers, 0, count * sizeof(*registers));
    for (size_t i = 0; i < value_count; i++) {
        registers[values[i].offset / 4] = values[i].value;
    }
}

/* The new value after a write to the register itself, or to its SET, CLR or TOG address. */
static inline uint32_t imx_set_clear_toggle(uint32_t old, uint32_t value, uint64_t offset)
{
    switch (offset & 0xc) {
    case 0x4: return old | value;
    case 0x8: return old & ~value;
    case 0xc: return old ^ value;
    default: return value;
    }
}

static inline void imx_log_unknown(const struct el4_host *host, struct el4_instance *self,
                                   const char *access, uint64_t offset)
{
    host->log(self, EL4_LOG_UNIMPLEMENTED, "%s at 0x%03x: that register is not modelled",
              access, (unsigned)offset);
}

#endif
