/* SPDX-License-Identifier: MIT */
/*
 * Between the two halves of the fake host.
 */
#ifndef FAKE_HOST_PRIVATE_H
#define FAKE_HOST_PRIVATE_H

#include "fake-host.h"
/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Add power, services, streams, boards and the device tree to the table. */
void fake_fill_system(struct el4_host *table);

#endif
