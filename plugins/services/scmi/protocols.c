/* SPDX-License-Identifier: MIT */
/*
 * What messages mean (Arm DEN0056): base 2.0, power domains 2.0, clocks 1.0, sensors 1.0 and
 * resets 1.0, without notifications and without delayed responses.
 */
#include "scmi.h"

#include <string.h>

#define BASE              0x10u
#define AGENTS            2u /* the platform and the guest */
#define RATES_ARE_A_RANGE (1u << 12)
#define POWER_STATE_MASK  0x4fffffffu
#define SENSOR_CELSIUS    2u
#define SCALE_THOUSANDTHS (0x1du << 11) /* 10^-3 */
#define RESET_AUTONOMOUS  1u
#define RESET_ASSERT      2u
#define SENSORS_A_MESSAGE 4u
#define PROTOCOLS_A_WORD  4u

/* All protocols have the first three. */
enum { PROTOCOL_VERSION, PROTOCOL_ATTRIBUTES, MESSAGE_ATTRIBUTES, DESCRIBE };
enum { BASE_VENDOR = 3, BASE_SUB_VENDOR, BASE_IMPLEMENTATION, BASE_LIST, BASE_AGENT, BASE_END };
enum { POWER_SET = 4, POWER_GET, POWER_END };
enum { CLOCK_RATES = 4, CLOCK_RATE_SET, CLOCK_RATE_GET, CLOCK_CONFIG_SET, CLOCK_END };
enum { SENSOR_TRIP_NOTIFY = 4, SENSOR_TRIP_CONFIG, SENSOR_READING, SENSOR_END };
enum { RESET_DO = 4, RESET_END };

static const struct protocol {
    uint32_t id, version, end; /* end: one more than its last message */
} protocols[SCMI_KINDS] = {
    [SCMI_CLOCK] = {0x14, 0x10000, CLOCK_END},
    [SCMI_POWER] = {0x11, 0x20000, POWER_END},
    [SCMI_SENSOR] = {0x15, 0x10000, SENSOR_END},
    [SCMI_RESET] = {0x16, 0x10000, RESET_END},
};

uint32_t scmi_protocol_of(enum scmi_kind kind)
{
    return protocols[kind].id;
}

/* ---- answers ---- */

static void put(struct scmi_message *message, uint32_t word)
{
    if (message->out_words < SCMI_WORDS_MAX) {
        message->out[message->out_words++] = word;
    }
}

static void put_u64(struct scmi_message *message, uint64_t value)
{
    put(message, (uint32_t)value);
    put(message, (uint32_t)(value >> 32));
}

static void put_name(struct scmi_message *message, const char *name)
{
    uint8_t bytes[SCMI_NAME_BYTES] = {0};
    memcpy(bytes, name, strlen(name));
    for (unsigned i = 0; i < SCMI_NAME_BYTES; i += 4) {
        put(message, bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 |
                         (uint32_t)bytes[i + 3] << 24);
    }
}

/* Nothing but the status. */
static void finish(struct scmi_message *message, int32_t status)
{
    message->out_words = 1;
    message->out[0] = (uint32_t)status;
}

/* ---- base ---- */

/* Kinds that nothing is listed for are not there. */
static unsigned protocol_list(const struct scmi *scmi, uint32_t *ids)
{
    unsigned count = 0;
    for (unsigned kind = 0; kind < SCMI_KINDS; kind++) {
        if (scmi->count[kind]) {
            ids[count++] = protocols[kind].id;
        }
    }
    return count;
}

static void list_protocols(const struct scmi *scmi, struct scmi_message *message)
{
    uint32_t ids[SCMI_KINDS];
    unsigned count = protocol_list(scmi, ids);
    uint32_t skip = message->in[0];
    if (skip > count) {
        finish(message, SCMI_INVALID_PARAMETERS);
        return;
    }
    put(message, count - skip);
    for (unsigned i = skip; i < count; i += PROTOCOLS_A_WORD) {
        uint32_t word = 0;
        for (unsigned k = 0; k < PROTOCOLS_A_WORD && i + k < count; k++) {
            word |= ids[i + k] << (8 * k);
        }
        put(message, word);
    }
}

static void answer_base(const struct scmi *scmi, struct scmi_message *message)
{
    uint32_t ids[SCMI_KINDS];
    uint32_t agent = message->in[0];
    switch (message->number) {
    case PROTOCOL_VERSION: put(message, 0x20000); return;
    case PROTOCOL_ATTRIBUTES: put(message, protocol_list(scmi, ids) | AGENTS << 8); return;
    case BASE_VENDOR: put_name(message, "el4"); return;
    case BASE_SUB_VENDOR: put_name(message, "scmi"); return;
    case BASE_IMPLEMENTATION: put(message, 0x10000); return;
    case BASE_LIST: list_protocols(scmi, message); return;
    case BASE_AGENT:
        if (agent != UINT32_MAX && agent >= AGENTS) {
            finish(message, SCMI_NOT_FOUND);
            return;
        }
        put(message, agent == UINT32_MAX ? 1 : agent); /* all ones: who am I? */
        put_name(message, agent == 0 ? "platform" : "guest");
        return;
    default: finish(message, SCMI_NOT_FOUND);
    }
}

/* ---- power domains ---- */

static void answer_power(struct scmi_thing *domain, struct scmi_message *message)
{
    switch (message->number) {
    case POWER_SET:
        if (message->in[2] & ~POWER_STATE_MASK) {
            finish(message, SCMI_INVALID_PARAMETERS);
        } else {
            domain->value = message->in[2];
        }
        return;
    case POWER_GET: put(message, (uint32_t)domain->value); return;
    default: put(message, 0); put_name(message, domain->name);
    }
}

/* ---- clocks ---- */

/* One rate, or lowest, highest, step. */
static void describe_rates(const struct scmi_thing *clock, struct scmi_message *message)
{
    bool range = clock->min != clock->max;
    if (message->in[1] > (range ? 2 : 0)) {
        finish(message, SCMI_OUT_OF_RANGE);
        return;
    }
    put(message, range ? 3 | RATES_ARE_A_RANGE : 1);
    put_u64(message, clock->min);
    if (range) {
        put_u64(message, clock->max);
        put_u64(message, 1);
    }
}

static void answer_clock(struct scmi_thing *clock, struct scmi_message *message)
{
    uint64_t rate = message->in[2] | (uint64_t)message->in[3] << 32;
    switch (message->number) {
    case CLOCK_RATES: describe_rates(clock, message); return;
    case CLOCK_RATE_SET:
        if (rate < clock->min || rate > clock->max) {
            finish(message, SCMI_INVALID_PARAMETERS);
        } else {
            clock->value = (int64_t)rate;
        }
        return;
    case CLOCK_RATE_GET: put_u64(message, (uint64_t)clock->value); return;
    case CLOCK_CONFIG_SET: clock->enabled = message->in[1] & 1; return;
    default: put(message, clock->enabled); put_name(message, clock->name);
    }
}

/* ---- sensors ---- */

static void describe_sensors(const struct scmi *scmi, struct scmi_message *message)
{
    uint32_t first = message->in[0], count = scmi->count[SCMI_SENSOR];
    if (first >= count) {
        finish(message, SCMI_OUT_OF_RANGE);
        return;
    }
    uint32_t now = count - first < SENSORS_A_MESSAGE ? count - first : SENSORS_A_MESSAGE;
    put(message, now | (count - first - now) << 16);
    for (uint32_t i = first; i < first + now; i++) {
        put(message, i);
        put(message, 0);
        put(message, SENSOR_CELSIUS | SCALE_THOUSANDTHS);
        put_name(message, scmi->things[SCMI_SENSOR][i].name);
    }
}

static void answer_sensor(const struct scmi_thing *sensor, struct scmi_message *message)
{
    if (message->number == SENSOR_READING) {
        put_u64(message, (uint64_t)sensor->value);
    } else {
        finish(message, SCMI_NOT_SUPPORTED); /* trip points: there are none */
    }
}

/* ---- resets ---- */

static void answer_reset(struct scmi_thing *domain, struct scmi_message *message)
{
    if (message->number == RESET_DO) {
        bool autonomous = message->in[1] & RESET_AUTONOMOUS;
        if (message->in[2]) {
            finish(message, SCMI_INVALID_PARAMETERS); /* architectural default state alone */
        } else {
            domain->value = !autonomous && (message->in[1] & RESET_ASSERT);
        }
        return;
    }
    put(message, 0);
    put(message, UINT32_MAX); /* latency: unknown */
    put_name(message, domain->name);
}

/* ---- all ---- */

/* The word of the command that names the thing. */
static unsigned index_word(enum scmi_kind kind, uint32_t number)
{
    return (kind == SCMI_POWER && number == POWER_SET) ||
           (kind == SCMI_CLOCK && number == CLOCK_RATE_SET);
}

static void answer_of_kind(struct scmi *scmi, enum scmi_kind kind, struct scmi_message *message)
{
    uint32_t index = message->in[index_word(kind, message->number)];
    if (kind == SCMI_SENSOR && message->number == DESCRIBE) {
        describe_sensors(scmi, message);
        return;
    }
    if (index >= scmi->count[kind]) {
        finish(message, SCMI_NOT_FOUND);
        return;
    }
    struct scmi_thing *thing = &scmi->things[kind][index];
    switch (kind) {
    case SCMI_CLOCK: answer_clock(thing, message); return;
    case SCMI_POWER: answer_power(thing, message); return;
    case SCMI_SENSOR: answer_sensor(thing, message); return;
    default: answer_reset(thing, message);
    }
}

/* What of a protocol's attributes is not its number of things: there is no shared memory. */
static void put_attributes(const struct scmi *scmi, enum scmi_kind kind,
                           struct scmi_message *message)
{
    put(message, scmi->count[kind]);
    for (unsigned i = 0; i < 3 && (kind == SCMI_POWER || kind == SCMI_SENSOR); i++) {
        put(message, 0);
    }
}

static void message_attributes(struct scmi_message *message, uint32_t end)
{
    if (message->in[0] < end) {
        put(message, 0);
    } else {
        finish(message, SCMI_NOT_FOUND);
    }
}

static void answer_protocol(struct scmi *scmi, enum scmi_kind kind,
                            struct scmi_message *message)
{
    const struct protocol *protocol = &protocols[kind];
    if (message->number >= protocol->end) {
        finish(message, SCMI_NOT_FOUND);
        return;
    }
    switch (message->number) {
    case PROTOCOL_VERSION: put(message, protocol->version); return;
    case PROTOCOL_ATTRIBUTES: put_attributes(scmi, kind, message); return;
    case MESSAGE_ATTRIBUTES: message_attributes(message, protocol->end); return;
    default: answer_of_kind(scmi, kind, message);
    }
}

void scmi_answer(struct scmi *scmi, struct scmi_message *message)
{
    finish(message, SCMI_SUCCESS);
    if (message->protocol == BASE && message->number == MESSAGE_ATTRIBUTES) {
        message_attributes(message, BASE_END);
        return;
    }
    if (message->protocol == BASE) {
        answer_base(scmi, message);
        return;
    }
    for (unsigned kind = 0; kind < SCMI_KINDS; kind++) {
        if (protocols[kind].id == message->protocol && scmi->count[kind]) {
            answer_protocol(scmi, (enum scmi_kind)kind, message);
            return;
        }
    }
    finish(message, SCMI_NOT_SUPPORTED);
}
