#ifndef MARTLET_PLATFORM_H
#define MARTLET_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform_vector.h"

/// Tells the processor that the caller spins, so that a sibling thread gets the pipeline.
static inline void platform_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// Asks for the cache line of an address, which may be any, to be brought into the first-level cache.
static inline void platform_prefetch_near(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Asks for the cache line of an address, which may be any, to be brought into the second-level cache.
static inline void platform_prefetch_far(const void *address) { __builtin_prefetch(address, 0, 2); }

/// The number of processors that this process may run on, at least 1.
int platform_available_cores(void);

/// Sleeps while the word holds the value, until `platform_wake_all`; may return for no reason.
void platform_wait(const uint32_t *word, uint32_t value);

/// Wakes all threads that sleep in `platform_wait` on the word, which was changed before.
void platform_wake_all(const uint32_t *word);

/// Whether the processor this runs on has a feature, by the name that compilers know it by.
bool platform_has_feature(const char *name);

/// Features of processors by bits: those that the code which calls this is compiled for.
static inline unsigned platform_compiled_features(void) {
  unsigned features = 0;
#if defined(__aarch64__)
  // Every arm64 processor has NEON.
  features |= 1;
#endif
#if defined(__AVX2__)
  features |= 1;
#endif
#if defined(__FMA__)
  features |= 2;
#endif
#if defined(__F16C__)
  features |= 4;
#endif
#if defined(__AVX512F__)
  features |= 8;
#endif
  return features;
}

/// The name of a feature, from 0 on in the order of their bits; null after the last.
const char *platform_feature_name(int index);

#endif
