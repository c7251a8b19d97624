/* SPDX-License-Identifier: MIT */
/*
 * Words of a device's region 0, as most of the devices' tests look at it.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "fake-host.h"

static inline uint32_t reg(struct el4_instance *fake, unsigned offset)
{
    return (uint32_t)fake_read(fake, 0, offset, 4);
}

static inline void set(struct el4_instance *fake, unsigned offset, uint32_t value)
{
    fake_write(fake, 0, offset, 4, value);
}

#endif
