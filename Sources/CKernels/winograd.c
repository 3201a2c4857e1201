#include "winograd.h"

#if defined(__x86_64__)
#include "avx2.h"

enum { points = 36, panel = 16 };

// The points are 0, ±P, ±Q and infinity. Of the pairs tried these lose least to rounding, half of what 1 and 2 do;
// their squares and products are exact.
#define P 0.625f
#define Q 1.5f
#define P2 (P * P)
#define Q2 (Q * Q)
// Products of a point's distances to all others: what interpolation divides by.
#define N0 (P2 * Q2)
#define NP (2 * P2 * (P2 - Q2))
#define NQ (2 * Q2 * (Q2 - P2))

INLINE lanes all(float x) { return _mm256_set1_ps(x); }
INLINE lanes load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void store(float *p, lanes x) { _mm256_storeu_ps(p, x); }
INLINE lanes multiply_add(float a, lanes x, lanes y) { return _mm256_fmadd_ps(all(a), x, y); }

// MARK: Transforms of one row or column

// Bᵀ: six pixels become the coefficients' counterparts at the six points. Each row of Bᵀ is the product of
// (x − point) over all other points.
INLINE void evaluate_pixels(const lanes d[6], lanes t[6]) {
  const lanes even_p = multiply_add(-Q2, d[2], d[4]), odd_p = multiply_add(-Q2, d[1], d[3]);
  const lanes even_q = multiply_add(-P2, d[2], d[4]), odd_q = multiply_add(-P2, d[1], d[3]);
  t[0] = multiply_add(P2 * Q2, d[0], multiply_add(-(P2 + Q2), d[2], d[4]));
  t[1] = multiply_add(P, odd_p, even_p);
  t[2] = multiply_add(-P, odd_p, even_p);
  t[3] = multiply_add(Q, odd_q, even_q);
  t[4] = multiply_add(-Q, odd_q, even_q);
  t[5] = multiply_add(P2 * Q2, d[1], multiply_add(-(P2 + Q2), d[3], d[5]));
}

// G: three weights, evaluated and divided for the interpolation.
INLINE void evaluate_weights(const lanes g[3], lanes t[6]) {
  const lanes even_p = _mm256_mul_ps(all(1 / NP), multiply_add(P2, g[2], g[0]));
  const lanes even_q = _mm256_mul_ps(all(1 / NQ), multiply_add(Q2, g[2], g[0]));
  t[0] = _mm256_mul_ps(all(1 / N0), g[0]);
  t[1] = multiply_add(P / NP, g[1], even_p);
  t[2] = multiply_add(-P / NP, g[1], even_p);
  t[3] = multiply_add(Q / NQ, g[1], even_q);
  t[4] = multiply_add(-Q / NQ, g[1], even_q);
  t[5] = g[2];
}

// Aᵀ: products at the six points become four results.
INLINE void interpolate_results(const lanes m[6], lanes y[4]) {
  const lanes sum_p = _mm256_add_ps(m[1], m[2]), difference_p = _mm256_sub_ps(m[1], m[2]);
  const lanes sum_q = _mm256_add_ps(m[3], m[4]), difference_q = _mm256_sub_ps(m[3], m[4]);
  y[0] = _mm256_add_ps(m[0], _mm256_add_ps(sum_p, sum_q));
  y[1] = multiply_add(P, difference_p, _mm256_mul_ps(all(Q), difference_q));
  y[2] = multiply_add(P2, sum_p, _mm256_mul_ps(all(Q2), sum_q));
  y[3] = multiply_add(P2 * P, difference_p, multiply_add(Q2 * Q, difference_q, m[5]));
}

// A: the transpose, four gradients of results evaluated at the six points.
INLINE void evaluate_gradients(const lanes g[4], lanes t[6]) {
  const lanes even_p = multiply_add(P2, g[2], g[0]), odd_p = multiply_add(P2, g[3], g[1]);
  const lanes even_q = multiply_add(Q2, g[2], g[0]), odd_q = multiply_add(Q2, g[3], g[1]);
  t[0] = g[0];
  t[1] = multiply_add(P, odd_p, even_p);
  t[2] = multiply_add(-P, odd_p, even_p);
  t[3] = multiply_add(Q, odd_q, even_q);
  t[4] = multiply_add(-Q, odd_q, even_q);
  t[5] = g[3];
}

// Gᵀ: sums at the six points become the gradients of three weights.
INLINE void interpolate_weights(const lanes m[6], lanes g[3]) {
  const lanes sum_p = _mm256_add_ps(m[1], m[2]), difference_p = _mm256_sub_ps(m[1], m[2]);
  const lanes sum_q = _mm256_add_ps(m[3], m[4]), difference_q = _mm256_sub_ps(m[3], m[4]);
  g[0] = multiply_add(1 / N0, m[0], multiply_add(1 / NP, sum_p, _mm256_mul_ps(all(1 / NQ), sum_q)));
  g[1] = multiply_add(P / NP, difference_p, _mm256_mul_ps(all(Q / NQ), difference_q));
  g[2] = multiply_add(P2 / NP, sum_p, multiply_add(Q2 / NQ, sum_q, m[5]));
}

// MARK: Transforms of tiles, eight channels at once

// Where a tile lies: its picture, and its first result.
typedef struct {
  size_t picture, row, column;
} tile_place;

INLINE tile_place place_of(const whisker_winograd_shape *shape, size_t tile) {
  const size_t in_picture = tile % (shape->tile_rows * shape->tile_columns);
  return (tile_place){tile / (shape->tile_rows * shape->tile_columns), in_picture / shape->tile_columns * 4,
                      in_picture % shape->tile_columns * 4};
}

// A square of pixels of one plane [height][width][8] from a place that may lie outside: the plane's own memory where
// it lies inside, else a copy with zeros.
INLINE const float *square(const float *plane, size_t height, size_t width, ptrdiff_t row, ptrdiff_t column,
                           int side, float *copy, size_t *row_size) {
  if (row >= 0 && column >= 0 && (size_t)row + side <= height && (size_t)column + side <= width) {
    *row_size = width * 8;
    return plane + ((size_t)row * width + column) * 8;
  }
  for (int i = 0; i < side; i++) {
    for (int j = 0; j < side; j++) {
      const bool is_inside = row + i >= 0 && (size_t)(row + i) < height && column + j >= 0 &&
                             (size_t)(column + j) < width;
      store(copy + (i * side + j) * 8,
            is_inside ? load(plane + ((row + i) * width + column + j) * 8) : _mm256_setzero_ps());
    }
  }
  *row_size = (size_t)side * 8;
  return copy;
}

// A tile's 6 × 6 pixels at all points; from one point to the next there are `stride` floats.
INLINE void evaluate_tile(const float *pixels, size_t row_size, float *values, size_t stride) {
  lanes rows[6][6];
  for (int i = 0; i < 6; i++) {
    lanes d[6];
    for (int j = 0; j < 6; j++) d[j] = load(pixels + i * row_size + j * 8);
    evaluate_pixels(d, rows[i]);
  }
  for (int j = 0; j < 6; j++) {
    lanes d[6], t[6];
    for (int i = 0; i < 6; i++) d[i] = rows[i][j];
    evaluate_pixels(d, t);
    for (int i = 0; i < 6; i++) store(values + (i * 6 + j) * stride, t[i]);
  }
}

// All input channels of a tile: values[point * stride + channel].
INLINE void evaluate_input(const whisker_winograd_shape *shape, const float *x, size_t tile, float *values,
                           size_t stride) {
  const tile_place place = place_of(shape, tile);
  const size_t plane_size = shape->input_height * shape->input_width * 8;
  const float *plane = x + place.picture * (shape->inputs / 8) * plane_size;
  float copy[6 * 6 * 8];
  for (size_t channel = 0; channel < shape->inputs; channel += 8, plane += plane_size) {
    size_t row_size;
    const float *pixels =
        square(plane, shape->input_height, shape->input_width, (ptrdiff_t)place.row - (ptrdiff_t)shape->top,
               (ptrdiff_t)place.column - (ptrdiff_t)shape->left, 6, copy, &row_size);
    evaluate_tile(pixels, row_size, values + channel, stride);
  }
}

// MARK: Kernels

// Eight neighbouring outputs of one input at all points.
INLINE void evaluate_kernel(const float *weights, size_t stride, float *transformed, size_t point_stride) {
  lanes rows[3][6];
  for (int i = 0; i < 3; i++) {
    lanes g[3];
    for (int j = 0; j < 3; j++) g[j] = load(weights + (i * 3 + j) * stride);
    evaluate_weights(g, rows[i]);
  }
  for (int j = 0; j < 6; j++) {
    const lanes g[3] = {rows[0][j], rows[1][j], rows[2][j]};
    lanes t[6];
    evaluate_weights(g, t);
    for (int i = 0; i < 6; i++) store(transformed + (i * 6 + j) * point_stride, t[i]);
  }
}

INLINE void clear_kernel(float *transformed, size_t point_stride) {
  for (int i = 0; i < points; i++) store(transformed + i * point_stride, _mm256_setzero_ps());
}

AVX2 void whisker_winograd_transform_kernel(const float *kernel, float *transformed, size_t inputs, size_t outputs,
                                            size_t first_panel, size_t end_panel) {
  for (size_t number = first_panel; number < end_panel; number++) {
    float *target = transformed + number * points * inputs * panel;
    for (size_t input = 0; input < inputs; input++, target += panel) {
      for (size_t half = 0; half < panel; half += 8) {
        const size_t output = number * panel + half;
        if (output < outputs) {
          evaluate_kernel(kernel + input * outputs + output, inputs * outputs, target + half, inputs * panel);
        } else {
          clear_kernel(target + half, inputs * panel);
        }
      }
    }
  }
}

AVX2 void whisker_winograd_transform_turned_kernel(const float *kernel, float *transformed, size_t inputs,
                                                   size_t outputs, size_t first_panel, size_t end_panel) {
  for (size_t number = first_panel; number < end_panel; number++) {
    for (size_t half = 0; half < panel; half += 8) {
      const size_t output = number * panel + half;
      float *target = transformed + number * points * inputs * panel + half;
      if (output >= outputs) {
        for (size_t input = 0; input < inputs; input++) clear_kernel(target + input * panel, inputs * panel);
        continue;
      }
      for (size_t input = 0; input < inputs; input += 8) {
        float turned[9][8][8];
        for (size_t i = 0; i < 9; i++) {
          const float *source = kernel + ((8 - i) * outputs + output) * inputs + input;
          for (size_t o = 0; o < 8; o++) {
            for (size_t c = 0; c < 8; c++) turned[i][c][o] = source[o * inputs + c];
          }
        }
        for (size_t c = 0; c < 8; c++) {
          evaluate_kernel(turned[0][c], 64, target + (input + c) * panel, inputs * panel);
        }
      }
    }
  }
}

// MARK: Convolution

// Tiles that are multiplied at once: with two vectors of outputs they fill twelve of sixteen registers.
enum { rows = 6 };

// c = rows of a times b, a matrix [depth][16]. Of fewer than six rows the last is taken again, and its products
// are written to the unused rows of c.
AVX2 static void multiply(const float *a, size_t a_stride, size_t row_count, const float *b, size_t depth,
                          float *c) {
  const float *row[rows];
  for (size_t i = 0; i < rows; i++) row[i] = a + (i < row_count ? i : row_count - 1) * a_stride;
  lanes sum[rows][2];
  for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = _mm256_setzero_ps();
  for (size_t k = 0; k < depth; k++, b += panel) {
    const lanes b0 = load(b), b1 = load(b + 8);
    for (int i = 0; i < rows; i++) {
      const lanes factor = _mm256_broadcast_ss(row[i] + k);
      sum[i][0] = _mm256_fmadd_ps(factor, b0, sum[i][0]);
      sum[i][1] = _mm256_fmadd_ps(factor, b1, sum[i][1]);
    }
  }
  for (int i = 0; i < rows; i++) {
    store(c + i * panel, sum[i][0]);
    store(c + i * panel + 8, sum[i][1]);
  }
}

// A tile's results for eight channels, from products at all points.
INLINE void interpolate_tile(const float *products, size_t stride, lanes bias, lanes lowest, float *y,
                             size_t row_size, size_t row_count, size_t column_count) {
  lanes columns[4][6];
  for (int j = 0; j < 6; j++) {
    lanes m[6], t[4];
    for (int i = 0; i < 6; i++) m[i] = load(products + (i * 6 + j) * stride);
    interpolate_results(m, t);
    for (int i = 0; i < 4; i++) columns[i][j] = t[i];
  }
  for (size_t i = 0; i < row_count; i++) {
    lanes t[4];
    interpolate_results(columns[i], t);
    for (size_t j = 0; j < 4; j++) {
      // Of a NaN and a number the second is taken.
      if (j < column_count) store(y + i * row_size + j * 8, _mm256_max_ps(lowest, _mm256_add_ps(t[j], bias)));
    }
  }
}

// Tiles worked on together: as many as keep what is between two stages in the processor's second cache, where half a
// megabyte is usual. With very many channels these would be so few that reading the kernel for each of them costs more
// than the third cache does.
static size_t tiles_together(size_t inputs) {
  const size_t bytes_for_each = points * (inputs + panel) * sizeof(float);
  const size_t count = (320 << 10) / bytes_for_each / rows * rows;
  return count < 2 * rows ? 4 * rows : count;
}

// From one point to the next: one more vector of sixteen floats, so that the points don't share a few sets of the
// cache.
static size_t values_stride(size_t inputs) { return tiles_together(inputs) * inputs + panel; }
static size_t products_stride(size_t inputs) { return tiles_together(inputs) * panel + panel; }

size_t whisker_winograd_scratch_count(size_t inputs) {
  return points * (values_stride(inputs) + products_stride(inputs));
}

AVX2 static void interpolate_outputs(const whisker_winograd_shape *shape, const float *products, size_t stride,
                                     size_t tile, size_t output, const float *bias, float lowest, float *y) {
  const tile_place place = place_of(shape, tile);
  const size_t plane_size = shape->output_height * shape->output_width * 8;
  const size_t rows_left = shape->output_height - place.row, columns_left = shape->output_width - place.column;
  const size_t end = output + panel < shape->outputs ? output + panel : shape->outputs;
  for (; output < end; output += 8, products += 8) {
    float *target = y + (place.picture * (shape->outputs / 8) + output / 8) * plane_size +
                    (place.row * shape->output_width + place.column) * 8;
    const lanes added = bias ? load(bias + output) : _mm256_setzero_ps();
    if (rows_left >= 4 && columns_left >= 4) {
      interpolate_tile(products, stride, added, all(lowest), target, shape->output_width * 8, 4, 4);
    } else {
      interpolate_tile(products, stride, added, all(lowest), target, shape->output_width * 8,
                       rows_left < 4 ? rows_left : 4, columns_left < 4 ? columns_left : 4);
    }
  }
}

AVX2 void whisker_winograd_convolve(const whisker_winograd_shape *shape, const float *x, const float *transformed,
                                    const float *bias, float lowest, float *y, float *scratch, size_t first_tile,
                                    size_t end_tile) {
  const size_t together = tiles_together(shape->inputs);
  const size_t value_stride = values_stride(shape->inputs), product_stride = products_stride(shape->inputs);
  float *values = scratch, *products = scratch + points * value_stride;
  for (size_t first = first_tile; first < end_tile; first += together) {
    const size_t count = end_tile - first < together ? end_tile - first : together;
    for (size_t tile = 0; tile < count; tile++) {
      evaluate_input(shape, x, first + tile, values + tile * shape->inputs, value_stride);
    }
    const float *kernel = transformed;
    for (size_t output = 0; output < shape->outputs; output += panel) {
      for (size_t point = 0; point < points; point++, kernel += shape->inputs * panel) {
        for (size_t tile = 0; tile < count; tile += rows) {
          multiply(values + point * value_stride + tile * shape->inputs, shape->inputs, count - tile, kernel,
                   shape->inputs, products + point * product_stride + tile * panel);
        }
      }
      for (size_t tile = 0; tile < count; tile++) {
        interpolate_outputs(shape, products + tile * panel, product_stride, first + tile, output, bias, lowest, y);
      }
    }
  }
}

// MARK: The kernel's gradient

static size_t panel_count(size_t outputs) { return (outputs + panel - 1) / panel; }

// A tile's 4 × 4 gradients at all points, and after them their sum.
INLINE void evaluate_gradient_tile(const float *g, size_t row_size, float *gradients, size_t stride) {
  lanes evaluated[4][6];
  lanes sum = _mm256_setzero_ps();
  for (int i = 0; i < 4; i++) {
    lanes d[4];
    for (int j = 0; j < 4; j++) d[j] = load(g + i * row_size + j * 8);
    sum = _mm256_add_ps(sum, _mm256_add_ps(_mm256_add_ps(d[0], d[1]), _mm256_add_ps(d[2], d[3])));
    evaluate_gradients(d, evaluated[i]);
  }
  for (int j = 0; j < 6; j++) {
    lanes d[4], t[6];
    for (int i = 0; i < 4; i++) d[i] = evaluated[i][j];
    evaluate_gradients(d, t);
    for (int i = 0; i < 6; i++) store(gradients + (i * 6 + j) * stride, t[i]);
  }
  store(gradients + points * stride, sum);
}

AVX2 void whisker_winograd_evaluate(const whisker_winograd_shape *shape, const float *x, const float *g,
                                    float *values, float *gradients, size_t chunk, size_t chunk_first,
                                    size_t first_tile, size_t end_tile) {
  const size_t plane_size = shape->output_height * shape->output_width * 8;
  for (size_t tile = first_tile; tile < end_tile; tile++) {
    const size_t number = tile - chunk_first;
    evaluate_input(shape, x, tile, values + number * shape->inputs, chunk * shape->inputs);

    const tile_place place = place_of(shape, tile);
    const float *plane = g + place.picture * (shape->outputs / 8) * plane_size;
    float copy[4 * 4 * 8];
    for (size_t output = 0; output < shape->outputs; output += 8, plane += plane_size) {
      size_t row_size;
      const float *pixels = square(plane, shape->output_height, shape->output_width, (ptrdiff_t)place.row,
                                   (ptrdiff_t)place.column, 4, copy, &row_size);
      evaluate_gradient_tile(pixels, row_size,
                             gradients + (output / panel * chunk + number) * panel + output % panel,
                             panel_count(shape->outputs) * chunk * panel);
    }
  }
}

// Input channels whose sums are made at once.
enum { channels = 4 };

// c (+)= aᵀ b over `depth` tiles, for four input channels and sixteen outputs. a: [depth][a_stride], b: [depth][16].
AVX2 static void multiply_transposed(const float *a, size_t a_stride, const float *b, size_t depth, float *c,
                                     bool adds) {
  lanes sum[channels][2];
  for (int i = 0; i < channels; i++) {
    sum[i][0] = adds ? load(c + i * panel) : _mm256_setzero_ps();
    sum[i][1] = adds ? load(c + i * panel + 8) : _mm256_setzero_ps();
  }
  for (size_t k = 0; k < depth; k++, a += a_stride, b += panel) {
    const lanes b0 = load(b), b1 = load(b + 8);
    for (int i = 0; i < channels; i++) {
      const lanes factor = _mm256_broadcast_ss(a + i);
      sum[i][0] = _mm256_fmadd_ps(factor, b0, sum[i][0]);
      sum[i][1] = _mm256_fmadd_ps(factor, b1, sum[i][1]);
    }
  }
  for (int i = 0; i < channels; i++) {
    store(c + i * panel, sum[i][0]);
    store(c + i * panel + 8, sum[i][1]);
  }
}

AVX2 void whisker_winograd_sum(const whisker_winograd_shape *shape, const float *values, const float *gradients,
                               float *sums, size_t chunk, size_t tiles, bool adds, size_t first_unit,
                               size_t end_unit) {
  const size_t panels = panel_count(shape->outputs);
  for (size_t unit = first_unit; unit < end_unit; unit++) {
    const size_t point = unit / panels;
    const float *b = gradients + unit * chunk * panel;
    float *c = sums + unit * shape->inputs * panel;
    if (point < points) {
      for (size_t input = 0; input < shape->inputs; input += channels) {
        multiply_transposed(values + point * chunk * shape->inputs + input, shape->inputs, b, tiles,
                            c + input * panel, adds);
      }
    } else {
      for (size_t half = 0; half < panel; half += 8) {
        lanes sum = adds ? load(c + half) : _mm256_setzero_ps();
        for (size_t tile = 0; tile < tiles; tile++) sum = _mm256_add_ps(sum, load(b + tile * panel + half));
        store(c + half, sum);
      }
    }
  }
}

AVX2 void whisker_winograd_finish(const whisker_winograd_shape *shape, const float *sums, float *kernel, float *bias,
                                  size_t first_input, size_t end_input) {
  const size_t panels = panel_count(shape->outputs);
  const size_t unit_size = shape->inputs * panel;
  for (size_t output = 0; output < shape->outputs; output += 8) {
    const float *source = sums + output / panel * unit_size + output % panel;
    if (bias && first_input == 0) store(bias + output, load(source + points * panels * unit_size));
    for (size_t input = first_input; input < end_input; input++) {
      lanes columns[3][6];
      for (size_t j = 0; j < 6; j++) {
        lanes m[6], t[3];
        for (size_t i = 0; i < 6; i++) m[i] = load(source + (i * 6 + j) * panels * unit_size + input * panel);
        interpolate_weights(m, t);
        for (int i = 0; i < 3; i++) columns[i][j] = t[i];
      }
      for (size_t i = 0; i < 3; i++) {
        lanes t[3];
        interpolate_weights(columns[i], t);
        for (size_t j = 0; j < 3; j++) {
          store(kernel + ((i * 3 + j) * shape->inputs + input) * shape->outputs + output, t[j]);
        }
      }
    }
  }
}

#else

// Never called where there is no AVX2.
void whisker_winograd_transform_kernel(const float *kernel, float *transformed, size_t inputs, size_t outputs,
                                       size_t first_panel, size_t end_panel) {
  (void)kernel, (void)transformed, (void)inputs, (void)outputs, (void)first_panel, (void)end_panel;
}

void whisker_winograd_transform_turned_kernel(const float *kernel, float *transformed, size_t inputs,
                                              size_t outputs, size_t first_panel, size_t end_panel) {
  (void)kernel, (void)transformed, (void)inputs, (void)outputs, (void)first_panel, (void)end_panel;
}

size_t whisker_winograd_scratch_count(size_t inputs) { return inputs; }

void whisker_winograd_convolve(const whisker_winograd_shape *shape, const float *x, const float *transformed,
                               const float *bias, float lowest, float *y, float *scratch, size_t first_tile,
                               size_t end_tile) {
  (void)shape, (void)x, (void)transformed, (void)bias, (void)lowest, (void)y, (void)scratch, (void)first_tile,
      (void)end_tile;
}

void whisker_winograd_evaluate(const whisker_winograd_shape *shape, const float *x, const float *g, float *values,
                               float *gradients, size_t chunk, size_t chunk_first, size_t first_tile,
                               size_t end_tile) {
  (void)shape, (void)x, (void)g, (void)values, (void)gradients, (void)chunk, (void)chunk_first, (void)first_tile,
      (void)end_tile;
}

void whisker_winograd_sum(const whisker_winograd_shape *shape, const float *values, const float *gradients,
                          float *sums, size_t chunk, size_t tiles, bool adds, size_t first_unit, size_t end_unit) {
  (void)shape, (void)values, (void)gradients, (void)sums, (void)chunk, (void)tiles, (void)adds, (void)first_unit,
      (void)end_unit;
}

void whisker_winograd_finish(const whisker_winograd_shape *shape, const float *sums, float *kernel, float *bias,
                             size_t first_input, size_t end_input) {
  (void)shape, (void)sums, (void)kernel, (void)bias, (void)first_input, (void)end_input;
}

#endif
