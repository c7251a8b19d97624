/* SPDX-License-Identifier: MIT */
/*
 * The three ways into the el4 conduit, which no real machine has: guest firmware that owns SMC
 * hands a call on by HLT with a chosen immediate, by a store to a doorbell, or by a write of an
 * IMPLEMENTATION DEFINED system register. [chain el4] says which of them there are. Arguments
 * and results are the registers, as for SMC.
 */
#include "machine/private.h"

#include <inttypes.h>
#include <stdio.h>

#include "debug/semihosting.h"

#define DOORBELL_BYTES 8

/* S<op0>_<op1>_C<n>_C<m>_<op2>, in the space that the manual leaves to implementations. */
static bool parse_sysreg(const char *text, uint32_t *encoding)
{
    unsigned op0, op1, crn, crm, op2;
    int end = 0;
    if (sscanf(text, "S%u_%u_C%u_C%u_%u%n", &op0, &op1, &crn, &crm, &op2, &end) != 5 ||
        text[end] || op0 != 3 || op1 > 7 || (crn != 11 && crn != 15) || crm > 15 || op2 > 7) {
        return false;
    }
    *encoding = EL4_SYSREG(op0, op1, crn, crm, op2);
    return true;
}

static bool read_sysreg(struct el4_machine *machine, GError **error)
{
    struct el4_conduit_ways *ways = &machine->ways;
    const char *text = el4_config_get_string(machine->config, EL4_WAYS_SECTION, "sysreg");
    ways->has_sysreg = text != NULL;
    if (text && !parse_sysreg(text, &ways->sysreg)) {
        el4_config_value_error(machine->config, EL4_WAYS_SECTION, "sysreg", error,
                               "'%s' is no IMPLEMENTATION DEFINED system register; write it as "
                               "S3_<op1>_C<n>_C<m>_<op2> with n 11 or 15",
                               text);
        return false;
    }
    return true;
}

static bool read_hlt(struct el4_machine *machine, GError **error)
{
    struct el4_conduit_ways *ways = &machine->ways;
    ways->has_hlt = el4_config_is_set(machine->config, EL4_WAYS_SECTION, "hlt");
    ways->hlt = (uint16_t)el4_config_get_uint(machine->config, EL4_WAYS_SECTION, "hlt");
    bool is_semihosting =
        ways->hlt == EL4_SEMIHOSTING_IMMEDIATE || ways->hlt == EL4_SEMIHOSTING_T32;
    if (ways->has_hlt && machine->semihosting && is_semihosting) {
        el4_config_value_error(machine->config, EL4_WAYS_SECTION, "hlt", error,
                               "0x%x is semihosting's immediate: choose another, or switch "
                               "[machine] semihosting off",
                               ways->hlt);
        return false;
    }
    return true;
}

static enum el4_bus_result doorbell_read(void *opaque, uint64_t offset, unsigned size,
                                         uint64_t *value, const struct el4_bus_attrs *attrs)
{
    *value = 0;
    return EL4_BUS_OK;
}

/* The call is made when the store is over: results are not to be overtaken by it (mem.c). */
static enum el4_bus_result doorbell_write(void *opaque, uint64_t offset, unsigned size,
                                          uint64_t value, const struct el4_bus_attrs *attrs)
{
    struct el4_machine *machine = opaque;
    if (machine->caller) {
        return EL4_BUS_REFUSED; /* a service at work: it is no guest */
    }
    if (attrs->cpu >= 0 && (unsigned)attrs->cpu < machine->cpu_count) {
        machine->cpus[attrs->cpu]->doorbell_rung = true; /* that cpu's own thread */
    }
    return EL4_BUS_OK;
}

static bool map_doorbell(struct el4_machine *machine, GError **error)
{
    static const struct el4_bus_mmio_ops ops = {
        .read = doorbell_read, .write = doorbell_write, .size_min = 1, .size_max = 8};
    if (!el4_config_is_set(machine->config, EL4_WAYS_SECTION, "doorbell")) {
        return true;
    }
    uint64_t base = el4_config_get_uint(machine->config, EL4_WAYS_SECTION, "doorbell");
    g_autoptr(GError) problem = NULL;
    if (base % DOORBELL_BYTES == 0 &&
        el4_bus_add_mmio(machine->bus, "el4 doorbell", base, DOORBELL_BYTES, EL4_BUS_BOTH, &ops,
                         machine, &problem)) {
        return true;
    }
    el4_config_value_error(machine->config, EL4_WAYS_SECTION, "doorbell", error, "%s",
                           problem ? problem->message : "it must be a multiple of 8");
    return false;
}

bool el4_machine_build_ways(struct el4_machine *machine, GError **error)
{
    return read_hlt(machine, error) && read_sysreg(machine, error) &&
           map_doorbell(machine, error);
}
