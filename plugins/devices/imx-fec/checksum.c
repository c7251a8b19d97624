/* SPDX-License-Identifier: MIT */
/*
 * imx-fec: the check sequence of Ethernet, and the checksums of IPv4 that the MAC puts into
 * frames when the descriptor asks for them.
 */
#include "imx-fec.h"

#define ETHERTYPE_AT   12u
#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_VLAN 0x8100u
#define IP_HEADER_MIN  20u

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

uint32_t el4_fec_crc(const uint8_t *data, size_t bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes; i++) {
        crc = crc >> 4 ^ table[(crc ^ data[i]) & 0xf];
        crc = crc >> 4 ^ table[(crc ^ data[i] >> 4) & 0xf];
    }
    return crc;
}

static uint32_t get_be16(const uint8_t *from)
{
    return (uint32_t)from[0] << 8 | from[1];
}

/* The sum of 16-bit words, an odd byte at the end being the upper half of one. */
static uint32_t sum(const uint8_t *data, size_t bytes, uint32_t start)
{
    uint32_t total = start;
    for (size_t i = 0; i + 1 < bytes; i += 2) {
        total += get_be16(data + i);
    }
    return bytes % 2 ? total + ((uint32_t)data[bytes - 1] << 8) : total;
}

static void put_checksum(uint8_t *to, uint32_t total)
{
    while (total >> 16) {
        total = (total & 0xffff) + (total >> 16);
    }
    total = ~total & 0xffff;
    to[0] = (uint8_t)(total >> 8);
    to[1] = (uint8_t)total;
}

static void checksum_payload(uint8_t *ip, size_t header, size_t length)
{
    uint8_t *payload = ip + header;
    size_t bytes = length - header;
    unsigned protocol = ip[9];
    size_t at = protocol == PROTOCOL_TCP ? 16 : protocol == PROTOCOL_UDP ? 6 : 2;
    bool known =
        protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_ICMP;
    bool fragment = get_be16(ip + 6) & 0x3fff;
    if (!known || fragment || bytes < at + 2) {
        return;
    }
    payload[at] = 0;
    payload[at + 1] = 0;
    /* The pseudo header: addresses, protocol, length; ICMP has none. */
    uint32_t start =
        protocol == PROTOCOL_ICMP ? 0 : sum(ip + 12, 8, protocol + (uint32_t)bytes);
    put_checksum(payload + at, sum(payload, bytes, start));
    if (protocol == PROTOCOL_UDP && !payload[at] && !payload[at + 1]) {
        payload[at] = 0xff; /* zero would mean that there is none */
        payload[at + 1] = 0xff;
    }
}

void el4_fec_checksum(uint8_t *frame, size_t bytes, bool header, bool payload)
{
    size_t at = ETHERTYPE_AT;
    if (bytes >= at + 6 && get_be16(frame + at) == ETHERTYPE_VLAN) {
        at += 4;
    }
    if (bytes < at + 2 + IP_HEADER_MIN || get_be16(frame + at) != ETHERTYPE_IPV4) {
        return;
    }
    uint8_t *ip = frame + at + 2;
    size_t room = bytes - at - 2;
    size_t header_bytes = (size_t)(ip[0] & 0xf) * 4;
    size_t length = get_be16(ip + 2);
    if (ip[0] >> 4 != 4 || header_bytes < IP_HEADER_MIN || length < header_bytes ||
        length > room) {
        return;
    }
    if (payload) {
        checksum_payload(ip, header_bytes, length);
    }
    if (header) {
        ip[10] = 0;
        ip[11] = 0;
        put_checksum(ip + 10, sum(ip, header_bytes, 0));
    }
}
