/* SPDX-License-Identifier: MIT */
/*
 * What the tests of boards share: building one, and finding things in what it built.
 */
#ifndef BOARD_HELPERS_H
#define BOARD_HELPERS_H

#include "fake-host.h"
#include <string.h>
/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static inline struct el4_instance *make_board(const struct fake_setting *settings,
                                              unsigned cpus, uint64_t memory, bool el2,
                                              unsigned el3)
{
    struct el4_instance *fake = fake_new(settings, cpus);
    fake->machine_memory = memory;
    fake->machine_el2 = el2;
    fake->machine_el3 = el3;
    assert_true(fake_try_create_board(fake));
    return fake;
}

static inline bool build_board(struct el4_instance *fake)
{
    fake->creating = true;
    bool built = fake_board_ops()->build(fake->state);
    fake->creating = false;
    assert_int_equal(built, strlen(fake->failure) == 0);
    return built;
}

static inline const struct el4_board_device *find_device(const struct el4_instance *fake,
                                                         const char *plugin, uint64_t base)
{
    for (unsigned i = 0; i < fake->device_count; i++) {
        if (!strcmp(fake->devices[i].plugin, plugin) &&
            fake->devices[i].regions[0].base == base) {
            return &fake->devices[i];
        }
    }
    return NULL;
}

/* A device with one shared interrupt, or with none if that is -1. */
static inline void expect_device(const struct el4_instance *fake, const char *plugin,
                                 uint64_t base, int spi)
{
    const struct el4_board_device *device = find_device(fake, plugin, base);
    assert_non_null(device);
    assert_int_equal(device->irq_count, spi >= 0 ? 1 : 0);
    assert_int_equal(device->irqs[0].intid, spi >= 0 ? spi + 32 : 0);
}

static inline bool has_wire(const struct el4_instance *fake, const char *device, unsigned cpu,
                            uint32_t output, uint32_t input)
{
    for (unsigned i = 0; i < fake->wire_count; i++) {
        const struct el4_board_wire *wire = &fake->wires[i];
        bool same = device ? wire->from_device && !strcmp(wire->from_device, device)
                           : !wire->from_device && wire->cpu == cpu;
        if (same && wire->output == output && wire->input == input &&
            !strcmp(wire->to_device, "gic")) {
            return true;
        }
    }
    return false;
}

#endif
