#pragma once
// Swift can't see libhdf5's constants that are macros around calls and casts; these give the ones that Whisker uses.
#include <hdf5.h>

static inline hid_t whisker_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t whisker_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t whisker_h5p_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t whisker_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t whisker_h5p_default(void) { return H5P_DEFAULT; }
static inline unsigned whisker_h5f_truncate(void) { return H5F_ACC_TRUNC; }
static inline haddr_t whisker_h5_undefined_address(void) { return HADDR_UNDEF; }

static inline hid_t whisker_h5t_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t whisker_h5t_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t whisker_h5t_int64(void) { return H5T_STD_I64LE; }
static inline hid_t whisker_h5t_int8(void) { return H5T_STD_I8LE; }
static inline hid_t whisker_h5t_string(void) { return H5T_C_S1; }

// Turns libhdf5's own messages off, and on again as they were.
typedef struct {
  H5E_auto2_t function;
  void *data;
} whisker_h5_messages;
static inline whisker_h5_messages whisker_h5_silence(void) {
  whisker_h5_messages messages = {0};
  H5Eget_auto2(H5E_DEFAULT, &messages.function, &messages.data);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return messages;
}
static inline void whisker_h5_restore(whisker_h5_messages messages) {
  H5Eset_auto2(H5E_DEFAULT, messages.function, messages.data);
}
