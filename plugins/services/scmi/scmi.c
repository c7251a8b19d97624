/* SPDX-License-Identifier: MIT */
/*
 * System control and management by a call (Arm DEN0056, transport of its chapter 5.1.2 with an
 * SMC or HVC as doorbell): the guest writes a message into shared memory and calls; when the
 * call returns, the answer is there.
 */
#include "scmi.h"

#include <stdlib.h>
#include <string.h>

#define CHANNEL_BYTES 4096u
#define NAME          "scmi-shmem"

/* Offsets in the channel. */
#define STATUS  4u
#define LENGTH  20u
#define HEADER  24u
#define PAYLOAD 28u

#define CHANNEL_FREE  1u
#define NOT_SUPPORTED (-1)

/* ---- the channel ---- */

/* Little-endian words, whatever the host. */
static bool read_words(const struct scmi *scmi, unsigned offset, uint32_t *words,
                       unsigned count)
{
    uint8_t bytes[4 * SCMI_WORDS_MAX];
    if (scmi->host->dma_read(scmi->self, scmi->channel + offset, bytes, 4 * count, false)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *at = bytes + 4 * i;
        words[i] = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    }
    return true;
}

static bool write_words(const struct scmi *scmi, unsigned offset, const uint32_t *words,
                        unsigned count)
{
    uint8_t bytes[4 * SCMI_WORDS_MAX];
    for (unsigned i = 0; i < 4 * count; i++) {
        bytes[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    }
    return !scmi->host->dma_write(scmi->self, scmi->channel + offset, bytes, 4 * count, false);
}

/* False if the channel is not there. A length that makes no sense is a status. */
static bool exchange(struct scmi *scmi)
{
    static const uint32_t free_again = CHANNEL_FREE;
    struct scmi_message message = {0};
    uint32_t head[2]; /* length, header */
    if (!read_words(scmi, LENGTH, head, 2)) {
        return false;
    }
    message.protocol = head[1] >> 10 & 0xff;
    message.number = head[1] & 0xff;
    bool fits = head[0] >= 4 && head[0] % 4 == 0 && head[0] <= 4 + 4 * SCMI_WORDS_MAX;
    message.in_words = fits ? head[0] / 4 - 1 : 0;
    if (!read_words(scmi, PAYLOAD, message.in, message.in_words)) {
        return false;
    }
    if (fits) {
        scmi_answer(scmi, &message);
    } else {
        message.out[0] = (uint32_t)SCMI_PROTOCOL_ERROR;
        message.out_words = 1;
    }
    head[0] = 4 + 4 * message.out_words;
    return write_words(scmi, PAYLOAD, message.out, message.out_words) &&
           write_words(scmi, LENGTH, head, 2) && write_words(scmi, STATUS, &free_again, 1);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct scmi *scmi = state;
    if (call->id != scmi->id) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    bool answered = !(call->aarch32 && (call->id & 0x40000000)) && exchange(scmi);
    el4_call_return_code(call, answered ? 0 : NOT_SUPPORTED);
    return EL4_HANDLED;
}

/* ---- the instance ---- */

static void reset(void *state)
{
    static const uint32_t empty[PAYLOAD / 4] = {[STATUS / 4] = CHANNEL_FREE};
    struct scmi *scmi = state;
    scmi_reset_things(scmi);
    write_words(scmi, 0, empty, PAYLOAD / 4);
}

static void write_protocol(const struct scmi *scmi, struct el4_fdt *fdt, enum scmi_kind kind)
{
    static const struct {
        const char *node, *cells;
    } nodes[SCMI_KINDS] = {
        [SCMI_CLOCK] = {"protocol@14", "#clock-cells"},
        [SCMI_POWER] = {"protocol@11", "#power-domain-cells"},
        [SCMI_SENSOR] = {"protocol@15", "#thermal-sensor-cells"},
        [SCMI_RESET] = {"protocol@16", "#reset-cells"},
    };
    const uint32_t reg = scmi_protocol_of(kind);
    if (scmi->count[kind]) {
        scmi->host->fdt_begin(fdt, nodes[kind].node);
        el4_fdt_add_cell(scmi->host, fdt, "reg", reg);
        el4_fdt_add_cell(scmi->host, fdt, nodes[kind].cells, 1);
        scmi->host->fdt_end(fdt);
    }
}

/* Linux calls by the conduit that the /psci node names. */
static void fdt(void *state, struct el4_fdt *fdt, unsigned conduit)
{
    const struct scmi *scmi = state;
    const struct el4_host *host = scmi->host;
    if (conduit == EL4_CONDUIT_EL4) {
        return;
    }
    const uint32_t shmem = host->fdt_phandle(fdt, NAME);
    host->fdt_open(fdt, "firmware");
    host->fdt_begin(fdt, "scmi");
    el4_fdt_add_string(host, fdt, "compatible", "arm,scmi-smc");
    el4_fdt_add_cell(host, fdt, "arm,smc-id", scmi->id);
    el4_fdt_add_cell(host, fdt, "shmem", shmem);
    el4_fdt_add_cell(host, fdt, "#address-cells", 1);
    el4_fdt_add_cell(host, fdt, "#size-cells", 0);
    for (unsigned kind = 0; kind < SCMI_KINDS; kind++) {
        write_protocol(scmi, fdt, (enum scmi_kind)kind);
    }
    host->fdt_end(fdt);
    host->fdt_end(fdt);
}

static bool build(struct scmi *scmi)
{
    const struct el4_host *host = scmi->host;
    const struct el4_reservation wanted = {
        .struct_size = sizeof(wanted),
        .name = NAME,
        .bytes = CHANNEL_BYTES,
        .compatible = "arm,scmi-shmem",
    };
    if (!EL4_HOST_HAS(host, memory_reserve)) {
        host->fail(scmi->self, "this el4 is too old for it: services can't reserve memory");
        return false;
    }
    scmi->id = (uint32_t)host->config_uint(scmi->self, "id");
    return scmi_read_things(scmi) &&
           host->memory_reserve(scmi->self, &wanted, &scmi->channel) &&
           el4_claim_function(host, scmi->self, scmi->id, "SCMI message");
}

static void destroy(void *state)
{
    free(state);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct scmi *scmi = calloc(1, sizeof(*scmi));
    if (!scmi) {
        host->fail(self, "out of memory");
        return NULL;
    }
    scmi->host = host;
    scmi->self = self;
    if (!build(scmi)) {
        destroy(scmi);
        return NULL;
    }
    return scmi;
}

static const struct el4_config_key keys[] = {
    {.name = "id",
     .type = EL4_CONFIG_UINT,
     .default_text = "0x82000010",
     .max = UINT32_MAX,
     .help = "Function id of the call; the device tree tells the guest."},
    {.name = "clocks",
     .type = EL4_CONFIG_LIST,
     .help = "Clocks, as NAME=HZ or NAME=MIN-MAX, numbered from 0 on."},
    {.name = "power-domains",
     .type = EL4_CONFIG_LIST,
     .help = "Names of power domains, numbered from 0 on."},
    {.name = "sensors",
     .type = EL4_CONFIG_LIST,
     .help = "Sensors of temperature, as NAME=VALUE in thousandths of a degree Celsius."},
    {.name = "reset-domains",
     .type = EL4_CONFIG_LIST,
     .help = "Names of reset domains, numbered from 0 on."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "System control and management (Arm DEN0056).",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = call,
    .fdt = fdt,
};

EL4_PLUGIN_DEFINE(scmi) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "scmi",
    .version = "1.0",
    .description = "SCMI by a call: clocks, power domains, sensors, resets",
    .schema = &schema,
    .operations = &operations,
};
