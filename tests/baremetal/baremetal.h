/* SPDX-License-Identifier: MIT */
/*
 * What every bare-metal program of the tests is built on, A64, A32 and T32: a console, checks
 * and the end. Each program links one console-*.c. a64.h adds what is of AArch64 alone.
 */
#ifndef BAREMETAL_H
#define BAREMETAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the console that was linked ---- */
void console_start(void);
void console_put(char c);

/* ---- output and checks ---- */
void print(const char *text);
void print_hex(uint64_t value); /* 0x, and as few digits as it takes */
void print_number(unsigned value);
/* "check NAME: got 0x.. want 0x.. ok" */
void check(const char *name, uint64_t got, uint64_t want);
/* The end of such a line for a check of another form. */
void conclude(bool good);

/* ---- the end ---- */
/* "N passed, M failed", and the end: status 0, or 3 if anything failed. */
void finish(void) __attribute__((noreturn));
/* The same line without the end, for programs whose last act is to be switched off. */
void summarise(void);
void give_up(const char *why) __attribute__((noreturn));

/* As in C; the compiler calls them by itself, too. */
void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);

uintptr_t semihosting(uintptr_t operation, const void *parameter);
void semihosting_exit(uintptr_t status) __attribute__((noreturn));

#endif
