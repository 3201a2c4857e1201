#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Max-pooling of windows of 2 × 2 for one row of results, sixteen channels at once with AVX-512, eight with AVX2. Swift
// can't choose instructions at run time, and these loops are limited by them: in Swift's baseline instruction set they
// take 1.6 times as long as with AVX-512. The Swift code next to the caller follows the same rule for other
// processors and windows; all give the same bits.

// Whether this processor has what the functions below need for this many channels side by side.
bool whisker_can_max_pool(size_t block);

// x: the window's first row; the second begins row_size floats later. y, winners: one for each result, columns *
// block of them. block: channels side by side. A winner is the number of the window's pixel, 255 where ReLU cut.
void whisker_max_pool_2x2(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
                          size_t block, bool has_relu);

// g, winners: gradients and winners of the results. result: the windows' first row, as x above.
void whisker_max_pool_2x2_gradient(const float *g, const uint8_t *winners, float *result, size_t row_size,
                                   size_t columns, size_t block);
