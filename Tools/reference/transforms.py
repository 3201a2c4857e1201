"""Writes down what SciPy and Pillow make of pictures drawn by a formula: warps, blurs and pixel operations.

    /tmp/reference/bin/python Tools/reference/transforms.py

The pictures are those of images.py; of each result that isn't whole bytes digest.py keeps a few numbers.
"""

import json
import math

import numpy as np
import scipy
from PIL import Image, ImageEnhance, ImageOps
from scipy import ndimage

import digest
import formula
from images import fnv, formula as picture

assert scipy.__version__ == "1.17.1", scipy.__version__

FIXTURES = digest.FIXTURES.parents[1] / "ImagesTests/Fixtures"
FILLS = ("nearest", "constant", "reflect", "wrap")


def linear(a=1, b=0, c=0, d=1, row=0, column=0):
    """Source (row, column) = [[a, b], [c, d]] · (row, column) + offset."""
    return np.array([[a, b, row], [c, d, column], [0, 0, 1]], np.float64)


def centred(matrix, height, width):
    row, column = (height - 1) / 2, (width - 1) / 2
    return linear(row=row, column=column) @ matrix @ linear(row=-row, column=-column)


def turned(degrees):
    angle = math.radians(degrees)
    return linear(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle))


def sheared(degrees):
    angle = math.radians(degrees)
    return linear(math.cos(angle), 0, -math.sin(angle), 1)


def drawn(number, height, width):
    """A turn, shift, shear and zoom as the classic augmentation draws them, somewhat wilder."""
    theta, rows, columns, shear, z0, z1 = formula.uniform(f"warp/{number}", [6]).astype(np.float64)
    matrix = turned(90 * theta) @ linear(row=0.4 * height * rows, column=0.4 * width * columns)
    matrix = matrix @ sheared(30 * shear) @ linear(1 + 0.6 * z0, 0, 0, 1 + 0.6 * z1)
    return centred(matrix, height, width)


def maps(height, width):
    """Name → map, for a picture of this size."""
    named = {
        "identity": linear(),
        "flipped": linear(d=-1, column=width - 1),
        "half a pixel": linear(row=0.5, column=-0.5),
        "one period off": linear(row=height - 1, column=1 - width),
        "one size off": linear(row=-height, column=width),
        "three sizes off": linear(row=3.3 * height, column=-2.7 * width),
        "enlarged": centred(linear(0.31, 0, 0, 0.47), height, width),
        "tiled": centred(linear(5.3, 0, 0, 4.1), height, width),
    }
    for number in range(7):
        named[f"drawn {number}"] = drawn(number, height, width)
    return named


def warps():
    # Size of the source, size of the result, which maps (None for all).
    sizes = {
        (40, 40, 3): ((40, 40), None),
        (37, 53, 3): ((37, 53), ["one period off", "tiled", "drawn 1", "drawn 2", "drawn 3"]),
        (53, 31, 3): ((70, 20), ["enlarged", "drawn 4", "drawn 5"]),
        (12, 150, 3): ((12, 150), ["drawn 1", "drawn 6"]),
        (29, 33, 1): ((29, 33), ["half a pixel", "drawn 3", "drawn 6"]),
        (1, 9, 3): ((5, 12), ["one size off", "drawn 2"]),
        (9, 1, 3): ((12, 5), ["one size off", "drawn 2"]),
        (2, 2, 1): ((6, 6), ["drawn 0"]),
        (1, 1, 3): ((3, 3), ["identity", "drawn 0"]),
    }
    cases = []
    for (height, width, channels), (size, chosen) in sizes.items():
        photo = picture(height, width, channels).astype(np.float64)
        for name, matrix in maps(height, width).items():
            if chosen is not None and name not in chosen:
                continue
            for fill in FILLS:
                # Points half-way between pixels belong to none.
                for order in (1,) if name == "half a pixel" else (0, 1):
                    if order == 0 and not name.startswith(("drawn", "one")):
                        continue
                    result = np.stack([
                        ndimage.affine_transform(
                            photo[:, :, channel], matrix[:2, :2], matrix[:2, 2], size, order=order, mode=fill,
                            cval=37.5)
                        for channel in range(channels)], axis=-1)
                    cases.append({
                        "height": height, "width": width, "channels": channels, "map": name,
                        "coefficients": [float(x) for x in matrix[:2].ravel()],
                        "fill": fill, "sampling": "bilinear" if order else "nearest",
                        "result": digest.digest(f"{height}x{width}/{name}", result, 12),
                    })
    return cases


def enlargements():
    """Pillow's bicubic resize of Float pictures, away from the edges, where it weighs the missing pixels otherwise."""
    cases = []
    for height, width, new_height, new_width in [(20, 30, 46, 77), (33, 21, 33, 100), (16, 16, 16, 16)]:
        image = Image.fromarray(picture(height, width, 1)[:, :, 0].astype(np.float32))
        result = np.asarray(image.resize((new_width, new_height), Image.BICUBIC))
        margin = 8
        places = formula.integers(f"enlargement/{height}", 80, new_height * new_width)
        places = [int(i) for i in places
                  if margin <= i // new_width < new_height - margin and margin <= i % new_width < new_width - margin]
        cases.append({
            "height": height, "width": width, "newHeight": new_height, "newWidth": new_width, "places": places,
            "values": digest.numbers(np.clip(result.ravel()[places], 0, 255)),
        })
    return cases


def blurs():
    cases = []
    for height, width, channels in [(24, 31, 3), (17, 20, 1), (2, 5, 3)]:
        photo = picture(height, width, channels).astype(np.float64)
        for sigma in (0.1, 0.5, 1, 2.3, 7):
            result = ndimage.gaussian_filter(photo, (sigma, sigma, 0), mode="reflect", truncate=3)
            cases.append({
                "height": height, "width": width, "channels": channels, "sigma": sigma,
                "result": digest.digest(f"blur/{height}/{sigma}", result, 12),
            })
    return cases


def operations():
    named = {
        "autocontrast": lambda image, _: ImageOps.autocontrast(image),
        "equalize": lambda image, _: ImageOps.equalize(image),
        "invert": lambda image, _: ImageOps.invert(image),
        "posterize": ImageOps.posterize,
        "solarize": ImageOps.solarize,
        "brightness": lambda image, factor: ImageEnhance.Brightness(image).enhance(factor),
        "contrast": lambda image, factor: ImageEnhance.Contrast(image).enhance(factor),
        "saturation": lambda image, factor: ImageEnhance.Color(image).enhance(factor),
        "sharpness": lambda image, factor: ImageEnhance.Sharpness(image).enhance(factor),
    }
    factors = (0.0, 0.1, 0.73, 1.0, 1.27, 1.9, 3.5, -0.4)
    strengths = {
        "autocontrast": (0,), "equalize": (0,), "invert": (0,),
        "posterize": (1, 2, 4, 7, 8), "solarize": (0, 1, 100, 128, 255, 256),
    }
    cases = []
    for height, width, channels, low, high in [
        (43, 61, 3, 0, 255), (43, 61, 1, 0, 255), (30, 40, 3, 90, 130), (30, 40, 1, 3, 7), (2, 9, 3, 0, 255),
        (5, 5, 1, 77, 77), (150, 150, 3, 20, 200),
    ]:
        # Levels squeezed into low ... high, in whole numbers.
        pixels = picture(height, width, channels).astype(np.int64) * (high - low) // 255 + low
        image = Image.fromarray(pixels.astype(np.uint8).squeeze())
        for name, operation in named.items():
            for strength in strengths.get(name, factors):
                cases.append({
                    "height": height, "width": width, "channels": channels, "low": low, "high": high,
                    "operation": name, "strength": strength,
                    "hash": fnv(np.asarray(operation(image, strength)).tobytes()),
                })
    return cases


def main():
    for name, rows in {
        "warps": warps(), "enlargements": enlargements(), "blurs": blurs(), "operations": operations(),
    }.items():
        path = FIXTURES / f"{name}.json"
        lines = [json.dumps(row, separators=(",", ":")) for row in rows]
        path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        print(f"{path.name}: {len(rows)} cases, {path.stat().st_size / 1000:.1f} kB")


main()
