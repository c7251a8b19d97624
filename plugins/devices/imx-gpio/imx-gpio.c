/* SPDX-License-Identifier: MIT */
/*
 * GPIO: 32 pins of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 28). Inputs 0 to 31
 * are the pins' levels from outside; outputs 0 and 1 are the interrupts of pins 0 to 15 and 16
 * to 31, outputs 2 to 33 the levels that output pins drive.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_DR = 0x00,
    REG_GDIR = 0x04,
    REG_PSR = 0x08,
    REG_ICR1 = 0x0c,
    REG_ICR2 = 0x10,
    REG_IMR = 0x14,
    REG_ISR = 0x18,
    REG_EDGE_SEL = 0x1c,
};

enum { PINS = 32, OUT_LOW_HALF = 0, OUT_HIGH_HALF = 1, OUT_PIN0 = 2 };

/* ICR, two bits a pin */
enum { SENSE_LOW, SENSE_HIGH, SENSE_RISING, SENSE_FALLING };

struct imx_gpio {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t inputs;
    uint32_t levels; /* of the pins, when looked at last */
    uint32_t data;
    uint32_t direction; /* 1: output */
    uint32_t sense[2];
    uint32_t mask;
    uint32_t status;
    uint32_t both_edges;
};

static unsigned sense_of(const struct imx_gpio *gpio, unsigned pin)
{
    return gpio->sense[pin / 16] >> (pin % 16 * 2) & 3;
}

static bool detects(const struct imx_gpio *gpio, unsigned pin, uint32_t before)
{
    uint32_t bit = 1u << pin;
    bool level = gpio->levels & bit, changed = (gpio->levels ^ before) & bit;
    if (gpio->both_edges & bit) {
        return changed;
    }
    switch (sense_of(gpio, pin)) {
    case SENSE_LOW: return !level;
    case SENSE_HIGH: return level;
    case SENSE_RISING: return changed && level;
    default: return changed && !level;
    }
}

/* Something changed: look for edges and levels, drive the outputs. */
static void update(struct imx_gpio *gpio)
{
    uint32_t before = gpio->levels;
    gpio->levels = (gpio->data & gpio->direction) | (gpio->inputs & ~gpio->direction);
    for (unsigned pin = 0; pin < PINS; pin++) {
        if (detects(gpio, pin, before)) {
            gpio->status |= 1u << pin;
        }
        gpio->host->wire_set(gpio->self, OUT_PIN0 + pin,
                             (gpio->data & gpio->direction) >> pin & 1);
    }
    uint32_t pending = gpio->status & gpio->mask;
    gpio->host->wire_set(gpio->self, OUT_LOW_HALF, pending & 0xffff);
    gpio->host->wire_set(gpio->self, OUT_HIGH_HALF, pending >> 16);
}

static enum el4_mmio_result gpio_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct imx_gpio *gpio = state;
    *value = 0;
    switch (offset) {
    case REG_DR: /* input pins read their level, output pins what they drive */
    case REG_PSR: *value = gpio->levels; break;
    case REG_GDIR: *value = gpio->direction; break;
    case REG_ICR1:
    case REG_ICR2: *value = gpio->sense[(offset - REG_ICR1) / 4]; break;
    case REG_IMR: *value = gpio->mask; break;
    case REG_ISR: *value = gpio->status; break;
    case REG_EDGE_SEL: *value = gpio->both_edges; break;
    default: imx_log_unknown(gpio->host, gpio->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result gpio_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct imx_gpio *gpio = state;
    switch (offset) {
    case REG_DR: gpio->data = (uint32_t)value; break;
    case REG_GDIR: gpio->direction = (uint32_t)value; break;
    case REG_PSR: break; /* read only */
    case REG_ICR1:
    case REG_ICR2: gpio->sense[(offset - REG_ICR1) / 4] = (uint32_t)value; break;
    case REG_IMR: gpio->mask = (uint32_t)value; break;
    case REG_ISR: gpio->status &= ~(uint32_t)value; break;
    case REG_EDGE_SEL: gpio->both_edges = (uint32_t)value; break;
    default: imx_log_unknown(gpio->host, gpio->self, "write", offset); return EL4_MMIO_OK;
    }
    update(gpio);
    return EL4_MMIO_OK;
}

static void gpio_wire_changed(void *state, unsigned input, bool level)
{
    struct imx_gpio *gpio = state;
    if (input < PINS) {
        gpio->inputs = (gpio->inputs & ~(1u << input)) | (uint32_t)level << input;
        update(gpio);
    }
}

/* The inputs keep their levels: they are other devices' to change. */
static void gpio_reset(void *state)
{
    struct imx_gpio *gpio = state;
    gpio->levels = gpio->inputs;
    gpio->data = 0;
    gpio->direction = 0;
    gpio->sense[0] = 0;
    gpio->sense[1] = 0;
    gpio->mask = 0;
    gpio->both_edges = 0;
    update(gpio);
    gpio->status = 0;
}

static void *gpio_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = gpio_read,
        .write = gpio_write,
    };
    struct imx_gpio *gpio = calloc(1, sizeof(*gpio));
    if (!gpio) {
        host->fail(self, "out of memory");
        return NULL;
    }
    gpio->host = host;
    gpio->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(gpio);
        return NULL;
    }
    return gpio;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = gpio_create,
    .destroy = free,
    .reset = gpio_reset,
    .wire_changed = gpio_wire_changed,
};

EL4_PLUGIN_DEFINE(imx_gpio) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-gpio",
    .version = "1.0",
    .description = "i.MX general purpose I/O (GPIO)",
    .operations = &operations,
};
