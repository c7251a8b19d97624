/* SPDX-License-Identifier: MIT */
/*
 * Silicon provider calls of NXP's i.MX 8 and 9 (TF-A plat/imx/common/include/imx_sip_svc.h):
 * the few that can be answered truthfully without the SoC's firmware and fuses. The others,
 * which would switch power, clocks and cores, are unknown. All ids are SMC64.
 */
#include <el4/service.h>

#include <stdlib.h>
#include <string.h>

#define SRTC          0xc2000002u
#define BUILDINFO     0xc2000003u
#define SRC           0xc2000005u
#define GET_SOC_INFO  0xc2000006u
#define HAB           0xc2000007u
#define NOT_SUPPORTED (-1)

/* What x1 asks for. */
#define SRTC_SET_TIME         0x00u
#define BUILDINFO_COMMIT      0x00u
#define SRC_IS_SECONDARY_BOOT 0x11u
enum hab {
    HAB_AUTH_IMG,
    HAB_ENTRY,
    HAB_EXIT,
    HAB_REPORT_EVENT,
    HAB_REPORT_STATUS,
    HAB_FAILSAFE,
    HAB_CHECK_TARGET,
    HAB_GET_VERSION,
    HAB_AUTH_IMG_NO_DCD,
};

/* Results of the HAB library (TF-A plat/imx/imx8m/imx_hab.c): a status, or an address. */
#define HAB_FAILURE       0x33u
#define HAB_NOT_AUTHENTIC 0u

/* Errors of the system controller, which SRTC's caller gets (TF-A sci/sci_types.h). */
enum sci_error { SCI_NONE = 0, SCI_PARM = 3, SCI_FAIL = 11 };

/* The SNVS's low-power clock, 47 bits at 32768 Hz (i.MX 6UltraLite reference manual, chapter
 * 48). */
#define SNVS_LPCR    0x38u
#define SNVS_LPSRTCM 0x50u
#define SNVS_LPSRTCL 0x54u
#define SNVS_HPVIDR1 0xbf8u
#define LPCR_SRTC_ON 1u
#define IP_ID_SNVS   0x3eu /* bits 31:16 of HPVIDR1 */
#define SRTC_SHIFT   15u

#define COMMIT_DIGITS 7u

struct sip {
    const struct el4_host *host;
    struct el4_instance *self;
    uint64_t commit;
    uint64_t snvs;
};

/* ---- clock ---- */

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Seconds since 1970 of what SET_TIME gives, two halves a register; false if it is no time. */
static bool read_time(const struct el4_call *call, uint64_t *seconds)
{
    static const uint8_t days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t parts[6];
    for (unsigned i = 0; i < 6; i++) {
        parts[i] = (uint32_t)call->args[2 + i / 2] >> (i % 2 ? 0 : 16) & 0xffff;
    }
    unsigned year = (unsigned)parts[0], month = (unsigned)parts[1], day = (unsigned)parts[2];
    if (year < 1970 || month < 1 || month > 12 || day < 1 || parts[3] > 23 || parts[4] > 59 ||
        parts[5] > 59 || day > days_of[month - 1] + (month == 2 && is_leap(year) ? 1u : 0)) {
        return false;
    }
    uint64_t days = day - 1;
    for (unsigned y = 1970; y < year; y++) {
        days += is_leap(y) ? 366 : 365;
    }
    for (unsigned m = 1; m < month; m++) {
        days += days_of[m - 1] + (m == 2 && is_leap(year) ? 1u : 0);
    }
    *seconds = ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5];
    return *seconds <= UINT32_MAX; /* what the counter holds */
}

static bool has_snvs(const struct sip *sip)
{
    uint64_t id;
    return !sip->host->register_read(sip->self, sip->snvs + SNVS_HPVIDR1, 4, &id, true) &&
           id >> 16 == IP_ID_SNVS;
}

/* It must not count while it is set. */
static bool set_clock(const struct sip *sip, uint64_t count)
{
    const struct el4_host *host = sip->host;
    uint64_t control;
    return has_snvs(sip) &&
           !host->register_read(sip->self, sip->snvs + SNVS_LPCR, 4, &control, true) &&
           !host->register_write(sip->self, sip->snvs + SNVS_LPCR, 4,
                                 control & ~(uint64_t)LPCR_SRTC_ON, true) &&
           !host->register_write(sip->self, sip->snvs + SNVS_LPSRTCM, 4, count >> 32, true) &&
           !host->register_write(sip->self, sip->snvs + SNVS_LPSRTCL, 4, (uint32_t)count,
                                 true) &&
           !host->register_write(sip->self, sip->snvs + SNVS_LPCR, 4, control | LPCR_SRTC_ON,
                                 true);
}

static void set_time(const struct sip *sip, struct el4_call *call)
{
    uint64_t seconds;
    if (!read_time(call, &seconds)) {
        el4_call_return(call, 0, SCI_PARM);
    } else {
        bool done = set_clock(sip, seconds << SRTC_SHIFT);
        el4_call_return(call, 0, done ? SCI_NONE : SCI_FAIL);
    }
}

/* ---- calls ---- */

/* There is no HAB, and thus nothing that it would vouch for. */
static void answer_hab(struct el4_call *call)
{
    switch (call->args[1]) {
    case HAB_AUTH_IMG:
    case HAB_AUTH_IMG_NO_DCD: el4_call_return(call, 0, HAB_NOT_AUTHENTIC); break;
    case HAB_ENTRY:
    case HAB_EXIT:
    case HAB_REPORT_EVENT:
    case HAB_REPORT_STATUS:
    case HAB_CHECK_TARGET: el4_call_return(call, 0, HAB_FAILURE); break;
    default: el4_call_return_code(call, NOT_SUPPORTED); break; /* not to be refused in words */
    }
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    const struct sip *sip = state;
    if (call->id != SRTC && call->id != BUILDINFO && call->id != SRC &&
        call->id != GET_SOC_INFO && call->id != HAB) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    el4_call_return_code(call, NOT_SUPPORTED);
    if (call->aarch32) {
        return EL4_HANDLED;
    }
    if (call->id == SRTC && call->args[1] == SRTC_SET_TIME && sip->snvs) {
        set_time(sip, call);
    } else if (call->id == BUILDINFO && call->args[1] == BUILDINFO_COMMIT) {
        el4_call_return(call, 0, sip->commit);
    } else if (call->id == SRC && call->args[1] == SRC_IS_SECONDARY_BOOT) {
        el4_call_return(call, 0, false); /* there is one image to boot, and no other */
    } else if (call->id == GET_SOC_INFO && sip->host->config_is_set(sip->self, "soc-info")) {
        el4_call_return(call, 0, sip->host->config_uint(sip->self, "soc-info"));
    } else if (call->id == HAB) {
        answer_hab(call);
    }
    return EL4_HANDLED;
}

/* ---- the instance ---- */

/* Up to seven characters, the first in bits 7:0: the caller prints the register as a string. */
static bool read_commit(struct sip *sip)
{
    const char *text = sip->host->config_string(sip->self, "build-commit");
    size_t digits = text ? strlen(text) : 0;
    if (digits > COMMIT_DIGITS || (text && strspn(text, "0123456789abcdef") != digits)) {
        sip->host->fail(sip->self, "build-commit: '%s' is not up to 7 digits of a hash", text);
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        sip->commit |= (uint64_t)(uint8_t)text[i] << (8 * i);
    }
    return true;
}

static bool claim(const struct sip *sip, uint32_t id, const char *name)
{
    const struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_SMC | EL4_CONDUITS_EL4,
        .callers = EL4_CALLERS_NS,
        .first = id,
        .last = id,
        .name = name,
    };
    return sip->host->claim(sip->self, &claim);
}

static bool build(struct sip *sip)
{
    const struct el4_host *host = sip->host;
    sip->snvs = host->config_uint(sip->self, "snvs");
    if (sip->snvs % 4096 || (sip->snvs && !EL4_HOST_HAS(host, register_write))) {
        host->fail(sip->self, "snvs: %s",
                   sip->snvs % 4096 ? "it must be a multiple of 4096"
                                    : "this el4 is too old: services can't write registers");
        return false;
    }
    return read_commit(sip) && (!sip->snvs || claim(sip, SRTC, "i.MX SRTC")) &&
           claim(sip, BUILDINFO, "i.MX BUILDINFO") && claim(sip, SRC, "i.MX SRC") &&
           (!host->config_is_set(sip->self, "soc-info") ||
            claim(sip, GET_SOC_INFO, "i.MX GET_SOC_INFO")) &&
           claim(sip, HAB, "i.MX HAB");
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct sip *sip = calloc(1, sizeof(*sip));
    if (!sip) {
        host->fail(self, "out of memory");
        return NULL;
    }
    sip->host = host;
    sip->self = self;
    if (!build(sip)) {
        free(sip);
        return NULL;
    }
    return sip;
}

static void destroy(void *state)
{
    free(state);
}

static const struct el4_config_key keys[] = {
    {.name = "build-commit",
     .type = EL4_CONFIG_STRING,
     .help =
         "Up to 7 hexadecimal digits of the commit that the firmware was built from. Unset: "
         "none is known."},
    {.name = "soc-info",
     .type = EL4_CONFIG_UINT,
     .help = "What GET_SOC_INFO returns, for example the silicon revision of an i.MX 8MQ. "
             "Unset: the call is unknown."},
    {.name = "snvs",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Address of the SNVS whose clock SRTC sets; 0: there is none, and the call is "
             "unknown."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Silicon provider calls of NXP's i.MX 8 and 9.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(imx_sip) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "imx-sip",
    .version = "1.0",
    .description = "i.MX silicon provider calls: build, SoC, clock; HAB fails",
    .schema = &schema,
    .operations = &operations,
};
