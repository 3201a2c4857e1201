#pragma once
#include <dnnl.h>

// The part of OpenMP's interface that is needed to size oneDNN's thread pool (libgomp ships no header that
// clang finds). The calls act on the calling thread's own pool.
void omp_set_num_threads(int count);
int omp_get_max_threads(void);
// Whether regions may get fewer threads than that, as many as the machine's load leaves.
void omp_set_dynamic(int may_change);
// How many threads a pool may have at most, and how many regions may be at work inside one another.
int omp_get_thread_limit(void);
int omp_get_max_active_levels(void);

// libgomp's entry point for a parallel region: runs `body(data)` on every thread of the calling thread's pool.
// Called directly because the kernels that use it are written in Swift, whose compiler knows no OpenMP.
void GOMP_parallel(void (*body)(void *data), void *data, unsigned thread_count, unsigned flags);
// Inside a region: how many threads it got, and which of them the caller is.
int omp_get_num_threads(void);
int omp_get_thread_num(void);
