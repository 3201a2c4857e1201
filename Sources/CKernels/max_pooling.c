#include "max_pooling.h"

#include "instructions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

static bool suits_avx512(size_t block) { return block % 16 == 0 && whisker_has_avx512(); }

bool whisker_can_max_pool(size_t block) { return suits_avx512(block) || (block % 8 == 0 && whisker_has_avx2()); }

AVX512 static void max_pool_avx512(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
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

AVX512 static void max_pool_gradient_avx512(const float *g, const uint8_t *winners, float *result, size_t row_size,
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

AVX2 static void max_pool_avx2(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
                               size_t block, bool has_relu) {
  const __m256 zero = _mm256_setzero_ps();
  for (size_t column = 0; column < columns; column++) {
    for (size_t lane = 0; lane < block; lane += 8) {
      const float *pixel = x + 2 * column * block + lane;
      const float *others[] = {pixel + block, pixel + row_size, pixel + row_size + block};
      __m256 best = _mm256_loadu_ps(pixel);
      // Numbers of pixels, blended like the floats.
      __m256 winner = zero;
      for (int i = 0; i < 3; i++) {
        const __m256 candidate = _mm256_loadu_ps(others[i]);
        const __m256 is_larger = _mm256_cmp_ps(candidate, best, _CMP_GT_OQ);
        best = _mm256_blendv_ps(best, candidate, is_larger);
        winner = _mm256_blendv_ps(winner, _mm256_castsi256_ps(_mm256_set1_epi32(i + 1)), is_larger);
      }
      if (has_relu) {
        const __m256 is_cut = _mm256_cmp_ps(best, zero, _CMP_LE_OQ);
        best = _mm256_blendv_ps(best, zero, is_cut);
        winner = _mm256_blendv_ps(winner, _mm256_castsi256_ps(_mm256_set1_epi32(255)), is_cut);
      }
      _mm256_storeu_ps(y + column * block + lane, best);
      const __m256i numbers = _mm256_castps_si256(winner);
      const __m128i words =
          _mm_packs_epi32(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
      _mm_storel_epi64((__m128i *)(winners + column * block + lane), _mm_packus_epi16(words, words));
    }
  }
}

AVX2 static void max_pool_gradient_avx2(const float *g, const uint8_t *winners, float *result, size_t row_size,
                                        size_t columns, size_t block) {
  for (size_t column = 0; column < columns; column++) {
    for (size_t lane = 0; lane < block; lane += 8) {
      const __m256 gradient = _mm256_loadu_ps(g + column * block + lane);
      const __m256i winner =
          _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(winners + column * block + lane)));
      float *pixel = result + 2 * column * block + lane;
      float *pixels[] = {pixel, pixel + block, pixel + row_size, pixel + row_size + block};
      for (int i = 0; i < 4; i++) {
        const __m256i is_winner = _mm256_cmpeq_epi32(winner, _mm256_set1_epi32(i));
        _mm256_storeu_ps(pixels[i], _mm256_and_ps(_mm256_castsi256_ps(is_winner), gradient));
      }
    }
  }
}

void whisker_max_pool_2x2(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
                          size_t block, bool has_relu) {
  if (suits_avx512(block)) {
    max_pool_avx512(x, y, winners, row_size, columns, block, has_relu);
  } else {
    max_pool_avx2(x, y, winners, row_size, columns, block, has_relu);
  }
}

void whisker_max_pool_2x2_gradient(const float *g, const uint8_t *winners, float *result, size_t row_size,
                                   size_t columns, size_t block) {
  if (suits_avx512(block)) {
    max_pool_gradient_avx512(g, winners, result, row_size, columns, block);
  } else {
    max_pool_gradient_avx2(g, winners, result, row_size, columns, block);
  }
}

#else

bool whisker_can_max_pool(size_t block) {
  (void)block;
  return false;
}

// Never called on other processors.
void whisker_max_pool_2x2(const float *x, float *y, uint8_t *winners, size_t row_size, size_t columns,
                          size_t block, bool has_relu) {
  (void)x, (void)y, (void)winners, (void)row_size, (void)columns, (void)block, (void)has_relu;
}

void whisker_max_pool_2x2_gradient(const float *g, const uint8_t *winners, float *result, size_t row_size,
                                   size_t columns, size_t block) {
  (void)g, (void)winners, (void)result, (void)row_size, (void)columns, (void)block;
}

#endif
