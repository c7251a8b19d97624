/* SPDX-License-Identifier: MIT */
/*
 * The checksum instructions, as micro-op CALL takes them: remainder a, data b of aux bytes.
 */
#ifndef EL4_ISA_CRC32_H
#define EL4_ISA_CRC32_H

#include "engine/uop.h"

el4_call_fn el4_call_crc32;
el4_call_fn el4_call_crc32c;

#endif
