"""Checks what Whisker makes of several models.

    python averages.py DATA [--whisker .build/release/whisker]

DATA is a split of two classes. The probabilities of `whisker predict` with three of Keras's models (one and two outputs,
photos of two sizes) are compared with the mean of Keras's, for photos as they are, mirrored, and in ten crops that Pillow cuts;
the weights of `whisker average` with NumPy's mean of two models, and its statistics with those that Keras's layers see in a
batch of all training photos. Prints the largest distances.
"""

import argparse
import csv
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

# Keras's statistics of so many pixels are as exact as single precision adds them up.
LIMITS = {"probabilities": 1e-5, "weights": 1e-7, "statistics": 1e-3}
STATED = ["--rescale", "1/255", "--resize", "bilinear", "--class-names", "cat,dog"]


def network(size, outputs, seed):
    keras.backend.clear_session()  # or the layers of the next model have other names
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.Input((*size, 3)), keras.layers.Conv2D(6, 3, activation="relu"), keras.layers.BatchNormalization(),
        keras.layers.MaxPooling2D(), keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.BatchNormalization(),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax", kernel_initializer="random_normal"),
    ])
    model.compile(loss="binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy")
    return model


def pixels(photo, size):
    return photo.resize((size[1], size[0]), Image.BILINEAR)


def views(photo, size, how):
    """The photo as a network is shown it; sizes are rows and columns."""
    if how != "crops":
        small = pixels(photo, size)
        return [small] + ([ImageOps.mirror(small)] if how == "flip" else [])
    large = pixels(photo, [int(np.floor(side * 8 / 7 + 0.5)) for side in size])
    result = []
    for image in (large, ImageOps.mirror(large)):
        right, bottom = image.width - size[1], image.height - size[0]
        for left, top in [(0, 0), (right, 0), (0, bottom), (right, bottom), (round(right / 2), round(bottom / 2))]:
            result.append(image.crop((left, top, left + size[1], top + size[0])))
    return result


def probabilities(model, size, photos, how):
    batch = np.stack([np.asarray(view, np.float32) for photo in photos for view in views(photo, size, how)]) / np.float32(255)
    outputs = model.predict(batch, verbose=0).astype(np.float64)
    if outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
    return outputs.reshape(len(photos), -1, 2).mean(axis=1)


def predictions(whisker, data, folder):
    files = sorted((data / "test").glob("*/*.jpg"))[::3]
    photos = [Image.open(file).convert("RGB") for file in files]
    models = []
    for index, (size, outputs) in enumerate([((40, 30), 1), ((40, 30), 2), ((35, 35), 1)]):
        models.append((network(size, outputs, index), size, folder / f"{index}.keras"))
        models[-1][0].save(models[-1][2])
    worst = 0
    for how in (None, "flip", "crops"):
        command = [whisker, "predict", *(path for _, _, path in models), *files, "--csv", *STATED]
        output = subprocess.run(
            [*command, *(["--tta", how] if how else [])], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        found = np.array([[float(row["cat"]), float(row["dog"])] for row in csv.DictReader(output.splitlines())])
        expected = np.mean([probabilities(model, size, photos, how) for model, size, _ in models], axis=0)
        worst = max(worst, np.abs(found - expected).max())
    return worst


def soup(whisker, data, folder):
    size = (32, 32)
    first, second, third = (network(size, 1, seed) for seed in (1, 1, 1))
    keras.utils.set_random_seed(5)
    noise = [0.05 * np.random.standard_normal(weight.shape).astype(np.float32) for weight in first.get_weights()]
    second.set_weights([np.abs(weight + step) for weight, step in zip(first.get_weights(), noise)])
    first.save(folder / "first.keras")
    second.save(folder / "second.keras")
    train = sorted((data / "train").glob("*/*.jpg"))
    subprocess.run(
        [whisker, "average", folder / "first.keras", folder / "second.keras", "--output", folder / "soup.keras", "--data", data,
         "--uniform", "--keep", "--batch-size", str(len(train)), *STATED], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = keras.saving.load_model(folder / "soup.keras")
    third.set_weights([np.mean(pair, axis=0) for pair in zip(first.get_weights(), second.get_weights())])
    for layer in third.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    batch = np.stack([np.asarray(pixels(Image.open(file).convert("RGB"), size), np.float32) for file in train])
    third(batch / np.float32(255), training=True)
    distances = {"weights": 0, "statistics": 0}
    for weight, a, b in zip(third.weights, made.get_weights(), third.get_weights()):
        kind = "statistics" if "moving" in weight.path else "weights"
        distances[kind] = max(distances[kind], (np.abs(a - b) / np.maximum(1, np.abs(b))).max())
    return distances


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--whisker", type=pathlib.Path, default=pathlib.Path(".build/release/whisker"))
    arguments = parser.parse_args()
    whisker = arguments.whisker.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        distances = {"probabilities": predictions(whisker, arguments.data, folder)} | soup(whisker, arguments.data, folder)
    print(", ".join(f"{what} differ by at most {distance:.1e}" for what, distance in distances.items()))
    sys.exit(any(not distance <= LIMITS[what] for what, distance in distances.items()))


if __name__ == "__main__":
    main()
