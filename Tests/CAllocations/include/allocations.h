#ifndef MARTLET_ALLOCATIONS_H
#define MARTLET_ALLOCATIONS_H

#include <stdbool.h>

/// Whether allocations can be counted here: the C library must let malloc be replaced.
bool allocations_can_be_counted(void);

/// Counts the calling thread's allocations from now on, or no longer.
void allocations_watch(bool watched);

/// How often watched threads have allocated memory.
long allocations_count(void);

#endif
