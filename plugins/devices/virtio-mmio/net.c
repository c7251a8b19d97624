/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: network device (virtio 1.2, 5.1). Frames for which the guest has no buffer wait
 * in a short list, then are dropped: TCP copes. No offloads.
 */
#include <stdlib.h>
#include <string.h>

#include "../net-common/net-port.h"
#include "../net-common/user-net.h"
#include "virtio.h"

#define F_MAC       (1ull << 5)
#define F_MRG_RXBUF (1ull << 15)
#define F_STATUS    (1ull << 16)

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT };

#define CONFIG_BYTES   8u
#define STATUS_LINK_UP 1u
#define HEADER_MAX     12u
#define HEADER_BUFFERS 10u /* offset of num_buffers */
#define FRAME_MAX      65550u

struct net {
    struct virtio *virtio;
    struct user_net *network;
    uint8_t mac[NET_MAC_BYTES];
    struct net_waiting waiting;
    uint8_t frame[FRAME_MAX];
};

/* ---- from the network to the guest ---- */

static size_t header_bytes(const struct virtio *virtio)
{
    return virtio->features & (VIRTIO_F_VERSION_1 | F_MRG_RXBUF) ? 12 : 10;
}

static void put_into_chain(struct virtio *virtio, const struct virtio_chain *chain,
                           const uint8_t *packet, size_t bytes)
{
    if (!el4_virtio_chain_write(virtio, chain, 0, packet, bytes)) {
        el4_virtio_break(virtio, "a receive buffer is not in memory");
    }
}

/* A frame that may use several chains: all of them are shown to the guest at once. */
static bool deliver_merged(struct virtio *virtio, const uint8_t *packet, size_t bytes)
{
    struct virtio_chain first;
    struct virtio_chain chain;
    size_t done = 0;
    unsigned count = 0;
    while (done < bytes) {
        struct virtio_chain *now = count ? &chain : &first;
        if (count == virtio->queues[QUEUE_RECEIVE].size ||
            !el4_virtio_queue_take(virtio, QUEUE_RECEIVE, now)) {
            el4_virtio_queue_untake(virtio, QUEUE_RECEIVE, count);
            return false;
        }
        size_t piece =
            now->writable_bytes < bytes - done ? (size_t)now->writable_bytes : bytes - done;
        put_into_chain(virtio, now, packet + done, piece);
        el4_virtio_queue_fill(virtio, QUEUE_RECEIVE, count, now->head, (uint32_t)piece);
        done += piece;
        count++;
    }
    uint8_t buffers[2];
    virtio_put_le(buffers, count, 2);
    if (!el4_virtio_chain_write(virtio, &first, HEADER_BUFFERS, buffers, sizeof(buffers))) {
        el4_virtio_break(virtio, "a receive buffer has no room for the header");
    }
    el4_virtio_queue_publish(virtio, QUEUE_RECEIVE, count);
    return true;
}

static bool deliver_single(struct virtio *virtio, const uint8_t *packet, size_t bytes)
{
    struct virtio_chain chain;
    if (!el4_virtio_queue_take(virtio, QUEUE_RECEIVE, &chain)) {
        return false;
    }
    if (chain.writable_bytes < bytes) {
        /* The frame is lost; the buffer is kept for one that fits. */
        el4_virtio_queue_untake(virtio, QUEUE_RECEIVE, 1);
        return true;
    }
    put_into_chain(virtio, &chain, packet, bytes);
    el4_virtio_queue_give(virtio, QUEUE_RECEIVE, chain.head, (uint32_t)bytes);
    return true;
}

/* False if the guest has no buffers for it now. */
static bool deliver(struct net *net, const struct net_frame *frame)
{
    struct virtio *virtio = net->virtio;
    uint8_t packet[HEADER_MAX + FRAME_MAX];
    size_t header = header_bytes(virtio);
    size_t bytes = header + frame->bytes;
    memset(packet, 0, header);
    if (header == HEADER_MAX) {
        packet[HEADER_BUFFERS] = 1;
    }
    memcpy(packet + header, frame->data, frame->bytes);
    return virtio->features & F_MRG_RXBUF ? deliver_merged(virtio, packet, bytes)
                                          : deliver_single(virtio, packet, bytes);
}

static void deliver_waiting(struct net *net)
{
    const struct net_frame *frame;
    while ((frame = el4_net_waiting_first(&net->waiting)) && el4_virtio_running(net->virtio) &&
           deliver(net, frame)) {
        el4_net_waiting_drop_first(&net->waiting);
    }
    el4_virtio_queue_signal(net->virtio, QUEUE_RECEIVE);
}

static void receive(void *opaque, const uint8_t *data, size_t bytes)
{
    struct net *net = opaque;
    /* Without a driver nobody listens. */
    if (el4_virtio_running(net->virtio) && bytes <= FRAME_MAX &&
        el4_net_waiting_add(&net->waiting, data, bytes)) {
        deliver_waiting(net);
    }
}

/* ---- from the guest to the network ---- */

static void transmit(struct net *net)
{
    struct virtio *virtio = net->virtio;
    struct virtio_chain chain;
    unsigned budget = VIRTIO_QUEUE_SIZE_MAX;
    while (budget && el4_virtio_queue_take(virtio, QUEUE_TRANSMIT, &chain)) {
        size_t header = header_bytes(virtio);
        if (chain.readable_bytes > header && chain.readable_bytes - header <= FRAME_MAX) {
            size_t bytes = (size_t)chain.readable_bytes - header;
            if (el4_virtio_chain_read(virtio, &chain, header, net->frame, bytes)) {
                el4_user_net_send(net->network, net->frame, bytes);
            }
        }
        el4_virtio_queue_give(virtio, QUEUE_TRANSMIT, chain.head, 0);
        budget--;
    }
    el4_virtio_queue_signal(virtio, QUEUE_TRANSMIT);
    if (budget < VIRTIO_QUEUE_SIZE_MAX) {
        virtio->host->poll_kick(virtio->self);
    }
    if (!budget) {
        el4_virtio_continue_later(virtio, QUEUE_TRANSMIT);
    }
}

/* ---- configuration ---- */

static void net_destroy(void *state)
{
    struct net *net = state;
    if (net->network) {
        el4_user_net_free(net->network);
    }
    el4_net_waiting_clear(&net->waiting);
    free(net);
}

static void *net_create(struct virtio *virtio)
{
    const struct el4_host *host = virtio->host;
    struct net *net = calloc(1, sizeof(*net));
    if (!net) {
        host->fail(virtio->self, "out of memory");
        return NULL;
    }
    net->virtio = virtio;
    if (el4_net_read_mac(host, virtio->self, net->mac)) {
        net->network = el4_user_net_new(host, virtio->self, receive, net);
    }
    if (!net->network) {
        net_destroy(net);
        return NULL;
    }
    return net;
}

/* ---- for the transport ---- */

static uint64_t net_features(void *state)
{
    return F_MAC | F_MRG_RXBUF | F_STATUS;
}

static void net_reset(void *state)
{
    struct net *net = state;
    el4_net_waiting_clear(&net->waiting);
}

static void net_read_config(void *state, uint8_t *config)
{
    const struct net *net = state;
    memcpy(config, net->mac, NET_MAC_BYTES);
    virtio_put_le(config + NET_MAC_BYTES, STATUS_LINK_UP, 2);
}

static void net_notify(void *state, unsigned queue)
{
    if (queue == QUEUE_RECEIVE) {
        deliver_waiting(state);
    } else {
        transmit(state);
    }
}

const struct virtio_type el4_virtio_net = {
    .id = 1,
    .queue_count = 2,
    .config_bytes = CONFIG_BYTES,
    .create = net_create,
    .destroy = net_destroy,
    .features = net_features,
    .reset = net_reset,
    .read_config = net_read_config,
    .notify = net_notify,
};
