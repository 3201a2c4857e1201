"""Trains the recipe `augmented` in Keras, for the figures in docs/results.md.

    python keras_augmented.py DATA [--epochs 100] [--seed 1] [--test]

DATA has train/, validation/ and (for --test) test/, as `whisker split` makes them. Two things differ from the
classic script, both to ask of Keras what the recipe asks: shear is given in the unit that Keras reads today, and
the photos are cycled, so that an epoch has its 100 steps. One thread prepares batches beside the training. One line
of JSON for each epoch; validation is measured every fifth epoch and in each of the last five.
"""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"))

from keras_benchmark import CLASSIC_AUGMENTATION, generator, keras, network  # noqa: E402

BATCH, STEPS = 32, 100


class Endless(keras.utils.PyDataset):
    """Full batches of a generator in its own order, one pass after another."""

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--test", action="store_true")
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)

    train = Endless(generator(options.data / "train", BATCH, True, CLASSIC_AUGMENTATION))
    validation = generator(options.data / "validation", BATCH, False)
    model = network("augmented")
    start = time.time()
    for epoch in range(1, options.epochs + 1):
        fitted = model.fit(train, epochs=1, verbose=0, shuffle=False)
        line = {"epoch": epoch, "acc": fitted.history["acc"][0], "loss": fitted.history["loss"][0]}
        if epoch % 5 == 0 or epoch > options.epochs - 5:
            line["val_loss"], line["val_acc"] = model.evaluate(validation, verbose=0)
        line["seconds"] = time.time() - start
        print(json.dumps({key: round(value, 4) for key, value in line.items()}), flush=True)
    if options.test:
        loss, accuracy = model.evaluate(generator(options.data / "test", BATCH, False), verbose=0)
        print(json.dumps({"test_loss": round(loss, 4), "test_acc": round(accuracy, 4)}))


main()
