"""Sends real networks between Keras and Whisker, both ways, and prints how far what they predict lies apart.

    python keras_roundtrip.py [--whisker .build/release/whisker] [NETWORK …]

Each network gets random weights that keep its signals alive and is trained by Keras for a step. Its logits, computed by
Keras, are compared with

- those of `whisker predict`, given the .keras and .h5 files that Keras wrote, and Whisker's own file;
- those of Keras, given the files that Whisker wrote from each of them (`whisker convert`);
- those of onnxruntime, given the ONNX file that Whisker wrote.

Then training goes on in Keras, from its own state and from Whisker's .keras file, and must take the same steps. `trained`
is a model that `whisker train` trained on sketches. Logits are compared without their mean, which no prediction depends
on; what is printed is the distance as a part of the norm, and nothing may exceed 2e-5. It wants onnx, onnxruntime and
pillow beside Keras.
"""

import argparse
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
from PIL import Image

import formula
import keras_layer_networks
import onnx_check
from keras_layers import application_layer

L = keras.layers
# Winograd's algorithm, which Whisker takes where the processor has it, is exact to about 1e-5.
LIMIT = 2e-5


def baseline():
    return keras.Sequential([
        keras.Input((150, 150, 3)),
        L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(128, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(128, 3, activation="relu"), L.MaxPooling2D(2),
        L.Flatten(), L.Dense(512, activation="relu"), L.Dense(1, activation="sigmoid"),
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


def transfer():
    """A published network in the place of a layer."""
    base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(96, 96, 3))
    return keras.Sequential([
        keras.Input((96, 96, 3)), base, L.GlobalAveragePooling2D(), L.Dense(2, activation="softmax"),
    ])


NETWORKS = {
    "baseline": baseline,
    "residual": residual,
    "VGG16": lambda: keras.applications.VGG16(weights=None),
    # Dropout draws differently in each process.
    "MobileNet": lambda: keras.applications.MobileNet(weights=None, dropout=0),
    "transfer": transfer,
    **keras_layer_networks.NETWORKS,
}
# What changes photos at random draws differently in each process, and Keras can't write and read all of it as .h5.
RANDOM = ("idle",)
# Keras finds these by itself in .keras files only.
CUSTOM = {name: type(application_layer(name, config)) for name, config in (
    ("LayerScale", {"init_values": 1.0, "projection_dim": 1}), ("StochasticDepth", {"drop_path_rate": 0.0}),
    ("CustomScaleLayer", {"scale": 1.0}),
)}
COUNT = 3


def distance(expected, found):
    return float(np.linalg.norm(expected - found) / np.linalg.norm(expected))


def centred(logits):
    logits = np.asarray(logits, np.float64)
    if logits.shape[1] == 1:
        # The first class has the other probability.
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    return logits - logits.mean(axis=1, keepdims=True)


def keras_logits(model, images):
    """What goes into the last sigmoid or softmax."""
    last = model.layers[-1]
    values = np.asarray(keras.Model(model.inputs, last.input).predict(images, verbose=0), np.float64)
    if isinstance(last, L.Dense):
        kernel, bias = (np.asarray(w, np.float64) for w in last.get_weights())
        values = values @ kernel + bias
    return centred(values)


def whisker_logits(whisker, file, photos, classes, *options):
    printed = subprocess.run(
        [whisker, "predict", file, *photos, "--json", *options], check=True, capture_output=True).stdout
    return centred([
        [np.log(photo["probabilities"][name]) for name in classes] for photo in json.loads(printed)
    ])


def onnx_logits(file, images):
    found = np.asarray(onnx_check.session(file).run(["predictions"], {"images": images})[0], np.float64)
    if found.shape[1] == 1:
        return centred(np.log(found) - np.log1p(-found))
    return centred(np.log(found))


def write_photos(folder, name, shape):
    """Photos as files, and the numbers that a network gets of them."""
    pixels = np.rint(formula.photos(f"roundtrip/{name}", COUNT, *shape[:2]) * 255).clip(0, 255).astype(np.uint8)
    paths = [folder / f"{name}-{index}.png" for index in range(COUNT)]
    for path, photo in zip(paths, pixels):
        Image.fromarray(photo).save(path)
    return paths, pixels.astype(np.float32) * np.float32(1 / 255)


class Report:
    def __init__(self):
        self.worst = 0.0

    def __call__(self, name, what, apart):
        self.worst = max(self.worst, apart if apart == apart else float("inf"))
        print(f"{name}: {what}: {apart:.1e}", flush=True)


def convert(whisker, source, target):
    subprocess.run([whisker, "convert", source, target, "--overwrite"], check=True, stdout=subprocess.DEVNULL)


def train(model, images, steps=3):
    """Takes a few steps and returns all weights in one row."""
    for _ in range(steps):
        model.train_on_batch(images, np.arange(COUNT) % 2)
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


def round_trip(name, whisker, folder, report):
    from keras_networks import filled

    keras.utils.set_random_seed(1)
    model = NETWORKS[name]()
    filled(model)
    photos, images = write_photos(folder, name, model.input_shape[1:])
    outputs = model.output_shape[-1]
    classes = [f"class{index}" for index in range(max(2, outputs))]
    loss = "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(1e-4, momentum=0.9), loss)
    train(model, images, 1)
    expected = keras_logits(model, images)
    stated = ["--rescale", "1/255", "--resize", "nearest", "--class-names", ",".join(classes)]
    # First the archive: writing .h5 takes the optimizer out of the model's own configuration.
    sources = ("keras",) if name in RANDOM else ("keras", "h5")
    for source in sources:
        model.save(folder / f"{name}.{source}")
    own = folder / f"{name}.safetensors"
    convert(whisker, folder / f"{name}.keras", own)
    for source in (*sources, "safetensors"):
        found = whisker_logits(whisker, folder / f"{name}.{source}", photos, classes, *stated)
        report(name, f"Whisker, from .{source}", distance(expected, found))
        for target in sources:
            out = folder / f"{name}-{source}.{target}"
            convert(whisker, folder / f"{name}.{source}", out)
            back = keras.models.load_model(out, custom_objects=CUSTOM if target == "h5" else None)
            report(name, f".{source} -> Whisker -> .{target}, in Keras", distance(expected, keras_logits(back, images)))
    convert(whisker, own, folder / f"{name}.onnx")
    report(name, "Whisker -> .onnx, in onnxruntime", distance(expected, onnx_logits(folder / f"{name}.onnx", images)))
    back = keras.models.load_model(folder / f"{name}-keras.keras")
    state, found = ([np.array(v) for v in m.optimizer.variables] for m in (model, back))
    same = len(found) == len(state) and all(np.array_equal(a, b) for a, b in zip(state, found))
    report(name, "the optimizer's state, through Whisker", 0.0 if same else float("inf"))
    if name in RANDOM:
        return
    report(name, "three more steps in Keras, from Whisker's file", distance(train(model, images), train(back, images)))


def trained(whisker, folder, report):
    """A model of Whisker's own training, which goes on in Keras."""
    run = folder / "run"
    for arguments in (
        ["sketches", folder / "sketches", "--per-class", "20"],
        ["split", folder / "sketches", folder / "data", "--train", "10", "--validation", "5", "--test", "5"],
        ["train", folder / "data", "--output", run, "--epochs", "1", "--steps-per-epoch", "4"],
    ):
        subprocess.run([whisker, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    photos, images = write_photos(folder, "trained", (150, 150, 3))
    expected = whisker_logits(whisker, run / "model.safetensors", photos, ["cat", "dog"])
    for ending in ("keras", "h5"):
        report("trained", f"Whisker, from model.{ending}", distance(
            expected, whisker_logits(whisker, run / f"model.{ending}", photos, ["cat", "dog"])))
        model = keras.models.load_model(run / f"model.{ending}")
        report("trained", f"model.{ending}, in Keras", distance(expected, keras_logits(model, images)))
    model = keras.models.load_model(run / "model.keras")
    assert int(model.optimizer.iterations) == 4, "expected the step of Whisker's training"
    assert all(np.any(np.array(v)) for v in model.optimizer.variables), "expected the velocities of its training"
    train(model, images)
    assert int(model.optimizer.iterations) == 7
    print("trained: model.keras goes on in Keras from step 4 with its optimizer's state", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="*", default=[*NETWORKS, "trained"])
    parser.add_argument("--whisker", type=pathlib.Path, default=pathlib.Path(".build/release/whisker"))
    arguments = parser.parse_args()
    whisker, report = arguments.whisker.resolve(), Report()
    for name in arguments.networks:
        with tempfile.TemporaryDirectory() as folder:
            if name == "trained":
                trained(whisker, pathlib.Path(folder), report)
            else:
                round_trip(name, whisker, pathlib.Path(folder), report)
    print(f"worst: {report.worst:.1e} (at most {LIMIT:.0e} is allowed)")
    sys.exit(report.worst > LIMIT)


if __name__ == "__main__":
    main()
