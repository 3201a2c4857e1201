#pragma once
#include <stddef.h>

// The gradient for the kernel of a convolution with few input channels, a network's first, for processors with AVX2
// and FMA. oneDNN's takes eight channels at a time and is at its slowest there.
//
// With pictures as [H][W][C], the pixels under one row of a kernel lie side by side, whatever C is: the gradient for
// a row of the kernel is a sum of products of such a row of pixels and the result's gradient.

// Sizes of a convolution without padding.
typedef struct {
  size_t batch;
  size_t inputs, input_height, input_width;
  // A multiple of 8.
  size_t outputs, output_height, output_width;
  size_t kernel_height, kernel_width;
  size_t row_stride, column_stride;
} whisker_row_gradient_shape;

// Results' rows of a picture that are summed together, to be added up in order.
static const size_t whisker_row_gradient_band = 16;

// Bands of all pictures.
size_t whisker_row_gradient_bands(const whisker_row_gradient_shape *shape);

// Floats of the sums of one band.
size_t whisker_row_gradient_sum_count(const whisker_row_gradient_shape *shape);

// x: [N][H][W][C]. g: [N][O / 8][H][W][8]. sums: for each band its own. Share: bands.
void whisker_row_gradient_sum(const whisker_row_gradient_shape *shape, const float *x, const float *g, float *sums,
                              size_t first_band, size_t end_band);

// Adds up the bands. kernel: [kernel height][kernel width][C][O]. bias: [O], nil if it isn't wanted.
void whisker_row_gradient_finish(const whisker_row_gradient_shape *shape, const float *sums, float *kernel,
                                 float *bias);
