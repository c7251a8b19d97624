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
#define DATA       0x40
#define STATUS     0x98
#define READY_MASK (1u << 3) /* the transmitter is empty */
#define READY      (1u << 3)
#else
#define DATA       0x00
#define STATUS     0x18
#define READY_MASK (1u << 5) /* the transmit FIFO is full */
#define READY      0u
#endif

static volatile uint32_t *uart(uintptr_t offset)
{
    return (volatile uint32_t *)((uintptr_t)UART + offset);
}

void console_start(void)
{
#ifdef UART_IS_IMX
    *uart(0x80) = 1;    /* UCR1: on */
    *uart(0x84) = 0x27; /* UCR2: 8 bits, transmitter on */
#else
    *uart(0x30) = 0x301; /* on, both directions */
#endif
}

void console_put(char c)
{
    while ((*uart(STATUS) & READY_MASK) != READY) {
    }
    *uart(DATA) = (uint8_t)c;
}
