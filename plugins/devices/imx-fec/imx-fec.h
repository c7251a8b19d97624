/* SPDX-License-Identifier: MIT */
/*
 * imx-fec: what its files share.
 */
#ifndef IMX_FEC_H
#define IMX_FEC_H

#include "../imx-common/imx-registers.h"
#include "../net-common/net-port.h"
#include "../net-common/user-net.h"

enum {
    REG_EIR = 0x004,
    REG_EIMR = 0x008,
    REG_RDAR = 0x010,
    REG_TDAR = 0x014,
    REG_ECR = 0x024,
    REG_MMFR = 0x040,
    REG_MSCR = 0x044,
    REG_MIBC = 0x064,
    REG_RCR = 0x084,
    REG_TCR = 0x0c4,
    REG_PALR = 0x0e4,
    REG_PAUR = 0x0e8,
    REG_OPD = 0x0ec,
    REG_IAUR = 0x118,
    REG_IALR = 0x11c,
    REG_GAUR = 0x120,
    REG_GALR = 0x124,
    REG_TFWR = 0x144,
    REG_RDSR = 0x180,
    REG_TDSR = 0x184,
    REG_MRBR = 0x188,
    REG_TACC = 0x1c0,
    REG_RACC = 0x1c4,
    REG_MIB = 0x200,
    REG_RMON_T_PACKETS = 0x204,
    REG_RMON_T_OCTETS = 0x244,
    REG_IEEE_T_FRAME_OK = 0x24c,
    REG_RMON_R_PACKETS = 0x284,
    REG_RMON_R_OCTETS = 0x2c4,
    REG_IEEE_R_DROP = 0x2c8,
    REG_IEEE_R_FRAME_OK = 0x2cc,
    REG_MIB_END = 0x2e4,
    REG_ATCR = 0x400,
    REG_ATVR = 0x404,
    REG_ATOFF = 0x408,
    REG_ATPER = 0x40c,
    REG_ATCOR = 0x410,
    REG_ATINC = 0x414,
    REG_ATSTMP = 0x418,
    REG_TGSR = 0x604,
    REG_TC_END = 0x628,
    REG_END = 0x628,
};

/* EIR, EIMR */
#define INT_BABR     (1u << 30)
#define INT_BABT     (1u << 29)
#define INT_GRA      (1u << 28)
#define INT_TXF      (1u << 27)
#define INT_TXB      (1u << 26)
#define INT_RXF      (1u << 25)
#define INT_RXB      (1u << 24)
#define INT_MII      (1u << 23)
#define INT_EBERR    (1u << 22)
#define INT_TS_AVAIL (1u << 16)
#define INT_TS_TIMER (1u << 15)

#define ECR_RESET  (1u << 0)
#define ECR_ENABLE (1u << 1)
#define ECR_1588   (1u << 4) /* enhanced descriptors */
#define ECR_DBSWP  (1u << 8) /* little-endian descriptors */

#define RCR_LOOP        (1u << 0)
#define RCR_PROMISCUOUS (1u << 3)
#define RCR_NO_BCAST    (1u << 4)
#define RCR_NO_CRC      (1u << 14)
#define RCR_MAX_FL(rcr) ((rcr) >> 16 & 0x3fff)

#define TCR_GTS    (1u << 0)
#define TCR_ADDINS (1u << 8)

#define ACTIVE (1u << 24) /* RDAR, TDAR */

#define FEC_FRAME_MAX 16384u

struct fec_phy {
    bool present;
    uint16_t registers[32];
};

struct imx_fec {
    const struct el4_host *host;
    struct el4_instance *self;
    struct user_net *network; /* NULL: nobody is at the other end */
    struct el4_timer *later;  /* goes on with a long transmit ring */
    struct el4_timer *wrap;   /* the 1588 timer's period */
    uint8_t mac[NET_MAC_BYTES];
    struct fec_phy phys[32];

    uint32_t receive_next; /* addresses of descriptors */
    uint32_t transmit_next;
    struct net_waiting waiting;

    uint64_t time_base_ns; /* the 1588 timer had time_base then */
    uint64_t time_base;

    /* The frame that is put together from transmit descriptors. */
    size_t frame_bytes;
    bool frame_too_long;
    uint8_t frame[FEC_FRAME_MAX];

    uint32_t registers[REG_END / 4];
};

static inline uint32_t *fec_register(struct imx_fec *fec, unsigned offset)
{
    return &fec->registers[offset / 4];
}

/* imx-fec.c */
void el4_fec_raise(struct imx_fec *fec, uint32_t events);
uint32_t el4_fec_time(struct imx_fec *fec);

/* ring.c */
void el4_fec_transmit(struct imx_fec *fec);
/* A frame without its check sequence comes from the line. */
void el4_fec_receive(struct imx_fec *fec, const uint8_t *frame, size_t bytes);
void el4_fec_deliver_waiting(struct imx_fec *fec);

/* checksum.c */
uint32_t el4_fec_crc(const uint8_t *data, size_t bytes);
/* Put in the checksums of an IPv4 frame: of its header, of TCP, UDP or ICMP. */
void el4_fec_checksum(uint8_t *frame, size_t bytes, bool header, bool payload);

/* phy.c */
void el4_fec_phy_reset(struct fec_phy *phy);
/* The frame in MMFR is sent; the result is what MMFR then reads. */
uint32_t el4_fec_mdio(struct imx_fec *fec, uint32_t frame);

#endif
