"""Photos transformed by Keras's ImageDataGenerator, and by SciPy with the centre and the shifts put right.

Makes Tests/DatasetsTests/Fixtures/keras-augmentation.json. Every pixel is kept, and so the photos are small.
"""

import math

import numpy as np
import PIL
import scipy.ndimage
from keras.src.legacy.preprocessing.image import ImageDataGenerator

import digest
import formula
import levels

SETS = 60
SIZES = [(18, 18, 3), (14, 24, 3), (27, 13, 3), (21, 30, 1)]
FILLS = ["nearest", "constant", "reflect", "wrap"]


def photo(height, width, channels):
    """Tiles under noise, as bytes."""
    tiles = formula.bits("augmentation/tiles", height * width * channels) >> np.uint32(17)
    noise = formula.bits("augmentation/noise", height * width * channels) >> np.uint32(17)
    tiles = tiles.reshape(height, width, channels)
    rows, columns = np.arange(height) // 5 * 5, np.arange(width) // 5 * 5
    return (tiles[rows][:, columns] + noise.reshape(tiles.shape)).astype(np.float32)


def generator(index, size):
    """Every fourth uses everything; the others leave something out."""
    kind = index % 4
    fill = FILLS[(index // 4) % 4]
    settings = dict(fill_mode=fill, cval=float(17 * index % 256))
    if kind != 1:
        settings |= dict(rotation_range=40 if kind != 2 else 180, shear_range=math.degrees(0.2))
    if kind != 2:
        settings |= dict(width_shift_range=0.2, height_shift_range=0.2 if kind != 1 else 5)
    if kind != 3:
        settings |= dict(zoom_range=[0.5, 1.6])
    if kind == 0:
        settings |= dict(brightness_range=[0.5, 1.4])
    if kind in (0, 1):
        settings |= dict(channel_shift_range=60)
    return ImageDataGenerator(horizontal_flip=True, vertical_flip=True, **settings)


def right(photo, drawn, fill, cval):
    """The affine transform and the flips, about the middle, with the shifts along their own axes."""
    height, width, _ = photo.shape
    theta, shear = np.deg2rad(drawn["theta"]), np.deg2rad(drawn["shear"])
    # Coordinates are (column, row, 1); Keras calls the shift of the rows tx.
    matrix = np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    matrix = matrix @ np.array([[1, 0, drawn["ty"]], [0, 1, drawn["tx"]], [0, 0, 1]])
    matrix = matrix @ np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    matrix = matrix @ np.diag([drawn["zx"], drawn["zy"], 1])
    column, row = (width - 1) / 2, (height - 1) / 2
    matrix = np.array([[1, 0, column], [0, 1, row], [0, 0, 1]]) @ matrix
    matrix = matrix @ np.array([[1, 0, -column], [0, 1, -row], [0, 0, 1]])
    linear, offset = matrix[[1, 0]][:, [1, 0]], matrix[[1, 0], 2]
    channels = [
        scipy.ndimage.affine_transform(
            photo[:, :, channel].astype(np.float64), linear, offset, order=1, mode=fill, cval=cval
        )
        for channel in range(photo.shape[2])
    ]
    result = np.stack(channels, axis=-1)
    if drawn["flip_horizontal"]:
        result = result[:, ::-1]
    return result[::-1] if drawn["flip_vertical"] else result


def entry(index):
    size = SIZES[(index + index // 4) % len(SIZES)]
    source = photo(*size)
    keras_generator = generator(index, size)
    drawn = keras_generator.get_random_transform(size, seed=index)
    fill, cval = keras_generator.fill_mode, keras_generator.cval
    parameters = {key: digest.rounded(value) for key, value in drawn.items() if value is not None}
    # The rounded numbers are what is applied, so that both sides start from the same.
    applied = {key: parameters.get(key) for key in drawn}
    return {
        "shape": list(size),
        "fill": fill,
        "cval": cval,
        "drawn": parameters,
        "keras": levels.text(keras_generator.apply_transform(source.copy(), applied)),
        "right": levels.text(right(source, applied, fill, cval)),
    }


if __name__ == "__main__":
    digest.FIXTURES = digest.FIXTURES.parents[1] / "DatasetsTests/Fixtures"
    made_with = f"{digest.versions()}, SciPy {scipy.__version__}, Pillow {PIL.__version__}"
    digest.write(
        "keras-augmentation.json", {"madeWith": made_with, "sets": [entry(index) for index in range(SETS)]}
    )
