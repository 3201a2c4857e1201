"""The built-in recipes in Keras, measured: the other side of compare.py, run by it or by itself.

    python keras_benchmark.py step --batch-size 32
    python keras_benchmark.py augment DATA --batch-size 32
    python keras_benchmark.py files DATA --recipe baseline --batch-size 20 --epochs 3 --steps-per-epoch 100

Prints one JSON object: imagesPerSecond and peakMemoryBytes, for files also seconds (from the first step to the last
validation) and history.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import argparse
import contextlib
import json
import math
import pathlib
import resource
import statistics
import sys
import time

import keras
import numpy as np
from keras import layers

SIDE = 150


# Keras counts shear in degrees; the classic recipe's 0.2 was written when it counted in radians.
CLASSIC_AUGMENTATION = {
    "rotation_range": 40, "width_shift_range": 0.2, "height_shift_range": 0.2, "shear_range": math.degrees(0.2),
    "zoom_range": 0.2, "horizontal_flip": True,
}


def network(recipe="baseline"):
    is_augmented = recipe == "augmented"
    model = keras.Sequential([layers.Input((SIDE, SIDE, 3))])
    for filters in (32, 64, 128, 128):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    if is_augmented:
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    rate = 1e-4 if is_augmented else 1e-3
    model.compile(keras.optimizers.RMSprop(rate), "binary_crossentropy", metrics=["acc"])
    return model


def measure_step(batch_size, steps=20, rounds=5):
    """The median rate of fit on photos in memory, after a first fit that compiles and warms up."""
    random = np.random.default_rng(0)
    photos = random.random((batch_size * steps, SIDE, SIDE, 3), np.float32)
    labels = random.integers(0, 2, batch_size * steps).astype(np.float32)
    model = network()
    rates = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        model.fit(photos, labels, batch_size=batch_size, verbose=0)
        rates.append(len(photos) / (time.perf_counter() - start))
    return {"imagesPerSecond": statistics.median(rates[1:])}


def generator(folder, batch_size, shuffle, augmentation={}):
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    return ImageDataGenerator(rescale=1 / 255, **augmentation).flow_from_directory(
        folder, target_size=(SIDE, SIDE), batch_size=batch_size, class_mode="binary", shuffle=shuffle)


def endless(batches):
    """The batches of a generator again and again, so that an epoch may be longer than a pass."""
    while True:
        yield next(batches)


def measure_augment(folder, batch_size, batches=10, rounds=5):
    """The median rate of the generator that augments, alone."""
    with contextlib.redirect_stdout(sys.stderr):
        source = endless(generator(folder / "train", batch_size, True, CLASSIC_AUGMENTATION))
    rates = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        count = sum(len(next(source)[0]) for _ in range(batches))
        rates.append(count / (time.perf_counter() - start))
    return {"imagesPerSecond": statistics.median(rates[1:])}


def dataset(folder, batch_size, shuffle):
    import tensorflow as tf

    data = keras.utils.image_dataset_from_directory(
        folder, label_mode="binary", image_size=(SIDE, SIDE), interpolation="nearest", batch_size=batch_size,
        shuffle=shuffle)
    data = data.map(lambda x, y: (x / 255, y), num_parallel_calls=tf.data.AUTOTUNE)
    return (data.repeat() if shuffle else data).prefetch(tf.data.AUTOTUNE)


def measure_files(folder, batch_size, epochs, steps, inputs, recipe):
    """The time of fit on a folder's train/ with its validation/, a whole pass after each epoch."""
    source = {"generator": generator, "dataset": dataset}[inputs]
    with contextlib.redirect_stdout(sys.stderr):  # where Keras counts the files
        if recipe == "augmented":
            train = endless(generator(folder / "train", batch_size, True, CLASSIC_AUGMENTATION))
        else:
            train = source(folder / "train", batch_size, True)
        validation = source(folder / "validation", batch_size, False)
    times = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: times or times.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()))
    history = network(recipe).fit(
        train, steps_per_epoch=steps, epochs=epochs, validation_data=validation, callbacks=[watch], verbose=0).history
    seconds = times[-1] - times[0]
    if len(history["loss"]) != epochs:
        sys.exit("Keras ran out of photos: ask for fewer steps in an epoch")
    return {"imagesPerSecond": batch_size * steps * epochs / seconds, "seconds": seconds, "history": history}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", choices=["step", "augment", "files"])
    parser.add_argument("data", nargs="?", type=pathlib.Path)
    parser.add_argument("--recipe", choices=["baseline", "augmented"], default="baseline")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steps-per-epoch", type=int, default=100)
    parser.add_argument("--input", choices=["generator", "dataset"], default="generator")
    options = parser.parse_args()
    if options.benchmark == "step":
        result = measure_step(options.batch_size)
    elif options.data is None:
        parser.error("expected a folder with train/ and validation/")
    elif options.benchmark == "augment":
        result = measure_augment(options.data, options.batch_size)
    else:
        result = measure_files(
            options.data, options.batch_size, options.epochs, options.steps_per_epoch, options.input,
            options.recipe)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(result | {"batchSize": options.batch_size, "peakMemoryBytes": peak}))


if __name__ == "__main__":
    main()
