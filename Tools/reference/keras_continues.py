"""Trains a model in Keras or in Whisker and goes on in the other, with the losses that it would have had where it was.

    python keras_continues.py [check]         both ways (the command's path in WHISKER), with whichever Keras this runs with
    python keras_continues.py write           Fixtures/keras-continues.json and its models; with Keras 2.15,
                                              keras-continues-legacy.json

A step sees all photos, so that it doesn't matter in which order they come; an epoch is a few such steps. Validation photos
are others, so that the moving statistics show, too. Nothing may be further off than 1e-3, and training that goes on with a new
optimizer must be, or the comparison would show nothing.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import h5py
import keras
import numpy as np
import tensorflow as tf

import formula
from digest import FIXTURES
from digest import write as write_fixture

VERSION = keras.__version__
L = keras.layers
SIDE, COUNT, STEPS, EPOCHS = 16, 6, 4, 3
LIMIT = 1e-3


def optimizers():
    """Each with what would go unseen if it were lost."""
    o = keras.optimizers
    return {
        "adam": lambda: o.Adam(0.01),
        "amsgrad": lambda: o.Adam(0.01, beta_1=0.8, amsgrad=True),
        "adamw": lambda: o.AdamW(0.01, weight_decay=0.05),
        "rmsprop": lambda: o.RMSprop(0.004),
        "centered": lambda: o.RMSprop(0.002, rho=0.8, momentum=0.5, centered=True),
        "momentum": lambda: o.SGD(0.05, momentum=0.9),
        "nesterov": lambda: o.SGD(0.05, momentum=0.9, nesterov=True),
        "decayed": lambda: o.SGD(0.05, momentum=0.8, weight_decay=0.02),
        "scheduled": lambda: o.Adam(o.schedules.CosineDecay(0.02, 2 * EPOCHS * STEPS)),
        "clipped": lambda: o.SGD(0.5, momentum=0.9, global_clipnorm=0.1),
        "clipnorm": lambda: o.SGD(0.5, momentum=0.9, clipnorm=0.05),
        "clipvalue": lambda: o.SGD(0.5, momentum=0.9, clipvalue=0.01),
    } | ({
        # 12 batches are two and a half steps: what is summed up must go on.
        "accumulated": lambda: o.SGD(0.2, momentum=0.9, gradient_accumulation_steps=5),
        "accumulated_adam": lambda: o.Adam(0.02, amsgrad=True, gradient_accumulation_steps=5),
    } if accumulates() else {})


def accumulates():
    """Whether this Keras sums up gradients over several batches."""
    return VERSION.startswith("3.") and int(VERSION.split(".")[1]) >= 2


# The same in a recipe.
RECIPES = {
    "adam": "adam: {learning_rate: 0.01}",
    "amsgrad": "adam: {learning_rate: 0.01, beta_1: 0.8, amsgrad: true}",
    "adamw": "adamw: {learning_rate: 0.01, weight_decay: 0.05}",
    "rmsprop": "rmsprop: {learning_rate: 0.004}",
    "centered": "rmsprop: {learning_rate: 0.002, rho: 0.8, momentum: 0.5, centered: true}",
    "momentum": "sgd: {learning_rate: 0.05, momentum: 0.9}",
    "nesterov": "sgd: {learning_rate: 0.05, momentum: 0.9, nesterov: true}",
    "decayed": "sgd: {learning_rate: 0.05, momentum: 0.8, weight_decay: 0.02}",
    "clipped": "sgd: {learning_rate: 0.5, momentum: 0.9, global_clipnorm: 0.1}",
    "clipnorm": "sgd: {learning_rate: 0.5, momentum: 0.9, clipnorm: 0.05}",
    "clipvalue": "sgd: {learning_rate: 0.5, momentum: 0.9, clipvalue: 0.01}",
    "accumulated": "sgd: {learning_rate: 0.2, momentum: 0.9, gradient_accumulation_steps: 5}",
    "accumulated_adam": "adam: {learning_rate: 0.02, amsgrad: true, gradient_accumulation_steps: 5}",
}
NETWORK = """
name: continues
image: {height: %d, width: %d}
network:
  - Conv2D: {filters: 6, kernel_size: 3, use_bias: false, kernel_regularizer: {l2: 0.01}}
  - BatchNormalization: {momentum: 0.8}
  - ReLU
  - MaxPooling2D
  - Conv2D: {filters: 8, kernel_size: 3, activation: relu}
  - GlobalAveragePooling2D
  - Output
optimizer:
  %s
training: {batch_size: %d, steps_per_epoch: %d, epochs: %d}
"""


def network(classes):
    return keras.Sequential([
        keras.Input((SIDE, SIDE, 3)), L.Conv2D(6, 3, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.01)),
        L.BatchNormalization(momentum=0.8), L.ReLU(), L.MaxPooling2D(2), L.Conv2D(8, 3, activation="relu"),
        L.GlobalAveragePooling2D(),
        L.Dense(1, activation="sigmoid") if classes == 2 else L.Dense(classes, activation="softmax")])


def pixels(part, label, index):
    """A photo of noise that is a little stronger in the channel of its class."""
    noise = formula.integers(f"continues/{part}/{label}/{index}", SIDE * SIDE * 3, 200).reshape(SIDE, SIDE, 3)
    return (noise + 36 * (np.arange(3) == label)).astype(np.uint8)


def photos(part, classes):
    """All photos of a part and their labels."""
    pairs = [(pixels(part, label, index), label) for label in range(classes) for index in range(COUNT)]
    return np.stack([photo for photo, _ in pairs]).astype(np.float32) * np.float32(1 / 255), np.array([c for _, c in pairs])


def write_photos(folder, classes):
    for part in ("train", "validation"):
        for label in range(classes):
            place = folder / part / "abc"[label]
            place.mkdir(parents=True)
            for index in range(COUNT):
                tf.io.write_file(str(place / f"{index}.png"), tf.io.encode_png(pixels(part, label, index)))
    return folder


def fit(model, classes, epochs):
    """Losses and validation losses of a few epochs."""
    x, y = photos("train", classes)
    shape = (STEPS, 1, 1, 1)
    history = model.fit(
        np.tile(x, shape), np.tile(y, STEPS), batch_size=len(x), epochs=epochs, shuffle=False, verbose=0,
        validation_data=photos("validation", classes)).history
    return np.array([history["loss"], history["val_loss"]]).T


def resumed(file):
    """A model of a file, ready to go on."""
    model = keras.models.load_model(file)
    if file.suffix == ".h5" and VERSION.startswith("3."):
        # Keras 3 can't train what it loads from .h5, its own files neither: the optimizer gets no variables.
        optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
        optimizer.build(model.trainable_variables)
        with h5py.File(file) as stored:
            group = stored["optimizer_weights"]
            values = [group[name][()] for name in group.attrs["weight_names"]]
        for variable, value in zip(optimizer.variables, values, strict=True):
            variable.assign(value)
        model.compile(optimizer, model.loss)
    return model


def compiled(classes, optimizer):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    model = network(classes)
    model.compile(optimizer(), "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy")
    return model


def train(data, output, classes, epochs, *options):
    """Trains in Whisker and returns losses and validation losses."""
    command = [os.environ["WHISKER"], "train", data, "--output", output, "--epochs", epochs, "--no-tensorboard", *options]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command}: {result.stderr}")
    rows = (pathlib.Path(output) / "history.csv").read_text().splitlines()
    columns = [rows[0].split(",").index(name) for name in ("loss", "val_loss")]
    return np.array([[float(row.split(",")[column]) for column in columns] for row in rows[1:]])


class Comparison:
    def __init__(self):
        self.worst, self.count = 0.0, 0

    def __call__(self, what, expected, found, anew):
        """Compares losses with those of staying, and sees that a new optimizer's are others."""
        apart, control = np.abs(found - expected).max(), np.abs(anew - expected).max()
        print(f"{what}: {apart:.1e} off, {control:.1e} with a new optimizer", flush=True)
        if not apart <= LIMIT:
            sys.exit(f"{what}: expected {expected.tolist()}, got {found.tolist()}")
        if not control > 3 * LIMIT:
            sys.exit(f"{what}: a new optimizer is only {control} off; the comparison shows nothing")
        self.worst, self.count = max(self.worst, apart), self.count + 1


def from_keras(name, optimizer, classes, folder, compare):
    data = write_photos(folder / "data", classes)
    model = compiled(classes, optimizer)
    fit(model, classes, EPOCHS)
    files = [folder / f"{name}.{ending}" for ending in ("keras", "h5")]
    for file in files:
        model.save(file)
    weights = model.get_weights()
    expected = fit(model, classes, EPOCHS)
    other = compiled(classes, optimizer)
    other.set_weights(weights)
    anew = fit(other, classes, EPOCHS)
    steps = ["--batch-size", classes * COUNT, "--steps-per-epoch", STEPS, "--rescale", "1/255", "--resize", "nearest"]
    for file in files:
        found = train(data, folder / f"run-{file.suffix}", classes, EPOCHS, "--from", file, *steps)
        compare(f"{name}{file.suffix} of Keras {VERSION}, in Whisker", expected, found, anew)


def from_whisker(name, optimizer, classes, folder, compare):
    data = write_photos(folder / "data", classes)
    recipe = folder / "recipe.yaml"
    recipe.write_text(NETWORK % (SIDE, SIDE, RECIPES[name], classes * COUNT, STEPS, EPOCHS))
    whole = train(data, folder / "whole", classes, 2 * EPOCHS, "--recipe", recipe)
    half = train(data, folder / "half", classes, EPOCHS, "--recipe", recipe)
    if not np.array_equal(whole[:EPOCHS], half):
        sys.exit(f"{name}: the same training gave {whole[:EPOCHS]} and {half}")
    for ending in ("keras", "h5"):
        model = resumed(folder / "half" / f"model.{ending}")
        weights = model.get_weights()
        found = fit(model, classes, EPOCHS)
        model = compiled(classes, optimizer)
        model.set_weights(weights)
        compare(f"{name} of Whisker, model.{ending} in Keras {VERSION}", whole[EPOCHS:], found, fit(model, classes, EPOCHS))


def check():
    compare = Comparison()
    for index, (name, optimizer) in enumerate(optimizers().items()):
        classes = 2 + index % 2
        with tempfile.TemporaryDirectory() as folder:
            from_keras(name, optimizer, classes, pathlib.Path(folder), compare)
        # What Whisker writes is for Keras 3.
        if name in RECIPES and VERSION.startswith("3."):
            with tempfile.TemporaryDirectory() as folder:
                from_whisker(name, optimizer, classes, pathlib.Path(folder), compare)
    print(f"{compare.count} trainings went on in Keras {VERSION} or from it: at most {compare.worst:.1e} off")


# Of each, in which files.
WRITTEN = {
    "3": {
        "adam": ["keras"], "centered": ["h5"], "scheduled": ["keras"], "clipped": ["keras"], "clipvalue": ["h5"],
        "accumulated": ["keras"], "accumulated_adam": ["h5"],
    },
    "2": {"momentum": ["h5"], "adamw": ["keras"]},
}


def write():
    """A few of the files, and the losses with which training would have gone on."""
    release = VERSION.split(".")[0]
    (FIXTURES / "keras-continues").mkdir(exist_ok=True)
    cases = []
    for index, (name, endings) in enumerate(WRITTEN[release].items()):
        classes = 2 + index % 2
        model = compiled(classes, optimizers()[name])
        fit(model, classes, EPOCHS)
        files = [f"{release}-{name}.{ending}" for ending in endings]
        for file in files:
            model.save(FIXTURES / "keras-continues" / file)
        losses = fit(model, classes, EPOCHS).tolist()
        cases += [{"file": file, "classes": classes, "losses": losses} for file in files]
    write_fixture("keras-continues.json" if release == "3" else "keras-continues-legacy.json", {
        "madeWith": f"Keras {VERSION}", "precision": "float32", "side": SIDE, "photosPerClass": COUNT,
        "stepsPerEpoch": STEPS, "cases": cases})


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    else:
        check()
