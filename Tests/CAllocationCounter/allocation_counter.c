#include "allocation_counter.h"

#include <errno.h>
#include <features.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>

static __thread bool is_counting;
static __thread long live;
static __thread long peak;
static __thread long blocks;

void whisker_begin_counting(void) {
  live = 0;
  peak = 0;
  blocks = 0;
  is_counting = true;
}

long whisker_end_counting(void) {
  is_counting = false;
  return peak;
}

long whisker_counted_blocks(void) { return blocks; }

#if !defined(__GLIBC__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

bool whisker_counts_allocations(void) { return false; }

#else

bool whisker_counts_allocations(void) { return true; }

// The names under which glibc keeps its own functions for those who replace them.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static void *counted(void *block) {
  if (is_counting && block) {
    blocks += 1;
    live += (long)malloc_usable_size(block);
    if (live > peak) peak = live;
  }
  return block;
}

static void uncounted(void *block) {
  if (is_counting && block) live -= (long)malloc_usable_size(block);
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void *realloc(void *block, size_t size) {
  long before = is_counting && block ? (long)malloc_usable_size(block) : 0;
  void *moved = __libc_realloc(block, size);
  // On failure the old block stays.
  if (is_counting && (moved || size == 0)) live -= before;
  return counted(moved);
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *block = counted(__libc_memalign(alignment, size));
  if (!block) return ENOMEM;
  *result = block;
  return 0;
}

void free(void *block) {
  uncounted(block);
  __libc_free(block);
}

#endif
