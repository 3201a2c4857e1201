#include "CPNG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  uint64_t size, position;
} source;

static void take(png_structp reader, png_bytep target, size_t count) {
  source *from = png_get_io_ptr(reader);
  if (count > from->size - from->position) png_error(reader, "the file ends early");
  memcpy(target, from->bytes + from->position, count);
  from->position += count;
}

static void fail(png_structp reader, png_const_charp message) {
  whisker_png *png = png_get_error_ptr(reader);
  snprintf(png->message, sizeof png->message, "%s", message);
  png_longjmp(reader, 1);
}

static void ignore(png_structp reader, png_const_charp message) { (void)reader, (void)message; }

int whisker_png_read(whisker_png *png, const uint8_t *bytes, uint64_t size, uint8_t *rows) {
  source from = {bytes, size, 0};
  png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, png, fail, ignore);
  png_infop info = reader ? png_create_info_struct(reader) : NULL;
  png_bytep *volatile starts = calloc(png->height, sizeof(png_bytep));
  if (info == NULL || starts == NULL || setjmp(png_jmpbuf(reader))) {
    if (png->message[0] == 0) snprintf(png->message, sizeof png->message, "libpng is out of memory");
    png_destroy_read_struct(&reader, &info, NULL);
    free(starts);
    return 0;
  }
  png_set_read_fn(reader, &from, take);
  png_set_user_limits(reader, png->width, png->height);
  png_set_chunk_malloc_max(reader, 8 << 20);
  png_read_info(reader, info);
  int kind = png_get_color_type(reader, info);
  if (png_get_image_width(reader, info) != png->width || png_get_image_height(reader, info) != png->height)
    png_error(reader, "two headers contradict each other");
  if (kind == PNG_COLOR_TYPE_PALETTE) {
    png_colorp colors = NULL;
    png_set_packing(reader);
    if (!png_get_PLTE(reader, info, &colors, &png->colors)) png_error(reader, "it has no palette");
    for (int index = 0; index < png->colors && index < 256; index++) {
      png->palette[3 * index] = colors[index].red;
      png->palette[3 * index + 1] = colors[index].green;
      png->palette[3 * index + 2] = colors[index].blue;
    }
  } else if (kind == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(reader, info) < 8) {
    png_set_expand_gray_1_2_4_to_8(reader);
  } else if (png->keeps_16_bits) {
    uint16_t one = 1;
    if (*(uint8_t *)&one) png_set_swap(reader);
  } else {
    png_set_strip_16(reader);
  }
  if (kind & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(reader);
  png_set_interlace_handling(reader);
  png_read_update_info(reader, info);
  if (png_get_rowbytes(reader, info) != png->row_bytes) png_error(reader, "two headers contradict each other");
  for (uint32_t row = 0; row < png->height; row++) starts[row] = rows + row * png->row_bytes;
  png_read_image(reader, starts);
  png_destroy_read_struct(&reader, &info, NULL);
  free(starts);
  return 1;
}
