#pragma once
#include <stdbool.h>

// Counts what one thread takes from the allocator: every malloc of the test program, whichever library asks, goes
// through the functions in allocation_counter.c. Memory that another thread allocates isn't seen.

// Whether allocations are seen at all: not under a sanitizer, which has an allocator of its own, nor without glibc.
bool whisker_counts_allocations(void);

// Begins counting from nothing on the calling thread.
void whisker_begin_counting(void);

// Ends it; gives the most bytes that were allocated at once and not yet freed.
long whisker_end_counting(void);

// How many blocks were allocated, or given another size, in what was counted last on the calling thread.
long whisker_counted_blocks(void);
