"""Checks that Whisker reads, turns and resizes photos of every format as Pillow does.

    python pillow_check.py [--whisker .build/release/whisker]

The photos are those of images.py and the grid of photo_grid.py, with its rules where Whisker differs. A model of one dense layer, written by Keras, makes three logits of every pixel, so
that a pixel that is read otherwise moves them; what `whisker predict` makes of the files is compared with the same sum
over Pillow's pixels. Prints each difference above 1e-4 of the logits' norm, of lossy HEIC and AVIF above 1e-2.
"""

import argparse
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from PIL import Image, ImageOps

import formula
import images
import photo_grid

HEIGHT, WIDTH, CLASSES = 20, 28, 3
FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
LIMIT, LOSSY_LIMIT = 1e-4, 1e-2


def model():
    network = keras.Sequential([
        keras.Input((HEIGHT, WIDTH, 3)), keras.layers.Flatten(), keras.layers.Dense(CLASSES, activation="softmax"),
    ])
    kernel = formula.uniform("pillow/kernel", (HEIGHT * WIDTH * 3, CLASSES), np.float32(0.1))
    network.layers[-1].set_weights([kernel, np.zeros(CLASSES, np.float32)])
    return network, kernel.astype(np.float64)


def centred(logits):
    return np.asarray(logits) - np.mean(logits)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--whisker", type=pathlib.Path, default=pathlib.Path(".build/release/whisker"))
    whisker = parser.parse_args().whisker.resolve()
    network, kernel = model()
    wrong = compared = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        network.save(folder / "sums.keras")
        photos = images.photos()
        upright = {
            file: ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB") for file, data in photos.items()}
        limits = {}
        for file, data in photo_grid.photos().items():
            pixels, _, within = photo_grid.pixels(file, data)
            name = f"grid-{file}"
            photos[name], upright[name] = data, Image.fromarray(pixels)
            limits[name] = LOSSY_LIMIT if within else LIMIT
        paths = {}
        for file, data in photos.items():
            paths[file] = folder / file
            paths[file].write_bytes(data)
        for resize, filter in FILTERS.items():
            printed = subprocess.run(
                [whisker, "predict", folder / "sums.keras", *paths.values(), "--json", "--rescale", "1/255",
                 "--resize", resize, "--class-names", "a,b,c"],
                check=True, capture_output=True).stdout
            found = {pathlib.Path(entry["file"]).name: entry["probabilities"] for entry in json.loads(printed)}
            for file, photo in upright.items():
                pixels = np.asarray(photo.resize((WIDTH, HEIGHT), filter), np.float64) / 255
                expected = centred(pixels.ravel() @ kernel)
                ours = centred([np.log(found[file][name]) for name in "abc"]) if file in found else np.full(3, np.nan)
                apart = np.linalg.norm(ours - expected) / np.linalg.norm(expected)
                compared += 1
                if not apart <= limits.get(file, LIMIT):
                    wrong += 1
                    print(f"{file}, {resize}: the sums are {apart:.1e} of their norm apart")
    print(f"{compared} readings of {len(photos)} photos, {wrong} other than Pillow's")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
