/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: network device (virtio 1.2, 5.1) on a user-mode network by
 * libslirp: 10.0.2.0/24, the host at .2, DNS at .3, the guest's address .15 by DHCP. Frames for
 * which the guest has no buffer wait in a short list, then are dropped: TCP copes. No offloads.
 */
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>

#include "virtio.h"

#define F_MAC       (1ull << 5)
#define F_MRG_RXBUF (1ull << 15)
#define F_STATUS    (1ull << 16)

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT };

#define CONFIG_BYTES   8u
#define STATUS_LINK_UP 1u
#define MAC_BYTES      6u
#define HEADER_MAX     12u
#define HEADER_BUFFERS 10u /* offset of num_buffers */
#define FRAME_MAX      65550u
#define WAITING_MAX    128u

struct frame {
    uint8_t *data;
    size_t bytes;
};

struct net {
    struct virtio *virtio;
    Slirp *slirp;
    uint8_t mac[MAC_BYTES];
    struct frame waiting[WAITING_MAX]; /* ring */
    unsigned waiting_first;
    unsigned waiting_count;
    /* Only during fill and ready call-backs */
    struct pollfd *fds;
    size_t fds_capacity;
    size_t fds_count;
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
static bool deliver(struct net *net, const struct frame *frame)
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
    while (net->waiting_count && el4_virtio_running(net->virtio)) {
        struct frame *frame = &net->waiting[net->waiting_first];
        if (!deliver(net, frame)) {
            break;
        }
        free(frame->data);
        frame->data = NULL;
        net->waiting_first = (net->waiting_first + 1) % WAITING_MAX;
        net->waiting_count--;
    }
    el4_virtio_queue_signal(net->virtio, QUEUE_RECEIVE);
}

static void drop_waiting(struct net *net)
{
    while (net->waiting_count) {
        free(net->waiting[net->waiting_first].data);
        net->waiting_first = (net->waiting_first + 1) % WAITING_MAX;
        net->waiting_count--;
    }
}

static ssize_t send_packet(const void *data, size_t bytes, void *opaque)
{
    struct net *net = opaque;
    /* Without a driver nobody listens; too many are waiting: the frame is lost. */
    if (!el4_virtio_running(net->virtio) || bytes > FRAME_MAX ||
        net->waiting_count == WAITING_MAX) {
        return (ssize_t)bytes;
    }
    uint8_t *copy = malloc(bytes ? bytes : 1);
    if (copy) {
        memcpy(copy, data, bytes);
        unsigned last = (net->waiting_first + net->waiting_count) % WAITING_MAX;
        net->waiting[last] = (struct frame){copy, bytes};
        net->waiting_count++;
        deliver_waiting(net);
    }
    return (ssize_t)bytes;
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
                slirp_input(net->slirp, net->frame, (int)bytes);
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

/* ---- libslirp's call-backs ---- */

static void guest_error(const char *message, void *opaque)
{
    struct net *net = opaque;
    net->virtio->host->log(net->virtio->self, EL4_LOG_GUEST_ERROR, "network: %s", message);
}

static int64_t clock_get_ns(void *opaque)
{
    struct net *net = opaque;
    return (int64_t)net->virtio->host->now_ns(net->virtio->self);
}

struct net_timer {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    SlirpTimerCb callback;
    void *opaque;
};

static void timer_expired(void *opaque, uint64_t now_ns)
{
    struct net_timer *timer = opaque;
    timer->callback(timer->opaque);
}

static void *timer_new(SlirpTimerCb callback, void *callback_opaque, void *opaque)
{
    struct net *net = opaque;
    struct net_timer *timer = calloc(1, sizeof(*timer));
    if (timer) {
        timer->host = net->virtio->host;
        timer->self = net->virtio->self;
        timer->callback = callback;
        timer->opaque = callback_opaque;
        timer->timer = timer->host->timer_new(timer->self, timer_expired, timer);
    }
    return timer;
}

static void timer_free(void *data, void *opaque)
{
    struct net_timer *timer = data;
    if (timer) {
        timer->host->timer_cancel(timer->self, timer->timer);
        free(timer);
    }
}

static void timer_mod(void *data, int64_t expire_ms, void *opaque)
{
    struct net_timer *timer = data;
    if (timer && expire_ms >= 0) {
        timer->host->timer_set(timer->self, timer->timer, (uint64_t)expire_ms * 1000000u);
    }
}

static void poll_fd_changed(int fd, void *opaque)
{
}

static void poll_notify(void *opaque)
{
    struct net *net = opaque;
    net->virtio->host->poll_kick(net->virtio->self);
}

static const SlirpCb slirp_callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = poll_fd_changed,
    .unregister_poll_fd = poll_fd_changed,
    .notify = poll_notify,
};

/* ---- the machine's poll loop ---- */

static int add_poll(int fd, int events, void *opaque)
{
    struct net *net = opaque;
    if (net->fds_count == net->fds_capacity) {
        return -1;
    }
    short wanted = 0;
    wanted |= events & SLIRP_POLL_IN ? POLLIN : 0;
    wanted |= events & SLIRP_POLL_OUT ? POLLOUT : 0;
    wanted |= events & SLIRP_POLL_PRI ? POLLPRI : 0;
    net->fds[net->fds_count] = (struct pollfd){.fd = fd, .events = wanted};
    return (int)net->fds_count++;
}

static int get_revents(int index, void *opaque)
{
    struct net *net = opaque;
    if (index < 0 || (size_t)index >= net->fds_count) {
        return 0;
    }
    short seen = net->fds[index].revents;
    int events = 0;
    events |= seen & POLLIN ? SLIRP_POLL_IN : 0;
    events |= seen & POLLOUT ? SLIRP_POLL_OUT : 0;
    events |= seen & POLLPRI ? SLIRP_POLL_PRI : 0;
    events |= seen & (POLLERR | POLLNVAL) ? SLIRP_POLL_ERR : 0;
    events |= seen & POLLHUP ? SLIRP_POLL_HUP : 0;
    return events;
}

static size_t poll_fill(void *opaque, struct pollfd *fds, size_t capacity, int64_t *timeout_ns)
{
    struct net *net = opaque;
    uint32_t timeout_ms = UINT32_MAX;
    net->fds = fds;
    net->fds_capacity = capacity;
    net->fds_count = 0;
    slirp_pollfds_fill(net->slirp, &timeout_ms, add_poll, net);
    net->fds = NULL;
    int64_t wait_ns = (int64_t)timeout_ms * 1000000;
    if (timeout_ms != UINT32_MAX && (*timeout_ns < 0 || wait_ns < *timeout_ns)) {
        *timeout_ns = wait_ns;
    }
    return net->fds_count;
}

static void poll_ready(void *opaque, struct pollfd *fds, size_t count)
{
    struct net *net = opaque;
    net->fds = fds;
    net->fds_count = count;
    slirp_pollfds_poll(net->slirp, 0, get_revents, net);
    net->fds = NULL;
    net->fds_count = 0;
}

/* ---- configuration ---- */

static bool parse_mac(struct net *net, const char *text)
{
    for (unsigned i = 0; i < MAC_BYTES; i++) {
        char *end;
        unsigned long value = strtoul(text, &end, 16);
        if (end == text || end - text > 2 || value > 0xff ||
            *end != (i + 1 < MAC_BYTES ? ':' : 0)) {
            return false;
        }
        net->mac[i] = (uint8_t)value;
        text = end + 1;
    }
    return !(net->mac[0] & 1);
}

/* Up to `separator` an address, or nothing; *text moves beyond the separator. */
static bool parse_address(const char **text, char separator, const char *otherwise,
                          struct in_addr *address)
{
    char buffer[INET_ADDRSTRLEN];
    const char *end = strchr(*text, separator);
    size_t length = end ? (size_t)(end - *text) : 0;
    if (length >= sizeof(buffer)) {
        return false;
    }
    memcpy(buffer, *text, length);
    buffer[length] = 0;
    *text = end ? end + 1 : *text;
    return inet_pton(AF_INET, length ? buffer : otherwise, address) == 1;
}

static bool parse_port(const char **text, char after, int *port)
{
    char *end;
    unsigned long value = strtoul(*text, &end, 10);
    if (end == *text || **text < '0' || **text > '9' || *end != after || !value ||
        value > 65535) {
        return false;
    }
    *port = (int)value;
    *text = end + 1;
    return true;
}

/* tcp:[HOSTADDR]:PORT-[GUESTADDR:]GUESTPORT */
static bool add_forward(struct net *net, const char *word)
{
    const struct el4_host *host = net->virtio->host;
    struct in_addr host_address;
    struct in_addr guest_address;
    int host_port = 0;
    int guest_port = 0;
    const char *text = word + 4;
    bool udp = !strncmp(word, "udp:", 4);
    if ((!udp && strncmp(word, "tcp:", 4) != 0) || !strchr(text, ':') ||
        !parse_address(&text, ':', "0.0.0.0", &host_address) ||
        !parse_port(&text, '-', &host_port) ||
        !parse_address(&text, ':', "10.0.2.15", &guest_address) ||
        !parse_port(&text, 0, &guest_port)) {
        host->fail(net->virtio->self,
                   "hostfwd: '%s' is not tcp:HOSTADDR:PORT-GUESTADDR:GUESTPORT", word);
        return false;
    }
    if (slirp_add_hostfwd(net->slirp, udp, host_address, host_port, guest_address,
                          guest_port) != 0) {
        host->fail(net->virtio->self, "hostfwd: can't listen for '%s'", word);
        return false;
    }
    return true;
}

static bool start_network(struct net *net)
{
    static const struct el4_poll_ops poll_ops = {
        .struct_size = sizeof(poll_ops),
        .fill = poll_fill,
        .ready = poll_ready,
    };
    const struct el4_host *host = net->virtio->host;
    struct el4_instance *self = net->virtio->self;
    SlirpConfig config = {
        .version = 1,
        .restricted = host->config_bool(self, "restrict"),
        .in_enabled = true,
        .vnetwork = {htonl(0x0a000200)},
        .vnetmask = {htonl(0xffffff00)},
        .vhost = {htonl(0x0a000202)},
        .vdhcp_start = {htonl(0x0a00020f)},
        .vnameserver = {htonl(0x0a000203)},
    };
    net->slirp = slirp_new(&config, &slirp_callbacks, net);
    if (!net->slirp) {
        host->fail(self, "libslirp could not be started");
        return false;
    }
    const char *word;
    for (size_t i = 0; (word = host->config_list(self, "hostfwd", i)); i++) {
        if (!add_forward(net, word)) {
            return false;
        }
    }
    if (!host->poll_add(self, &poll_ops, net)) {
        host->fail(self, "no room in the poll loop");
        return false;
    }
    return true;
}

static void net_destroy(void *state)
{
    struct net *net = state;
    if (net->slirp) {
        slirp_cleanup(net->slirp);
    }
    drop_waiting(net);
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
    const char *mac = host->config_string(virtio->self, "mac");
    if (!mac || !parse_mac(net, mac)) {
        host->fail(virtio->self, "mac: '%s' is no address of a single station", mac ? mac : "");
        net_destroy(net);
        return NULL;
    }
    if (!start_network(net)) {
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
    drop_waiting(state);
}

static void net_read_config(void *state, uint8_t *config)
{
    const struct net *net = state;
    memcpy(config, net->mac, MAC_BYTES);
    virtio_put_le(config + MAC_BYTES, STATUS_LINK_UP, 2);
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
