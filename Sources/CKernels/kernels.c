#include "kernels.h"

// Only what is written as one multiply-add becomes one: the sets that have it agree in every bit.
#pragma STDC FP_CONTRACT OFF

// Functions that take vectors are all inlined, so that it does not matter how a call would pass them.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float four __attribute__((ext_vector_type(4)));
typedef float eight __attribute__((ext_vector_type(8)));
typedef float eight_anywhere __attribute__((ext_vector_type(8), aligned(4)));
typedef int eight_integers __attribute__((ext_vector_type(8)));

/// Asks for the next lines of what comes next.
static inline __attribute__((always_inline)) void kernels_look_ahead(kernels_panel *panel) {
  for (int index = 0; index < KERNELS_AHEAD; index++) {
    kernels_ahead *ahead = &panel->ahead[index];
    long count = ahead->left < ahead->atOnce ? ahead->left : ahead->atOnce;
    ahead->left -= count;
    for (; count > 0; count--) {
      __builtin_prefetch(ahead->row + 64 * (long)ahead->line, 0, 2);
      if (++ahead->line == ahead->lines) {
        ahead->line = 0;
        ahead->row += ahead->stride;
      }
    }
  }
}

// Every set is compiled from the same source. Its functions are private and reached through the table alone, so that
// no instruction of a set is met on a processor without it.

/// What every set has.
#define FUNCTIONS(set)                                                                                           \
  pack_across_##set, multiply_panel_##set, sizeof(vector_##set) / sizeof(float), multiply_block_##set, exponentiate_column_##set,                   \
      differentiate_column_##set, exponentiate_row_##set, activate_##set, activate_and_differentiate_##set, multiply_adds_##set,                   \
      multiply_rows_##set, multiply_rows_transposed_##set

#if defined(__x86_64__)

#define NAME(x) x##_avx512
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define LANES 16
#define ROWS 24
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#include "set.inc"
#undef NAME
#undef TARGET
#undef LANES
#undef ROWS
#undef FMA

#define NAME(x) x##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define ROWS 6
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#include "set.inc"
#undef NAME
#undef TARGET
#undef LANES
#undef ROWS
#undef FMA

#define NAME(x) x##_baseline
#define TARGET
#define LANES 4
#define ROWS 6
#define FMA(a, b, c) ((a) * (b) + (c))
#include "set.inc"

static const kernels_set sets[] = {
    {"avx512", true, 24, FUNCTIONS(avx512)},
    {"avx2", true, 6, FUNCTIONS(avx2)},
    {"baseline", false, 6, FUNCTIONS(baseline)},
};

bool kernels_run_here(const kernels_set *set) {
  __builtin_cpu_init();
  if (set == &sets[0]) return __builtin_cpu_supports("avx512f");
  if (set == &sets[1]) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return true;
}

#else

#if defined(__aarch64__)
#define SET_NAME "neon"
#define FUSES true
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define SET_NAME "baseline"
#define FUSES false
#define FMA(a, b, c) ((a) * (b) + (c))
#endif
#define NAME(x) x##_only
#define TARGET
#define LANES 4
#define ROWS 6
#include "set.inc"

static const kernels_set sets[] = {{SET_NAME, FUSES, 6, FUNCTIONS(only)}};

bool kernels_run_here(const kernels_set *set) { return set == &sets[0]; }

#endif

const kernels_set *kernels_at(int index) {
  return index >= 0 && index < (int)(sizeof sets / sizeof sets[0]) ? &sets[index] : NULL;
}
