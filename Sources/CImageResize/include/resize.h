#ifndef MARTLET_IMAGE_RESIZE_H
#define MARTLET_IMAGE_RESIZE_H

#include <stdint.h>

// The weights of the pixels that make one pixel: from `first` on, `count` of them, as fractions of 2^22.
typedef struct {
  int32_t first;
  int32_t count;
  const int32_t *weights;
} martlet_taps;

// Makes a row of `width` pixels of 4 bytes each from a row of pixels of 4 bytes each.
void martlet_resize_row(const uint8_t *row, const martlet_taps *taps, int32_t width, uint8_t *result);

// Makes a row of `count` bytes from rows that are `stride` bytes apart; `sums` has room for `count` numbers.
void martlet_resize_column(
  const uint8_t *rows, int64_t stride, martlet_taps taps, int32_t count, int32_t *sums, uint8_t *result);

#endif
