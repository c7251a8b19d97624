/* SPDX-License-Identifier: MIT */
/*
 * The inside of the scmi plugin (Arm DEN0056). scmi.c has the instance, the channel and the
 * call, protocols.c what messages mean, things.c the clocks and so on that the configuration
 * lists.
 */
#ifndef SCMI_H
#define SCMI_H

#include <el4/service.h>

#define SCMI_THINGS_MAX 32u /* of each kind */
#define SCMI_NAME_BYTES 16u /* with the NUL */
#define SCMI_WORDS_MAX  32u /* of a message's payload, either way */

enum {
    SCMI_SUCCESS = 0,
    SCMI_NOT_SUPPORTED = -1,
    SCMI_INVALID_PARAMETERS = -2,
    SCMI_NOT_FOUND = -4,
    SCMI_OUT_OF_RANGE = -5,
    SCMI_PROTOCOL_ERROR = -10,
};

enum scmi_kind { SCMI_CLOCK, SCMI_POWER, SCMI_SENSOR, SCMI_RESET, SCMI_KINDS };

/* A clock, power domain, sensor or reset domain. */
struct scmi_thing {
    char name[SCMI_NAME_BYTES];
    uint64_t min, max; /* clock: Hz */
    int64_t value;     /* clock: Hz; sensor: thousandths; power: its state; reset: asserted */
    bool enabled;      /* clock */
    int64_t at_reset;
};

struct scmi {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t id;
    uint64_t channel;
    unsigned count[SCMI_KINDS];
    struct scmi_thing things[SCMI_KINDS][SCMI_THINGS_MAX];
};

/* A command and its answer; out[0] is the status. */
struct scmi_message {
    uint32_t protocol, number;
    uint32_t in[SCMI_WORDS_MAX];
    unsigned in_words;
    uint32_t out[SCMI_WORDS_MAX];
    unsigned out_words;
};

/* ---- things.c ---- */
/* Read the lists of the configuration; false after fail(). */
bool scmi_read_things(struct scmi *scmi);
void scmi_reset_things(struct scmi *scmi);

/* ---- protocols.c ---- */
/* The protocol of a kind: 0x11, 0x14 ... */
uint32_t scmi_protocol_of(enum scmi_kind kind);
void scmi_answer(struct scmi *scmi, struct scmi_message *message);

#endif
