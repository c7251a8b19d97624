/* SPDX-License-Identifier: MIT */
/*
 * The network behind a network device, by libslirp: 10.0.2.0/24 with the host at
 * .2, DNS at .3 and the guest at .15 by DHCP, IPv4 only. Its sockets take part in the machine's
 * poll loop. All of it runs under the device lock.
 */
#include "user-net.h"

#include <el4/device.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>

struct user_net {
    const struct el4_host *host;
    struct el4_instance *self;
    Slirp *slirp;
    void (*deliver)(void *opaque, const uint8_t *frame, size_t bytes);
    void *opaque;
    /* Only during fill and ready call-backs */
    struct pollfd *fds;
    size_t fds_capacity;
    size_t fds_count;
};

/* ---- libslirp's call-backs ---- */

static ssize_t send_packet(const void *data, size_t bytes, void *opaque)
{
    struct user_net *net = opaque;
    net->deliver(net->opaque, data, bytes);
    return (ssize_t)bytes;
}

static void guest_error(const char *message, void *opaque)
{
    struct user_net *net = opaque;
    net->host->log(net->self, EL4_LOG_GUEST_ERROR, "network: %s", message);
}

static int64_t clock_get_ns(void *opaque)
{
    struct user_net *net = opaque;
    return (int64_t)net->host->now_ns(net->self);
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
    struct user_net *net = opaque;
    struct net_timer *timer = calloc(1, sizeof(*timer));
    if (timer) {
        timer->host = net->host;
        timer->self = net->self;
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
    struct user_net *net = opaque;
    net->host->poll_kick(net->self);
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
    struct user_net *net = opaque;
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
    struct user_net *net = opaque;
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
    struct user_net *net = opaque;
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
    struct user_net *net = opaque;
    net->fds = fds;
    net->fds_count = count;
    slirp_pollfds_poll(net->slirp, 0, get_revents, net);
    net->fds = NULL;
    net->fds_count = 0;
}

/* ---- configuration ---- */

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
static bool add_forward(struct user_net *net, const char *word)
{
    const struct el4_host *host = net->host;
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
        host->fail(net->self, "hostfwd: '%s' is not tcp:HOSTADDR:PORT-GUESTADDR:GUESTPORT",
                   word);
        return false;
    }
    if (host->machine_uint(net->self, "look-only")) {
        return true; /* nobody may connect to a machine that does not run */
    }
    if (slirp_add_hostfwd(net->slirp, udp, host_address, host_port, guest_address,
                          guest_port) != 0) {
        host->fail(net->self, "hostfwd: can't listen for '%s'", word);
        return false;
    }
    return true;
}

static bool start_network(struct user_net *net)
{
    static const struct el4_poll_ops poll_ops = {
        .struct_size = sizeof(poll_ops),
        .fill = poll_fill,
        .ready = poll_ready,
    };
    const struct el4_host *host = net->host;
    struct el4_instance *self = net->self;
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

void el4_user_net_free(struct user_net *net)
{
    if (net->slirp) {
        slirp_cleanup(net->slirp);
    }
    free(net);
}

struct user_net *el4_user_net_new(const struct el4_host *host, struct el4_instance *self,
                                  void (*deliver)(void *opaque, const uint8_t *frame,
                                                  size_t bytes),
                                  void *opaque)
{
    struct user_net *net = calloc(1, sizeof(*net));
    if (!net) {
        host->fail(self, "out of memory");
        return NULL;
    }
    net->host = host;
    net->self = self;
    net->deliver = deliver;
    net->opaque = opaque;
    if (!start_network(net)) {
        el4_user_net_free(net);
        return NULL;
    }
    return net;
}

void el4_user_net_send(struct user_net *net, const uint8_t *frame, size_t bytes)
{
    slirp_input(net->slirp, frame, (int)bytes);
}
