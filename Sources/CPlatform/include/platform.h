#ifndef MARTLET_PLATFORM_H
#define MARTLET_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "platform_vector.h"

/// Tells the processor that the caller spins, so that a sibling thread gets the pipeline.
static inline void platform_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// Whether the processor this runs on has a feature by its compiler name: "avx2", "fma", "f16c", "avx512f".
bool platform_has_feature(const char *name);

/// The features that numeric code was compiled for and the processor lacks, or an empty string.
const char *platform_missing_features(void);

#endif
