/* SPDX-License-Identifier: MIT */
/*
 * A service in a Lua script: answers calls without a compiler, and takes a changed script
 * between two calls of a running machine. A script's mistake is a failed call and a message
 * with its line, and nothing more.
 */
#include "script.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum failure { FAIL_UNKNOWN, FAIL_PASS, FAIL_TRAP };

static const char *const failure_choices[] = {"unknown", "pass", "trap", NULL};

static const struct el4_config_key keys[] = {
    {.name = "script",
     .type = EL4_CONFIG_PATH,
     .flags = EL4_CONFIG_REQUIRED,
     .help = "The Lua 5.4 file that claims function ids and answers calls."},
    {.name = "reload",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "Load the script anew at the first call after it has changed."},
    {.name = "failure",
     .type = EL4_CONFIG_ENUM,
     .default_text = "unknown",
     .choices = failure_choices,
     .help = "What a call comes to when the script makes a mistake: unknown returns -1, pass "
             "asks the next service, trap takes the architectural exception."},
    {.name = "memory",
     .type = EL4_CONFIG_SIZE,
     .default_text = "16M",
     .min = 256 << 10,
     .max = 1ull << 40,
     .help = "The most memory that the script may use."},
    {.name = "instructions",
     .type = EL4_CONFIG_UINT,
     .default_text = "10000000",
     .min = 1000,
     .max = INT32_MAX,
     .help = "The most instructions of Lua's machine that one call may take."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A service in a Lua script.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

struct lua_service {
    const struct el4_host *host;
    struct el4_instance *self;
    const char *path;
    struct script_limits limits;
    enum failure failure;
    bool reload;
    struct script *script;
    struct stat loaded;          /* the file as it was when it was last looked at */
    char said[SCRIPT_ERROR_MAX]; /* the last mistake; a guest could repeat it without end */
};

static void destroy(void *state)
{
    struct lua_service *service = state;
    script_free(service->script);
    free(service);
}

static bool load_first(struct lua_service *service)
{
    const struct el4_host *host = service->host;
    char error[SCRIPT_ERROR_MAX];
    stat(service->path, &service->loaded); /* script_load says it if there is no file */
    service->script = script_load(host, service->self, service->path, &service->limits, error);
    if (!service->script) {
        host->fail(service->self, "script: %s", error);
        return false;
    }
    for (unsigned i = 0; i < service->script->claim_count; i++) {
        if (!host->claim(service->self, &service->script->claims[i])) {
            return false;
        }
    }
    return true;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct lua_service *service = calloc(1, sizeof(*service));
    if (!service) {
        host->fail(self, "out of memory");
        return NULL;
    }
    service->host = host;
    service->self = self;
    service->path = host->config_string(self, "script");
    service->reload = host->config_bool(self, "reload");
    service->failure = (enum failure)host->config_enum(self, "failure");
    service->limits.memory = host->config_uint(self, "memory");
    service->limits.instructions = host->config_uint(self, "instructions");
    if (!load_first(service)) {
        destroy(service);
        return NULL;
    }
    return service;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* An editor may have half of the file written, or none: what was loaded stays until there is
 * something that can be. */
static void load_if_changed(struct lua_service *service)
{
    struct stat now;
    if (stat(service->path, &now) || same_file(&now, &service->loaded)) {
        return;
    }
    char error[SCRIPT_ERROR_MAX];
    service->loaded = now;
    struct script *script =
        script_load(service->host, service->self, service->path, &service->limits, error);
    if (!script) {
        service->host->log(service->self, EL4_LOG_WARNING,
                           "%s; the script of before goes on answering", error);
        return;
    }
    if (!script_same_claims(script, service->script)) {
        service->host->log(service->self, EL4_LOG_WARNING,
                           "%s: its claims have changed, which takes effect when el4 is "
                           "started anew",
                           service->path);
    }
    script_free(service->script);
    service->script = script;
    service->host->log(service->self, EL4_LOG_INFO, "%s was loaded anew", service->path);
}

static enum el4_verdict fail_call(struct lua_service *service, struct el4_call *call)
{
    if (strcmp(service->said, service->script->error)) {
        memcpy(service->said, service->script->error, sizeof(service->said));
        service->host->log(service->self, EL4_LOG_WARNING,
                           "%s (call 0x%08x of CPU %u; not said again while it repeats)",
                           service->said, call->id, call->cpu);
    }
    switch (service->failure) {
    case FAIL_PASS: return EL4_PASS;
    case FAIL_TRAP: return EL4_TRAP;
    default: el4_call_return_code(call, -1); return EL4_HANDLED;
    }
}

static enum el4_verdict answer(void *state, struct el4_call *call)
{
    struct lua_service *service = state;
    enum el4_verdict verdict;
    if (service->reload) {
        load_if_changed(service);
    }
    if (!script_call(service->script, call, &verdict)) {
        return fail_call(service, call);
    }
    return verdict;
}

static void notify(struct lua_service *service, const char *function, int argument)
{
    if (!script_notify(service->script, function, argument)) {
        service->host->log(service->self, EL4_LOG_WARNING, "%s", service->script->error);
    }
}

static void reset(void *state)
{
    notify(state, "reset", -1);
}

static void cpu_woke(void *state, unsigned cpu)
{
    notify(state, "cpu_woke", (int)cpu);
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = answer,
    .cpu_woke = cpu_woke,
};

EL4_PLUGIN_DEFINE(lua) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "lua",
    .version = "1.0",
    .description = "Answers calls by a Lua script",
    .schema = &schema,
    .operations = &operations,
};
