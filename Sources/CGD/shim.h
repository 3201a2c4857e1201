#pragma once
#include <gd.h>
#include <gd_errors.h>

// libgd reads TIFF through libtiff, which prints its complaints unless these handlers are cleared (see tiffio.h).
#include <tiffio.h>
