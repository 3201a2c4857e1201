#pragma once
#include <dnnl.h>

// The part of OpenMP's interface that is needed to size oneDNN's thread pool (libgomp ships no header that
// clang finds). Both calls act on the calling thread's own pool.
void omp_set_num_threads(int count);
int omp_get_max_threads(void);

// libgomp's entry point for a parallel region: runs `body(data)` on every thread of the calling thread's pool.
// Called directly because the kernels that use it are written in Swift, whose compiler knows no OpenMP.
void GOMP_parallel(void (*body)(void *data), void *data, unsigned thread_count, unsigned flags);
int omp_get_thread_num(void);
