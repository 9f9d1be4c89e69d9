#ifndef MARTLET_KERNELS_H
#define MARTLET_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/// Memory that will be needed soon: rows of cache lines, brought into the second-level cache a few at a time while a
/// product keeps the arithmetic units busy.
typedef struct {
  const char *row;
  /// The distance between rows in bytes.
  ptrdiff_t stride;
  /// Cache lines of a row, and the next of them.
  int lines;
  int line;
  /// Lines that are still to be asked for, and how many to ask for with each register tile.
  long left;
  long atOnce;
} kernels_ahead;

/// The rows of packed A, one panel of packed B and the columns of C that belong to them.
typedef struct {
  /// The length of the inner dimension.
  long depth;
  /// The rows of A, packed: where they lay along the inner dimension `[row][KERNELS_DEPTH]`, otherwise as the set's
  /// `pack_across` leaves them.
  const float *a;
  bool alongDepth;
  /// `[depth][16]`.
  const float *b;
  /// The first element of C, whose rows are `stride` apart.
  float *c;
  long stride;
  long rows;
  /// At most 16.
  long columns;
  float alpha;
  /// Whether the product is added to what C holds.
  bool accumulate;
  kernels_ahead ahead[2];
} kernels_panel;

/// The distance between rows of A that are packed along the inner dimension, and the largest depth.
#define KERNELS_DEPTH 384

/// The inner loops for one instruction set.
typedef struct {
  const char *name;
  /// Whether multiply-adds round once. Sets that fuse give the same bits as each other.
  bool fuses;
  /// Rows of C that the registers hold.
  int rows;
  /// Packs A whose rows lie across the inner dimension, `[depth][rows]` with a distance between them, to panels
  /// `[depth][set's rows]`. The last panel may be filled up with anything.
  void (*pack_across)(const float *source, long stride, long depth, long rows, float *target);
  /// `C = alpha * A B` or `C += alpha * A B` for a panel of columns.
  void (*multiply_panel)(kernels_panel *panel);
} kernels_set;

/// The sets that this program holds, best first; null after the last.
const kernels_set *kernels_at(int index);

/// Whether this processor has the instructions of a set.
bool kernels_run_here(const kernels_set *set);

#endif
