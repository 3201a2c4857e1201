"""The image networks of keras.applications at full size: what Keras computes with them, and what Whisker does.

    keras_applications.py check CACHE [--release 3.15 2.15] [--network NAME …] [--all] [--table FILE]

CACHE holds the environments that Scripts/peers makes, `keras` and `keras-2.15`; this runs in the first. Each network gets
random weights, is saved by each Keras as .keras and as .h5, whole and without its top (with a global average), and is
trained for two steps of SGD with every layer unfrozen. Compared with Keras, as a part of the norm:

- the logits, without their mean, which no prediction depends on, to 1e-4, and without Winograd's algorithm to 1e-5;
- the features, to 1e-4 and 1e-5;
- the two losses, to 1e-4, and the change from one to the other to 1e-2 of it;
- ONNX in onnxruntime with Whisker without Winograd's algorithm, to 1e-5, nothing said on loading.

Without names it takes one network of each family, the smallest. `--all` takes all that a release has (hours). --table adds
a row for each network and file to a file of Markdown.

    keras_applications.py make FOLDER      in the environment of a release: makes the files of the networks whose names
                                           come line by line, in FOLDER/NAME

**Weights.** Kernels are as Keras draws them; networks without normalisation (VGG) get kernels √2 as large, which keep the
signal through their ReLUs. Biases and offsets are moved by up to 0.2, scales lie within 0.2 of 1; those of ConvNeXt's
layer scales within 0.2 of 0.5, as their own 1e-6 would hide its blocks. The offsets of batch normalisation lie about 1: with
0, half of each ReLU's inputs are cut off, and random networks then enlarge any difference by a fifth in each layer, rounding
too (MobileNet's 8e-6 becomes 9e-7). Then the moving statistics are set to those of a batch of the photos and as many
others, so that the network computes in inference as a trained one does; with Keras's own 0 and 1 activations would grow from
block to block. Dropout and stochastic depth have the rate 0, as they draw other numbers in each program. The learning rate is
such that a step lowers the loss by about 0.05. RegNet of Keras 2.15, which gives logits, gets a softmax.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

import formula

TOOLS = pathlib.Path(__file__).resolve().parent
PACKAGE = TOOLS.parents[1]
# One of each family.
SMALLEST = [
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "EfficientNetV2B0", "ConvNeXtTiny", "DenseNet121",
    "InceptionV3", "InceptionResNetV2", "NASNetMobile", "ResNet50", "ResNet50V2", "VGG16", "Xception",
]
# Keras 3 doesn't have them any more.
SMALLEST_OF_2 = ["RegNetX002", "RegNetY002", "ResNetRS50"]
ENDINGS = ("keras", "h5")
PHOTOS = 2
LIMITS = {
    "logits": 1e-4, "logits, no Winograd": 1e-5, "features": 1e-4, "features, no Winograd": 1e-5, "losses": 1e-4,
    "change of the loss": 1e-2, "ONNX": 1e-5,
}


# MARK: In the environment of a release


def make(folder):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import warnings

    warnings.filterwarnings("ignore")
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    for line in sys.stdin:
        name = line.strip()
        if name == "?":
            names = [name for name in dir(keras.applications) if name[0].isupper()]
            print(json.dumps({"version": keras.__version__, "networks": names}), flush=True)
            continue
        keras.backend.clear_session()
        try:
            files_of(keras, tf, name, folder / name)
            print(json.dumps({"made": name}), flush=True)
        except Exception as error:
            print(json.dumps({"failed": f"{type(error).__name__}: {error}"}), flush=True)


def files_of(keras, tf, name, folder):
    folder.mkdir(parents=True)
    keras.utils.set_random_seed(sum(name.encode()))
    architecture = getattr(keras.applications, name)
    model = architecture(weights=None)
    if model.input_shape[1] is None:
        model = architecture(weights=None, input_shape=(224, 224, 3))
    headless = architecture(weights=None, include_top=False, pooling="avg", input_shape=model.input_shape[1:])
    if getattr(model.layers[-1], "activation", None) is keras.activations.linear:
        # RegNet's last layer.
        model = keras.Model(model.input, keras.layers.Softmax()(model.output))
    fill(keras, model)
    side = model.input_shape[1]
    scales_itself = any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    prepare = (lambda photos: photos * np.float32(255)) if scales_itself else (lambda photos: photos * 2 - 1)
    photos = prepare(formula.photos(f"{name}/images", 2 * PHOTOS, side, side)).astype(np.float32)
    calibrate(keras, model, photos)
    images = photos[:PHOTOS]
    # The layers of the top come last.
    headless.set_weights(model.get_weights()[:len(headless.get_weights())])
    labels = formula.integers(f"{name}/classes", PHOTOS, 1000)
    for network, file in ((model, "whole"), (headless, "features")):
        for ending in ENDINGS:
            network.save(folder / f"{file}.{ending}")
    features = np.asarray(headless(images, training=False))
    logits = logits_of(keras, model, images)
    del headless
    losses, rate = train(keras, tf, model, images, labels)
    np.savez(folder / "reference.npz", images=images, labels=labels.astype(np.float32), rate=np.float32(rate),
             features=features, logits=logits, losses=np.float64(losses))


def is_scale(layer, weight):
    """Whether a weight scales what the layer gives."""
    return weight.name.split("/")[-1].split(":")[0] == "gamma" or type(layer).__name__ == "LayerScale"


def fill(keras, model):
    normalizes = any("Normalization" in type(layer).__name__ for layer in model.layers)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout) or type(layer).__name__ == "StochasticDepth":
            for key in ("rate", "drop_path_rate"):
                if hasattr(layer, key):
                    setattr(layer, key, 0.0)
        if not layer.trainable_weights:
            continue
        count = len(layer.trainable_weights)
        weights = layer.get_weights()
        for index, weight in enumerate(layer.trainable_weights):
            shape = tuple(weight.shape)
            noise = formula.uniform(f"{layer.name}/{index}", shape, 0.2)
            if is_scale(layer, weight):
                weights[index] = (0.5 if type(layer).__name__ == "LayerScale" else 1) + noise
            elif len(shape) == 1:
                weights[index] = weights[index] + noise
                if isinstance(layer, keras.layers.BatchNormalization):
                    weights[index] += 1
            elif not normalizes:
                weights[index] = weights[index] * np.float32(2 ** 0.5)
        assert count <= len(weights)
        layer.set_weights(weights)


def calibrate(keras, model, photos):
    """Makes the moving statistics those of a batch."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    model(photos, training=True)
    for layer, momentum in zip(layers, momenta):
        layer.momentum = momentum


def logits_of(keras, model, images):
    """What goes into the last softmax."""
    last = model.layers[-1]
    values = np.asarray(keras.Model(model.inputs, last.input)(images, training=False), np.float64)
    if isinstance(last, keras.layers.Dense):
        kernel, bias = (np.asarray(weight, np.float64) for weight in last.get_weights())
        values = values @ kernel + bias
    return values


def train(keras, tf, model, images, labels):
    """The losses of two steps, and the learning rate."""
    loss_of, optimizer, losses, rate = keras.losses.SparseCategoricalCrossentropy(), None, [], 0
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(images, training=True)) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables if optimizer is None else variables)
        variables = model.trainable_variables
        losses.append(float(loss))
        if optimizer is None:
            square = sum(float(tf.reduce_sum(tf.square(tf.cast(g, tf.float64)))) for g in gradients)
            rate = float(f"{0.05 / square:.2g}")
            optimizer = keras.optimizers.SGD(rate)
        optimizer.apply_gradients(zip(gradients, variables))
    return losses, rate


# MARK: Whisker's side


class Maker:
    """A process that makes the files of networks in the environment of a release."""

    def __init__(self, python, folder):
        self.process = subprocess.Popen(
            [python, __file__, "make", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL)
        self.about = self.ask("?")

    def ask(self, name):
        self.start(name)
        return self.answer()

    def start(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()

    def answer(self):
        while line := self.process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        return {"failed": f"the process ended ({self.process.wait()})"}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def centred(logits):
    logits = np.asarray(logits, np.float64)
    return logits - logits.mean(axis=1, keepdims=True)


def logarithm(probabilities):
    return centred(np.log(np.asarray(probabilities, np.float64)))


def measured(folder):
    """What Whisker computes: for each file its outputs with and without Winograd's algorithm, and losses."""
    from safetensors import numpy as safetensors

    reference = np.load(folder / "reference.npz")
    safetensors.save_file({key: reference[key].reshape(reference[key].shape or (1,)).astype(np.float32) for key in ("images", "labels", "rate")},
                          folder / "inputs.safetensors")
    command = ["swift", "test", "--configuration", "release", "--skip-build", "--disable-xctest",
               "--filter", "NetworkFolderTests"]
    result = subprocess.run(
        command, cwd=PACKAGE, env={**os.environ, "WHISKER_NETWORKS": str(folder)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if result.returncode != 0:
        raise ValueError(result.stdout[-3000:])
    return reference, safetensors.load_file(folder / "measured.safetensors")


def distances(folder, whisker):
    """By file, how far Whisker is from Keras in each respect."""
    import onnx_check

    reference, found = measured(folder)
    rows = {}
    for ending in ENDINGS:
        losses, expected = found[f"whole.{ending}/losses"].astype(np.float64), reference["losses"]
        rows[ending] = {
            "logits": onnx_check.distance(logarithm(found[f"whole.{ending}/outputs"]), centred(reference["logits"])),
            "logits, no Winograd": onnx_check.distance(
                logarithm(found[f"whole.{ending}/outputs, no Winograd"]), centred(reference["logits"])),
            "features": onnx_check.distance(found[f"features.{ending}/outputs"], reference["features"]),
            "features, no Winograd": onnx_check.distance(
                found[f"features.{ending}/outputs, no Winograd"], reference["features"]),
            "losses": float(np.abs(losses / expected - 1).max()),
            "change of the loss": float(abs((losses[1] - losses[0]) / (expected[1] - expected[0]) - 1)),
        }
        subprocess.run([whisker, "convert", folder / f"whole.{ending}", folder / "whole.onnx", "--overwrite"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        session = onnx_check.session(folder / "whole.onnx")
        ours = found[f"whole.{ending}/outputs, no Winograd"]
        rows[ending]["ONNX"] = onnx_check.distance(
            logarithm(session.run(["predictions"], {"images": reference["images"]})[0]), logarithm(ours))
    return rows


def check(cache, releases, names, takes_all, table):
    whisker = pathlib.Path(os.environ.get("WHISKER", PACKAGE / ".build/release/whisker"))
    failures, worst, count = [], {key: 0.0 for key in LIMITS}, 0
    for release in releases:
        environment = "keras" if release == "3.15" else f"keras-{release}"
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            maker = Maker(pathlib.Path(cache) / environment / "bin/python", folder)
            assert maker.about["version"].startswith(f"{release}."), maker.about
            has = maker.about["networks"]
            chosen = has if takes_all else [name for name in names or SMALLEST + SMALLEST_OF_2 if name in has]
            started = time.monotonic()
            if chosen:
                maker.start(chosen[0])
            for index, name in enumerate(chosen):
                answer = maker.answer()
                # The next is made while Whisker is at this one.
                if index + 1 < len(chosen):
                    maker.start(chosen[index + 1])
                try:
                    if "failed" in answer:
                        raise ValueError(answer["failed"])
                    rows = distances(folder / name, whisker)
                except (ValueError, KeyError, AssertionError, subprocess.CalledProcessError) as error:
                    failures.append(f"{name} of Keras {release}")
                    print(f"{name} of Keras {release}: {error}", flush=True)
                    continue
                finally:
                    shutil.rmtree(folder / name, ignore_errors=True)
                for ending, row in rows.items():
                    count += 1
                    for key, value in row.items():
                        worst[key] = max(worst[key], value)
                        if not value <= LIMITS[key]:
                            failures.append(f"{name}.{ending} of Keras {release}: {key} {value:.1e}")
                    print(f"{name}.{ending} of Keras {release}: "
                          + ", ".join(f"{key} {value:.1e}" for key, value in row.items())
                          + f" ({time.monotonic() - started:.0f} s)", flush=True)
                    if table:
                        with open(table, "a", encoding="utf-8") as file:
                            file.write(f"| {name} | {release} | .{ending} | "
                                       + " | ".join(f"{value:.1e}" for value in row.values()) + " |\n")
                started = time.monotonic()
            maker.close()
    for failure in failures:
        print(f"too far: {failure}", flush=True)
    print(f"{count} files, {len(failures)} too far; at most "
          + ", ".join(f"{key} {value:.1e}" for key, value in worst.items()))
    return not failures and count > 0


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("make").add_argument("folder", type=pathlib.Path)
    checking = commands.add_parser("check")
    checking.add_argument("cache")
    checking.add_argument("--release", nargs="+", default=["3.15", "2.15"])
    checking.add_argument("--network", nargs="+", default=[])
    checking.add_argument("--all", action="store_true")
    checking.add_argument("--table")
    arguments = parser.parse_args()
    if arguments.command == "make":
        make(arguments.folder)
    else:
        sys.exit(not check(arguments.cache, arguments.release, arguments.network, arguments.all, arguments.table))


if __name__ == "__main__":
    main()
