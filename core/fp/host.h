/* SPDX-License-Identifier: MIT */
/*
 * Whether and how the host's floating point may stand in for the integer core. EL4_FP_USE_HOST
 * is off on hosts that compute in a wider format, and in a build with -DEL4_FP_NO_HOST, which
 * the tests use to run both ways against the same expectations. The library must be compiled
 * with -ffp-contract=off: a contracted x * y + z would be rounded once too few.
 */
#ifndef EL4_CORE_FP_HOST_H
#define EL4_CORE_FP_HOST_H

#include "fp.h"

#include <float.h>
#include <string.h>

#if !defined(EL4_FP_NO_HOST) && FLT_EVAL_METHOD == 0
#define EL4_FP_USE_HOST 1

/* Never the C library's fma(): without hardware it emulates, and switches rounding modes. */
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
#define HOST_FMA_TARGET
static inline bool host_has_fma(void)
{
    return true;
}
#elif defined(__x86_64__)
#define HOST_FMA_TARGET __attribute__((target("fma")))
static inline bool host_has_fma(void)
{
    return __builtin_cpu_supports("fma");
}
#endif

#define HOST_WIDTH 32
#include "host-template.h"
#undef HOST_WIDTH
#define HOST_WIDTH 64
#include "host-template.h"
#undef HOST_WIDTH

#else
#define EL4_FP_USE_HOST 0
#endif

/* Where there is nothing to try: half precision, and hosts that are not used. */
#define HOST_NEVER_MULADD(n, type)                                                             \
    static inline bool host##n##_muladd(type addend, type a, type b, type *result,             \
                                        const struct el4_fp_env *env)                          \
    {                                                                                          \
        return false;                                                                          \
    }

#define HOST_NEVER_BINARY(n, type, name)                                                       \
    static inline bool host##n##_##name(type a, type b, type *result,                          \
                                        const struct el4_fp_env *env)                          \
    {                                                                                          \
        return false;                                                                          \
    }

#define HOST_NEVER(n, type)                                                                    \
    HOST_NEVER_BINARY(n, type, add)                                                            \
    HOST_NEVER_BINARY(n, type, sub)                                                            \
    HOST_NEVER_BINARY(n, type, mul)                                                            \
    HOST_NEVER_BINARY(n, type, div)                                                            \
    static inline bool host##n##_sqrt(type a, type *result, const struct el4_fp_env *env)      \
    {                                                                                          \
        return false;                                                                          \
    }

HOST_NEVER(16, uint16_t)
HOST_NEVER_MULADD(16, uint16_t)
#if !EL4_FP_USE_HOST
HOST_NEVER(32, uint32_t)
HOST_NEVER(64, uint64_t)
#endif
#ifndef HOST_FMA_TARGET
HOST_NEVER_MULADD(32, uint32_t)
HOST_NEVER_MULADD(64, uint64_t)
#endif

#endif
