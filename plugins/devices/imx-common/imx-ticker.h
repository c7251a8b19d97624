/* SPDX-License-Identifier: MIT */
/*
 * Ticks of a clock, counted from a moment on, and the clocks that the GPT and EPIT can choose.
 * The CCM tells by wires what the peripheral clock is (CSCMR1: source and divider).
 */
#ifndef IMX_TICKER_H
#define IMX_TICKER_H

#include "../timer-common/ticks.h"

#define IMX_OSC_HZ 24000000u
#define IMX_LOW_HZ 32768u
#define IMX_IPG_HZ 66000000u /* 528 MHz / 4 / 2: CBCDR as it is after reset */

/* Inputs of the timers: 0 selects the oscillator, 1 to 6 are the divider. The CCM has as many
 * outputs for each of the timers. */
enum { IMX_PERCLK_WIRE_SELECT, IMX_PERCLK_WIRE_DIVIDER, IMX_PERCLK_WIRES = 7 };
enum { IMX_PERCLK_TIMERS = 4 };

struct imx_ticker {
    uint64_t base_ns;
    struct tick_rate rate; /* hz 0: it stands still */
};

static inline uint64_t imx_ticker_ticks(const struct imx_ticker *ticker, uint64_t now_ns)
{
    uint64_t elapsed = now_ns > ticker->base_ns ? now_ns - ticker->base_ns : 0;
    return ticks_of_ns(ticker->rate, elapsed);
}

/* When the tick's number is reached; TICKS_NEVER if it is not. */
static inline uint64_t imx_ticker_time(const struct imx_ticker *ticker, uint64_t tick)
{
    uint64_t after = ticker->rate.hz ? ns_of_ticks(ticker->rate, tick) : TICKS_NEVER;
    return after > TICKS_NEVER - ticker->base_ns ? TICKS_NEVER : ticker->base_ns + after;
}

static inline uint64_t imx_perclk_hz(uint32_t wires)
{
    uint64_t source = wires >> IMX_PERCLK_WIRE_SELECT & 1 ? IMX_OSC_HZ : IMX_IPG_HZ;
    return source / ((wires >> IMX_PERCLK_WIRE_DIVIDER & 0x3f) + 1);
}

#endif
