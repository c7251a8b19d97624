/* SPDX-License-Identifier: MIT */
/*
 * Building the service chains: who is there, in which order, and who claims what. All mistakes
 * of plugins and configurations are found here or at the freeze, before the guest runs.
 */
#include "smccc/private.h"

#include <stdarg.h>
#include <string.h>

#define SMCCC_ERROR g_quark_from_static_string("el4-smccc")

static const char *const caller_names[] = {"ns-el1", "ns-el2", "s-el1", "s-el2", "el3"};
static const char *const conduit_names[EL4_CONDUIT_COUNT] = {"smc", "hvc", "el4"};

static void free_claim(void *data)
{
    struct claim *claim = data;
    g_free(claim->name);
    g_free(claim);
}

static void free_service(void *data)
{
    struct el4_smccc_service *service = data;
    g_ptr_array_free(service->claims, TRUE);
    if (service->dropped) {
        g_ptr_array_free(service->dropped, TRUE);
    }
    g_free(service->name);
    g_free(service);
}

struct el4_smccc *el4_smccc_new(void)
{
    struct el4_smccc *smccc = g_new0(struct el4_smccc, 1);
    smccc->services = g_ptr_array_new_with_free_func(free_service);
    smccc->faults = g_ptr_array_new_with_free_func(el4_smccc_free_fault);
    for (unsigned i = 0; i < EL4_CONDUIT_COUNT; i++) {
        smccc->chains[i].services = g_ptr_array_new();
    }
    return smccc;
}

void el4_smccc_free(struct el4_smccc *smccc)
{
    if (!smccc) {
        return;
    }
    for (unsigned i = 0; i < EL4_CONDUIT_COUNT; i++) {
        el4_smccc_clear_tables(&smccc->chains[i]);
        g_ptr_array_free(smccc->chains[i].services, TRUE);
        g_free(smccc->chains[i].otherwise);
    }
    g_ptr_array_free(smccc->faults, TRUE);
    g_clear_pointer(&smccc->counts, g_hash_table_destroy);
    g_ptr_array_free(smccc->services, TRUE);
    g_free(smccc);
}

struct el4_smccc_service *el4_smccc_add_service(struct el4_smccc *smccc,
                                                const struct el4_smccc_handler *handler)
{
    g_assert(!smccc->frozen);
    struct el4_smccc_service *service = g_new0(struct el4_smccc_service, 1);
    service->name = g_strdup(handler->name);
    service->handler = *handler;
    service->handler.name = service->name;
    service->claims = g_ptr_array_new_with_free_func(free_claim);
    g_ptr_array_add(smccc->services, service);
    return service;
}

void el4_smccc_set_state(struct el4_smccc_service *service, void *state)
{
    service->handler.state = state;
}

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (error) {
        *error = g_error_new_valist(SMCCC_ERROR, 0, format, args);
    }
    va_end(args);
    return false;
}

bool el4_smccc_chain(struct el4_smccc *smccc, enum el4_conduit conduit,
                     struct el4_smccc_service *service, GError **error)
{
    g_assert(!smccc->frozen && (unsigned)conduit < EL4_CONDUIT_COUNT);
    GPtrArray *services = smccc->chains[conduit].services;
    if (g_ptr_array_find(services, service, NULL)) {
        return refuse(error, "service '%s' stands twice in the %s chain", service->name,
                      conduit_names[conduit]);
    }
    g_ptr_array_add(services, service);
    return true;
}

void el4_smccc_set_otherwise(struct el4_smccc *smccc, enum el4_conduit conduit,
                             const char *text)
{
    g_free(smccc->chains[conduit].otherwise);
    smccc->chains[conduit].otherwise = g_strdup(text);
}

void el4_smccc_set_immediates(struct el4_smccc *smccc, enum el4_conduit conduit,
                              enum el4_smccc_immediates immediates)
{
    g_assert(!smccc->frozen && (unsigned)conduit < EL4_CONDUIT_COUNT);
    smccc->chains[conduit].immediates = immediates;
}

/* True if every id of the range carries the hint bit, which dispatch removes. */
static bool has_only_hinted_ids(const struct el4_claim *claim)
{
    return claim->selector == 0 && el4_smccc_is_fast(claim->first) &&
           (claim->first & EL4_SMCCC_HINT) && !(claim->first & 0x00fe0000u) &&
           (claim->first >> 16) == (claim->last >> 16);
}

static bool check_claim(const struct el4_smccc_service *service, const struct el4_claim *claim,
                        GError **error)
{
    if (claim->struct_size < sizeof(*claim)) {
        return refuse(error, "service '%s': a claim of %u bytes, where this el4 wants %zu",
                      service->name, claim->struct_size, sizeof(*claim));
    }
    const char *name = claim->name ? claim->name : "(unnamed)";
    if (claim->first > claim->last) {
        return refuse(error, "service '%s': claim '%s' ends (0x%08x) before it begins (0x%08x)",
                      service->name, name, claim->last, claim->first);
    }
    if (!claim->conduits || claim->conduits & ~EL4_CONDUITS_ALL) {
        return refuse(error, "service '%s': claim '%s' is for no conduit that exists (0x%x)",
                      service->name, name, claim->conduits);
    }
    if (claim->callers & ~EL4_CALLERS_ALL) {
        return refuse(error,
                      "service '%s': claim '%s' is for a caller that does not exist "
                      "(0x%x)",
                      service->name, name, claim->callers);
    }
    if (claim->selector >= EL4_SMCCC_SELECTORS) {
        return refuse(error,
                      "service '%s': claim '%s' selects by register %u; 0 to %u can be "
                      "selectors",
                      service->name, name, claim->selector, EL4_SMCCC_SELECTORS - 1);
    }
    if (has_only_hinted_ids(claim)) {
        return refuse(error,
                      "service '%s': claim '%s' (0x%08x-0x%08x) has nothing but ids with "
                      "bit 16, the hint of fast calls, which is no part of an id",
                      service->name, name, claim->first, claim->last);
    }
    return true;
}

static bool overlap(const struct claim *a, const struct claim *b)
{
    return a->first <= b->last && b->first <= a->last && a->selector == b->selector &&
           (a->conduits & b->conduits) && (a->callers & b->callers);
}

static const char *shown_name(const struct claim *claim)
{
    return claim->name ? claim->name : "(unnamed)";
}

static bool check_overlap(const struct el4_smccc_service *service, const struct claim *added,
                          GError **error)
{
    for (guint i = 0; i < service->claims->len; i++) {
        const struct claim *other = g_ptr_array_index(service->claims, i);
        if (overlap(other, added)) {
            return refuse(error,
                          "service '%s': claim '%s' (0x%08x-0x%08x) overlaps its claim '%s' "
                          "(0x%08x-0x%08x)",
                          service->name, shown_name(added), added->first, added->last,
                          shown_name(other), other->first, other->last);
        }
    }
    return true;
}

/*
 * What a range of the configuration means follows from the plugin's claims that it replaces: it
 * answers unknown functions if all of those did, and starts CPUs if it covers one that does.
 */
static uint32_t inherited_flags(const struct el4_smccc_service *service,
                                const struct el4_claim *claim)
{
    uint32_t flags = service->dropped->len ? EL4_CLAIM_UNKNOWN : 0;
    for (guint i = 0; i < service->dropped->len; i++) {
        const struct claim *old = g_ptr_array_index(service->dropped, i);
        if (!(old->flags & EL4_CLAIM_UNKNOWN)) {
            flags &= ~EL4_CLAIM_UNKNOWN;
        }
        if (old->first >= claim->first && old->last <= claim->last) {
            flags |= old->flags & EL4_CLAIM_STARTS_CPUS;
        }
    }
    return flags;
}

bool el4_smccc_claim(struct el4_smccc *smccc, struct el4_smccc_service *service,
                     const struct el4_claim *claim, GError **error)
{
    g_assert(!smccc->frozen);
    if (!check_claim(service, claim, error)) {
        return false;
    }
    struct claim *added = g_new0(struct claim, 1);
    *added = (struct claim){
        .conduits = claim->conduits,
        .callers = claim->callers ? claim->callers : EL4_CALLERS_ALL,
        .selector = claim->selector,
        .first = claim->first,
        .last = claim->last,
        .flags = service->dropped ? inherited_flags(service, claim) : claim->flags,
        .name = g_strdup(claim->name),
    };
    if (!check_overlap(service, added, error)) {
        free_claim(added);
        return false;
    }
    g_ptr_array_add(service->claims, added);
    return true;
}

void el4_smccc_drop_claims(struct el4_smccc *smccc, struct el4_smccc_service *service)
{
    g_assert(!smccc->frozen);
    g_assert(!service->dropped);
    service->dropped = service->claims;
    service->claims = g_ptr_array_new_with_free_func(free_claim);
}

void el4_smccc_limit_claims(struct el4_smccc *smccc, struct el4_smccc_service *service,
                            uint32_t conduits, uint32_t callers)
{
    g_assert(!smccc->frozen);
    for (guint i = service->claims->len; i > 0; i--) {
        struct claim *claim = g_ptr_array_index(service->claims, i - 1);
        claim->conduits &= conduits;
        claim->callers &= callers ? callers : EL4_CALLERS_ALL;
        if (!claim->conduits || !claim->callers) {
            g_ptr_array_remove_index(service->claims, i - 1);
        }
    }
}

bool el4_smccc_freeze(struct el4_smccc *smccc, GError **error)
{
    g_assert(!smccc->frozen);
    for (guint i = 0; i < smccc->services->len; i++) {
        const struct el4_smccc_service *service = g_ptr_array_index(smccc->services, i);
        if (!service->handler.call) {
            return refuse(error, "service '%s' has no call-back for calls", service->name);
        }
    }
    for (unsigned i = 0; i < EL4_CONDUIT_COUNT; i++) {
        el4_smccc_flatten(&smccc->chains[i], (enum el4_conduit)i);
    }
    smccc->frozen = true;
    return true;
}

bool el4_smccc_has_chain(const struct el4_smccc *smccc, enum el4_conduit conduit)
{
    return (unsigned)conduit < EL4_CONDUIT_COUNT && smccc->chains[conduit].services->len > 0;
}

bool el4_smccc_starts_cpus(const struct el4_smccc *smccc, enum el4_conduit conduit,
                           uint32_t caller)
{
    const struct chain *chain = &smccc->chains[conduit];
    for (guint i = 0; i < chain->services->len; i++) {
        const struct el4_smccc_service *service = g_ptr_array_index(chain->services, i);
        for (guint j = 0; j < service->claims->len; j++) {
            const struct claim *claim = g_ptr_array_index(service->claims, j);
            if ((claim->flags & EL4_CLAIM_STARTS_CPUS) && (claim->callers & caller) &&
                (claim->conduits & (1u << conduit)) &&
                el4_smccc_who(smccc, conduit, caller, claim->selector, claim->first, NULL) ==
                    service) {
                return true;
            }
        }
    }
    return false;
}

const char *el4_smccc_service_name(const struct el4_smccc_service *service)
{
    return service->name;
}

const char *el4_smccc_caller_name(uint32_t caller)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(caller_names); i++) {
        if (caller == 1u << i) {
            return caller_names[i];
        }
    }
    return NULL;
}

uint32_t el4_smccc_caller_from_name(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(caller_names); i++) {
        if (!strcmp(name, caller_names[i])) {
            return 1u << i;
        }
    }
    return 0;
}

const char *el4_smccc_conduit_name(enum el4_conduit conduit)
{
    return (unsigned)conduit < EL4_CONDUIT_COUNT ? conduit_names[conduit] : "none";
}

int el4_smccc_conduit_from_name(const char *name)
{
    for (int i = 0; i < EL4_CONDUIT_COUNT; i++) {
        if (!strcmp(name, conduit_names[i])) {
            return i;
        }
    }
    return -1;
}
