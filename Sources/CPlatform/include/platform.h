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

/// Whether the processor this runs on has a feature by its compiler name: "avx2", "fma", "f16c", "avx512f".
bool platform_has_feature(const char *name);

/// The features that numeric code was compiled for and the processor lacks, or an empty string.
const char *platform_missing_features(void);

#endif
