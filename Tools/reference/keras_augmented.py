"""Trains the recipe `augmented` in Keras, for the figures in docs/results.md.

    python keras_augmented.py DATA [--epochs 100] [--seed 1] [--test]

DATA has train/, validation/ and (for --test) test/, as `whisker split` makes them. Two things differ from the
classic script, both to ask of Keras what the recipe asks: shear is given in the unit that Keras reads today, and
the photos are cycled, so that an epoch has its 100 steps. One thread prepares batches beside the training. One line
of JSON for each epoch; validation is measured every fifth epoch and in each of the last five.
"""

import argparse
import json
import math
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
from keras import layers  # noqa: E402
from keras.src.legacy.preprocessing.image import ImageDataGenerator  # noqa: E402

BATCH, STEPS, SIZE = 32, 100, (150, 150)


class Endless(keras.utils.PyDataset):
    """Batches of a generator in its own order, one pass after another."""

    def __init__(self, batches):
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self.batches = batches

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        while True:
            images, labels = next(self.batches)
            if len(images) == BATCH:
                return images, labels


def network():
    model = keras.Sequential([layers.Input((*SIZE, 3))])
    for filters in (32, 64, 128, 128):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    optimizer = keras.optimizers.RMSprop(1e-4)
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["acc"])
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--test", action="store_true")
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)

    plain = ImageDataGenerator(rescale=1 / 255)
    augmenting = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=40,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=math.degrees(0.2),
        zoom_range=0.2,
        horizontal_flip=True,
    )

    def photos(generator, split, shuffle):
        folder = os.path.join(options.data, split)
        return generator.flow_from_directory(
            folder, target_size=SIZE, batch_size=BATCH, class_mode="binary", shuffle=shuffle
        )

    train = Endless(photos(augmenting, "train", True))
    validation = photos(plain, "validation", False)
    model = network()
    start = time.time()
    for epoch in range(1, options.epochs + 1):
        fitted = model.fit(train, epochs=1, verbose=0, shuffle=False)
        line = {"epoch": epoch, "acc": fitted.history["acc"][0], "loss": fitted.history["loss"][0]}
        if epoch % 5 == 0 or epoch > options.epochs - 5:
            line["val_loss"], line["val_acc"] = model.evaluate(validation, verbose=0)
        line["seconds"] = time.time() - start
        print(json.dumps({key: round(value, 4) for key, value in line.items()}), flush=True)
    if options.test:
        loss, accuracy = model.evaluate(photos(plain, "test", False), verbose=0)
        print(json.dumps({"test_loss": round(loss, 4), "test_acc": round(accuracy, 4)}))


main()
