/* SPDX-License-Identifier: MIT */
/*
 * imx-fec: the management bus, and PHYs on it: Micrel KSZ8081 as the EVK has them (KSZ8081RNA
 * data sheet; IEEE 802.3 clause 22). The cable is plugged in, and the other end speaks
 * 100 Mbit/s full duplex. Interrupts and cable diagnosis are not modelled.
 */
#include "imx-fec.h"

enum {
    PHY_CONTROL = 0x00,
    PHY_STATUS = 0x01,
    PHY_ID1 = 0x02,
    PHY_ID2 = 0x03,
    PHY_ADVERTISED = 0x04,
    PHY_PARTNER = 0x05,
    PHY_EXPANSION = 0x06,
    PHY_INTERRUPT = 0x1b,
    PHY_CONTROL1 = 0x1e,
};

#define CONTROL_RESET    (1u << 15)
#define CONTROL_AUTO     (1u << 12)
#define CONTROL_DOWN     (1u << 11)
#define CONTROL_RESTART  (1u << 9)
#define STATUS_AUTO_DONE (1u << 5)
#define STATUS_LINK      (1u << 2)
#define CONTROL1_LINK    (1u << 8)

#define MMFR_START(frame) ((frame) >> 30)
#define MMFR_OP(frame)    ((frame) >> 28 & 3)
#define MMFR_PHY(frame)   ((frame) >> 23 & 0x1f)
#define MMFR_REG(frame)   ((frame) >> 18 & 0x1f)
enum { OP_WRITE = 1, OP_READ = 2 };

void el4_fec_phy_reset(struct fec_phy *phy)
{
    memset(phy->registers, 0, sizeof(phy->registers));
    phy->registers[PHY_CONTROL] = 0x3100; /* automatic, 100 Mbit/s, full duplex */
    phy->registers[PHY_STATUS] = 0x7849;  /* all of 10 and 100 Mbit/s */
    phy->registers[PHY_ID1] = 0x0022;
    phy->registers[PHY_ID2] = 0x1560;
    phy->registers[PHY_ADVERTISED] = 0x01e1;
    phy->registers[PHY_PARTNER] = 0xcde1;
    phy->registers[PHY_EXPANSION] = 0x0003; /* the partner does it, too; a page came */
    phy->registers[0x1f] = 0x8100;
}

static uint16_t phy_read(const struct fec_phy *phy, unsigned number)
{
    uint16_t value = phy->registers[number];
    uint16_t control = phy->registers[PHY_CONTROL];
    bool up = !(control & CONTROL_DOWN);
    switch (number) {
    case PHY_STATUS:
        value |= up ? STATUS_LINK : 0;
        return up && (control & CONTROL_AUTO) ? value | STATUS_AUTO_DONE : value;
    case PHY_PARTNER: return up && (control & CONTROL_AUTO) ? value : 0;
    case PHY_CONTROL1: return up ? value | CONTROL1_LINK | 6 /* 100 full */ : value;
    default: return value;
    }
}

static void phy_write(struct fec_phy *phy, unsigned number, uint16_t value)
{
    switch (number) {
    case PHY_CONTROL:
        if (value & CONTROL_RESET) {
            el4_fec_phy_reset(phy);
        } else {
            phy->registers[PHY_CONTROL] = value & (uint16_t)~CONTROL_RESTART;
        }
        break;
    case PHY_STATUS:
    case PHY_ID1:
    case PHY_ID2:
    case PHY_PARTNER:
    case PHY_EXPANSION: break; /* read only */
    case PHY_INTERRUPT: phy->registers[number] = value & 0xff00; break;
    default: phy->registers[number] = value;
    }
}

uint32_t el4_fec_mdio(struct imx_fec *fec, uint32_t frame)
{
    struct fec_phy *phy = &fec->phys[MMFR_PHY(frame)];
    bool understood = MMFR_START(frame) == 1 && phy->present;
    if (understood && MMFR_OP(frame) == OP_WRITE) {
        phy_write(phy, MMFR_REG(frame), (uint16_t)frame);
        return frame;
    }
    if (MMFR_OP(frame) == OP_READ) {
        /* Nobody pulls the line down: all ones. */
        uint32_t value = understood ? phy_read(phy, MMFR_REG(frame)) : 0xffff;
        return (frame & 0xffff0000u) | value;
    }
    return frame;
}
