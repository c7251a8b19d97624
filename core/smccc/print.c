/* SPDX-License-Identifier: MIT */
/*
 * Explaining the chains: the flattened table, and who answers one id for each caller and why.
 * This is what `el4 chain` prints; it reads the tables that calls use, so it cannot differ.
 */
#include "smccc/private.h"

/* What the instruction does when no service takes the call, for the summary's last line. */
static const char *architectural(const struct el4_smccc *smccc, enum el4_conduit conduit)
{
    if (smccc->chains[conduit].otherwise) {
        return smccc->chains[conduit].otherwise;
    }
    switch (conduit) {
    case EL4_CONDUIT_SMC:
        return "architectural exception: the guest's EL3 if it has code there and SMD is "
               "clear, else UNDEFINED";
    case EL4_CONDUIT_HVC:
        return "architectural exception: the guest's EL2 if there is one and HVC is enabled, "
               "else UNDEFINED";
    default: return "not a call: the instruction or access does what it does without el4";
    }
}

static void append_callers(GString *out, uint32_t callers)
{
    if (callers == EL4_CALLERS_ALL) {
        g_string_append(out, "all");
        return;
    }
    const char *comma = "";
    for (uint32_t bit = 1; bit <= EL4_CALLERS_ALL; bit <<= 1) {
        if (callers & bit) {
            g_string_append_printf(out, "%s%s", comma, el4_smccc_caller_name(bit));
            comma = ",";
        }
    }
}

static void append_service(GString *out, const char *service, const char *claim)
{
    g_string_append(out, service);
    if (!claim) {
        g_string_append(out, " (unknown functions)");
    } else if (g_strcmp0(service, claim)) {
        g_string_append_printf(out, " (%s)", claim);
    }
}

static void append_padded(GString *out, gsize start, gsize width)
{
    while (out->len < start + width) {
        g_string_append_c(out, ' ');
    }
    g_string_append_c(out, ' ');
}

static void append_row(const struct el4_smccc_row *row, void *data)
{
    GString *out = data;
    g_string_append_printf(out, "  x%-3u ", row->selector);
    gsize start = out->len;
    g_string_append_printf(out, "0x%08x", row->first);
    if (row->last != row->first) {
        g_string_append_printf(out, "-0x%08x", row->last);
    }
    append_padded(out, start, 22);
    start = out->len;
    append_callers(out, row->callers);
    append_padded(out, start, 25);
    for (size_t i = 0; i < row->count; i++) {
        g_string_append(out, i ? ", then " : "");
        append_service(out, row->services[i]->name, row->claims[i]);
    }
    g_string_append_c(out, '\n');
}

void el4_smccc_print_chain(const struct el4_smccc *smccc, enum el4_conduit conduit,
                           GString *out)
{
    g_assert((unsigned)conduit < EL4_CONDUIT_COUNT && smccc->frozen);
    const struct chain *chain = &smccc->chains[conduit];
    g_string_append_printf(out, "%s: ", el4_smccc_conduit_name(conduit));
    for (guint i = 0; i < chain->services->len; i++) {
        const struct el4_smccc_service *service = g_ptr_array_index(chain->services, i);
        g_string_append_printf(out, "%s%s", i ? ", " : "", service->name);
    }
    g_string_append(out, chain->services->len ? "\n" : "no services\n");
    if (chain->services->len && conduit != EL4_CONDUIT_EL4) {
        g_string_append(out, chain->immediates == EL4_SMCCC_IMMEDIATE_ZERO
                                 ? "  immediate 0 only; others are not offered to the chain\n"
                                 : "  any immediate\n");
    }
    if (chain->table_count) {
        g_string_append_printf(out, "  %-4s %-22s %-25s %s\n", "reg", "ids", "callers",
                               "asked in this order");
        el4_smccc_visit(smccc, conduit, append_row, out);
    }
    g_string_append_printf(out, "  otherwise: %s\n", architectural(smccc, conduit));
}

static void describe_id(uint32_t id, GString *out)
{
    bool hint;
    uint32_t function = el4_smccc_id(0, id, &hint);
    const char *name = el4_smccc_function_name(function);
    if (name) {
        g_string_append_printf(out, "  %s\n", name);
    }
    g_string_append_printf(out, "  %s call, %s, owner %u: %s, function number 0x%04x\n",
                           el4_smccc_is_fast(id) ? "fast" : "yielding",
                           id & (1u << 30) ? "SMC64/HVC64" : "SMC32/HVC32", id >> 24 & 0x3f,
                           el4_smccc_owner_name(id), function & 0xffff);
    if (hint) {
        g_string_append_printf(out,
                               "  bit 16 is the hint that no SVE state is live; the id is "
                               "0x%08x\n",
                               function);
    }
    if (el4_smccc_is_fast(id) && (id & EL4_SMCCC_ZERO_BITS)) {
        g_string_append(out, "  bits 23:17 of a fast call must be zero: the SMCCC has no such "
                             "function, and bit 16 is no hint\n");
    }
}

static const struct table *table_of(const struct chain *chain, unsigned selector)
{
    for (unsigned i = 0; i < chain->table_count; i++) {
        if (chain->tables[i].selector == selector) {
            return &chain->tables[i];
        }
    }
    return NULL;
}

/* The way of a caller through the entries that hold the id. */
static void append_way(const struct el4_smccc *smccc, const struct entry *entries, guint count,
                       uint32_t caller, enum el4_conduit conduit, GString *out)
{
    const char *before = NULL;
    for (guint i = 0; i < count; i++) {
        const struct claim *claim = entries[i].claim;
        if (!(entries[i].callers & caller)) {
            continue;
        }
        g_string_append(out, "    ");
        append_service(out, entries[i].service->name, claim->name);
        if (claim->first != claim->last) {
            g_string_append_printf(out, ", by its claim 0x%08x-0x%08x", claim->first,
                                   claim->last);
        }
        if (before) {
            g_string_append_printf(out, ": shadowed, asked only if %s passes", before);
        }
        g_string_append_c(out, '\n');
        before = entries[i].service->name;
    }
    g_string_append_printf(out, "    %s%s\n", before ? "if nobody takes it: " : "nobody: ",
                           architectural(smccc, conduit));
}

static void append_other_selectors(const struct chain *chain, GString *out)
{
    for (unsigned i = 0; i < chain->table_count; i++) {
        const struct table *table = &chain->tables[i];
        if (table->selector == 0) {
            continue;
        }
        g_string_append_printf(
            out,
            "  calls are also chosen by x%u, and the chain's order decides between the "
            "two:\n",
            table->selector);
        for (guint j = 0; j < table->entries->len; j++) {
            const struct entry *entry = &g_array_index(table->entries, struct entry, j);
            g_string_append_printf(out, "    0x%08x-0x%08x ", entry->claim->first,
                                   entry->claim->last);
            append_service(out, entry->service->name, entry->claim->name);
            g_string_append_printf(out, ", number %u in the chain\n", entry->position + 1);
        }
    }
}

void el4_smccc_print_decision(const struct el4_smccc *smccc, enum el4_conduit conduit,
                              uint32_t id, GString *out)
{
    g_assert((unsigned)conduit < EL4_CONDUIT_COUNT && smccc->frozen);
    const struct chain *chain = &smccc->chains[conduit];
    bool hint;
    const struct table *table = table_of(chain, 0);
    gssize interval = table ? el4_smccc_find(table, el4_smccc_id(0, id, &hint)) : -1;
    guint count = 0;
    const struct entry *entries =
        interval >= 0 ? el4_smccc_entries(table, interval, &count) : NULL;

    g_string_append_printf(out, "%s 0x%08x\n", el4_smccc_conduit_name(conduit), id);
    describe_id(id, out);
    for (uint32_t left = EL4_CALLERS_ALL; left;) {
        uint32_t caller = left & -left;
        uint32_t same = el4_smccc_same_order(entries, count, caller) & left;
        g_string_append(out, "  from ");
        append_callers(out, same);
        g_string_append(out, ":\n");
        append_way(smccc, entries, count, caller, conduit, out);
        left &= ~same;
    }
    append_other_selectors(chain, out);
    if (conduit == EL4_CONDUIT_SMC) {
        g_string_append(out, "  before the chain: HCR_EL2.TSC of a guest hypervisor takes SMCs "
                             "from ns-el1\n");
    }
    if (conduit != EL4_CONDUIT_EL4 && chain->services->len &&
        chain->immediates == EL4_SMCCC_IMMEDIATE_ZERO) {
        g_string_append(out,
                        "  this holds for immediate 0; with another one nobody is asked\n");
    }
}
