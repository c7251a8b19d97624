/* SPDX-License-Identifier: MIT */
/*
 * SNVS: what Non-secure software uses of the i.MX6UL's secure storage block (i.MX 6UltraLite
 * reference manual, chapter 48): both real-time counters with their alarms, power-off, and the
 * general purpose register. The low-power half runs from a battery: a system reset does not
 * touch it, and its counter starts with the wall clock. No secret key, no tamper detection.
 */
#include "../imx-common/imx-registers.h"
#include "../timer-common/ticks.h"

enum {
    REG_HPLR = 0x00,
    REG_HPCOMR = 0x04,
    REG_HPCR = 0x08,
    REG_HPSR = 0x14,
    REG_HPRTCMR = 0x24,
    REG_HPRTCLR = 0x28,
    REG_HPTAMR = 0x2c,
    REG_HPTALR = 0x30,
    REG_LPLR = 0x34,
    REG_LPCR = 0x38,
    REG_LPSR = 0x4c,
    REG_LPSRTCMR = 0x50,
    REG_LPSRTCLR = 0x54,
    REG_LPTAR = 0x58,
    REG_LPPGDR = 0x64,
    REG_LPGPR = 0x68,
    REG_HPVIDR1 = 0xbf8,
    REG_HPVIDR2 = 0xbfc,
};

#define HPCR_RTC_EN (1u << 0)
#define HPCR_ALARM  (1u << 1)
#define HPCR_SYNC   (1u << 16) /* take the low-power counter's value */
#define HPSR_ALARM  (1u << 0)
#define LPCR_RTC_EN (1u << 0)
#define LPCR_ALARM  (1u << 1)
#define LPCR_DUMB   (1u << 5) /* a PMIC that only knows on and off */
#define LPCR_TOP    (1u << 6) /* turn off power */
#define LPSR_ALARM  (1u << 0)
#define COMR_ANYONE (1u << 31) /* Non-secure software may write the protected registers */

#define COUNTER_BITS 47
#define COUNTER_MASK ((UINT64_C(1) << COUNTER_BITS) - 1)
#define COUNTER_HZ   32768u
#define SECOND_SHIFT 15
#define NS_A_SECOND  UINT64_C(1000000000)

enum { OUT_RTC };

/* A 47-bit counter of 32768 Hz. */
struct rtc {
    bool running;
    uint64_t base_ns;
    uint64_t base;
    uint64_t alarm_at; /* ns; UINT64_MAX: none is awaited */
};

struct imx_snvs {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    bool powered; /* the low-power half has been set up */

    struct rtc hp;
    struct rtc lp;
    uint32_t hp_lock, hp_command, hp_control, hp_status;
    uint64_t hp_alarm;
    uint32_t lp_lock, lp_control, lp_status, lp_alarm, lp_glitch, lp_general;
};

/* ---- counters ---- */

static uint64_t rtc_count(const struct rtc *rtc, uint64_t now_ns)
{
    if (!rtc->running) {
        return rtc->base;
    }
    uint64_t elapsed = now_ns - rtc->base_ns;
    uint64_t ticks =
        elapsed / NS_A_SECOND * COUNTER_HZ + elapsed % NS_A_SECOND * COUNTER_HZ / NS_A_SECOND;
    return (rtc->base + ticks) & COUNTER_MASK;
}

static void rtc_set(struct rtc *rtc, uint64_t count, bool running, uint64_t now_ns)
{
    rtc->base = count & COUNTER_MASK;
    rtc->base_ns = now_ns;
    rtc->running = running;
}

/* A counter that runs on is left alone: begun anew at its whole ticks it would fall behind. */
static void rtc_run(struct rtc *rtc, bool running, uint64_t now_ns)
{
    if (running != rtc->running) {
        rtc_set(rtc, rtc_count(rtc, now_ns), running, now_ns);
    }
}

/* When the counter gets to `count`; UINT64_MAX if it stands still or is beyond. */
static uint64_t rtc_time(const struct rtc *rtc, uint64_t count, uint64_t now_ns)
{
    if (!rtc->running || count <= rtc_count(rtc, now_ns)) {
        return UINT64_MAX;
    }
    uint64_t ticks = count - rtc->base;
    uint64_t seconds = ticks / COUNTER_HZ;
    uint64_t rest = (ticks % COUNTER_HZ * NS_A_SECOND + COUNTER_HZ - 1) / COUNTER_HZ;
    return rtc->base_ns + seconds * NS_A_SECOND + rest;
}

static uint64_t lp_alarm_count(const struct imx_snvs *snvs)
{
    return (uint64_t)snvs->lp_alarm << SECOND_SHIFT;
}

/* Alarms whose time has come. */
static void take_alarms(struct imx_snvs *snvs, uint64_t now_ns)
{
    if (now_ns >= snvs->lp.alarm_at) {
        snvs->lp_status |= LPSR_ALARM;
    }
    if (now_ns >= snvs->hp.alarm_at) {
        snvs->hp_status |= HPSR_ALARM;
    }
}

/* Wait for the alarms that the registers ask for now. */
static void update(struct imx_snvs *snvs, uint64_t now_ns)
{
    snvs->lp.alarm_at = snvs->lp_control & LPCR_ALARM
                            ? rtc_time(&snvs->lp, lp_alarm_count(snvs), now_ns)
                            : UINT64_MAX;
    snvs->hp.alarm_at = snvs->hp_control & HPCR_ALARM
                            ? rtc_time(&snvs->hp, snvs->hp_alarm, now_ns)
                            : UINT64_MAX;
    uint64_t at = snvs->lp.alarm_at < snvs->hp.alarm_at ? snvs->lp.alarm_at : snvs->hp.alarm_at;
    ticks_wake_at(snvs->host, snvs->self, snvs->timer, at);
    bool level = (snvs->lp_status & LPSR_ALARM && snvs->lp_control & LPCR_ALARM) ||
                 (snvs->hp_status & HPSR_ALARM && snvs->hp_control & HPCR_ALARM);
    snvs->host->wire_set(snvs->self, OUT_RTC, level);
}

static void expired(void *opaque, uint64_t now_ns)
{
    take_alarms(opaque, now_ns);
    update(opaque, now_ns);
}

/* ---- registers ---- */

static uint32_t read_register(struct imx_snvs *snvs, uint64_t offset)
{
    uint64_t now_ns = snvs->host->now_ns(snvs->self);
    take_alarms(snvs, now_ns);
    switch (offset) {
    case REG_HPLR: return snvs->hp_lock;
    case REG_HPCOMR: return snvs->hp_command;
    case REG_HPCR: return snvs->hp_control;
    case REG_HPSR: return snvs->hp_status | 1u << 31 | 1u << 27; /* no key, it is all zeros */
    case REG_HPRTCMR: return (uint32_t)(rtc_count(&snvs->hp, now_ns) >> 32);
    case REG_HPRTCLR: return (uint32_t)rtc_count(&snvs->hp, now_ns);
    case REG_HPTAMR: return (uint32_t)(snvs->hp_alarm >> 32);
    case REG_HPTALR: return (uint32_t)snvs->hp_alarm;
    case REG_LPLR: return snvs->lp_lock;
    case REG_LPCR: return snvs->lp_control;
    case REG_LPSR: return snvs->lp_status;
    case REG_LPSRTCMR: return (uint32_t)(rtc_count(&snvs->lp, now_ns) >> 32);
    case REG_LPSRTCLR: return (uint32_t)rtc_count(&snvs->lp, now_ns);
    case REG_LPTAR: return snvs->lp_alarm;
    case REG_LPPGDR: return snvs->lp_glitch;
    case REG_LPGPR: return snvs->lp_general;
    case REG_HPVIDR1: return 0x003e0300;
    case REG_HPVIDR2: return 0x06000000;
    default: imx_log_unknown(snvs->host, snvs->self, "read", offset); return 0;
    }
}

static enum el4_mmio_result snvs_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    *value = read_register(state, offset);
    return EL4_MMIO_OK;
}

static void write_hp_control(struct imx_snvs *snvs, uint32_t value, uint64_t now_ns)
{
    if (value & HPCR_SYNC) {
        rtc_set(&snvs->hp, rtc_count(&snvs->lp, now_ns), value & HPCR_RTC_EN, now_ns);
    } else {
        rtc_run(&snvs->hp, value & HPCR_RTC_EN, now_ns);
    }
    snvs->hp_control = value & ~HPCR_SYNC;
}

static void write_lp_control(struct imx_snvs *snvs, uint32_t value, uint64_t now_ns)
{
    rtc_run(&snvs->lp, value & LPCR_RTC_EN, now_ns);
    snvs->lp_control = value & ~LPCR_TOP;
    if ((value & LPCR_TOP) && (value & LPCR_DUMB)) {
        snvs->host->system_event(snvs->self, EL4_SYSTEM_OFF);
    }
}

/* Half of a counter, which can be set while it stands still (48.6.1). */
static void write_counter(struct imx_snvs *snvs, struct rtc *rtc, bool high, uint32_t value)
{
    if (rtc->running) {
        snvs->host->log(snvs->self, EL4_LOG_GUEST_ERROR,
                        "a real-time counter is written while it runs");
        return;
    }
    rtc->base = high ? (rtc->base & UINT32_MAX) | (uint64_t)(value & 0x7fff) << 32
                     : (rtc->base & ~(uint64_t)UINT32_MAX) | value;
}

static void write_register(struct imx_snvs *snvs, uint64_t offset, uint32_t value)
{
    uint64_t now_ns = snvs->host->now_ns(snvs->self);
    take_alarms(snvs, now_ns);
    switch (offset) {
    case REG_HPLR: snvs->hp_lock |= value; break;
    case REG_HPCOMR: snvs->hp_command = value & COMR_ANYONE; break;
    case REG_HPCR: write_hp_control(snvs, value, now_ns); break;
    case REG_HPSR: snvs->hp_status &= ~value; break;
    case REG_HPRTCMR: write_counter(snvs, &snvs->hp, true, value); break;
    case REG_HPRTCLR: write_counter(snvs, &snvs->hp, false, value); break;
    case REG_HPTAMR:
        snvs->hp_alarm = (snvs->hp_alarm & UINT32_MAX) | (uint64_t)(value & 0x7fff) << 32;
        break;
    case REG_HPTALR: snvs->hp_alarm = (snvs->hp_alarm & ~(uint64_t)UINT32_MAX) | value; break;
    case REG_LPLR: snvs->lp_lock |= value; break;
    case REG_LPCR: write_lp_control(snvs, value, now_ns); break;
    case REG_LPSR: snvs->lp_status &= ~value; break;
    case REG_LPSRTCMR: write_counter(snvs, &snvs->lp, true, value); break;
    case REG_LPSRTCLR: write_counter(snvs, &snvs->lp, false, value); break;
    case REG_LPTAR: snvs->lp_alarm = value; break;
    case REG_LPPGDR: snvs->lp_glitch = value; break;
    case REG_LPGPR: snvs->lp_general = value; break;
    case REG_HPVIDR1:
    case REG_HPVIDR2: break; /* read only */
    default: imx_log_unknown(snvs->host, snvs->self, "write", offset); break;
    }
    update(snvs, now_ns);
}

static enum el4_mmio_result snvs_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    write_register(state, offset, (uint32_t)value);
    return EL4_MMIO_OK;
}

/* ---- the plugin ---- */

static void power_up(struct imx_snvs *snvs, uint64_t now_ns)
{
    int64_t seconds = snvs->host->wall_clock_s(snvs->self);
    snvs->powered = true;
    snvs->lp_control = LPCR_DUMB | LPCR_RTC_EN;
    rtc_set(&snvs->lp, (uint64_t)(seconds < 0 ? 0 : seconds) << SECOND_SHIFT, true, now_ns);
}

static void snvs_reset(void *state)
{
    struct imx_snvs *snvs = state;
    uint64_t now_ns = snvs->host->now_ns(snvs->self);
    if (!snvs->powered) {
        power_up(snvs, now_ns);
    }
    snvs->hp_lock = 0;
    snvs->hp_command = 0;
    snvs->hp_control = 0;
    snvs->hp_status = 0;
    snvs->hp_alarm = 0;
    snvs->lp_lock = 0;
    rtc_set(&snvs->hp, 0, false, now_ns);
    update(snvs, now_ns);
}

static void *snvs_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = snvs_read,
        .write = snvs_write,
    };
    struct imx_snvs *snvs = calloc(1, sizeof(*snvs));
    if (!snvs) {
        host->fail(self, "out of memory");
        return NULL;
    }
    snvs->host = host;
    snvs->self = self;
    snvs->timer = host->timer_new(self, expired, snvs);
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(snvs);
        return NULL;
    }
    return snvs;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = snvs_create,
    .destroy = free,
    .reset = snvs_reset,
};

EL4_PLUGIN_DEFINE(imx_snvs) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-snvs",
    .version = "1.0",
    .description = "i.MX real-time clock and power-off (SNVS)",
    .operations = &operations,
};
