"""RandAugment's and TrivialAugment's operations and ColorJitter's orders on a small photo, pixel by pixel.

Makes policies.json and color-jitter.json in Tests/DatasetsTests/Fixtures, in an environment with
torch==2.15.0 and torchvision==0.29.2 beside NumPy, SciPy and Pillow.

The strengths are torchvision's, and so are the results of all operations on pixels (which are Pillow's) and of the
jitter's brightness, contrast and saturation. Two things are Whisker's own, as its documentation says, and are written
down here once more: shears are about the middle of the photo, sampled as SciPy does; and the jitter's hue turns in
(U, V) instead of HSV.
"""

import itertools
import math

import numpy as np
import scipy.ndimage
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, RandAugment, TrivialAugmentWide
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

import digest
import formula
import levels

SIZE = (10, 14, 3)
CVAL = 90.0
NAMES = {"Identity": "identity", "ShearX": "shearX", "ShearY": "shearY", "TranslateX": "translateX",
         "TranslateY": "translateY", "Rotate": "rotate", "Brightness": "brightness", "Color": "color",
         "Contrast": "contrast", "Sharpness": "sharpness", "Posterize": "posterize", "Solarize": "solarize",
         "AutoContrast": "autoContrast", "Equalize": "equalize"}


def photo(height, width, channels, low=0, high=255):
    """Tiles under noise, as bytes, squeezed into low ... high."""
    tiles = formula.bits("augmentation/tiles", height * width * channels) >> np.uint32(17)
    noise = formula.bits("augmentation/noise", height * width * channels) >> np.uint32(17)
    tiles = tiles.reshape(height, width, channels)
    rows, columns = np.arange(height) // 5 * 5, np.arange(width) // 5 * 5
    bytes = tiles[rows][:, columns] + noise.reshape(tiles.shape)
    return (bytes.astype(np.int64) * (high - low) // 255 + low).astype(np.uint8)


# Where a pixel of the result is read: (row, column) = M · (row, column) + offset, about the middle.
GEOMETRY = {
    "ShearX": lambda v: ([[1, 0], [v, 1]], (0, 0)),
    "ShearY": lambda v: ([[1, v], [0, 1]], (0, 0)),
    "TranslateX": lambda v: ([[1, 0], [0, 1]], (0, -v)),
    "TranslateY": lambda v: ([[1, 0], [0, 1]], (-v, 0)),
    "Rotate": lambda v: (
        [[math.cos(math.radians(v)), math.sin(math.radians(v))], [-math.sin(math.radians(v)), math.cos(math.radians(v))]],
        (0, 0)),
}


def moved(source, name, value, fill):
    matrix, offset = GEOMETRY[name](value)
    middle = (np.array(source.shape[:2]) - 1) / 2
    matrix = np.array(matrix)
    start = middle + np.array(offset) - matrix @ middle
    return np.stack([
        scipy.ndimage.affine_transform(source[:, :, c].astype(np.float64), matrix, start, order=1, mode=fill, cval=CVAL)
        for c in range(3)], axis=-1)


def policies():
    source = photo(*SIZE)
    cases = []
    for policy, space, magnitudes in [
        ("rand_augment", RandAugment()._augmentation_space(31, SIZE[:2]), (5, 9, 22)),
        ("trivial_augment", TrivialAugmentWide()._augmentation_space(31), (7, 30)),
    ]:
        assert set(space) == set(NAMES)
        for (name, (strengths, signed)), magnitude in itertools.product(space.items(), magnitudes):
            for sign in (1, -1) if signed else (1,):
                value = sign * float(strengths[magnitude]) if strengths.ndim else 0.0
                if not strengths.ndim and magnitude != magnitudes[0]:
                    continue
                if not strengths.ndim and policy == "trivial_augment":
                    continue
                # Sampling differs from fill to fill; the operations on pixels don't.
                fill = ("nearest", "constant", "reflect")[(magnitude + (sign > 0)) % 3]
                if name in GEOMETRY:
                    result = moved(source, name, value, fill)
                else:
                    image = _apply_op(Image.fromarray(source), name, value, InterpolationMode.NEAREST, None)
                    result = np.asarray(image)
                factor = name in ("Brightness", "Color", "Contrast", "Sharpness")
                cases.append({
                    "policy": policy, "operation": NAMES[name], "magnitude": magnitude,
                    "strength": digest.rounded(1 + value if factor else value),
                    "fill": fill, "result": levels.text(result),
                })
    return cases


LUMA = np.array([0.299, 0.587, 0.114])


def turned(image, degrees):
    """The chroma (U, V) turned, the luma kept; a positive angle leads from red over yellow to green."""
    luma = image @ LUMA
    u, v = 0.492 * (image[..., 2] - luma), 0.877 * (image[..., 0] - luma)
    angle = math.radians(degrees)
    u, v = u * math.cos(angle) - v * math.sin(angle), v * math.cos(angle) + u * math.sin(angle)
    red, blue = luma + v / 0.877, luma + u / 0.492
    green = (luma - LUMA[0] * red - LUMA[2] * blue) / LUMA[1]
    return np.stack([red, green, blue], axis=-1)


def by_torchvision(function):
    def step(image, factor):
        assert image.min() >= 0 and image.max() <= 255, "torchvision would clip"
        tensor = torch.from_numpy(image.transpose(2, 0, 1).copy()) / 255
        return function(tensor, factor).numpy().transpose(1, 2, 0) * 255
    return step


STEPS = {
    "brightness": by_torchvision(F.adjust_brightness),
    "contrast": by_torchvision(F.adjust_contrast),
    "saturation": by_torchvision(F.adjust_saturation),
    "hue": turned,
}
# Nothing is clipped between steps: where torchvision would, the definitions.
UNCLIPPED = STEPS | {
    "brightness": lambda image, factor: image * factor,
    "contrast": lambda image, factor: image * factor + (image @ LUMA).mean() * (1 - factor),
    "saturation": lambda image, factor: image * factor + (image @ LUMA)[..., None] * (1 - factor),
}


def jitters():
    cases = []
    for low, high, settings, steps in [
        (70, 170, {"brightness": 1.15, "contrast": 0.7, "saturation": 1.2, "hue": 0.0}, STEPS),
        (70, 170, {"brightness": 0.8, "contrast": 1.2, "saturation": 0.6, "hue": 40.0}, STEPS),
        (0, 255, {"brightness": 1.6, "contrast": 1.5, "saturation": 1.7, "hue": -130.0}, UNCLIPPED),
    ]:
        for order in itertools.permutations(STEPS):
            image = photo(8, 10, 3, low, high).astype(np.float64)
            for name in order:
                image = steps[name](image, settings[name])
            cases.append({
                "low": low, "high": high, "order": list(order), **settings,
                "result": levels.text(np.clip(image, 0, 255)),
            })
    return cases


if __name__ == "__main__":
    digest.FIXTURES = digest.FIXTURES.parents[1] / "DatasetsTests/Fixtures"
    made_with = f"torchvision {torchvision.__version__}, SciPy {scipy.__version__}"
    digest.write("policies.json", {"madeWith": made_with, "cases": policies()})
    digest.write("color-jitter.json", {"madeWith": made_with, "cases": jitters()})
