#ifndef MARTLET_PLATFORM_VECTOR_H
#define MARTLET_PLATFORM_VECTOR_H

// Vector instructions that Swift's SIMD types do not reach. Always inlined, so that they take the instruction set of
// the Swift code that calls them.

typedef float platform_float8 __attribute__((ext_vector_type(8)));
typedef int platform_int8 __attribute__((ext_vector_type(8)));
typedef unsigned platform_uint8 __attribute__((ext_vector_type(8)));
typedef unsigned long long platform_ulong4 __attribute__((ext_vector_type(4)));
typedef unsigned short platform_ushort8 __attribute__((ext_vector_type(8)));

/// `a * b + c`, fused where the processor level that is compiled for has the instruction.
///
/// Swift's `addingProduct` is a loop over lanes that the optimiser may put together again or not (where constants are
/// among the arguments it does not); this is one instruction for sure.
static inline __attribute__((always_inline)) platform_float8 platform_multiply_add(platform_float8 a,
                                                                                  platform_float8 b,
                                                                                  platform_float8 c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

// Comparisons give lanes of all ones or all zeros.

static inline __attribute__((always_inline)) platform_int8 platform_less(platform_float8 a, platform_float8 b) {
  return a < b;
}

static inline __attribute__((always_inline)) platform_int8 platform_less_or_equal(platform_float8 a,
                                                                                  platform_float8 b) {
  return a <= b;
}

static inline __attribute__((always_inline)) platform_int8 platform_equal(platform_float8 a, platform_float8 b) {
  return a == b;
}

static inline __attribute__((always_inline)) platform_int8 platform_not_equal(platform_float8 a, platform_float8 b) {
  return a != b;
}

/// The lanes of `a` where the mask is set, those of `b` elsewhere.
static inline __attribute__((always_inline)) platform_float8 platform_select(platform_int8 mask, platform_float8 a,
                                                                             platform_float8 b) {
  return (platform_float8)((mask & (platform_int8)a) | (~mask & (platform_int8)b));
}

/// The square root of each lane, correctly rounded.
static inline __attribute__((always_inline)) platform_float8 platform_square_root(platform_float8 x) {
  return __builtin_elementwise_sqrt(x);
}

/// Each lane without its fraction; lanes must fit in 32 bits.
static inline __attribute__((always_inline)) platform_int8 platform_truncate(platform_float8 x) {
  return __builtin_convertvector(x, platform_int8);
}

/// The number nearest to each integer.
static inline __attribute__((always_inline)) platform_float8 platform_from_integers(platform_int8 x) {
  return __builtin_convertvector(x, platform_float8);
}

/// Each lane with twice as many bits.
static inline __attribute__((always_inline)) platform_uint8 platform_widen(platform_ushort8 x) {
  return __builtin_convertvector(x, platform_uint8);
}

/// The lower half of each lane's bits.
static inline __attribute__((always_inline)) platform_ushort8 platform_narrow(platform_uint8 x) {
  return __builtin_convertvector(x, platform_ushort8);
}

/// The first two lanes of both vectors, by turns.
static inline __attribute__((always_inline)) platform_ulong4 platform_interleave_low(platform_ulong4 a,
                                                                                    platform_ulong4 b) {
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}

/// The last two lanes of both vectors, by turns.
static inline __attribute__((always_inline)) platform_ulong4 platform_interleave_high(platform_ulong4 a,
                                                                                     platform_ulong4 b) {
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

#endif
