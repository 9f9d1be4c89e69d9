#include "resize.h"

// A version for processors of 2013 and later beside one for all; the program takes the right one when it starts.
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

enum { BITS = 22 };

static inline uint8_t clip(int32_t sum) {
  int32_t value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

CLONES
void martlet_resize_row(const uint8_t *row, const martlet_taps *taps, int32_t width, uint8_t *result) {
  for (int32_t x = 0; x < width; x++) {
    const uint8_t *pixel = row + 4 * (int64_t)taps[x].first;
    const int32_t *weights = taps[x].weights;
    int32_t count = taps[x].count;
    int32_t sums[4] = {1 << (BITS - 1), 1 << (BITS - 1), 1 << (BITS - 1), 1 << (BITS - 1)};
    for (int32_t i = 0; i < count; i++) {
      for (int c = 0; c < 4; c++) sums[c] += pixel[4 * i + c] * weights[i];
    }
    for (int c = 0; c < 4; c++) result[4 * (int64_t)x + c] = clip(sums[c]);
  }
}

CLONES
void martlet_resize_column(
  const uint8_t *rows, int64_t stride, martlet_taps taps, int32_t count, int32_t *sums, uint8_t *result) {
  for (int32_t x = 0; x < count; x++) sums[x] = 1 << (BITS - 1);
  for (int32_t i = 0; i < taps.count; i++) {
    const uint8_t *row = rows + stride * (taps.first + i);
    int32_t weight = taps.weights[i];
    for (int32_t x = 0; x < count; x++) sums[x] += row[x] * weight;
  }
  for (int32_t x = 0; x < count; x++) result[x] = clip(sums[x]);
}
