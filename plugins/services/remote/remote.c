/* SPDX-License-Identifier: MIT */
/*
 * A service that another program answers, in any language: calls go over a Unix socket as lines
 * of JSON (README.md). However that program behaves, a call takes bounded time, and what it
 * does wrong is a failed call.
 */
#include "message.h"
#include "peer.h"

#include <stdlib.h>
#include <string.h>

/* After a time-out calls fail at once for this many times the time-out, unless the late answer
 * comes: a peer that hangs must not slow down a machine that goes on calling. */
#define REST_FACTOR 10

#define PROBLEM g_quark_from_static_string("el4-remote")

enum failure { FAIL_UNKNOWN, FAIL_PASS, FAIL_TRAP };

static const char *const failure_choices[] = {"unknown", "pass", "trap", NULL};

static const struct el4_config_key keys[] = {
    {.name = "socket",
     .type = EL4_CONFIG_PATH,
     .flags = EL4_CONFIG_REQUIRED,
     .help = "The Unix socket at which the program that answers listens. It need not be there "
             "yet when the machine starts."},
    {.name = "timeout-ms",
     .type = EL4_CONFIG_UINT,
     .default_text = "1000",
     .min = 1,
     .max = 60000,
     .help = "How long a call waits for its answer, in milliseconds of the host's time."},
    {.name = "failure",
     .type = EL4_CONFIG_ENUM,
     .default_text = "unknown",
     .choices = failure_choices,
     .help = "What a call comes to without a proper answer: unknown returns -1, pass asks the "
             "next service, trap takes the architectural exception."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A service that another program answers over a Unix socket.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

struct remote {
    const struct el4_host *host;
    struct el4_instance *self;
    struct peer *peer;
    enum failure failure;
    int64_t timeout_ns;
    uint64_t call_number;
    bool unanswered;   /* the last call's answer is still to come */
    int64_t rest_ends; /* when it is asked again all the same */
    char *said;        /* the last failure; a guest could repeat it without end */
    struct message message;
};

static void destroy(void *state)
{
    struct remote *remote = state;
    peer_free(remote->peer);
    g_free(remote->said);
    g_free(remote);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    const char *path = host->config_string(self, "socket");
    if (strlen(path) > peer_path_max()) {
        host->fail(self,
                   "socket: a path of over %zu bytes can be no socket's; use a shorter one",
                   peer_path_max());
        return NULL;
    }
    if (!host->config_is_set(self, "claim")) {
        host->fail(self, "no 'claim': say which function ids it answers, as in "
                         "'claim = 0xc2000000-0xc200ffff'");
        return NULL;
    }
    struct remote *remote = g_new0(struct remote, 1);
    remote->host = host;
    remote->self = self;
    remote->failure = (enum failure)host->config_enum(self, "failure");
    remote->timeout_ns = (int64_t)host->config_uint(self, "timeout-ms") * 1000000;
    remote->peer = peer_new(path);
    return remote;
}

static bool greet(struct remote *remote, int64_t deadline, GError **error)
{
    g_autofree char *hello = message_hello(remote->host->cpu_count(remote->self));
    remote->unanswered = false;
    return peer_connect(remote->peer, error) && peer_send(remote->peer, hello, deadline, error);
}

static bool serve_memory(struct remote *remote, int64_t deadline, GError **error)
{
    const struct el4_host *host = remote->host;
    struct message *message = &remote->message;
    g_autofree char *line = NULL;
    if (message->kind == MESSAGE_READ) {
        bool is_memory = !host->dma_read(remote->self, message->address, message->data,
                                         message->bytes, message->secure);
        line = message_data(is_memory ? message->data : NULL, message->bytes);
    } else {
        line = message_written(!host->dma_write(remote->self, message->address, message->data,
                                                message->bytes, message->secure));
    }
    return peer_send(remote->peer, line, deadline, error);
}

/* Take lines until the answer to this call is there. Answers to calls before it, which were
 * given up, are skipped. */
static bool receive_answer(struct remote *remote, int64_t deadline, GError **error)
{
    struct message *message = &remote->message;
    for (;;) {
        size_t length;
        const char *line =
            peer_receive(remote->peer, deadline, &length, &remote->unanswered, error);
        if (!line) {
            remote->rest_ends = peer_now() + REST_FACTOR * remote->timeout_ns;
            return false;
        }
        if (!message_parse(line, length, message, error)) {
            peer_disconnect(remote->peer);
            return false;
        }
        if (message->kind == MESSAGE_ANSWER && message->call == remote->call_number) {
            return true;
        }
        if (message->kind != MESSAGE_ANSWER && !serve_memory(remote, deadline, error)) {
            return false;
        }
    }
}

/* Look what came since the last call: its late answer, or the end of the connection. */
static void take_late_lines(struct remote *remote)
{
    struct message *message = &remote->message;
    size_t length;
    bool timed_out;
    const char *line;
    while ((line = peer_receive(remote->peer, 0, &length, &timed_out, NULL))) {
        if (!message_parse(line, length, message, NULL)) {
            peer_disconnect(remote->peer);
            return;
        }
        if (message->kind == MESSAGE_ANSWER && message->call == remote->call_number) {
            remote->unanswered = false;
        }
    }
}

static bool get_ready(struct remote *remote, int64_t deadline, GError **error)
{
    if (peer_is_connected(remote->peer)) {
        take_late_lines(remote);
    }
    if (!peer_is_connected(remote->peer)) {
        return greet(remote, deadline, error);
    }
    if (remote->unanswered && peer_now() < remote->rest_ends) {
        g_set_error(error, PROBLEM, 0,
                    "the peer took too long, and is left alone until it has answered or %d "
                    "time-outs have passed",
                    REST_FACTOR);
        return false;
    }
    return true;
}

static bool ask(struct remote *remote, const struct el4_call *call, GError **error)
{
    int64_t deadline = peer_now() + remote->timeout_ns;
    if (!get_ready(remote, deadline, error)) {
        return false;
    }
    g_autofree char *line = message_call(++remote->call_number, call);
    return peer_send(remote->peer, line, deadline, error) &&
           receive_answer(remote, deadline, error);
}

static enum el4_verdict fail_call(struct remote *remote, struct el4_call *call,
                                  const char *reason)
{
    if (g_strcmp0(remote->said, reason)) {
        g_free(remote->said);
        remote->said = g_strdup(reason);
        remote->host->log(remote->self, EL4_LOG_WARNING,
                          "%s (call 0x%08x of CPU %u; not said again while it repeats)", reason,
                          call->id, call->cpu);
    }
    switch (remote->failure) {
    case FAIL_PASS: return EL4_PASS;
    case FAIL_TRAP: return EL4_TRAP;
    default: el4_call_return_code(call, -1); return EL4_HANDLED;
    }
}

static enum el4_verdict answer(void *state, struct el4_call *call)
{
    struct remote *remote = state;
    g_autoptr(GError) problem = NULL;
    if (!ask(remote, call, &problem)) {
        return fail_call(remote, call, problem->message);
    }
    g_clear_pointer(&remote->said, g_free);
    const struct message *message = &remote->message;
    memcpy(call->results, message->results, sizeof(call->results));
    call->result_mask = message->result_mask;
    return message->verdict;
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = answer,
};

EL4_PLUGIN_DEFINE(remote) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "remote",
    .version = "1.0",
    .description = "Asks another program over a Unix socket",
    .schema = &schema,
    .operations = &operations,
};
