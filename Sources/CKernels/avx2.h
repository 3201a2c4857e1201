#pragma once
#include <immintrin.h>

// What functions begin with that are compiled for processors with AVX2 and FMA; only they may be called there.
#define AVX2 __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

typedef __m256 lanes;
