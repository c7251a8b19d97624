/* SPDX-License-Identifier: MIT */
/*
 * The monitor calls of Calxeda's ECX-1000, which are older than the SMC Calling Convention: the
 * function's number is in r12 and its argument in r0 (Linux arch/arm/mach-highbank/smc.S).
 * Linux makes one: 0x102, "write r0 to the control register of the level 2 cache controller",
 * which a Non-secure kernel can't write itself. It is written by that, as Secure software.
 */
#include <el4/service.h>

#include <stdlib.h>

#define SELECTOR      12u
#define WRITE_L2_CTRL 0x102u
/* PL310 (Arm DDI 0246, 3.3.1): reg0_cache_id with implementer and part number, reg1_control. */
#define CACHE_ID        0x000u
#define CONTROL         0x100u
#define CACHE_ID_MASK   0xff0003c0u
#define CACHE_ID_PL310  0x410000c0u
#define REGISTERS_BYTES 0x1000u

struct monitor {
    const struct el4_host *host;
    struct el4_instance *self;
    uint64_t controller;
    bool has_warned;
};

/* Midway has its interrupt controller where highbank has the PL310: look before writing. */
static bool write_control(const struct monitor *monitor, uint32_t value)
{
    const struct el4_host *host = monitor->host;
    uint64_t base = monitor->controller, id;
    return !host->register_read(monitor->self, base + CACHE_ID, 4, &id, true) &&
           (id & CACHE_ID_MASK) == CACHE_ID_PL310 &&
           !host->register_write(monitor->self, base + CONTROL, 4, value, true);
}

/* Once: the guest may go on calling. */
static void warn(struct monitor *monitor)
{
    if (!monitor->has_warned) {
        monitor->host->log(monitor->self, EL4_LOG_WARNING,
                           "call 0x102 is not answered: there is no PL310 at 0x%llx; "
                           "the key l2-controller says where it is",
                           (unsigned long long)monitor->controller);
    }
    monitor->has_warned = true;
}

/* Real ones may lose r0 to r3 and r12; nothing is returned in them. */
static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct monitor *monitor = state;
    if (call->id != WRITE_L2_CTRL || call->selector != SELECTOR) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    if (!write_control(monitor, (uint32_t)call->args[0])) {
        warn(monitor);
        return EL4_PASS;
    }
    return EL4_HANDLED;
}

static bool build(struct monitor *monitor)
{
    static const struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_SMC | EL4_CONDUITS_EL4,
        .callers = EL4_CALLERS_NS,
        .selector = SELECTOR,
        .first = WRITE_L2_CTRL,
        .last = WRITE_L2_CTRL,
        .name = "Calxeda L2 control",
    };
    const struct el4_host *host = monitor->host;
    if (!EL4_HOST_HAS(host, register_write)) {
        host->fail(monitor->self, "this el4 is too old for it: services can't write registers");
        return false;
    }
    monitor->controller = host->config_uint(monitor->self, "l2-controller");
    if (monitor->controller % REGISTERS_BYTES) {
        host->fail(monitor->self, "l2-controller: 0x%llx is not a multiple of 4096",
                   (unsigned long long)monitor->controller);
        return false;
    }
    return host->claim(monitor->self, &claim);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct monitor *monitor = calloc(1, sizeof(*monitor));
    if (!monitor) {
        host->fail(self, "out of memory");
        return NULL;
    }
    monitor->host = host;
    monitor->self = self;
    if (!build(monitor)) {
        free(monitor);
        return NULL;
    }
    return monitor;
}

static void destroy(void *state)
{
    free(state);
}

static const struct el4_config_key keys[] = {
    {.name = "l2-controller",
     .type = EL4_CONFIG_UINT,
     .default_text = "0xfff12000",
     .help = "Address of the PL310's registers; the default is highbank's."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "The monitor calls of Calxeda's ECX-1000.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(calxeda_monitor) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "calxeda-monitor",
    .version = "1.0",
    .description = "Calxeda's monitor calls: level 2 cache control",
    .schema = &schema,
    .operations = &operations,
};
