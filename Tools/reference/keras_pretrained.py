"""VGG16, MobileNetV2 and ResNet50 of keras.applications, for Whisker's to be held to.

    keras_pretrained.py write      makes Tests/PretrainedTests/Fixtures/keras-pretrained.json: the layers at full size;
                                   small ones' logits with weights by formula
    keras_pretrained.py check      full size, random weights saved by Keras in three forms, photos by formula: the
                                   largest distance of what `whisker predict` gives (WHISKER=.build/release/whisker)
"""

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

import formula
from digest import digest, versions, write

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/PretrainedTests/Fixtures"
CLASSES = 10
APPLICATIONS = {"vgg16": "VGG16", "mobilenet-v2": "MobileNetV2", "resnet50": "ResNet50"}


def eighth(model):
    """The same network with an eighth of the channels."""
    config = model.get_config()
    for layer in config["layers"]:
        for key in ("filters", "units"):
            if layer["config"].get(key, 0) > CLASSES:
                layer["config"][key] //= 8
        layer.pop("build_config", None)
    return keras.Model.from_config(config)


def small(name):
    make = getattr(keras.applications, APPLICATIONS[name])
    if name == "mobilenet-v2":
        return make(alpha=0.35, weights=None, input_shape=(40, 40, 3), classes=CLASSES, classifier_activation=None), 0.35
    return eighth(make(weights=None, input_shape=(40, 40, 3), classes=CLASSES, classifier_activation=None)), 0.125


def fill(model):
    """Weights by formula: spread enough to keep signals alive; scales and variances about 1."""
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            shape = tuple(weight.shape)
            part = "kernel" if "kernel" in weight.name else weight.name
            if len(shape) > 1:
                fan_in = np.prod(shape[:2] if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[:-1])
                limit, offset = np.float32(np.sqrt(6 / fan_in)), 0
            else:
                limit, offset = 0.25, 1 if part in ("gamma", "moving_variance") else 0
            values.append(formula.uniform(f"{layer.name}/{part}", shape, limit, offset))
        layer.set_weights(values)


def network(name):
    keras.utils.clear_session()
    whole = getattr(keras.applications, APPLICATIONS[name])(weights=None)
    layers = [layer.name for layer in whole.layers if not isinstance(layer, keras.layers.InputLayer)]
    parameters = whole.count_params()
    keras.backend.set_floatx("float64")
    model, width = small(name)
    fill(model)
    images = formula.uniform("keras-pretrained/images", (2, *model.input_shape[1:]))
    logits = model.predict(images.astype(np.float64), verbose=0)
    keras.backend.set_floatx("float32")
    return {
        "name": name, "width": width, "layers": layers, "parameters": parameters,
        "logits": digest("logits", logits, 64),
    }


def check():
    from PIL import Image

    whisker = os.environ.get("WHISKER", ".build/release/whisker")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        photos = []
        for index, pixels in enumerate(formula.photos("pretrained", 3, 224, 224)):
            photos.append(f"{folder}/{index}.png")
            Image.fromarray(np.round(pixels * 255).astype(np.uint8)).save(photos[-1])
        for name, application in APPLICATIONS.items():
            keras.utils.clear_session()
            keras.utils.set_random_seed(1)
            model = getattr(keras.applications, application)(weights=None)
            module = getattr(keras.applications, name.replace("-", "_"))
            images = np.stack([np.asarray(Image.open(path)) for path in photos]).astype(np.float32)
            expected = model.predict(module.preprocess_input(images), verbose=0)
            for ending in ("weights.h5", "keras", "h5"):
                path = f"{folder}/{name}.{ending}"
                model.save_weights(path) if ending == "weights.h5" else model.save(path)
                command = [whisker, "predict", "--network", name, "--weights", path, "--json", "--top", "1000", *photos]
                found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                ours = np.array([sorted(entry["probabilities"].values()) for entry in found])
                distance = np.abs(np.sort(expected, axis=1) - ours).max() / np.abs(expected).max()
                worst = max(worst, float(distance))
                print(f"{name}.{ending}: predictions differ by at most {distance:.1e} of the largest")
    return worst < 1e-4


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(not check())
    else:
        write(
            "keras-pretrained.json",
            {"madeWith": versions(), "precision": "float64", "networks": [network(name) for name in APPLICATIONS]},
            FOLDER)
