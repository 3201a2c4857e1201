#include "instructions.h"

#if defined(__x86_64__)

bool whisker_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool whisker_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

#else

bool whisker_has_avx2(void) { return false; }

bool whisker_has_avx512(void) { return false; }

#endif
