/* SPDX-License-Identifier: MIT */
/*
 * The words of a described board's lists: addresses, interrupts, ends of wires. Interrupts are
 * counted as device trees do: spi0 is INTID 32, ppi0 is INTID 16 (GICv2 architecture
 * specification, IHI 0048B 2.2.1).
 */
#include "machine/described.h"

#include <string.h>

#define PPI_MAX   15u
#define SPI_MAX   987u /* INTID 1019 */
#define PPI_INTID 16u
#define SPI_INTID 32u
#define CPU_MAX   511u

static bool read_limited(const char *text, size_t length, uint32_t max, uint32_t *number)
{
    uint64_t value;
    if (!el4_config_read_number(text, length, &value) || value > max) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

static bool read_interrupt(const char *text, size_t length, uint32_t *intid)
{
    bool is_spi = length > 3 && strncmp(text, "spi", 3) == 0;
    bool is_ppi = length > 3 && strncmp(text, "ppi", 3) == 0;
    if (!(is_spi || is_ppi) ||
        !read_limited(text + 3, length - 3, is_spi ? SPI_MAX : PPI_MAX, intid)) {
        return false;
    }
    *intid += is_spi ? SPI_INTID : PPI_INTID;
    return true;
}

bool el4_described_interrupt(const char *text, uint32_t *intid)
{
    return read_interrupt(text, strlen(text), intid);
}

bool el4_described_interrupt_flags(const char *text, struct el4_board_irq *irq)
{
    size_t length = strcspn(text, ":");
    bool is_edge = strcmp(text + length, ":edge") == 0;
    irq->flags = is_edge ? EL4_IRQ_EDGE_RISING : EL4_IRQ_LEVEL_HIGH;
    return (is_edge || !text[length]) && read_interrupt(text, length, &irq->intid);
}

bool el4_described_irq(const char *text, struct el4_board_irq *irq)
{
    uint32_t last;
    const char *interrupt = el4_described_outputs(text, &irq->output, &last);
    if (!interrupt) {
        interrupt = text;
        irq->output = last = 0;
    }
    return irq->output == last && el4_described_interrupt_flags(interrupt, irq) &&
           irq->intid >= SPI_INTID;
}

bool el4_described_region(const char *text, uint64_t *base, uint64_t *bytes)
{
    size_t length = strcspn(text, "+");
    *bytes = 0;
    return el4_config_read_number(text, length, base) &&
           (!text[length] ||
            (el4_config_read_number(text + length + 1, strlen(text + length + 1), bytes) &&
             *bytes));
}

/* INPUT of a wire's end. */
static bool read_input(const char *text, uint32_t *input, int *cpu)
{
    size_t length = strcspn(text, "@");
    uint32_t number;
    *cpu = -1;
    if (!text[length]) {
        return (read_interrupt(text, length, input) && *input >= SPI_INTID) ||
               read_limited(text, length, UINT16_MAX, input);
    }
    if (!read_interrupt(text, length, input) || *input >= SPI_INTID ||
        !read_limited(text + length + 1, strlen(text + length + 1), CPU_MAX, &number)) {
        return false;
    }
    *cpu = (int)number;
    *input = EL4_INPUT_PRIVATE(number, *input);
    return true;
}

bool el4_described_end(const char *text, char **device, uint32_t *input, int *cpu)
{
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || !read_input(colon + 1, input, cpu)) {
        return false;
    }
    *device = g_strndup(text, (size_t)(colon - text));
    return true;
}

const char *el4_described_outputs(const char *text, uint32_t *first, uint32_t *last)
{
    size_t length = strcspn(text, ":");
    size_t first_length = strcspn(text, "-:");
    if (!text[length] || !read_limited(text, first_length, EL4_OUTPUT_MAX, first)) {
        return NULL;
    }
    *last = *first;
    if (first_length < length &&
        (!read_limited(text + first_length + 1, length - first_length - 1, EL4_OUTPUT_MAX,
                       last) ||
         *last < *first)) {
        return NULL;
    }
    return text + length + 1;
}
