/* SPDX-License-Identifier: MIT */
/*
 * uSDHC: the SD host controller of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 58)
 * with an SDHC card in its slot if a file is given. The card answers at once. 3.3 V only; bus
 * speeds and the delay line are registers that are read back. Output 0 is the interrupt, output
 * 1 the card-detect switch (low: there is a card).
 */
#include "imx-usdhc.h"

#define XFR_INDEX(typ)    ((typ) >> 24 & 0x3f)
#define XFR_RESPONSE(typ) ((typ) >> 16 & 3)
#define XFR_DATA          (1u << 21)
enum { RESPONSE_NONE, RESPONSE_136, RESPONSE_48, RESPONSE_48_BUSY };

#define PRES_CDIHB (1u << 1)
#define PRES_DLA   (1u << 2)
#define PRES_SDSTB (1u << 3)
#define PRES_SDOFF (1u << 7)
#define PRES_WTA   (1u << 8)
#define PRES_RTA   (1u << 9)
#define PRES_BWEN  (1u << 10)
#define PRES_BREN  (1u << 11)
#define PRES_TSCD  (1u << 15)
#define PRES_CINST (1u << 16)
#define PRES_CDPL  (1u << 18)
#define PRES_WPSPL (1u << 19)  /* 1: may be written */
#define PRES_LINES 0xff800000u /* all at rest: high */

#define SYS_RSTA          (1u << 24)
#define SYS_RSTC          (1u << 25)
#define SYS_RSTD          (1u << 26)
#define SYS_SELF_CLEARING (0x1fu << 24)

#define VEND_FRC_SDCLK_ON (1u << 8)

enum { OUT_INTERRUPT, OUT_CARD_DETECT };

static const struct imx_reset_value reset_values[] = {
    {REG_PROT_CTRL, 0x08800020},
    {REG_SYS_CTRL, 0x0080800f},
    /* 1.8 and 3.0 V are not offered, nor are the modes that need them. */
    {REG_HOST_CTRL_CAP, 0x01f3b400},
    {REG_WTMK_LVL, 0x08100810},
    {REG_MIX_CTRL, 0x80000000},
    {REG_DLL_CTRL, 0x00000200},
    {REG_VEND_SPEC, 0x20007809},
    {REG_VEND_SPEC2, 0x00000006},
    {REG_TUNING_CTRL, 0x00212800},
};

static void update_wire(struct imx_usdhc *usdhc)
{
    uint32_t pending =
        *usdhc_register(usdhc, REG_INT_STATUS) & *usdhc_register(usdhc, REG_INT_SIGNAL_EN);
    usdhc->host->wire_set(usdhc->self, OUT_INTERRUPT, pending != 0);
}

void el4_usdhc_raise(struct imx_usdhc *usdhc, uint32_t flags)
{
    *usdhc_register(usdhc, REG_INT_STATUS) |= flags & *usdhc_register(usdhc, REG_INT_STATUS_EN);
    update_wire(usdhc);
}

/* ---- commands ---- */

static struct sd_reply send(struct imx_usdhc *usdhc, uint32_t index, uint32_t argument)
{
    return usdhc->card ? el4_sd_card_command(usdhc->card, index, argument)
                       : (struct sd_reply){.kind = SD_RESPONSE_NONE};
}

bool el4_usdhc_send(struct imx_usdhc *usdhc, uint32_t index, uint32_t argument,
                    uint32_t *status)
{
    struct sd_reply reply = send(usdhc, index, argument);
    if (reply.kind == SD_RESPONSE_SHORT && status) {
        *status = reply.words[0];
    }
    return reply.kind == SD_RESPONSE_SHORT;
}

/* Long responses lose their lowest byte, the checksum (58.8.5). */
static void store_response(struct imx_usdhc *usdhc, const struct sd_reply *reply)
{
    uint32_t *response = usdhc_register(usdhc, REG_CMD_RSP0);
    if (reply->kind == SD_RESPONSE_SHORT) {
        response[0] = reply->words[0];
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        response[i] = reply->words[3 - i] >> 8 | reply->words[2 - i] << 24;
    }
    response[3] = reply->words[0] >> 8;
}

static void start_command(struct imx_usdhc *usdhc, uint32_t type)
{
    uint32_t mix = *usdhc_register(usdhc, REG_MIX_CTRL);
    uint32_t wanted = XFR_RESPONSE(type);
    if ((type & XFR_DATA) && usdhc->transfer.active) {
        usdhc->host->log(usdhc->self, EL4_LOG_GUEST_ERROR,
                         "CMD%u with data while data is under way", XFR_INDEX(type));
        return;
    }
    if (XFR_INDEX(type) == 12 || XFR_INDEX(type) == 0) {
        el4_usdhc_transfer_stop(usdhc);
    }
    if ((type & XFR_DATA) && (mix & MIX_AC23EN) &&
        !el4_usdhc_send(usdhc, 23, *usdhc_register(usdhc, REG_DS_ADDR), NULL)) {
        *usdhc_register(usdhc, REG_AUTOCMD_STATUS) |= 1u << 1; /* no response */
        el4_usdhc_raise(usdhc, INT_AC12E);
        return;
    }
    struct sd_reply reply = send(usdhc, XFR_INDEX(type), *usdhc_register(usdhc, REG_CMD_ARG));
    if (wanted == RESPONSE_NONE) {
        el4_usdhc_raise(usdhc, INT_CC);
        return;
    }
    if (reply.kind == SD_RESPONSE_NONE) {
        el4_usdhc_raise(usdhc, INT_CTOE);
        return;
    }
    store_response(usdhc, &reply);
    el4_usdhc_raise(usdhc, INT_CC);
    if (type & XFR_DATA) {
        el4_usdhc_transfer_start(usdhc);
    } else if (wanted == RESPONSE_48_BUSY) {
        el4_usdhc_raise(usdhc, INT_TC); /* it is busy no more */
    }
}

/* ---- registers ---- */

static uint32_t present_state(const struct imx_usdhc *usdhc)
{
    const struct usdhc_transfer *transfer = &usdhc->transfer;
    uint32_t state = PRES_LINES | PRES_SDSTB | PRES_TSCD;
    if (usdhc->card) {
        state |= PRES_CINST | PRES_CDPL | (usdhc->readonly ? 0 : PRES_WPSPL);
    }
    if (!(usdhc->registers[REG_VEND_SPEC / 4] & VEND_FRC_SDCLK_ON)) {
        state |= PRES_SDOFF;
    }
    if (transfer->active) {
        state |= PRES_CDIHB | PRES_DLA;
        state |= transfer->write ? PRES_WTA | PRES_BWEN : PRES_RTA | PRES_BREN;
    }
    return state;
}

static uint32_t read_register(struct imx_usdhc *usdhc, unsigned offset)
{
    switch (offset) {
    case REG_PRES_STATE: return present_state(usdhc);
    case REG_FORCE_EVENT: return 0;
    case REG_DLL_STATUS: return 0x3; /* both delay lines are locked */
    default: break;
    }
    if (offset < REG_END) {
        return *usdhc_register(usdhc, offset);
    }
    imx_log_unknown(usdhc->host, usdhc->self, "read", offset);
    return 0;
}

static enum el4_mmio_result usdhc_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    unsigned target = (unsigned)offset & ~3u;
    *value = target == REG_DATA_BUFFER
                 ? el4_usdhc_port_read(state, size)
                 : lane_extract(read_register(state, target), offset, size);
    return EL4_MMIO_OK;
}

static void reset_registers(struct imx_usdhc *usdhc)
{
    imx_registers_reset(usdhc->registers, IMX_COUNT(usdhc->registers), reset_values,
                        IMX_COUNT(reset_values));
    el4_usdhc_transfer_stop(usdhc);
    update_wire(usdhc);
}

static void write_system_control(struct imx_usdhc *usdhc, uint32_t value)
{
    if (value & SYS_RSTA) {
        reset_registers(usdhc);
        return;
    }
    if (value & SYS_RSTC) {
        *usdhc_register(usdhc, REG_INT_STATUS) &= ~INT_CC;
    }
    if (value & SYS_RSTD) {
        el4_usdhc_transfer_stop(usdhc);
        *usdhc_register(usdhc, REG_INT_STATUS) &= ~(INT_TC | INT_DINT | INT_BRR | INT_BWR);
    }
    *usdhc_register(usdhc, REG_SYS_CTRL) = value & ~SYS_SELF_CLEARING;
    update_wire(usdhc);
}

static void write_register(struct imx_usdhc *usdhc, unsigned offset, uint32_t value)
{
    uint32_t *target = usdhc_register(usdhc, offset);
    switch (offset) {
    case REG_CMD_XFR_TYP:
        *target = value;
        start_command(usdhc, value);
        break;
    case REG_SYS_CTRL: write_system_control(usdhc, value); break;
    case REG_INT_STATUS:
        *target &= ~value;
        update_wire(usdhc);
        break;
    case REG_INT_STATUS_EN:
    case REG_INT_SIGNAL_EN:
        *target = value;
        *usdhc_register(usdhc, REG_INT_STATUS) &= *usdhc_register(usdhc, REG_INT_STATUS_EN);
        update_wire(usdhc);
        break;
    case REG_FORCE_EVENT: el4_usdhc_raise(usdhc, value & 0x157f0000u); break;
    case REG_AUTOCMD_STATUS:
    case REG_PRES_STATE:
    case REG_HOST_CTRL_CAP:
    case REG_DLL_STATUS: break; /* read only */
    default:
        if (offset < REG_CMD_RSP0 || offset > REG_CMD_RSP3) {
            *target = value;
        }
    }
}

static enum el4_mmio_result usdhc_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct imx_usdhc *usdhc = state;
    unsigned target = (unsigned)offset & ~3u;
    if (target >= REG_END) {
        imx_log_unknown(usdhc->host, usdhc->self, "write", offset);
    } else if (target == REG_DATA_BUFFER) {
        el4_usdhc_port_write(usdhc, (uint32_t)value, size);
    } else if (target == REG_CMD_XFR_TYP && offset + size < target + 4u) {
        /* The command goes off when the byte with its number is written. */
        uint32_t *type = usdhc_register(usdhc, target);
        *type = lane_merge(*type, offset, size, value);
    } else {
        bool clears = target == REG_INT_STATUS;
        uint32_t old = clears ? 0 : *usdhc_register(usdhc, target);
        write_register(usdhc, target, lane_merge(old, offset, size, value));
    }
    return EL4_MMIO_OK;
}

/* ---- the plugin ---- */

static void usdhc_reset(void *state)
{
    struct imx_usdhc *usdhc = state;
    reset_registers(usdhc);
    if (usdhc->card) {
        el4_sd_card_power_on(usdhc->card);
    }
    usdhc->host->wire_set(usdhc->self, OUT_CARD_DETECT, !usdhc->card);
}

static void usdhc_destroy(void *state)
{
    struct imx_usdhc *usdhc = state;
    if (usdhc->card) {
        el4_sd_card_free(usdhc->card);
    }
    free(usdhc);
}

static bool insert_card(struct imx_usdhc *usdhc, const char *path)
{
    bool snapshot = usdhc->host->config_bool(usdhc->self, "snapshot");
    usdhc->readonly = usdhc->host->config_bool(usdhc->self, "readonly");
    struct disk *disk =
        el4_disk_open(usdhc->host, usdhc->self, path, usdhc->readonly, snapshot);
    if (!disk) {
        return false;
    }
    usdhc->card = el4_sd_card_new(usdhc->host, usdhc->self, disk, usdhc->readonly);
    if (!usdhc->card) {
        el4_disk_close(disk);
    }
    return usdhc->card;
}

static void *usdhc_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = usdhc_read,
        .write = usdhc_write,
    };
    struct imx_usdhc *usdhc = calloc(1, sizeof(*usdhc));
    if (!usdhc) {
        host->fail(self, "out of memory");
        return NULL;
    }
    usdhc->host = host;
    usdhc->self = self;
    const char *path = host->config_string(self, "file");
    if ((path && *path && !insert_card(usdhc, path)) || !host->mmio_declare(self, 0, &mmio)) {
        usdhc_destroy(usdhc);
        return NULL;
    }
    return usdhc;
}

static const struct el4_config_key keys[] = {
    {.name = "file",
     .type = EL4_CONFIG_PATH,
     .help = "The SD card's content, a raw image of a multiple of 512 KiB; without it the slot "
             "is empty."},
    {.name = "readonly",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether the card is write-protected."},
    DISK_KEY_SNAPSHOT("Whether"),
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "i.MX SD host controller with a card.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = usdhc_create,
    .destroy = usdhc_destroy,
    .reset = usdhc_reset,
};

EL4_PLUGIN_DEFINE(imx_usdhc) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-usdhc",
    .version = "1.0",
    .description = "i.MX SD host controller (uSDHC) with an SDHC card",
    .schema = &schema,
    .operations = &operations,
};
