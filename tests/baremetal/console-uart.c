/* SPDX-License-Identifier: MIT */
/*
 * The console is a UART: the virt board's PL011, or that at -DUART=..., or with -DUART_IS_IMX
 * an i.MX UART there.
 */
#include "baremetal.h"

#ifndef UART
#define UART 0x09000000
#endif

#ifdef UART_IS_IMX
#define DATA   0x40
#define STATUS 0xb4
#define FULL   (1u << 4) /* UTS.TXFULL */
#else
#define DATA   0x00
#define STATUS 0x18
#define FULL   (1u << 5) /* FR.TXFF */
#endif

static volatile uint32_t *uart(uintptr_t offset)
{
    return (volatile uint32_t *)((uintptr_t)UART + offset);
}

void console_start(void)
{
#ifdef UART_IS_IMX
    /* UCR1: on. UCR2: ignore RTS, 8 bits, transmitter on, no reset. */
    *uart(0x80) = 1;
    *uart(0x84) = 1u << 14 | 1u << 5 | 1u << 2 | 1u;
#else
    *uart(0x2c) = 0x70;  /* LCR_H: 8 bits, FIFO */
    *uart(0x30) = 0x301; /* CR: on, both directions */
#endif
}

void console_put(char c)
{
    while (*uart(STATUS) & FULL) {
    }
    *uart(DATA) = (uint8_t)c;
}
