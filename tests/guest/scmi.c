/* SPDX-License-Identifier: MIT */
/*
 * System control and management (Arm DEN0056): messages in shared memory, a call as doorbell.
 */
#include "guest.h"

#define ID 0x82000010u

/* 128 MiB of RAM from 0x40000000 on: the channel is its last page. */
static volatile uint32_t *const channel = (volatile uint32_t *)0x47fff000;

enum { STATUS = 1, LENGTH = 5, HEADER = 6, PAYLOAD = 7 };

static uint64_t send(uint32_t protocol, uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
    channel[STATUS] = 0;
    channel[LENGTH] = 4 + 4 * 4;
    channel[HEADER] = protocol << 10 | number;
    channel[PAYLOAD] = a;
    channel[PAYLOAD + 1] = b;
    channel[PAYLOAD + 2] = c;
    channel[PAYLOAD + 3] = 0;
    check_answer("the call", call(HVC, ID, 0, 0, 0), 0);
    check("the channel is free", channel[STATUS], 1);
    return channel[PAYLOAD];
}

void guest_main(void)
{
    check("free at reset", channel[STATUS], 1);
    check("base: PROTOCOL_VERSION", send(0x10, 0, 0, 0, 0), 0);
    check("2.0", channel[PAYLOAD + 1], 0x20000);
    check("base: DISCOVER_LIST_PROTOCOLS", send(0x10, 6, 0, 0, 0), 0);
    check("two of them", channel[PAYLOAD + 1], 2);
    check("clock and power", channel[PAYLOAD + 2], 0x1114);
    check("CLOCK_RATE_SET", send(0x14, 5, 0, 0, 2000), 0);
    check("CLOCK_RATE_GET", send(0x14, 6, 0, 0, 0), 0);
    check("the rate", channel[PAYLOAD + 1], 2000);
    check("sensors are not there", send(0x15, 0, 0, 0, 0), 0xffffffff);
    channel[LENGTH] = 0xffffffff;
    check_answer("a bad length", call(HVC, ID, 0, 0, 0), 0);
    check("PROTOCOL_ERROR", channel[PAYLOAD], (uint32_t)-10);
    check_answer("the next id is unknown", call(HVC, ID + 1, 0, 0, 0), NOT_SUPPORTED);
}
