/* SPDX-License-Identifier: MIT */
/*
 * A service whose functions do what a guest's test wants: see enum function. Its key `mistake`
 * makes it claim badly.
 */
#include <el4/service.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 0xc2000000u

/* Function ids from FIRST on. */
enum function {
    REPORT,         /* log x1 */
    ON,             /* start CPU x1 at x2; result: that of cpu_on */
    OFF,            /* the caller off */
    SUSPEND,        /* the caller down until it wakes at x1 */
    STANDBY,        /* the caller waits */
    EVENT,          /* system event x1 */
    OFF_AND_PASS,   /* asks for OFF and says PASS */
    SAY_TRAP,       /* says TRAP */
    SAY_NONSENSE,   /* says what is no verdict */
    COUNT_RESETS,   /* how often the machine was reset */
    CLAIM_LATE,     /* claims while being called */
    EVENT_AND_PASS, /* asks for system event x1 and says PASS */
    PEEK,           /* result: a word of the registers at x1, or why not */
    POKE,           /* write x2 there; result: 0, or why not */
    LAST = POKE
};

struct service {
    const struct el4_host *host;
    struct el4_instance *self;
    uint64_t wake_ns;
    uint64_t asked_ns; /* when a CPU had a reason to wake */
    unsigned resets;
    bool takes_all;
};

static struct el4_power_entry entry_at(uint64_t pc)
{
    return (struct el4_power_entry){
        .struct_size = sizeof(struct el4_power_entry), .pc = pc, .context_id = 0x77, .el = 1};
}

static void peek(const struct service *service, struct el4_call *call)
{
    uint64_t word;
    int code = service->host->register_read(service->self, call->args[1], 4, &word, false);
    el4_call_return(call, 0, code ? (uint64_t)(int64_t)code : word);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct service *service = state;
    const struct el4_host *host = service->host;
    if (service->takes_all) {
        el4_call_return(call, 0, call->id - FIRST);
        return EL4_HANDLED;
    }
    static const struct el4_claim late = {
        .struct_size = sizeof(late), .conduits = EL4_CONDUITS_ALL, .first = 1, .last = 1};
    struct el4_power_entry entry;
    switch (call->id - FIRST) {
    case REPORT:
        host->log(service->self, EL4_LOG_WARNING, "cpu%u reports 0x%llx", call->cpu,
                  (unsigned long long)call->args[1]);
        break;
    case ON:
        entry = entry_at(call->args[2]);
        el4_call_return_code(call,
                             host->cpu_on(service->self, (unsigned)call->args[1], &entry));
        break;
    case OFF: host->cpu_off(service->self); break;
    case SUSPEND:
        entry = entry_at(call->args[1]);
        host->cpu_suspend(service->self, &entry);
        break;
    case STANDBY: host->cpu_suspend(service->self, NULL); break;
    case EVENT: host->system_event(service->self, (enum el4_system_event)call->args[1]); break;
    case OFF_AND_PASS: host->cpu_off(service->self); return EL4_PASS;
    case EVENT_AND_PASS:
        host->system_event(service->self, (enum el4_system_event)call->args[1]);
        return EL4_PASS;
    case SAY_TRAP: return EL4_TRAP;
    case SAY_NONSENSE: return (enum el4_verdict)77;
    case COUNT_RESETS: el4_call_return(call, 0, service->resets); break;
    case CLAIM_LATE: el4_call_return(call, 0, host->claim(service->self, &late)); break;
    case PEEK: peek(service, call); break;
    case POKE:
        el4_call_return_code(
            call, host->register_write(service->self, call->args[1], 4, call->args[2], false));
        break;
    default: return EL4_PASS;
    }
    return EL4_HANDLED;
}

static void claim_badly(const struct el4_host *host, struct el4_instance *self,
                        const char *mistake)
{
    struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_ALL,
        .first = FIRST + LAST,
        .last = FIRST + LAST + 3,
        .name = "second",
    };
    if (!strcmp(mistake, "order")) {
        claim.last = 1;
    } else if (!strcmp(mistake, "no-conduit")) {
        claim.conduits = 0;
    } else if (!strcmp(mistake, "small")) {
        claim.struct_size = 8;
    } else if (!strcmp(mistake, "old")) {
        /* Made before there were flags: these bytes are not its own. */
        claim.first = claim.last = FIRST + LAST + 1;
        claim.struct_size = offsetof(struct el4_claim, flags);
        claim.flags = 0xffffffff;
    } else if (!strcmp(mistake, "new") || !strcmp(mistake, "too-new")) {
        struct {
            struct el4_claim claim;
            uint64_t tail;
        } newer = {claim, strcmp(mistake, "new") ? 1 : 0};
        newer.claim.first = newer.claim.last = FIRST + LAST + 1;
        newer.claim.struct_size = sizeof(newer);
        host->claim(self, &newer.claim);
        return;
    } else if (strcmp(mistake, "overlap") != 0) {
        return;
    }
    host->claim(self, &claim);
}

static void never_expires(void *opaque, uint64_t now_ns)
{
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_claim functions = {
        .struct_size = sizeof(functions),
        .conduits = EL4_CONDUITS_ALL,
        .first = FIRST,
        .last = FIRST + LAST,
        .name = "functions",
    };
    const char *mistake = host->config_string(self, "mistake");
    if (mistake && !strcmp(mistake, "fail")) {
        host->fail(self, "it is not in the mood");
        return NULL;
    }
    struct service *service = calloc(1, sizeof(*service));
    service->host = host;
    service->self = self;
    service->takes_all = host->config_bool(self, "takes-all");
    service->wake_ns = host->config_uint(self, "wake-ns");
    host->claim(self, &functions);
    if (mistake) {
        claim_badly(host, self, mistake);
    }
    if (mistake && !strcmp(mistake, "fail-half-way")) {
        host->timer_new(self, never_expires, service);
        host->fail(self, "half of it is made");
        free(service);
        return NULL;
    }
    return service;
}

static void reset(void *state)
{
    struct service *service = state;
    service->resets++;
}

static void cpu_woke(void *state, unsigned cpu)
{
    struct service *service = state;
    service->host->log(service->self, EL4_LOG_WARNING, "cpu%u woke", cpu);
    if (service->host->now_ns(service->self) < service->asked_ns + service->wake_ns) {
        service->host->log(service->self, EL4_LOG_WARNING, "too early");
    }
}

static uint64_t cpu_wake_ns(void *state, unsigned cpu)
{
    struct service *service = state;
    if (service->wake_ns) {
        unsigned power = service->host->cpu_power(service->self, cpu);
        service->host->log(service->self, EL4_LOG_WARNING, "cpu%u wakes from %u", cpu, power);
    }
    service->asked_ns = service->host->now_ns(service->self);
    return service->wake_ns;
}

static const struct el4_config_key keys[] = {
    {.name = "mistake", .type = EL4_CONFIG_STRING, .help = "What it does wrong."},
    {.name = "takes-all",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Answers every call with the function's number and does nothing else."},
    {.name = "wake-ns",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "How long a CPU takes to wake."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = free,
    .reset = reset,
    .call = call,
    .cpu_woke = cpu_woke,
    .cpu_wake_ns = cpu_wake_ns,
};

EL4_PLUGIN_DEFINE(test_service) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "test-service",
    .version = "1",
    .description = "Service that does what tests want",
    .schema = &schema,
    .operations = &operations,
};
