#pragma once
// Swift can't call libtiff's functions with a variable number of arguments, nor pass on its messages; these do.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

// A file in memory, and the first thing that libtiff said against it.
typedef struct {
  const uint8_t *bytes;
  uint64_t size;
  uint64_t position;
  char message[200];
} whisker_tiff_file;

static inline tmsize_t whisker_tiff_read(thandle_t handle, void *target, tmsize_t count) {
  whisker_tiff_file *file = (whisker_tiff_file *)handle;
  if (count < 0 || file->position >= file->size) return 0;
  uint64_t left = file->size - file->position;
  uint64_t taken = (uint64_t)count < left ? (uint64_t)count : left;
  memcpy(target, file->bytes + file->position, taken);
  file->position += taken;
  return (tmsize_t)taken;
}
static inline tmsize_t whisker_tiff_write(thandle_t handle, void *source, tmsize_t count) {
  (void)handle, (void)source, (void)count;
  return -1;
}
static inline toff_t whisker_tiff_seek(thandle_t handle, toff_t offset, int from) {
  whisker_tiff_file *file = (whisker_tiff_file *)handle;
  uint64_t start = from == SEEK_CUR ? file->position : from == SEEK_END ? file->size : 0;
  return file->position = start + offset;
}
static inline int whisker_tiff_close(thandle_t handle) { (void)handle; return 0; }
static inline toff_t whisker_tiff_size(thandle_t handle) { return ((whisker_tiff_file *)handle)->size; }
static inline int whisker_tiff_map(thandle_t handle, void **base, toff_t *size) {
  whisker_tiff_file *file = (whisker_tiff_file *)handle;
  *base = (void *)file->bytes;
  *size = file->size;
  return 1;
}
static inline void whisker_tiff_unmap(thandle_t handle, void *base, toff_t size) {
  (void)handle, (void)base, (void)size;
}
static inline int whisker_tiff_error(TIFF *tiff, void *data, const char *module, const char *format, va_list values) {
  (void)tiff, (void)module;
  whisker_tiff_file *file = (whisker_tiff_file *)data;
  if (file->message[0] == 0) vsnprintf(file->message, sizeof file->message, format, values);
  return 1;
}
static inline int whisker_tiff_warning(TIFF *tiff, void *data, const char *module, const char *format, va_list values) {
  (void)tiff, (void)data, (void)module, (void)format, (void)values;
  return 1;
}

// Opens the first directory; no single allocation of libtiff may exceed the limit.
static inline TIFF *whisker_tiff_open(whisker_tiff_file *file, tmsize_t limit) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, limit);
  TIFFOpenOptionsSetErrorHandlerExtR(options, whisker_tiff_error, file);
  TIFFOpenOptionsSetWarningHandlerExtR(options, whisker_tiff_warning, file);
  TIFF *tiff = TIFFClientOpenExt(
      "", "r", (thandle_t)file, whisker_tiff_read, whisker_tiff_write, whisker_tiff_seek, whisker_tiff_close,
      whisker_tiff_size, whisker_tiff_map, whisker_tiff_unmap, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

// A tag's number, or its default; `missing` where it has neither.
static inline uint16_t whisker_tiff_short(TIFF *tiff, uint32_t tag, uint16_t missing) {
  uint16_t value = missing;
  return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : missing;
}
static inline uint32_t whisker_tiff_long(TIFF *tiff, uint32_t tag, uint32_t missing) {
  uint32_t value = missing;
  return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : missing;
}
// The kinds of the samples beyond the colours; how many there are, of which up to 8 are written.
static inline int whisker_tiff_extra_samples(TIFF *tiff, uint16_t *kinds) {
  uint16_t count = 0, *values = NULL;
  if (!TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &values) || values == NULL) return 0;
  for (int index = 0; index < count && index < 8; index++) kinds[index] = values[index];
  return count;
}
// The three columns of the palette, each of 1 << bits numbers.
static inline int whisker_tiff_palette(TIFF *tiff, uint16_t **red, uint16_t **green, uint16_t **blue) {
  return TIFFGetField(tiff, TIFFTAG_COLORMAP, red, green, blue);
}
static inline void whisker_tiff_subsampling(TIFF *tiff, uint16_t *across, uint16_t *down) {
  *across = *down = 2;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_YCBCRSUBSAMPLING, across, down);
}
static inline const void *whisker_tiff_xmp(TIFF *tiff, uint32_t *count) {
  void *data = NULL;
  *count = 0;
  return TIFFGetField(tiff, TIFFTAG_XMLPACKET, count, &data) ? data : NULL;
}
// Lets libtiff convert JPEG's YCbCr to RGB.
static inline void whisker_tiff_convert_jpeg(TIFF *tiff) {
  TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}
// The whole picture in libtiff's own conversion to RGB and alpha, rows as stored; 1 if it worked.
static inline int whisker_tiff_rgba(TIFF *tiff, uint32_t width, uint32_t height, uint32_t *raster) {
  TIFFRGBAImage image;
  char message[1024] = "";
  whisker_tiff_file *file = (whisker_tiff_file *)TIFFClientdata(tiff);
  int succeeded = 0;
  if (TIFFRGBAImageOK(tiff, message) && TIFFRGBAImageBegin(&image, tiff, 1, message)) {
    image.req_orientation = image.orientation;
    succeeded = image.width == width && image.height == height && TIFFRGBAImageGet(&image, raster, width, height);
    TIFFRGBAImageEnd(&image);
  }
  if (!succeeded && file->message[0] == 0) snprintf(file->message, sizeof file->message, "%s", message);
  return succeeded;
}
// Whether a tag of 16 bits is in the file.
static inline int whisker_tiff_states(TIFF *tiff, uint32_t tag) {
  uint16_t value = 0;
  return TIFFGetField(tiff, tag, &value);
}
