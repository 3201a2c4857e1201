/* Decodes the JPEG files of a folder with libjpeg-turbo and nothing else: what `whisker bench decode` is held to.
 *
 *     cc -O2 -o libjpeg_turbo libjpeg_turbo.c -lturbojpeg -lpthread && ./libjpeg_turbo FOLDER [SECONDS] [THREADS]
 *
 * Each thread has a decompressor and a buffer of its own; a photo is read from its file and decoded to RGB as Pillow
 * and Whisker have it (accurate transform, smooth upsampling). Prints photos per second as JSON: the median of five
 * rounds after a warm-up.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <turbojpeg.h>

enum { MAX_FILES = 100000, ROUNDS = 5, PATH_SIZE = 4096 };

static char *paths[MAX_FILES];
static int path_count;
static atomic_int next_path;
static atomic_int is_over;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void fail(const char *what, const char *path) {
  fprintf(stderr, "%s: %s\n", path, what);
  exit(1);
}

static void list(const char *folder) {
  DIR *directory = opendir(folder);
  if (!directory) fail("expected a folder", folder);
  for (struct dirent *entry; (entry = readdir(directory)) && path_count < MAX_FILES;) {
    size_t length = strlen(entry->d_name);
    if (length < 4 || strcmp(entry->d_name + length - 4, ".jpg") != 0) continue;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    paths[path_count++] = strdup(path);
  }
  closedir(directory);
  if (path_count == 0) fail("expected .jpg files", folder);
}

static void *decode(void *decoded) {
  tjhandle handle = tjInitDecompress();
  unsigned char *file = NULL, *pixels = NULL;
  size_t file_room = 0, pixel_room = 0;
  while (!is_over) {
    const char *path = paths[atomic_fetch_add(&next_path, 1) % path_count];
    FILE *stream = fopen(path, "rb");
    if (!stream) fail("can't be opened", path);
    fseek(stream, 0, SEEK_END);
    size_t size = ftell(stream);
    rewind(stream);
    if (size > file_room) file = realloc(file, file_room = size);
    if (fread(file, 1, size, stream) != size) fail("can't be read", path);
    fclose(stream);
    int width, height, subsampling, colorspace;
    tjDecompressHeader3(handle, file, size, &width, &height, &subsampling, &colorspace);
    size_t count = (size_t)width * height * 3;
    if (count > pixel_room) pixels = realloc(pixels, pixel_room = count);
    if (tjDecompress2(handle, file, size, pixels, width, 0, height, TJPF_RGB, TJFLAG_ACCURATEDCT) != 0)
      fail(tjGetErrorStr2(handle), path);
    atomic_fetch_add((atomic_long *)decoded, 1);
  }
  free(file);
  free(pixels);
  tjDestroy(handle);
  return NULL;
}

/* Photos per second of one round. */
static double measure(double seconds, int threads) {
  atomic_long decoded = 0;
  pthread_t workers[threads];
  is_over = 0;
  double start = now();
  for (int i = 0; i < threads; i++) pthread_create(&workers[i], NULL, decode, &decoded);
  while (now() - start < seconds) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  is_over = 1;
  for (int i = 0; i < threads; i++) pthread_join(workers[i], NULL);
  return decoded / (now() - start);
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int count, char **arguments) {
  if (count < 2) fail("expected a folder of JPEG files", arguments[0]);
  list(arguments[1]);
  double seconds = count > 2 ? atof(arguments[2]) : 1;
  int threads = count > 3 ? atoi(arguments[3]) : 2;
  double rates[ROUNDS];
  measure(seconds / 2, threads);
  for (int i = 0; i < ROUNDS; i++) rates[i] = measure(seconds, threads);
  qsort(rates, ROUNDS, sizeof rates[0], compare);
  printf("{\"imagesPerSecond\": %.1f}\n", rates[ROUNDS / 2]);
}
