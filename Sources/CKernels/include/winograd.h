#pragma once
#include <stdbool.h>
#include <stddef.h>

// Winograd's convolution F(4×4, 3×3) for processors with AVX2 and FMA (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016): 4 × 4 results of a 3 × 3 kernel at stride 1 cost 36 products instead of 144,
// in each of the three directions.
//
// A convolution is seen as products of polynomials. Pictures and kernels are evaluated at five points and at
// infinity along each axis; there the convolution is a product of numbers, and summed over channels a product of
// matrices, one for each of the 36 pairs of points; the way back interpolates.
//
// Activations are in blocks of eight channels, [N][C / 8][H][W][8]; kernels and their gradients [3][3][I][O]. Channel
// counts are multiples of 8. No function starts threads: the caller gives each its share of tiles, points or channels.
// What is computed for a tile doesn't depend on the share it is in.

// Sizes of a convolution, or of its gradient for the input, which is a convolution too.
typedef struct {
  size_t batch;
  size_t inputs, input_height, input_width;
  size_t outputs, output_height, output_width;
  // Rows and columns of zeros before the picture.
  size_t top, left;
  // Tiles of 4 × 4 results that cover one picture's results.
  size_t tile_rows, tile_columns;
} whisker_winograd_shape;

// Pairs of points.
static const size_t whisker_winograd_points = 36;
// Output channels that lie side by side in transformed kernels.
static const size_t whisker_winograd_panel = 16;

// Evaluates kernels [3][3][I][O]: transformed is [panels of outputs][36][inputs][16], with zeros where outputs end in
// the middle of a panel. Share: panels.
void whisker_winograd_transform_kernel(const float *kernel, float *transformed, size_t inputs, size_t outputs,
                                       size_t first_panel, size_t end_panel);

// The same for the gradient for the input: kernels turned by half a turn, I and O changing places. `inputs` and
// `outputs` are the gradient's own (the kernel is [3][3][outputs][inputs]).
void whisker_winograd_transform_turned_kernel(const float *kernel, float *transformed, size_t inputs,
                                              size_t outputs, size_t first_panel, size_t end_panel);

// Floats of scratch for one call of the next function.
size_t whisker_winograd_scratch_count(size_t inputs);

// y = max(lowest, x ∗ kernel + bias). bias: nil for none. lowest: 0 for ReLU, −∞ for none; a NaN stays. Share: tiles,
// numbered over pictures, rows and columns.
void whisker_winograd_convolve(const whisker_winograd_shape *shape, const float *x, const float *transformed,
                               const float *bias, float lowest, float *y, float *scratch, size_t first_tile,
                               size_t end_tile);

// The gradient for the kernel, a chunk of tiles at a time. First the chunk's pictures x and gradients g are evaluated:
// values [36][chunk][inputs], gradients [37][panels of outputs][chunk][16], where the 37th "point" is the sum of the
// gradient's tile, for the bias. Share: tiles of the chunk, which begins with tile chunk_first.
void whisker_winograd_evaluate(const whisker_winograd_shape *shape, const float *x, const float *g, float *values,
                               float *gradients, size_t chunk, size_t chunk_first, size_t first_tile,
                               size_t end_tile);

// Then sums over the chunk's `tiles` tiles are made, or added to those of earlier chunks: sums is
// [37][panels of outputs][inputs][16]. Share: units, of which there are 37 times the panels.
void whisker_winograd_sum(const whisker_winograd_shape *shape, const float *values, const float *gradients,
                          float *sums, size_t chunk, size_t tiles, bool adds, size_t first_unit, size_t end_unit);

// Finally they become the gradient for the kernel, [3][3][inputs][outputs], and if bias isn't nil, that for the
// bias. Share: inputs.
void whisker_winograd_finish(const whisker_winograd_shape *shape, const float *sums, float *kernel, float *bias,
                             size_t first_input, size_t end_input);
