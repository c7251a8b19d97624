/* SPDX-License-Identifier: MIT */
/*
 * PL061: the PrimeCell general purpose I/O (Arm DDI 0190). Eight pins; bits of a data access
 * are masked by its address. Edge interrupts are latched when a pin changes, level interrupts
 * follow the pin. Alternate functions (GPIOAFSEL) have no hardware to select.
 */
#include "../primecell-common/primecell.h"
#include <stdlib.h>

enum {
    REG_DATA_END = 0x400, /* data at 0x000 to 0x3fc, address bits 9:2 being the mask */
    REG_DIR = 0x400,
    REG_IS = 0x404,
    REG_IBE = 0x408,
    REG_IEV = 0x40c,
    REG_IE = 0x410,
    REG_RIS = 0x414,
    REG_MIS = 0x418,
    REG_IC = 0x41c,
    REG_AFSEL = 0x420,
    REG_TEST = 0x600, /* integration test: ITCR, ITIP1 to ITOP3 */
    REG_TEST_END = 0x618,
};

enum { PINS = 8, OUT_INTERRUPT = 0, OUT_PIN0 = 1 };

struct pl061 {
    const struct el4_host *host;
    struct el4_instance *self;
    uint8_t inputs; /* levels of the input wires */
    uint8_t data;   /* what was written for outputs */
    uint8_t direction;
    uint8_t sense; /* 1: level */
    uint8_t both_edges;
    uint8_t event; /* 1: rising edge or high level */
    uint8_t enable;
    uint8_t latched; /* edges seen */
    uint8_t alternate;
    uint8_t pins; /* levels when looked at last */
};

static const struct primecell cell = {0x00041061, REG_TEST, REG_TEST_END};

static uint8_t pin_levels(const struct pl061 *gpio)
{
    return (gpio->data & gpio->direction) | (gpio->inputs & ~gpio->direction);
}

static uint8_t raw_interrupts(const struct pl061 *gpio)
{
    uint8_t levels = (uint8_t) ~(gpio->pins ^ gpio->event);
    return (gpio->latched & ~gpio->sense) | (levels & gpio->sense);
}

/* Something changed: latch edges, drive the outputs. */
static void update(struct pl061 *gpio)
{
    uint8_t before = gpio->pins;
    gpio->pins = pin_levels(gpio);
    uint8_t rising = gpio->pins & ~before;
    uint8_t falling = before & ~gpio->pins;
    uint8_t wanted_rising = gpio->both_edges | gpio->event;
    uint8_t wanted_falling = gpio->both_edges | (uint8_t)~gpio->event;
    gpio->latched |= ((rising & wanted_rising) | (falling & wanted_falling)) & ~gpio->sense;

    for (unsigned pin = 0; pin < PINS; pin++) {
        bool level = (gpio->data & gpio->direction) >> pin & 1;
        gpio->host->wire_set(gpio->self, OUT_PIN0 + pin, level);
    }
    gpio->host->wire_set(gpio->self, OUT_INTERRUPT, (raw_interrupts(gpio) & gpio->enable) != 0);
}

static uint32_t read_register(struct pl061 *gpio, uint64_t offset)
{
    if (offset < REG_DATA_END) {
        return pin_levels(gpio) & (offset >> 2);
    }
    switch (offset) {
    case REG_DIR: return gpio->direction;
    case REG_IS: return gpio->sense;
    case REG_IBE: return gpio->both_edges;
    case REG_IEV: return gpio->event;
    case REG_IE: return gpio->enable;
    case REG_RIS: return raw_interrupts(gpio);
    case REG_MIS: return raw_interrupts(gpio) & gpio->enable;
    case REG_IC: return 0;
    case REG_AFSEL: return gpio->alternate;
    default: break;
    }
    return el4_primecell_read(&cell, gpio->host, gpio->self, offset);
}

static enum el4_mmio_result pl061_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = offset & 3 ? 0 : read_register(state, offset);
    return EL4_MMIO_OK;
}

static void write_register(struct pl061 *gpio, uint64_t offset, uint8_t value)
{
    if (offset < REG_DATA_END) {
        uint8_t mask = (uint8_t)(offset >> 2) & gpio->direction;
        gpio->data = (gpio->data & ~mask) | (value & mask);
        return;
    }
    switch (offset) {
    case REG_DIR: gpio->direction = value; break;
    case REG_IS: gpio->sense = value; break;
    case REG_IBE: gpio->both_edges = value; break;
    case REG_IEV: gpio->event = value; break;
    case REG_IE: gpio->enable = value; break;
    case REG_IC: gpio->latched &= ~value; break;
    case REG_AFSEL: gpio->alternate = value; break;
    default: el4_primecell_write(&cell, gpio->host, gpio->self, offset); break;
    }
}

static enum el4_mmio_result pl061_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct pl061 *gpio = state;
    if (!(offset & 3)) {
        write_register(gpio, offset, (uint8_t)value);
        update(gpio);
    }
    return EL4_MMIO_OK;
}

static void pl061_wire_changed(void *state, unsigned input, bool level)
{
    struct pl061 *gpio = state;
    if (input < PINS) {
        uint8_t bit = (uint8_t)(1u << input);
        gpio->inputs = level ? gpio->inputs | bit : gpio->inputs & ~bit;
        update(gpio);
    }
}

static void pl061_reset(void *state)
{
    struct pl061 *gpio = state;
    gpio->data = 0;
    gpio->direction = 0;
    gpio->sense = 0;
    gpio->both_edges = 0;
    gpio->event = 0;
    gpio->enable = 0;
    gpio->alternate = 0;
    gpio->pins = gpio->inputs;
    gpio->latched = 0;
    update(gpio);
}

static void *pl061_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = pl061_read,
        .write = pl061_write,
    };
    struct pl061 *gpio = calloc(1, sizeof(*gpio));
    if (!gpio) {
        host->fail(self, "out of memory");
        return NULL;
    }
    gpio->host = host;
    gpio->self = self;
    if (!host->mmio_declare(self, 0, &registers)) {
        free(gpio);
        return NULL;
    }
    return gpio;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl061_create,
    .destroy = free,
    .reset = pl061_reset,
    .wire_changed = pl061_wire_changed,
};

EL4_PLUGIN_DEFINE(pl061) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl061",
    .version = "1.0",
    .description = "PrimeCell GPIO (PL061)",
    .operations = &operations,
};
