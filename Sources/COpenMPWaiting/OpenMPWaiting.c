// Lets OpenMP's idle threads sleep instead of spinning.
//
// Between two parallel regions libgomp's threads spin for a while, and so take the processor from the threads that
// decode photos and from other programs: on a busy machine training was three times slower. libgomp reads how to wait
// from the environment while it is being loaded, before any code of a program's own runs; starting the program once
// more with another environment would cost 12 ms.
//
// The loader runs a program's .preinit_array before the libraries begin their work and its .init_array after it. The
// first lends a place in the environment to OMP_WAIT_POLICY, the second gives it back. (The C library takes the
// environment from the stack in between, where it can't grow: hence a place that something else had.) Programs that
// use the library set OMP_WAIT_POLICY=passive themselves.

#include "OpenMPWaiting.h"

#include <stddef.h>
#include <string.h>

extern char **environ;

static char policy[] = "OMP_WAIT_POLICY=passive";
static char *lender = NULL;

static int begins(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

static void lend(int argumentCount, char **arguments, char **environment) {
  char **place = NULL;
  for (char **entry = environment; *entry != NULL; entry++) {
    // The user has decided.
    if (begins(*entry, "OMP_WAIT_POLICY=") || begins(*entry, "GOMP_SPINCOUNT=")) return;
    int isRead = begins(*entry, "OMP_") || begins(*entry, "GOMP_") || begins(*entry, "LD_");
    // Best is what shells leave behind and no library reads: the path of the program.
    if (!isRead && (place == NULL || !begins(*place, "_="))) place = entry;
  }
  if (place == NULL) return;
  lender = *place;
  *place = policy;
}

static void giveBack(void) {
  if (lender == NULL) return;
  for (char **entry = environ; *entry != NULL; entry++) {
    if (*entry == policy) *entry = lender;
  }
}

__attribute__((used, section(".preinit_array"))) static void (*const beforeLibraries)(int, char **, char **) = lend;
__attribute__((used, section(".init_array"))) static void (*const afterLibraries)(void) = giveBack;
