/* SPDX-License-Identifier: MIT */
/*
 * Vendor specific hypervisor calls as KVM has them: its UID, which functions there are, and the
 * pair of wall clock and counter that Linux makes a PTP clock of.
 */
#include <el4/service.h>

#include <stdlib.h>

#define CALL_UID      0x8600ff01u
#define FEATURES      0x86000000u
#define PTP           0x86000001u
#define NOT_SUPPORTED (-1)

/* 28b46fb6-2ec5-11e9-a9ca-4b564d003a74, byte 0 in bits 7:0 of w0. */
static const uint32_t uid[4] = {0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d};

enum ptp_counter { VIRTUAL, PHYSICAL };

struct hyp {
    const struct el4_host *host;
    struct el4_instance *self;
    bool has_ptp;
};

/* Bit n: function n is there. */
static void features(const struct hyp *hyp, struct el4_call *call)
{
    el4_call_return(call, 0, 1u | (hyp->has_ptp ? 2u : 0));
    for (unsigned n = 1; n < 4; n++) {
        el4_call_return(call, n, 0);
    }
}

static void ptp(const struct hyp *hyp, struct el4_call *call)
{
    uint64_t which = el4_call_arg(call, 1);
    if (which != VIRTUAL && which != PHYSICAL) {
        el4_call_return_code(call, NOT_SUPPORTED);
        return;
    }
    uint64_t wall_ns, count;
    hyp->host->cpu_clock(hyp->self, call->cpu, which == VIRTUAL, &wall_ns, &count);
    el4_call_return(call, 0, wall_ns >> 32);
    el4_call_return(call, 1, (uint32_t)wall_ns);
    el4_call_return(call, 2, count >> 32);
    el4_call_return(call, 3, (uint32_t)count);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    const struct hyp *hyp = state;
    switch (call->id) {
    case CALL_UID:
        for (unsigned n = 0; n < 4; n++) {
            el4_call_return(call, n, uid[n]);
        }
        return EL4_HANDLED;
    case FEATURES: features(hyp, call); return EL4_HANDLED;
    case PTP:
        if (hyp->has_ptp) {
            ptp(hyp, call);
            return EL4_HANDLED;
        }
        return EL4_PASS;
    default: return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
}

static bool build(struct hyp *hyp)
{
    const struct el4_host *host = hyp->host;
    hyp->has_ptp = host->config_bool(hyp->self, "ptp");
    if (hyp->has_ptp && !EL4_HOST_HAS(host, cpu_clock)) {
        host->fail(hyp->self, "ptp: this el4 is too old for it, say no");
        return false;
    }
    return el4_claim_function(host, hyp->self, CALL_UID, "vendor hypervisor UID") &&
           el4_claim_function(host, hyp->self, FEATURES, "vendor hypervisor features") &&
           (!hyp->has_ptp || el4_claim_function(host, hyp->self, PTP, "KVM PTP"));
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct hyp *hyp = calloc(1, sizeof(*hyp));
    if (!hyp) {
        host->fail(self, "out of memory");
        return NULL;
    }
    hyp->host = host;
    hyp->self = self;
    if (!build(hyp)) {
        free(hyp);
        return NULL;
    }
    return hyp;
}

static void destroy(void *state)
{
    free(state);
}

static const struct el4_config_key keys[] = {
    {.name = "ptp",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "Offer the call that gives wall clock and counter at one moment."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Vendor specific hypervisor calls, as KVM's.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(vendor_hyp) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "vendor-hyp",
    .version = "1.0",
    .description = "KVM's vendor hypervisor calls: UID, features, PTP",
    .schema = &schema,
    .operations = &operations,
};
