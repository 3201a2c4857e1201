#pragma once
#include <dnnl.h>

// The part of OpenMP's interface that is needed to size oneDNN's thread pool (libgomp ships no header that
// clang finds). Both calls act on the calling thread's own pool.
void omp_set_num_threads(int count);
int omp_get_max_threads(void);
