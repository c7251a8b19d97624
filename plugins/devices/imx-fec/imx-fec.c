/* SPDX-License-Identifier: MIT */
/*
 * FEC: the Ethernet MAC (ENET) of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 22):
 * registers, the 1588 timer, and the network behind it. No magic packets, no pause frames, no
 * capture and compare pins of the timer; interrupts are never held back (TXIC, RXIC). Output 0
 * is the interrupt, output 1 that of the 1588 timer.
 */
#include "imx-fec.h"

enum { OUT_INTERRUPT, OUT_TIMER };

#define EVENTS         0x7fffb000u
#define MSCR_SPEED     0x7eu
#define MIBC_CLEAR     (1u << 29)
#define MIBC_IDLE      (1u << 30)
#define ECR_BITS       0x0000017eu
#define ECR_FIXED      0xf0000000u
#define ATCR_ENABLE    (1u << 0)
#define ATCR_PERIOD    (1u << 4) /* the period event is wanted */
#define ATCR_RESTART   (1u << 9)
#define ATCR_CAPTURE   (1u << 11)
#define TIMER_CLOCK_NS 40u /* 25 MHz */
#define ATINC_NS(inc)  ((inc)&0x7f)

static const struct imx_reset_value reset_values[] = {
    {REG_ECR, ECR_FIXED},   {REG_MIBC, 0xc0000000},    {REG_RCR, 0x05ee0001},
    {REG_PAUR, 0x00008808}, {REG_OPD, 0x00010000},     {0x198, 4 /* RAEM */},
    {0x19c, 4 /* RAFL */},  {0x1a4, 4 /* TAEM */},     {0x1a8, 8 /* TAFL */},
    {0x1ac, 12 /* TIPG */}, {0x1b0, 0x7ff /* FTRL */}, {REG_ATPER, 1000000000},
};

/* ---- events ---- */

static void update_wires(struct imx_fec *fec)
{
    uint32_t pending = *fec_register(fec, REG_EIR) & *fec_register(fec, REG_EIMR);
    fec->host->wire_set(fec->self, OUT_INTERRUPT, (pending & ~INT_TS_TIMER) != 0);
    fec->host->wire_set(fec->self, OUT_TIMER, (pending & INT_TS_TIMER) != 0);
}

void el4_fec_raise(struct imx_fec *fec, uint32_t events)
{
    *fec_register(fec, REG_EIR) |= events;
    update_wires(fec);
}

/* ---- the 1588 timer ---- */

static uint64_t timer_period(struct imx_fec *fec)
{
    uint64_t period = *fec_register(fec, REG_ATPER);
    return period ? period : UINT64_C(1) << 32;
}

/*
 * It counts ATINC nanoseconds a tick of its clock. time_base moves on by the whole ticks since
 * time_base_ns, and that by their time: nothing is lost, however often somebody looks.
 */
static void timer_advance(struct imx_fec *fec, uint64_t now_ns)
{
    uint32_t control = *fec_register(fec, REG_ATCR);
    uint64_t ticks = (now_ns - fec->time_base_ns) / TIMER_CLOCK_NS;
    fec->time_base_ns += ticks * TIMER_CLOCK_NS;
    if (!(control & ATCR_ENABLE)) {
        return;
    }
    fec->time_base += ticks * ATINC_NS(*fec_register(fec, REG_ATINC));
    if (fec->time_base >= timer_period(fec)) {
        fec->time_base %= timer_period(fec);
        el4_fec_raise(fec, control & ATCR_PERIOD ? INT_TS_TIMER : 0);
    }
}

uint32_t el4_fec_time(struct imx_fec *fec)
{
    timer_advance(fec, fec->host->now_ns(fec->self));
    return (uint32_t)fec->time_base;
}

/* Wait for the end of the period, from what timer_advance left. */
static void timer_wait(struct imx_fec *fec)
{
    uint32_t control = *fec_register(fec, REG_ATCR);
    uint64_t increment = ATINC_NS(*fec_register(fec, REG_ATINC));
    if ((control & ATCR_ENABLE) && (control & ATCR_PERIOD) && increment) {
        uint64_t rest = timer_period(fec) - fec->time_base;
        uint64_t ticks = (rest + increment - 1) / increment;
        fec->host->timer_set(fec->self, fec->wrap, fec->time_base_ns + ticks * TIMER_CLOCK_NS);
    } else {
        fec->host->timer_cancel(fec->self, fec->wrap);
    }
}

static void timer_wrapped(void *opaque, uint64_t now_ns)
{
    timer_advance(opaque, now_ns);
    timer_wait(opaque);
}

static void write_timer(struct imx_fec *fec, uint64_t offset, uint32_t value)
{
    uint32_t now = el4_fec_time(fec);
    uint32_t *target = fec_register(fec, (unsigned)offset);
    switch (offset) {
    case REG_ATCR:
        *fec_register(fec, REG_ATVR) = now;
        *target = value & ~(ATCR_RESTART | ATCR_CAPTURE);
        fec->time_base = value & ATCR_RESTART ? 0 : now;
        break;
    case REG_ATVR: fec->time_base = value % timer_period(fec); break;
    case REG_ATSTMP: return; /* read only */
    default:
        *target = value;
        fec->time_base = now % timer_period(fec);
        break;
    }
    timer_wait(fec);
}

/* ---- registers ---- */

static uint32_t read_register(struct imx_fec *fec, uint64_t offset)
{
    if (offset >= REG_END) {
        imx_log_unknown(fec->host, fec->self, "read", offset);
        return 0;
    }
    return *fec_register(fec, (unsigned)offset);
}

static enum el4_mmio_result fec_read(void *state, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_access *access)
{
    *value = read_register(state, offset);
    return EL4_MMIO_OK;
}

static void reset_registers(struct imx_fec *fec)
{
    imx_registers_reset(fec->registers, IMX_COUNT(fec->registers), reset_values,
                        IMX_COUNT(reset_values));
    fec->frame_bytes = 0;
    fec->frame_too_long = false;
    fec->receive_next = 0;
    fec->transmit_next = 0;
    el4_net_waiting_clear(&fec->waiting);
    fec->host->timer_cancel(fec->self, fec->later);
    fec->time_base = 0;
    fec->time_base_ns = fec->host->now_ns(fec->self);
    timer_wait(fec);
    update_wires(fec);
}

static void write_control(struct imx_fec *fec, uint32_t value)
{
    uint32_t *control = fec_register(fec, REG_ECR);
    if (value & ECR_RESET) {
        /* The station's address stays. */
        uint32_t low = *fec_register(fec, REG_PALR), high = *fec_register(fec, REG_PAUR);
        reset_registers(fec);
        *fec_register(fec, REG_PALR) = low;
        *fec_register(fec, REG_PAUR) = high;
        return;
    }
    bool was_on = *control & ECR_ENABLE;
    *control = (value & ECR_BITS) | ECR_FIXED;
    if (!(value & ECR_ENABLE)) {
        *fec_register(fec, REG_RDAR) = 0;
        *fec_register(fec, REG_TDAR) = 0;
        el4_net_waiting_clear(&fec->waiting);
    } else if (!was_on) {
        fec->receive_next = *fec_register(fec, REG_RDSR);
        fec->transmit_next = *fec_register(fec, REG_TDSR);
        fec->frame_bytes = 0;
        fec->frame_too_long = false;
    }
}

/* RDAR or TDAR: whatever is written says that there are descriptors. */
static void activate(struct imx_fec *fec, unsigned offset)
{
    if (!(*fec_register(fec, REG_ECR) & ECR_ENABLE)) {
        return;
    }
    *fec_register(fec, offset) = ACTIVE;
    if (offset == REG_RDAR) {
        el4_fec_deliver_waiting(fec);
    } else if (!(*fec_register(fec, REG_TCR) & TCR_GTS)) {
        el4_fec_transmit(fec);
    }
}

static void write_management(struct imx_fec *fec, uint32_t value)
{
    uint32_t *frame = fec_register(fec, REG_MMFR);
    *frame = value;
    if (*fec_register(fec, REG_MSCR) & MSCR_SPEED) { /* else its clock stands still */
        *frame = el4_fec_mdio(fec, value);
        el4_fec_raise(fec, INT_MII);
    }
}

static void write_transmit_control(struct imx_fec *fec, uint32_t value)
{
    *fec_register(fec, REG_TCR) = value & 0x3ff;
    if (value & TCR_GTS) {
        el4_fec_raise(fec, INT_GRA); /* nothing is under way */
    } else if (*fec_register(fec, REG_TDAR)) {
        el4_fec_transmit(fec);
    }
}

static void write_statistics_control(struct imx_fec *fec, uint32_t value)
{
    *fec_register(fec, REG_MIBC) = (value & ~MIBC_IDLE) | (value >> 31 ? MIBC_IDLE : 0);
    if (value & MIBC_CLEAR) {
        memset(fec_register(fec, REG_MIB), 0, REG_MIB_END - REG_MIB);
    }
}

static void write_register(struct imx_fec *fec, uint64_t offset, uint32_t value)
{
    uint32_t *target = fec_register(fec, (unsigned)offset);
    switch (offset) {
    case REG_EIR: *target &= ~value; break;
    case REG_EIMR: *target = value & EVENTS; break;
    case REG_RDAR:
    case REG_TDAR: activate(fec, (unsigned)offset); break;
    case REG_ECR: write_control(fec, value); break;
    case REG_MMFR: write_management(fec, value); break;
    case REG_MIBC: write_statistics_control(fec, value); break;
    case REG_TCR: write_transmit_control(fec, value); break;
    case REG_PAUR: *target = (value & 0xffff0000u) | 0x8808; break;
    case REG_OPD: *target = (value & 0xffff) | 0x00010000; break;
    case REG_RDSR:
    case REG_TDSR: *target = value & ~7u; break;
    case REG_TGSR: *target &= ~value; break;
    default:
        if (offset < REG_MIB || offset >= REG_TGSR) {
            *target = value;
        } else if (offset >= REG_ATCR && offset <= REG_ATSTMP) {
            write_timer(fec, offset, value);
        } else if (offset >= REG_MIB_END) {
            imx_log_unknown(fec->host, fec->self, "write", offset);
        } /* else a counter: read only */
    }
    update_wires(fec);
}

static enum el4_mmio_result fec_write(void *state, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_access *access)
{
    struct imx_fec *fec = state;
    if (offset < REG_END) {
        write_register(fec, offset, (uint32_t)value);
    } else {
        imx_log_unknown(fec->host, fec->self, "write", offset);
    }
    return EL4_MMIO_OK;
}

/* ---- the plugin ---- */

static void go_on(void *opaque, uint64_t now_ns)
{
    el4_fec_transmit(opaque);
}

static void receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct imx_fec *fec = opaque;
    if (!(*fec_register(fec, REG_RCR) & RCR_LOOP)) {
        el4_fec_receive(fec, frame, bytes);
    }
}

static void fec_reset(void *state)
{
    struct imx_fec *fec = state;
    reset_registers(fec);
    for (unsigned i = 0; i < IMX_COUNT(fec->phys); i++) {
        el4_fec_phy_reset(&fec->phys[i]);
    }
}

/* The boot loader's part: the station's address. */
static void fec_firmware_setup(void *state, bool nonsecure)
{
    struct imx_fec *fec = state;
    const uint8_t *mac = fec->mac;
    *fec_register(fec, REG_PALR) =
        (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
    *fec_register(fec, REG_PAUR) = (uint32_t)mac[4] << 24 | (uint32_t)mac[5] << 16 | 0x8808;
}

static void fec_destroy(void *state)
{
    struct imx_fec *fec = state;
    if (fec->network) {
        el4_user_net_free(fec->network);
    }
    el4_net_waiting_clear(&fec->waiting);
    free(fec);
}

static bool add_phys(struct imx_fec *fec)
{
    const char *word;
    for (size_t i = 0; (word = fec->host->config_list(fec->self, "phys", i)); i++) {
        char *end;
        unsigned long address = strtoul(word, &end, 10);
        if (*word < '0' || *word > '9' || *end || address > 31) {
            fec->host->fail(fec->self, "phys: '%s' is no address from 0 to 31", word);
            return false;
        }
        fec->phys[address].present = true;
    }
    return true;
}

static bool configure(struct imx_fec *fec)
{
    const struct el4_host *host = fec->host;
    if (!el4_net_read_mac(host, fec->self, fec->mac) || !add_phys(fec)) {
        return false;
    }
    if (host->config_enum(fec->self, "network") == 1) {
        fec->network = el4_user_net_new(host, fec->self, receive, fec);
        return fec->network;
    }
    return true;
}

static void *fec_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = fec_read,
        .write = fec_write,
    };
    struct imx_fec *fec = calloc(1, sizeof(*fec));
    if (!fec) {
        host->fail(self, "out of memory");
        return NULL;
    }
    fec->host = host;
    fec->self = self;
    fec->later = host->timer_new(self, go_on, fec);
    fec->wrap = host->timer_new(self, timer_wrapped, fec);
    if (!configure(fec) || !host->mmio_declare(self, 0, &mmio)) {
        fec_destroy(fec);
        return NULL;
    }
    return fec;
}

static const char *const network_choices[] = {"none", "user", NULL};

static const struct el4_config_key keys[] = {
    {.name = "network",
     .type = EL4_CONFIG_ENUM,
     .default_text = "none",
     .choices = network_choices,
     .help = "What is at the other end of the cable: nobody, or a user-mode network, "
             "10.0.2.0/24."},
    NET_KEY_MAC("The hardware address that a directly booted kernel finds in the registers."),
    {.name = "phys",
     .type = EL4_CONFIG_LIST,
     .default_text = "",
     .help = "Addresses of the PHYs on this MAC's management bus."},
    NET_KEY_HOSTFWD("Ports"),
    NET_KEY_RESTRICT("Whether"),
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "i.MX Ethernet MAC.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = fec_create,
    .destroy = fec_destroy,
    .reset = fec_reset,
    .firmware_setup = fec_firmware_setup,
};

EL4_PLUGIN_DEFINE(imx_fec) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-fec",
    .version = "1.0",
    .description = "i.MX Ethernet MAC (FEC, ENET)",
    .schema = &schema,
    .operations = &operations,
};
