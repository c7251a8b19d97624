/* SPDX-License-Identifier: MIT */
/*
 * What network devices have in common: see net-port.h.
 */
#include "net-port.h"

#include <stdlib.h>
#include <string.h>

static bool parse_mac(const char *text, uint8_t mac[NET_MAC_BYTES])
{
    for (unsigned i = 0; i < NET_MAC_BYTES; i++) {
        char *end;
        unsigned long value = strtoul(text, &end, 16);
        if (end == text || end - text > 2 || value > 0xff ||
            *end != (i + 1 < NET_MAC_BYTES ? ':' : 0)) {
            return false;
        }
        mac[i] = (uint8_t)value;
        text = end + 1;
    }
    return !(mac[0] & 1);
}

bool el4_net_read_mac(const struct el4_host *host, struct el4_instance *self,
                      uint8_t mac[NET_MAC_BYTES])
{
    const char *text = host->config_string(self, "mac");
    if (!text || !parse_mac(text, mac)) {
        host->fail(self, "mac: '%s' is no address of a single station", text ? text : "");
        return false;
    }
    return true;
}

bool el4_net_waiting_add(struct net_waiting *waiting, const uint8_t *data, size_t bytes)
{
    uint8_t *copy = waiting->count < NET_WAITING_MAX ? malloc(bytes ? bytes : 1) : NULL;
    if (!copy) {
        return false;
    }
    memcpy(copy, data, bytes);
    unsigned last = (waiting->first + waiting->count) % NET_WAITING_MAX;
    waiting->frames[last] = (struct net_frame){copy, bytes};
    waiting->count++;
    return true;
}

const struct net_frame *el4_net_waiting_first(const struct net_waiting *waiting)
{
    return waiting->count ? &waiting->frames[waiting->first] : NULL;
}

void el4_net_waiting_drop_first(struct net_waiting *waiting)
{
    free(waiting->frames[waiting->first].data);
    waiting->first = (waiting->first + 1) % NET_WAITING_MAX;
    waiting->count--;
}

void el4_net_waiting_clear(struct net_waiting *waiting)
{
    while (waiting->count) {
        el4_net_waiting_drop_first(waiting);
    }
}
