/* SPDX-License-Identifier: MIT */
/*
 * imx-usdhc: what the registers and the data transfers share.
 */
#ifndef IMX_USDHC_H
#define IMX_USDHC_H

#include "../imx-common/imx-registers.h"
#include "sd-card.h"

enum {
    REG_DS_ADDR = 0x00,
    REG_BLK_ATT = 0x04,
    REG_CMD_ARG = 0x08,
    REG_CMD_XFR_TYP = 0x0c,
    REG_CMD_RSP0 = 0x10,
    REG_CMD_RSP3 = 0x1c,
    REG_DATA_BUFFER = 0x20,
    REG_PRES_STATE = 0x24,
    REG_PROT_CTRL = 0x28,
    REG_SYS_CTRL = 0x2c,
    REG_INT_STATUS = 0x30,
    REG_INT_STATUS_EN = 0x34,
    REG_INT_SIGNAL_EN = 0x38,
    REG_AUTOCMD_STATUS = 0x3c,
    REG_HOST_CTRL_CAP = 0x40,
    REG_WTMK_LVL = 0x44,
    REG_MIX_CTRL = 0x48,
    REG_FORCE_EVENT = 0x50,
    REG_ADMA_ERR_STATUS = 0x54,
    REG_ADMA_SYS_ADDR = 0x58,
    REG_DLL_CTRL = 0x60,
    REG_DLL_STATUS = 0x64,
    REG_CLK_TUNE_CTRL = 0x68,
    REG_VEND_SPEC = 0xc0,
    REG_MMC_BOOT = 0xc4,
    REG_VEND_SPEC2 = 0xc8,
    REG_TUNING_CTRL = 0xcc,
    REG_END = 0xd0,
};

#define INT_CC    (1u << 0)
#define INT_TC    (1u << 1)
#define INT_DINT  (1u << 3)
#define INT_BWR   (1u << 4)
#define INT_BRR   (1u << 5)
#define INT_CTOE  (1u << 16)
#define INT_DTOE  (1u << 20)
#define INT_DCE   (1u << 21)
#define INT_AC12E (1u << 24)
#define INT_DMAE  (1u << 28)

#define MIX_DMAEN  (1u << 0)
#define MIX_BCEN   (1u << 1)
#define MIX_AC12EN (1u << 2)
#define MIX_READ   (1u << 4)
#define MIX_MULTI  (1u << 5)
#define MIX_AC23EN (1u << 7)

#define BLOCK_BYTES_MAX 4096u

/* A data transfer between card and memory, or card and data port. */
struct usdhc_transfer {
    bool active;
    bool write; /* to the card */
    bool endless;
    uint32_t left; /* blocks not yet begun at the card, unless it is endless */
    uint32_t block_bytes;
    uint32_t at; /* within the buffer */
    uint8_t buffer[BLOCK_BYTES_MAX];
};

struct imx_usdhc {
    const struct el4_host *host;
    struct el4_instance *self;
    struct sd_card *card; /* NULL: the slot is empty */
    bool readonly;
    struct usdhc_transfer transfer;
    uint32_t registers[REG_END / 4];
};

static inline uint32_t *usdhc_register(struct imx_usdhc *usdhc, unsigned offset)
{
    return &usdhc->registers[offset / 4];
}

/* imx-usdhc.c: set flags of INT_STATUS that are enabled there. */
void el4_usdhc_raise(struct imx_usdhc *usdhc, uint32_t flags);
/* imx-usdhc.c: a command of the controller itself; false if the card did not answer. */
bool el4_usdhc_send(struct imx_usdhc *usdhc, uint32_t index, uint32_t argument,
                    uint32_t *status);

/* transfer.c: the data that a command announced; DMA is done at once. */
void el4_usdhc_transfer_start(struct imx_usdhc *usdhc);
void el4_usdhc_transfer_stop(struct imx_usdhc *usdhc);
/* transfer.c: the data port. */
uint32_t el4_usdhc_port_read(struct imx_usdhc *usdhc, unsigned size);
void el4_usdhc_port_write(struct imx_usdhc *usdhc, uint32_t value, unsigned size);

#endif
