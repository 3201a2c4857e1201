"""Numbers made of a name and an index alone, the same as in Tests/_TestSupport/Formula.swift.

Run it to print the known values of FormulaTests.swift.
"""

import math

import numpy as np


def bits(name, count):
    """24 evenly spread bits for each index in 0 ..< count."""
    salt = 0x811C9DC5  # FNV-1a
    for byte in name.encode():
        salt = ((salt ^ byte) * 0x01000193) & 0xFFFFFFFF
    return _mixed(_mixed(np.arange(count, dtype=np.uint32)) + np.uint32(salt)) >> np.uint32(8)


def _mixed(x):
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def uniform(name, shape, limit=1.0, offset=0.0):
    """Float32 numbers evenly spread in offset - limit ..< offset + limit.

    The product with the limit and the sum with the offset round; everything before them is exact.
    """
    odd = 2 * bits(name, math.prod(shape)).astype(np.int32) - (2**24 - 1)
    unit = odd.astype(np.float32) * np.float32(2.0**-24)
    return (unit * np.float32(limit) + np.float32(offset)).reshape(shape)


def integers(name, count, below):
    """Whole numbers in 0 ..< below."""
    return (bits(name, count).astype(np.int64) * below) >> 24


def labels(name, count):
    """Classes 0 and 1."""
    return integers(f"{name}/labels", count, 2).astype(np.float32)


def photos(name, count, height, width):
    """Pixels in 0 ... 1, [count, height, width, 3]: tiles of 10 x 10 under noise, brighter in class 1."""
    tile_rows, tile_columns = -(-height // 10), -(-width // 10)
    tiles = bits(f"{name}/tiles", count * tile_rows * tile_columns * 3) >> np.uint32(17)
    tiles = tiles.reshape(count, tile_rows, tile_columns, 3).repeat(10, axis=1).repeat(10, axis=2)
    noise = (bits(f"{name}/noise", count * height * width * 3) >> np.uint32(18)).reshape(count, height, width, 3)
    brightness = 64 * labels(name, count).astype(np.uint32)[:, None, None, None]
    pixels = tiles[:, :height, :width] + noise + brightness
    return pixels.astype(np.float32) / np.float32(255)


if __name__ == "__main__":
    print("bits", bits("", 3), bits("conv2d/kernel", 4), bits("고양이", 1_000_001)[-1])
    print("uniform", [float(x) for x in uniform("a", [4], 0.3)])
    print("uniform with offset", [float(x) for x in uniform("a", [4], 0.3, -0.7)])
    print("integers", integers("b", 12, 10))
    print("labels", labels("batch/0", 20))
    print("photos", [float(x) for x in photos("batch/0", 3, 25, 31)[[0, 1, 2], [0, 10, 24], [0, 19, 30], [0, 1, 2]]])
