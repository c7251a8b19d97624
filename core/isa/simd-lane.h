/* SPDX-License-Identifier: MIT */
/*
 * The types and lane members for LANE_BITS, for the simd-*-template.h files, which are included
 * once for each element size. FN(name) is the function's name for that size. WIDE_* is the
 * element of twice the size (8 to 32 only).
 */
#undef LANE_U
#undef LANE_S
#undef LANES_U
#undef LANES_S
#undef WIDE_U
#undef WIDE_S
#undef WIDES_U
#undef WIDES_S
#undef FN

#if LANE_BITS == 8
#define FN(name) name##_8
#define LANE_U   uint8_t
#define LANE_S   int8_t
#define LANES_U  b
#define LANES_S  sb
#define WIDE_U   uint16_t
#define WIDE_S   int16_t
#define WIDES_U  h
#define WIDES_S  sh
#elif LANE_BITS == 16
#define FN(name) name##_16
#define LANE_U   uint16_t
#define LANE_S   int16_t
#define LANES_U  h
#define LANES_S  sh
#define WIDE_U   uint32_t
#define WIDE_S   int32_t
#define WIDES_U  s
#define WIDES_S  ss
#elif LANE_BITS == 32
#define FN(name) name##_32
#define LANE_U   uint32_t
#define LANE_S   int32_t
#define LANES_U  s
#define LANES_S  ss
#define WIDE_U   uint64_t
#define WIDE_S   int64_t
#define WIDES_U  d
#define WIDES_S  sd
#else
#define FN(name) name##_64
#define LANE_U   uint64_t
#define LANE_S   int64_t
#define LANES_U  d
#define LANES_S  sd
#endif

#undef LANE_COUNT
#undef LANE_MIN
#undef LANE_MAX
#undef LANE_UMAX
#define LANE_COUNT (128 / LANE_BITS)
#define LANE_UMAX  ((LANE_U) ~(LANE_U)0)
#define LANE_MAX   ((LANE_S)(LANE_UMAX >> 1))
#define LANE_MIN   ((LANE_S)(-LANE_MAX - 1))
