/* SPDX-License-Identifier: MIT */
/*
 * Pointer authentication (FEAT_PAuth, QARMA5; DDI 0487 D5.1.5). el4_call_fn shaped helpers for
 * translate functions: a = pointer, b = modifier, aux = enum el4_pauth_key.
 */
#ifndef EL4_CPU_PAUTH_H
#define EL4_CPU_PAUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/regs.h"

struct el4_cpu;

/* ComputePAC() with QARMA5: data, modifier and the two halves of the key. */
uint64_t el4_pauth_qarma5(uint64_t data, uint64_t modifier, uint64_t key_high,
                          uint64_t key_low);
/* The cipher with a number of rounds (5: the architected one), for the published vectors. */
uint64_t el4_pauth_qarma(uint64_t data, uint64_t modifier, uint64_t w0, uint64_t k0,
                         unsigned rounds);

/* PACIA and the like; the same for all keys but GA. Does nothing where the key is disabled. */
uint64_t el4_pauth_sign_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                             uint32_t aux);
/* AUTIA and the like: a wrong PAC gives the architected error code in the pointer. */
uint64_t el4_pauth_auth_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                             uint32_t aux);
/* XPACI (aux 0), XPACD (aux 1). */
uint64_t el4_pauth_strip_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux);
/* PACGA. */
uint64_t el4_pauth_generic_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                uint32_t aux);

#endif
