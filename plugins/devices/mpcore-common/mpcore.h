/* SPDX-License-Identifier: MIT */
/*
 * What the private blocks of the Cortex-A9 MPCore have in common: how many CPUs they serve,
 * whose copy of a banked register an access gets, and the timers' clock.
 */
#ifndef MPCORE_H
#define MPCORE_H

#include <el4/device.h>

#define MPCORE_CPUS_MAX 4u

/* The number of CPUs; 0 after fail() if it is more than an MPCore has. */
static inline unsigned mpcore_cpus(const struct el4_host *host, struct el4_instance *self)
{
    unsigned cpus = host->cpu_count(self);
    if (cpus > MPCORE_CPUS_MAX) {
        host->fail(self, "an MPCore has up to %u CPUs, the machine %u", MPCORE_CPUS_MAX, cpus);
        return 0;
    }
    return cpus;
}

/* Whose registers these are; what is not a CPU sees CPU 0's. */
static inline unsigned mpcore_cpu_of(const struct el4_access *access, unsigned cpus)
{
    return access->cpu >= 0 && (unsigned)access->cpu < cpus ? (unsigned)access->cpu : 0;
}

/* Bits 15:8 of the control registers divide PERIPHCLK by one more (DDI 0407 4.1.2, 4.4.2). */
static inline uint32_t mpcore_divider(uint32_t control)
{
    return (control >> 8 & 0xff) + 1;
}

/* For a timer's table of keys. */
#define MPCORE_KEY_FREQUENCY                                                                   \
    {                                                                                          \
        .name = "frequency", .type = EL4_CONFIG_UINT, .default_text = "200000000", .min = 1,   \
        .max = 10000000000,                                                                    \
        .help = "PERIPHCLK in Hz; each timer divides it by its prescaler.",                    \
    }

#endif
