#ifndef MARTLET_SHA256_H
#define MARTLET_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether the processor this runs on has instructions for SHA-256 that `platform_sha256_blocks` can use.
bool platform_has_sha256(void);

/// Takes `count` blocks of 64 bytes into the 8 state words of a SHA-256; only where `platform_has_sha256()`.
void platform_sha256_blocks(uint32_t *_Nonnull state, const void *_Nonnull blocks, size_t count);

#endif
