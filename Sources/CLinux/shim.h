#pragma once
// Calls of Linux that Swift's view of the C library doesn't have.
#include <sys/syscall.h>
#include <unistd.h>

// A file in memory, without a name; its descriptor, or -1. The flag closes it in programs that this one starts.
static inline int whisker_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U); }
