#ifndef MARTLET_KERNELS_H
#define MARTLET_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/// How many pieces of memory a product brings near: parts of the next A and B, and what follows the product uses two.
#define KERNELS_AHEAD 4

/// Memory that will be needed soon: rows of cache lines, brought into the second-level cache a few at a time while a
/// product keeps the arithmetic units busy: all at once they would keep its own loads waiting.
typedef struct {
  const char *row;
  /// The distance between rows in bytes.
  ptrdiff_t stride;
  /// Cache lines of a row, and the next of them.
  int lines;
  int line;
  /// Lines that are still to be asked for, and how many to ask for after every `KERNELS_STEPS` of the inner dimension.
  long left;
  long atOnce;
} kernels_ahead;

/// The rows of packed A, one panel of packed B and the columns of C that belong to them.
typedef struct {
  /// The length of the inner dimension.
  long depth;
  /// The rows of A: where they lie along the inner dimension `rowStep` apart, packed or not; otherwise, with a `rowStep`
  /// of 0, as the set's `pack_across` leaves them.
  const float *a;
  long rowStep;
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
  kernels_ahead ahead[KERNELS_AHEAD];
} kernels_panel;

/// The distance between rows of A that are packed along the inner dimension, and the largest depth.
#define KERNELS_DEPTH 384
#define KERNELS_STEPS 16

/// Up to 6 rows of A, a block of B and the rows of C that belong to them, all in the first-level cache.
typedef struct {
  /// Element (row, k) of A lies at `row * a_row + k * a_depth`.
  const float *a;
  long a_row;
  long a_depth;
  /// Rows `b_row` apart, readable up to whole panels of 16 columns.
  const float *b;
  long b_row;
  float *c;
  long c_row;
  long rows;
  long columns;
  long depth;
  /// Whether the product is added to what C holds.
  bool accumulate;
} kernels_block;

/// Functions of one number that every set computes in registers.
typedef enum {
  KERNELS_EXPONENTIAL,
  KERNELS_HYPERBOLIC_TANGENT,
  KERNELS_LOGISTIC,
  KERNELS_ERROR_FUNCTION,
  KERNELS_GELU_TANH,
  KERNELS_GELU_TANH_DERIVATIVE,
  KERNELS_GELU_EXACT,
  KERNELS_GELU_EXACT_DERIVATIVE,
  KERNELS_SILU,
  KERNELS_SILU_DERIVATIVE,
} kernels_activation;

/// The multiply-adds of vectors that `multiply_adds` computes in an iteration.
#define KERNELS_CHAINS 12

/// A few rows of A, some rows or columns of B, and the part of C that belongs to them, all as they are stored.
typedef struct {
  const float *a;
  const float *b;
  float *c;
  /// The distances between rows.
  long strideA;
  long strideB;
  long strideC;
  /// The distance between neighbours along the inner dimension of A.
  long depthStrideA;
  long rows;
  long columns;
  long depth;
  float alpha;
  /// Whether the product is added to what C holds.
  bool accumulate;
  /// Memory for `rows` times `depth` floats, at least one row's worth; not needed where B is transposed.
  float *packed;
} kernels_rows;

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
  /// Floats in a register.
  int lanes;
  /// `C = A B` or `C += A B` for a block.
  void (*multiply_block)(const kernels_block *block);
  /// Turns scores of eight queries, rows `stride` apart, into exponentials of their difference to the largest so far;
  /// brings `largest` and `total` up to date and says by what `factor` to multiply earlier sums.
  void (*exponentiate_column)(float *scores, long stride, long count, float *largest, float *total, float *factor);
  /// Turns scores of eight queries into probabilities, and gradients of these into those of scores times `factor`.
  void (*differentiate_column)(float *scores, float *gradients, long stride, long count, const float *log_sum_exp,
                               const float *products, float factor);
  /// Finds the largest number and gives the sum of `exp(number - largest)`, which take the numbers' place if kept.
  float (*exponentiate_row)(float *numbers, long count, float *maximum, bool keeps);
  /// Computes a function of `count` numbers, a multiple of 16. `step` is 8, or 0 for eight numbers that repeat.
  void (*activate)(kernels_activation activation, const float *input, long step, float *output, long count);
  /// Computes GELU or SiLU of `count` numbers, a multiple of 16, and their derivatives there.
  void (*activate_and_differentiate)(kernels_activation activation, const float *input, long step, float *output,
                                     float *derivatives, long count);
  /// Chains of multiply-adds, to measure the peak.
  float (*multiply_adds)(float seed, long iterations);
  /// `C = alpha * A B` or `C += alpha * A B` for any number of rows, with B `[depth][columns]`. Each element is one sum:
  /// over k, k + depth / 8, ..., k + 7 depth / 8 for each k below depth / 8, then over what is left.
  void (*multiply_rows)(const kernels_rows *rows);
  /// The same with B `[columns][depth]` and A whose rows lie along the inner dimension. Each element is 16 sums, of every
  /// sixteenth k, which are added at the end.
  void (*multiply_rows_transposed)(const kernels_rows *rows);
} kernels_set;

/// The sets that this program holds, best first; null after the last.
const kernels_set *kernels_at(int index);

/// Whether this processor has the instructions of a set.
bool kernels_run_here(const kernels_set *set);

#endif
