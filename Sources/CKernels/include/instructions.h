#pragma once
#include <stdbool.h>

// Whether this processor has the instructions that the kernels need.

// AVX2 with fused multiply-add.
bool whisker_has_avx2(void);

// AVX-512 with vectors of any width and operations on bytes.
bool whisker_has_avx512(void);
