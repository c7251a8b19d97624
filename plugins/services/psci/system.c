/* SPDX-License-Identifier: MIT */
/*
 * PSCI functions for the whole machine: off, reset, and the protection of memory against being
 * read after a reset (Arm DEN0022 5.1).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "psci.h"

#define VENDOR_TYPE   0x80000000u
#define HIBERNATE_OFF 1u
#define WARM_RESET    0u

static bool read_event(const char *word, enum el4_system_event *event)
{
    static const struct {
        const char *word;
        enum el4_system_event event;
    } events[] = {
        {"off", EL4_SYSTEM_OFF},
        {"reset", EL4_SYSTEM_RESET},
        {"warm-reset", EL4_SYSTEM_WARM_RESET},
        {"crash", EL4_SYSTEM_CRASH},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (!strcmp(word, events[i].word)) {
            *event = events[i].event;
            return true;
        }
    }
    return false;
}

bool psci_read_vendor_resets(struct psci *psci)
{
    const char *word;
    for (size_t i = 0; (word = psci->host->config_list(psci->self, "vendor-resets", i)); i++) {
        if (i == PSCI_VENDOR_MAX) {
            psci->host->fail(psci->self, "more than %d vendor-resets", PSCI_VENDOR_MAX);
            return false;
        }
        char *end;
        errno = 0;
        unsigned long long type = strtoull(word, &end, 0);
        struct vendor_reset *reset = &psci->vendor[i];
        if (errno || end == word || *end != '=' || type < VENDOR_TYPE || type > UINT32_MAX ||
            !read_event(end + 1, &reset->event)) {
            psci->host->fail(
                psci->self,
                "vendor-resets: '%s' is not TYPE=EVENT with a type from 0x80000000 "
                "on and off, reset, warm-reset or crash",
                word);
            return false;
        }
        reset->type = (uint32_t)type;
        psci->vendor_count = (unsigned)i + 1;
    }
    return true;
}

void psci_system_off(struct psci *psci, struct el4_call *call)
{
    psci->host->system_event(psci->self, EL4_SYSTEM_OFF);
}

/* Type 0 means HIBERNATE_OFF, too (DEN0022F.b 5.1.10): Linux calls with it. */
void psci_system_off2(struct psci *psci, struct el4_call *call)
{
    uint64_t type = psci_arg(psci, call, 1);
    uint64_t cookie = psci_arg(psci, call, 2);
    if ((type != 0 && type != HIBERNATE_OFF) || cookie) {
        el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
        return;
    }
    psci->host->system_event(psci->self, EL4_SYSTEM_OFF);
}

void psci_system_reset(struct psci *psci, struct el4_call *call)
{
    psci->host->system_event(psci->self, EL4_SYSTEM_RESET);
}

void psci_system_reset2(struct psci *psci, struct el4_call *call)
{
    uint32_t type = (uint32_t)psci_arg(psci, call, 1);
    if (type == WARM_RESET) {
        psci->host->system_event(psci->self, EL4_SYSTEM_WARM_RESET);
        return;
    }
    for (unsigned i = 0; i < psci->vendor_count; i++) {
        if (psci->vendor[i].type == type) {
            psci->host->system_event(psci->self, psci->vendor[i].event);
            return;
        }
    }
    el4_call_return_code(call, PSCI_INVALID_PARAMETERS);
}

void psci_mem_protect(struct psci *psci, struct el4_call *call)
{
    bool before = psci->memory_protected;
    psci->memory_protected = psci_arg(psci, call, 1) != 0;
    psci->host->memory_protect(psci->self, psci->memory_protected);
    el4_call_return_code(call, before);
}

void psci_mem_protect_check_range(struct psci *psci, struct el4_call *call)
{
    uint64_t base = psci_arg(psci, call, 1);
    uint64_t length = psci_arg(psci, call, 2);
    bool is_memory = length && base + length - 1 >= base &&
                     psci->host->memory_is_ram(psci->self, base, length);
    el4_call_return_code(call, is_memory ? PSCI_SUCCESS : PSCI_DENIED);
}
