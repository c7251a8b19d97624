/* SPDX-License-Identifier: MIT */
/*
 * Stolen time: paravirtualised time, Arm DEN0057A. Each CPU has a record in memory that the
 * kernel leaves alone; this service keeps the CPU's stolen time in it, as measured by el4 or
 * as the configuration invents it.
 */
#include <el4/service.h>

#include <stdlib.h>
#include <string.h>

#define PV_TIME_FEATURES 0xc5000020u
#define PV_TIME_ST       0xc5000021u
#define NOT_SUPPORTED    (-1)

/* DEN0057A 3.2.2: revision and attributes (both 0), then the stolen time. */
#define RECORD_BYTES   16u
#define STOLEN_OFFSET  8u
#define RECORD_STRIDE  64u
#define REGION_BYTES   0x10000u /* apart from other memory whatever the kernel's page size */
#define UPDATE_NS      UINT64_C(10000000)
#define PERCENT_DIGITS 3u

struct record {
    bool used;         /* the CPU asked for it since reset */
    uint64_t first_ns; /* the measure then: before that nobody was interested */
};

struct pv_time {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    bool measured;
    unsigned percent; /* of machine time, if it is not measured */
    uint64_t base;
    struct record *records; /* one a CPU */
    bool updating;
};

/* ---- records ---- */

/* What has been stolen from a CPU, by the clock of the configuration's choice. */
static bool stolen(const struct pv_time *time, unsigned cpu, uint64_t *ns)
{
    if (time->measured) {
        return time->host->cpu_stolen_ns(time->self, cpu, ns);
    }
    unsigned __int128 now_ns = time->host->now_ns(time->self);
    *ns = (uint64_t)(now_ns * time->percent / 100);
    return true;
}

static uint64_t address_of(const struct pv_time *time, unsigned cpu)
{
    return time->base + (uint64_t)cpu * RECORD_STRIDE;
}

static void to_bytes(uint64_t value, uint8_t *bytes)
{
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static void write_stolen(struct pv_time *time, unsigned cpu)
{
    const struct record *record = &time->records[cpu];
    uint8_t bytes[8];
    uint64_t ns;
    if (record->used && stolen(time, cpu, &ns) && ns >= record->first_ns) {
        to_bytes(ns - record->first_ns, bytes);
        time->host->dma_write(time->self, address_of(time, cpu) + STOLEN_OFFSET, bytes,
                              sizeof(bytes), false);
    }
}

static void update(void *opaque, uint64_t now_ns)
{
    struct pv_time *time = opaque;
    for (unsigned cpu = 0; cpu < time->host->cpu_count(time->self); cpu++) {
        write_stolen(time, cpu);
    }
    time->host->timer_set(time->self, time->timer, now_ns + UPDATE_NS);
}

/* The first call counts from now; a later one, as after CPU_ON, finds the record going on. */
static bool begin(struct pv_time *time, unsigned cpu)
{
    static const uint8_t empty[RECORD_BYTES];
    struct record *record = &time->records[cpu];
    if (record->used) {
        return true;
    }
    if (!stolen(time, cpu, &record->first_ns) ||
        time->host->dma_write(time->self, address_of(time, cpu), empty, sizeof(empty), false)) {
        return false;
    }
    record->used = true;
    if (!time->updating) {
        time->updating = true;
        time->host->timer_set(time->self, time->timer,
                              time->host->now_ns(time->self) + UPDATE_NS);
    }
    return true;
}

/* ---- calls ---- */

static void features(const struct pv_time *time, struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[1];
    uint64_t ns;
    bool exists = (id == PV_TIME_FEATURES || id == PV_TIME_ST) &&
                  time->host->call_is_claimed(time->self, call->conduit, id, call->cpu);
    bool works = id != PV_TIME_ST || stolen(time, call->cpu, &ns);
    el4_call_return_code(call, exists && works ? 0 : NOT_SUPPORTED);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct pv_time *time = state;
    if (call->id != PV_TIME_FEATURES && call->id != PV_TIME_ST) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    if (call->aarch32) {
        el4_call_return_code(call, NOT_SUPPORTED);
    } else if (call->id == PV_TIME_FEATURES) {
        features(time, call);
    } else if (begin(time, call->cpu)) {
        el4_call_return(call, 0, address_of(time, call->cpu));
    } else {
        el4_call_return_code(call, NOT_SUPPORTED);
    }
    return EL4_HANDLED;
}

/* ---- the instance ---- */

static void reset(void *state)
{
    struct pv_time *time = state;
    memset(time->records, 0, time->host->cpu_count(time->self) * sizeof(*time->records));
    time->updating = false;
    time->host->timer_cancel(time->self, time->timer);
}

/* "measured", or "N%". */
static bool read_steal(struct pv_time *time)
{
    const char *text = time->host->config_string(time->self, "steal");
    size_t digits = strspn(text, "0123456789");
    time->measured = !strcmp(text, "measured");
    if (time->measured) {
        return true;
    }
    time->percent = digits && digits <= PERCENT_DIGITS ? (unsigned)atoi(text) : 101;
    if (time->percent > 100 || strcmp(text + digits, "%")) {
        time->host->fail(time->self, "steal: '%s' is neither 'measured' nor 0%% to 100%%",
                         text);
        return false;
    }
    return true;
}

static bool build(struct pv_time *time)
{
    const struct el4_host *host = time->host;
    unsigned cpus = host->cpu_count(time->self);
    uint64_t bytes = (uint64_t)cpus * RECORD_STRIDE;
    const struct el4_reservation wanted = {
        .struct_size = sizeof(wanted),
        .name = "pv-time",
        .bytes = (bytes + REGION_BYTES - 1) / REGION_BYTES * REGION_BYTES,
        .alignment = REGION_BYTES,
    };
    if (!EL4_HOST_HAS(host, cpu_stolen_ns)) {
        host->fail(time->self, "this el4 is too old for it: it measures no stolen time");
        return false;
    }
    time->records = calloc(cpus, sizeof(*time->records));
    if (!time->records) {
        host->fail(time->self, "out of memory");
        return false;
    }
    time->timer = host->timer_new(time->self, update, time);
    return read_steal(time) && host->memory_reserve(time->self, &wanted, &time->base) &&
           el4_claim_function(host, time->self, PV_TIME_FEATURES, "PV_TIME_FEATURES") &&
           el4_claim_function(host, time->self, PV_TIME_ST, "PV_TIME_ST");
}

static void destroy(void *state)
{
    struct pv_time *time = state;
    free(time->records);
    free(time);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct pv_time *time = calloc(1, sizeof(*time));
    if (!time) {
        host->fail(self, "out of memory");
        return NULL;
    }
    time->host = host;
    time->self = self;
    if (!build(time)) {
        destroy(time);
        return NULL;
    }
    return time;
}

static const struct el4_config_key keys[] = {
    {.name = "steal",
     .type = EL4_CONFIG_STRING,
     .default_text = "measured",
     .help =
         "measured: what the CPU's thread really waited for a host processor, or, with a "
         "virtual clock, for its turn; or a percentage such as 25%: so much of machine time "
         "is said to be stolen from each CPU."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Stolen time for the guest (Arm DEN0057).",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = call,
};

EL4_PLUGIN_DEFINE(pv_time) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "pv-time",
    .version = "1.0",
    .description = "Stolen time of each CPU (PV_TIME_ST)",
    .schema = &schema,
    .operations = &operations,
};
