/* SPDX-License-Identifier: MIT */
/* What platform.c needs of platform-a64.c or platform-a32.c. */
#ifndef PLATFORM_ISA_H
#define PLATFORM_ISA_H

#include <stdbool.h>
#include <stdint.h>

uint32_t isa_affinity(void); /* MPIDR, Aff0 to Aff2 */
void isa_by_hvc(bool by_hvc);
/* The timer is readied, and off; its interrupt. */
unsigned isa_timer_start(void);
void isa_gicv3_start(unsigned interrupt);
void isa_gicv3_send_sgi(unsigned cpu, unsigned intid);
unsigned isa_gicv3_acknowledge(void);

#endif
