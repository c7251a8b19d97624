/* SPDX-License-Identifier: MIT */
/* What the monitor knows of the boards it runs on; -DBOARD_... chooses. */
#ifndef PLATFORM_H
#define PLATFORM_H

#ifdef BOARD_IMX6UL
#define GICD_BASE      0x00a01000u
#define GICC_BASE      0x00a02000u
#define WATCHDOG       0x020bc000u /* WCR of WDOG1: with SRS clear it resets */
#define WATCHDOG_RESET 4u
#define TIMER_HZ       0 /* is told by the CPU */
#define KERNEL_BASE    0x82000000u
#define SHIM_BASE      0x80f00000u
#define MONITOR_MEMORY 0x9f000000u /* plain RAM, kept from the kernel */
#define MONITOR_BYTES  0x00100000u
#else
#define GICD_BASE 0x08000000u
#define GICC_BASE 0x08010000u
#define GICR_BASE 0x080a0000u
#define TIMER_HZ  62500000u
#ifdef __aarch64__
#define KERNEL_BASE 0x40200000u
#define SHIM_BASE   0x40100000u
#else
#define KERNEL_BASE 0x42000000u
#define SHIM_BASE   0x41f00000u
#endif
#define MONITOR_MEMORY 0x0e000000u /* Secure RAM, which the kernel does not see */
#define MONITOR_BYTES  0u
#endif

#define SECURE_TIMER_INTID 29u
#define SECURE_TIMER_HZ    50u

#endif
