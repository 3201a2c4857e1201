#include "max_pooling.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

bool whisker_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

AVX512 void whisker_max_pool_2x2(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
                                 size_t block, bool has_relu) {
  const __m512 zero = _mm512_setzero_ps();
  for (size_t column = 0; column < columns; column++) {
    for (size_t lane = 0; lane < block; lane += 16) {
      const float *pixel = x + 2 * column * block + lane;
      const float *others[] = {pixel + block, pixel + row_size, pixel + row_size + block};
      __m512 best = _mm512_loadu_ps(pixel);
      __m128i winner = _mm_setzero_si128();
      for (int i = 0; i < 3; i++) {
        const __m512 candidate = _mm512_loadu_ps(others[i]);
        const __mmask16 is_larger = _mm512_cmp_ps_mask(candidate, best, _CMP_GT_OQ);
        best = _mm512_mask_mov_ps(best, is_larger, candidate);
        winner = _mm_mask_blend_epi8(is_larger, winner, _mm_set1_epi8((char)(i + 1)));
      }
      if (has_relu) {
        // A NaN isn't cut.
        const __mmask16 is_cut = _mm512_cmp_ps_mask(best, zero, _CMP_LE_OQ);
        best = _mm512_mask_mov_ps(best, is_cut, zero);
        winner = _mm_mask_blend_epi8(is_cut, winner, _mm_set1_epi8((char)255));
      }
      _mm512_storeu_ps(y + column * block + lane, best);
      _mm_storeu_si128((__m128i *)(winners + column * block + lane), winner);
    }
  }
}

AVX512 void whisker_max_pool_2x2_gradient(const float *g, const uint8_t *winners, float *result, size_t row_size,
                                          size_t columns, size_t block) {
  for (size_t column = 0; column < columns; column++) {
    for (size_t lane = 0; lane < block; lane += 16) {
      const __m512 gradient = _mm512_loadu_ps(g + column * block + lane);
      const __m128i winner = _mm_loadu_si128((const __m128i *)(winners + column * block + lane));
      float *pixel = result + 2 * column * block + lane;
      float *pixels[] = {pixel, pixel + block, pixel + row_size, pixel + row_size + block};
      for (int i = 0; i < 4; i++) {
        const __mmask16 is_winner = _mm_cmpeq_epi8_mask(winner, _mm_set1_epi8((char)i));
        _mm512_storeu_ps(pixels[i], _mm512_maskz_mov_ps(is_winner, gradient));
      }
    }
  }
}

#else

bool whisker_has_avx512(void) { return false; }

// Never called where there is no AVX-512.
void whisker_max_pool_2x2(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
                          size_t block, bool has_relu) {
  (void)x, (void)y, (void)winners, (void)row_size, (void)columns, (void)block, (void)has_relu;
}

void whisker_max_pool_2x2_gradient(const float *g, const uint8_t *winners, float *result, size_t row_size,
                                   size_t columns, size_t block) {
  (void)g, (void)winners, (void)result, (void)row_size, (void)columns, (void)block;
}

#endif
