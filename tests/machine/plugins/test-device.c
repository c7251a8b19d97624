/* SPDX-License-Identifier: MIT */
/*
 * A device that makes the mistake which its key `mistake` names when it is created. Without
 * one it has registers: offset 0 reads as the key `speed`; a write to offset 4 logs the value;
 * a write to offset 8 does DMA to its own registers; one to offset 12 starts a timer that asks
 * for a power switch where there is no caller; one to offset 16 raises IRQ of CPU 0 later; one
 * to offset 20 logs the first words of its memory, regions 1 and 2, and misuses the calls for
 * them; one to offset 24 accesses registers, which only services may. With the key `memory` it
 * has these: region 1 with call-backs, region 2 without.
 */
#include <el4/device.h>
#include <el4/service.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALARM_NS 20000000

struct device {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    struct el4_timer *alarm;
    uint64_t speed;
};

static enum el4_mmio_result read_register(void *state, uint64_t offset, unsigned size,
                                          uint64_t *value, const struct el4_access *access)
{
    struct device *device = state;
    *value = offset == 0 ? device->speed : 0;
    return EL4_MMIO_OK;
}

static void look_at_memory(struct device *device)
{
    const struct el4_host *host = device->host;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *memory = host->memory_pointer(device->self, i);
        if (memory) {
            host->log(device->self, EL4_LOG_WARNING, "region %u begins with 0x%x", i, *memory);
            *memory = (uint8_t)(0x50 + i);
        }
    }
    host->memory_set_direct(device->self, 1, false);
    host->memory_set_direct(device->self, 2, false);
    host->memory_set_direct(device->self, 99, true);
}

static enum el4_mmio_result write_register(void *state, uint64_t offset, unsigned size,
                                           uint64_t value, const struct el4_access *access)
{
    struct device *device = state;
    const struct el4_host *host = device->host;
    uint32_t word = 0;
    switch (offset) {
    case 4:
        host->log(device->self, EL4_LOG_WARNING, "written 0x%llx", (unsigned long long)value);
        break;
    case 8:
        host->log(device->self, EL4_LOG_WARNING, "dma %d %d",
                  host->dma_read(device->self, 0x10000000, &word, sizeof(word), false),
                  host->dma_write(device->self, 0x10000004, &word, sizeof(word), false));
        break;
    case 12: host->timer_set(device->self, device->timer, host->now_ns(device->self)); break;
    case 16:
        host->timer_set(device->self, device->alarm, host->now_ns(device->self) + ALARM_NS);
        break;
    case 20: look_at_memory(device); break;
    case 24:
        host->log(device->self, EL4_LOG_WARNING, "registers %d %d",
                  host->register_read(device->self, 0x10000000, 4, &value, false),
                  host->register_write(device->self, 0x10000004, 4, 1, false));
        break;
    default: return EL4_MMIO_FAULT;
    }
    return EL4_MMIO_OK;
}

static const struct el4_mmio registers = {
    .struct_size = sizeof(registers),
    .name = "registers",
    .bytes = 0x1000,
    .read = read_register,
    .write = write_register,
};

static enum el4_sysreg_verdict access_sysreg(void *state, struct el4_sysreg_access *access)
{
    return EL4_SYSREG_UNDEF;
}

static const struct el4_sysreg_ops sysregs = {
    .struct_size = sizeof(sysregs),
    .read = access_sysreg,
    .write = access_sysreg,
};

static void expired(void *opaque, uint64_t now_ns)
{
    struct device *device = opaque;
    device->host->cpu_off(device->self);
    device->host->cpu_suspend(device->self, NULL);
}

static void raise_irq(void *opaque, uint64_t now_ns)
{
    struct device *device = opaque;
    device->host->cpu_line_set(device->self, 0, EL4_CPU_IRQ, true);
}

static void declare_badly(const struct el4_host *host, struct el4_instance *self,
                          const char *mistake)
{
    struct el4_mmio mmio = registers;
    unsigned index = 1;
    if (!strcmp(mistake, "no-read")) {
        mmio.read = NULL;
    } else if (!strcmp(mistake, "no-write")) {
        mmio.write = NULL;
    } else if (!strcmp(mistake, "no-length")) {
        mmio.bytes = 0;
    } else if (!strcmp(mistake, "size-3")) {
        mmio.size_min = 3;
    } else if (!strcmp(mistake, "size-order")) {
        mmio.size_min = 8;
        mmio.size_max = 4;
    } else if (!strcmp(mistake, "twice")) {
        index = 0;
    } else if (!strcmp(mistake, "high-region")) {
        index = 8;
    } else if (!strcmp(mistake, "small-mmio")) {
        mmio.struct_size = 12;
    } else {
        return;
    }
    host->mmio_declare(self, index, &mmio);
}

static void declare_bad_memory(const struct el4_host *host, struct el4_instance *self,
                               const char *mistake)
{
    struct el4_mmio mmio = registers;
    struct el4_memory memory = {.struct_size = sizeof(memory), .bytes = 4096, .mmio = &mmio};
    if (!strcmp(mistake, "memory-size")) {
        memory.bytes = 100;
    } else if (!strcmp(mistake, "memory-no-write")) {
        mmio.write = NULL;
    } else {
        return;
    }
    host->memory_declare(self, 1, &memory);
}

static void misuse_host(const struct el4_host *host, struct el4_instance *self,
                        const char *mistake)
{
    if (!strcmp(mistake, "sysregs-twice")) {
        host->sysreg_claim(self, 0x100, 0x1ff, &sysregs);
        host->sysreg_claim(self, 0x180, 0x180, &sysregs);
    } else if (!strcmp(mistake, "sysregs-order")) {
        host->sysreg_claim(self, 0x101, 0x100, &sysregs);
    } else if (!strcmp(mistake, "null-stream")) {
        host->stream_open(self, NULL, NULL, NULL);
    } else if (!strcmp(mistake, "bad-stream")) {
        host->stream_open(self, "carrier-pigeon", NULL, NULL);
    } else if (!strcmp(mistake, "null-poll")) {
        static const struct el4_poll_ops ops = {.struct_size = sizeof(ops)};
        host->poll_add(self, &ops, NULL);
    } else if (!strcmp(mistake, "null-timer")) {
        host->timer_new(self, NULL, NULL);
    } else if (!strcmp(mistake, "claims-calls")) {
        static const struct el4_claim claim = {.struct_size = sizeof(claim), .conduits = 1};
        host->claim(self, &claim);
    } else if (!strcmp(mistake, "adds-memory")) {
        host->board_memory(self, NULL);
    } else if (!strcmp(mistake, "fails-twice")) {
        host->fail(self, "the first reason");
        host->fail(self, "the second reason");
    } else if (!strcmp(mistake, "early")) {
        /* All of this is allowed, or at least survived, before there are CPUs. */
        struct el4_cpu_state state = {.struct_size = sizeof(state)};
        uint32_t word = 0;
        host->cpu_state(self, 0, &state);
        host->call_is_claimed(self, 0, 0x84000000, 0);
        host->cpu_line_set(self, 0, 0, true);
        host->wire_set(self, 0, true);
        host->dma_write(self, 0x40000000, &word, sizeof(word), false);
        host->config_uint(self, "no-such-key");
        host->log(self, EL4_LOG_WARNING, "mpidr 0x%llx of %u",
                  (unsigned long long)host->cpu_mpidr(self, 0), host->cpu_count(self));
    }
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    const char *mistake = host->config_string(self, "mistake");
    if (mistake && !strcmp(mistake, "silent")) {
        return NULL;
    }
    struct device *device = calloc(1, sizeof(*device));
    device->host = host;
    device->self = self;
    device->speed = host->config_uint(self, "speed");
    device->timer = host->timer_new(self, expired, device);
    device->alarm = host->timer_new(self, raise_irq, device);
    host->mmio_declare(self, 0, &registers);
    if (host->config_bool(self, "memory")) {
        struct el4_memory memory = {
            .struct_size = sizeof(memory), .bytes = 8192, .mmio = &registers};
        host->memory_declare(self, 1, &memory);
        memory.mmio = NULL;
        memory.writable = true;
        host->memory_declare(self, 2, &memory);
        host->memory_pointer(self, 1);
    }
    if (mistake) {
        declare_badly(host, self, mistake);
        declare_bad_memory(host, self, mistake);
        misuse_host(host, self, mistake);
    }
    return device;
}

static void destroy(void *state)
{
    struct device *device = state;
    device->host->wire_set(device->self, 0, false);
    free(device);
}

static void wire_changed(void *state, unsigned input, bool level)
{
    struct device *device = state;
    device->host->log(device->self, EL4_LOG_WARNING, "input %u is %d", input, level);
}

static const struct el4_config_key keys[] = {
    {.name = "mistake", .type = EL4_CONFIG_STRING, .help = "What it does wrong."},
    {.name = "memory",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether it has memory, too."},
    {.name = "speed",
     .type = EL4_CONFIG_UINT,
     .default_text = "1",
     .help = "What it reads as."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .wire_changed = wire_changed,
};

EL4_PLUGIN_DEFINE(test_device) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "test-device",
    .version = "1",
    .description = "Device that makes mistakes",
    .schema = &schema,
    .operations = &operations,
};
