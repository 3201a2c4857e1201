"""Sends real networks from Keras through Whisker and back, and prints how far what they predict lies apart.

    python keras_roundtrip.py [--whisker .build/release/whisker] [MODEL …]

Each network gets random weights from keras.applications, is saved by Keras as .keras and .h5, read by Whisker and
written anew in both formats (`whisker convert`), and read by Keras again. What is printed is the distance of the
predictions, as a part of their norm, and whether the optimizer's state came through. Nothing may exceed 1e-5.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

import formula

L = keras.layers
LIMIT = 1e-5


def baseline():
    return keras.Sequential([
        keras.Input((150, 150, 3)),
        L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(128, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(128, 3, activation="relu"), L.MaxPooling2D(2),
        L.Flatten(), L.Dropout(0.5), L.Dense(512, activation="relu"), L.Dense(1, activation="sigmoid"),
    ])


def residual():
    x = keras.Input((96, 96, 3))
    y = L.BatchNormalization()(L.Conv2D(16, 3, padding="same", use_bias=False)(x))
    for filters in (16, 32, 64):
        shortcut = L.BatchNormalization()(L.Conv2D(filters, 1, strides=2, padding="same")(y))
        y = L.SeparableConv2D(filters, 3, padding="same", activation="relu")(y)
        y = L.BatchNormalization()(y)
        y = L.SeparableConv2D(filters, 3, padding="same")(y)
        y = L.MaxPooling2D(3, strides=2, padding="same")(y)
        y = L.Add()([y, shortcut])
    y = L.Concatenate()([L.GlobalAveragePooling2D()(y), L.GlobalMaxPooling2D()(y)])
    return keras.Model(x, L.Dense(10, activation="softmax")(y))


MODELS = {
    "baseline": baseline,
    "residual": residual,
    "VGG16": lambda: keras.applications.VGG16(weights=None),
    "MobileNet": lambda: keras.applications.MobileNet(weights=None),
}


def distance(expected, found):
    return float(np.linalg.norm(expected - found) / np.linalg.norm(expected))


def round_trip(name, whisker, folder):
    keras.utils.set_random_seed(1)
    model = MODELS[name]()
    shape = model.input_shape[1:]
    images = formula.uniform(f"roundtrip/{name}", (2, *shape), 0.5, 0.5)
    outputs = model.output_shape[-1]
    loss = "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(1e-3, momentum=0.9), loss)
    model.train_on_batch(images, np.zeros(2))
    expected = model.predict(images, verbose=0)
    state = [np.array(v) for v in model.optimizer.variables]
    # First the archive: writing .h5 takes the optimizer out of the model's own configuration.
    for source in ("keras", "h5"):
        model.save(folder / f"{name}.{source}")
    worst = 0.0
    for source in ("keras", "h5"):
        for target in ("keras", "h5"):
            out = folder / f"{name}-{source}.{target}"
            subprocess.run([whisker, "convert", folder / f"{name}.{source}", out], check=True)
            back = keras.models.load_model(out)
            apart = distance(expected, back.predict(images, verbose=0))
            worst = max(worst, apart)
            note = ""
            if target == "keras":
                found = [np.array(v) for v in back.optimizer.variables]
                same = len(found) == len(state) and all(np.array_equal(a, b) for a, b in zip(state, found))
                back.train_on_batch(images, np.zeros(2))
                note = "optimizer's state the same, training goes on" if same else "OPTIMIZER'S STATE DIFFERS"
                worst = worst if same else float("inf")
            print(f"{name}: .{source} -> Whisker -> .{target}: {apart:.1e} {note}", flush=True)
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--whisker", type=pathlib.Path, default=".build/release/whisker")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        worst = max(round_trip(name, arguments.whisker, pathlib.Path(folder)) for name in arguments.models)
    print(f"worst: {worst:.1e} (at most {LIMIT:.0e} is allowed)")
    sys.exit(worst > LIMIT)


if __name__ == "__main__":
    main()
