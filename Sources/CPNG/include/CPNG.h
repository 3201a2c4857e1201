#pragma once
#include <png.h>
#include <stdint.h>

// What a PNG file's rows are read to.
typedef struct {
  uint32_t width, height;
  // Bytes of one row: 1 a pixel for indices and gray, 2 for gray of 16 bits (the processor's order), 3 for colour.
  uint64_t row_bytes;
  // Whether 16-bit values keep both bytes; otherwise the upper one.
  int keeps_16_bits;
  // The palette's colours, if there is one.
  uint8_t palette[768];
  int colors;
  // What libpng said against the file.
  char message[128];
} whisker_png;

// Reads all rows of a PNG file, without gamma, profile or transparency; 1 if it worked. libpng reports errors by a jump
// over its callers, which Swift doesn't allow.
int whisker_png_read(whisker_png *png, const uint8_t *bytes, uint64_t size, uint8_t *rows);
