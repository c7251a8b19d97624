/* SPDX-License-Identifier: MIT */
/*
 * What the configuration lists: NAME=HZ or NAME=MIN-MAX for clocks, NAME=VALUE for sensors,
 * NAME for power and reset domains.
 */
#include "scmi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const lists[SCMI_KINDS] = {
    [SCMI_CLOCK] = "clocks",
    [SCMI_POWER] = "power-domains",
    [SCMI_SENSOR] = "sensors",
    [SCMI_RESET] = "reset-domains",
};

static bool read_number(const char **text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(*text, &end, 10);
    bool good = end != *text && !errno;
    *text = end;
    return good;
}

static bool read_clock(struct scmi_thing *clock, const char *text)
{
    int64_t min, max;
    if (!read_number(&text, &min)) {
        return false;
    }
    max = min;
    if (*text == '-' && (text++, !read_number(&text, &max))) {
        return false;
    }
    clock->min = (uint64_t)min;
    clock->max = (uint64_t)max;
    clock->at_reset = max;
    return !*text && min > 0 && max >= min;
}

static bool read_thing(struct scmi_thing *thing, enum scmi_kind kind, const char *word)
{
    size_t length = strcspn(word, "=");
    const char *value = word + length;
    if (length == 0 || length >= SCMI_NAME_BYTES) {
        return false;
    }
    memcpy(thing->name, word, length);
    value += *value == '=';
    switch (kind) {
    case SCMI_CLOCK: return read_clock(thing, value);
    case SCMI_SENSOR: return read_number(&value, &thing->at_reset) && !*value;
    default: return !word[length];
    }
}

static bool read_list(struct scmi *scmi, enum scmi_kind kind)
{
    static const char *const forms[SCMI_KINDS] = {
        [SCMI_CLOCK] = "NAME=HZ or NAME=MIN-MAX",
        [SCMI_POWER] = "NAME",
        [SCMI_SENSOR] = "NAME=VALUE",
        [SCMI_RESET] = "NAME",
    };
    const struct el4_host *host = scmi->host;
    const char *word;
    for (unsigned i = 0; (word = host->config_list(scmi->self, lists[kind], i)); i++) {
        if (i == SCMI_THINGS_MAX) {
            host->fail(scmi->self, "%s: there can be %u at most", lists[kind], SCMI_THINGS_MAX);
            return false;
        }
        if (!read_thing(&scmi->things[kind][i], kind, word)) {
            host->fail(scmi->self, "%s: '%s' should be %s, with a name of up to %u letters",
                       lists[kind], word, forms[kind], SCMI_NAME_BYTES - 1);
            return false;
        }
        scmi->count[kind] = i + 1;
    }
    return true;
}

bool scmi_read_things(struct scmi *scmi)
{
    bool good = true;
    for (unsigned kind = 0; kind < SCMI_KINDS && good; kind++) {
        good = read_list(scmi, (enum scmi_kind)kind);
    }
    return good;
}

void scmi_reset_things(struct scmi *scmi)
{
    for (unsigned kind = 0; kind < SCMI_KINDS; kind++) {
        for (unsigned i = 0; i < scmi->count[kind]; i++) {
            scmi->things[kind][i].value = scmi->things[kind][i].at_reset;
            scmi->things[kind][i].enabled = false;
        }
    }
}
