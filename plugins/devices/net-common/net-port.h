/* SPDX-License-Identifier: MIT */
/*
 * What network devices have in common: their address, and frames that wait until the guest has
 * buffers for them. The list is short, what comes when it is full is lost: TCP copes.
 */
#ifndef NET_PORT_H
#define NET_PORT_H

#include <el4/host.h>

#define NET_MAC_BYTES   6u
#define NET_WAITING_MAX 128u

/* For the table of keys of a device whose network is user-net.h's; each text begins a help. */
#define NET_KEY_HOSTFWD(ports)                                                                 \
    {                                                                                          \
        .name = "hostfwd", .type = EL4_CONFIG_LIST,                                            \
        .help = ports " of the host that lead to the guest, as "                               \
                      "tcp:HOSTADDR:PORT-GUESTADDR:GUESTPORT (or udp:...); HOSTADDR and "      \
                      "'GUESTADDR:' may be left out.",                                         \
    }
#define NET_KEY_RESTRICT(whether)                                                              \
    {                                                                                          \
        .name = "restrict", .type = EL4_CONFIG_BOOL, .default_text = "no",                     \
        .help = whether " the guest is kept from the host and its network.",                   \
    }
#define NET_KEY_MAC(text)                                                                      \
    {                                                                                          \
        .name = "mac", .type = EL4_CONFIG_STRING, .default_text = "52:54:00:12:34:56",         \
        .help = text,                                                                          \
    }

/* The address that the key mac says; false after fail(). */
bool el4_net_read_mac(const struct el4_host *host, struct el4_instance *self,
                      uint8_t mac[NET_MAC_BYTES]);

struct net_frame {
    uint8_t *data;
    size_t bytes;
};

struct net_waiting {
    struct net_frame frames[NET_WAITING_MAX]; /* ring */
    unsigned first, count;
};

/* Copies the frame; false if it is lost. */
bool el4_net_waiting_add(struct net_waiting *waiting, const uint8_t *data, size_t bytes);
/* The frame that has waited longest; NULL: there is none. */
const struct net_frame *el4_net_waiting_first(const struct net_waiting *waiting);
void el4_net_waiting_drop_first(struct net_waiting *waiting);
void el4_net_waiting_clear(struct net_waiting *waiting);

#endif
