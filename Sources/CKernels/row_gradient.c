#include "row_gradient.h"

#include <string.h>

static size_t bands_of_picture(const whisker_row_gradient_shape *shape) {
  return (shape->output_height + whisker_row_gradient_band - 1) / whisker_row_gradient_band;
}

static size_t row_size(const whisker_row_gradient_shape *shape) { return shape->kernel_width * shape->inputs; }

size_t whisker_row_gradient_bands(const whisker_row_gradient_shape *shape) {
  return shape->batch * bands_of_picture(shape);
}

// Behind the kernel's the bias's.
size_t whisker_row_gradient_sum_count(const whisker_row_gradient_shape *shape) {
  return (shape->kernel_height * row_size(shape) + 1) * shape->outputs;
}

#if defined(__x86_64__)
#include "avx2.h"

// Neighbouring weights of a kernel's row, and vectors of eight outputs, that are summed at once: twelve of sixteen
// registers.
enum { most_weights = 3, most_vectors = 4 };

// One row of results, of which `pixels` are those under the kernel's weights for the first.
INLINE void sum_row(const whisker_row_gradient_shape *shape, const float *pixels, const float *g, float *sums,
                    const size_t weights, const size_t vectors) {
  const size_t plane_size = shape->output_height * shape->output_width * 8;
  const size_t step = shape->column_stride * shape->inputs;
  lanes sum[most_weights][most_vectors];
  for (size_t w = 0; w < weights; w++) {
    for (size_t v = 0; v < vectors; v++) sum[w][v] = _mm256_loadu_ps(sums + w * shape->outputs + v * 8);
  }
  for (size_t column = 0; column < shape->output_width; column++, pixels += step, g += 8) {
    lanes pixel[most_weights];
    for (size_t w = 0; w < weights; w++) pixel[w] = _mm256_broadcast_ss(pixels + w);
    for (size_t v = 0; v < vectors; v++) {
      const lanes gradient = _mm256_loadu_ps(g + v * plane_size);
      for (size_t w = 0; w < weights; w++) sum[w][v] = _mm256_fmadd_ps(pixel[w], gradient, sum[w][v]);
    }
  }
  for (size_t w = 0; w < weights; w++) {
    for (size_t v = 0; v < vectors; v++) _mm256_storeu_ps(sums + w * shape->outputs + v * 8, sum[w][v]);
  }
}

// The same with numbers that the compiler knows.
INLINE void sum_row_of(const whisker_row_gradient_shape *shape, const float *pixels, const float *g, float *sums,
                       const size_t weights, size_t vectors) {
  switch (vectors) {
  case 1: sum_row(shape, pixels, g, sums, weights, 1); break;
  case 2: sum_row(shape, pixels, g, sums, weights, 2); break;
  case 3: sum_row(shape, pixels, g, sums, weights, 3); break;
  default: sum_row(shape, pixels, g, sums, weights, 4);
  }
}

// The bias's sums.
AVX2 static void sum_gradients(const whisker_row_gradient_shape *shape, const float *g, float *sums) {
  lanes sum = _mm256_loadu_ps(sums);
  for (size_t column = 0; column < shape->output_width; column++) {
    sum = _mm256_add_ps(sum, _mm256_loadu_ps(g + column * 8));
  }
  _mm256_storeu_ps(sums, sum);
}

AVX2 static void sum_result_row(const whisker_row_gradient_shape *shape, const float *x, const float *g, size_t row,
                                float *sums) {
  const size_t size = row_size(shape), plane_size = shape->output_height * shape->output_width * 8;
  const float *g_row = g + row * shape->output_width * 8;
  for (size_t output = 0; output < shape->outputs; output += most_vectors * 8) {
    const size_t left = (shape->outputs - output) / 8, vectors = left < most_vectors ? left : most_vectors;
    const float *gradients = g_row + output / 8 * plane_size;
    float *target = sums + output;
    for (size_t kernel_row = 0; kernel_row < shape->kernel_height; kernel_row++) {
      const float *pixels =
          x + (row * shape->row_stride + kernel_row) * shape->input_width * shape->inputs;
      for (size_t weight = 0; weight < size; weight += most_weights, target += most_weights * shape->outputs) {
        switch (size - weight) {
        case 1: sum_row_of(shape, pixels + weight, gradients, target, 1, vectors); break;
        case 2: sum_row_of(shape, pixels + weight, gradients, target, 2, vectors); break;
        default: sum_row_of(shape, pixels + weight, gradients, target, 3, vectors);
        }
      }
      target = sums + output + (kernel_row + 1) * size * shape->outputs;
    }
    for (size_t vector = 0; vector < vectors; vector++) {
      sum_gradients(shape, gradients + vector * plane_size, target + vector * 8);
    }
  }
}

void whisker_row_gradient_sum(const whisker_row_gradient_shape *shape, const float *x, const float *g, float *sums,
                              size_t first_band, size_t end_band) {
  const size_t bands = bands_of_picture(shape), count = whisker_row_gradient_sum_count(shape);
  for (size_t band = first_band; band < end_band; band++) {
    memset(sums + band * count, 0, count * sizeof(float));
    const size_t picture = band / bands, first_row = band % bands * whisker_row_gradient_band;
    const size_t end_row = first_row + whisker_row_gradient_band;
    for (size_t row = first_row; row < end_row && row < shape->output_height; row++) {
      sum_result_row(shape, x + picture * shape->input_height * shape->input_width * shape->inputs,
                     g + picture * shape->outputs * shape->output_height * shape->output_width, row,
                     sums + band * count);
    }
  }
}

#else

// Never called on other processors.
void whisker_row_gradient_sum(const whisker_row_gradient_shape *shape, const float *x, const float *g, float *sums,
                              size_t first_band, size_t end_band) {
  (void)shape, (void)x, (void)g, (void)sums, (void)first_band, (void)end_band;
}

#endif

void whisker_row_gradient_finish(const whisker_row_gradient_shape *shape, const float *sums, float *kernel,
                                 float *bias) {
  const size_t count = whisker_row_gradient_sum_count(shape), weights = count - shape->outputs;
  memcpy(kernel, sums, weights * sizeof(float));
  if (bias) memcpy(bias, sums + weights, shape->outputs * sizeof(float));
  for (size_t band = 1; band < whisker_row_gradient_bands(shape); band++) {
    const float *share = sums + band * count;
    for (size_t i = 0; i < weights; i++) kernel[i] += share[i];
    for (size_t i = 0; bias && i < shape->outputs; i++) bias[i] += share[weights + i];
  }
}
