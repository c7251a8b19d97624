/* SPDX-License-Identifier: MIT */
/*
 * See test-engine-fixture.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "isa/isa.h"
#include "test-engine-fixture.h"

void engine_set_up(const struct el4_cpu_config *config, struct el4_bus **bus,
                   struct el4_cpu **cpu, uint8_t **host)
{
    static const struct el4_engine_config engine = {.decode_a64 = el4_a64_translate,
                                                    .decode_a32 = el4_a32_translate,
                                                    .decode_t32 = el4_t32_translate};
    struct el4_bus_page page;
    *bus = el4_bus_new();
    assert_true(el4_bus_add_ram(*bus, "ram", RAM, RAM_BYTES, EL4_BUS_BOTH, NULL));
    el4_bus_freeze(*bus);
    assert_true(el4_bus_lookup_page(*bus, RAM, false, &page));
    *host = page.host;
    struct el4_cpu_config whole = *config;
    whole.bus = *bus;
    whole.model = whole.model ? whole.model : el4_cpu_model_find("max");
    *cpu = el4_cpu_new(&whole);
    assert_non_null(*cpu);
    assert_true(el4_engine_attach(*cpu, &engine));
}

void engine_tear_down(struct el4_bus *bus, struct el4_cpu *cpu)
{
    el4_engine_detach(cpu);
    el4_cpu_free(cpu);
    el4_bus_free(bus);
}
