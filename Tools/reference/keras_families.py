"""Makes keras-families.zip: a small network of each family of keras.applications, as Keras's .h5 files describe it, what it
predicts, and its losses in two steps of training with every layer unfrozen.

    keras_families.py              in the environment of a release: replaces the entries of that release

The entry RELEASE-NAME.json has the form of keras-networks.json's networks. Channels are an eighth of the real ones where
that leaves a network, photos are small, weights are by formula: those of the last layer so large that the logits spread by
about 1. Dropout and stochastic depth have the rate 0, as they draw other numbers in each program. The learning rate is such
that a step lowers the loss by about 0.05. (The real networks are compared by keras_applications.py.)
"""

import json
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import h5py
import keras
import numpy as np
import tensorflow as tf

import formula
from digest import FIXTURES, digest, rounded
from keras_applications import train

RELEASE = ".".join(keras.__version__.split(".")[:2])
BATCH, CLASSES = 4, 10
# The least side of a photo, and what makes a network small.
ALL = {
    "MobileNetV2": (48, {"alpha": 0.35}), "MobileNetV3Small": (48, {"alpha": 0.75, "minimalistic": False}),
    "EfficientNetB0": (48, {}), "EfficientNetV2B0": (48, {}), "ConvNeXtTiny": (48, {}), "DenseNet121": (48, {}),
    "InceptionV3": (75, {}), "InceptionResNetV2": (75, {}), "NASNetMobile": (48, {}), "ResNet50": (48, {}),
    "ResNet50V2": (48, {}), "Xception": (71, {}),
}
# Of Keras 2 what Keras 3 hasn't, and those that it describes in another way.
OF_2 = {
    "RegNetX002": (48, {}), "RegNetY002": (48, {}), "ResNetRS50": (48, {}), "MobileNetV3Small": (48, {"alpha": 0.75}),
    "ConvNeXtTiny": (48, {}),
}
# Those whose channels can't be divided.
WHOLE = ("NASNetMobile", "MobileNetV2", "MobileNetV3Small")


def small(name, side, settings):
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classes=CLASSES, **settings)
    if name not in WHOLE:
        model = narrow(model)
    for layer in model.layers:
        for key in ("rate", "drop_path_rate"):
            if hasattr(layer, key):
                setattr(layer, key, 0.0)
    if getattr(model.layers[-1], "activation", None) is keras.activations.linear:
        model = keras.Model(model.input, keras.layers.Softmax()(model.output))
    return model


def narrow(model):
    """The same network with an eighth of the channels."""
    config = model.get_config()
    objects = {type(layer).__name__: type(layer) for layer in model.layers}
    layers = list(config["layers"])
    for layer in layers:
        inside = layer["config"]
        layers += inside.get("layers", [])
        if inside.get("groups", 1) == inside.get("filters"):
            inside["groups"] //= 8
        for key in ("filters", "units", "projection_dim"):
            if inside.get(key, 0) > CLASSES:
                inside[key] //= 8
        for key in ("batch_shape", "batch_input_shape"):
            if key in inside and inside[key][-1] > CLASSES:
                inside[key] = (*inside[key][:-1], inside[key][-1] // 8)
        for key in ("build_config", "build_input_shape"):
            layer.pop(key, None)
            inside.pop(key, None)
        if layer["class_name"] == "Reshape" and inside["target_shape"][-1] > CLASSES:
            inside["target_shape"] = [*inside["target_shape"][:-1], inside["target_shape"][-1] // 8]
    return keras.Model.from_config(config, custom_objects=objects)


def described(model):
    """The description and the names of the weights of each layer, as a file has them."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.h5"
        model.save(path)
        with h5py.File(path) as file:
            config = file.attrs["model_config"]
            groups = file["model_weights"]
            names = {layer.name: [str(n.decode() if isinstance(n, bytes) else n)
                                  for n in groups[layer.name].attrs.get("weight_names", [])] for layer in model.layers}
    return config if isinstance(config, str) else config.decode(), names


def fill(model, names, last):
    """Weights by formula; `last` is how much larger those of the last layer with weights are."""
    made = []
    final = [layer for layer in model.layers if layer.weights][-1]
    for layer in model.layers:
        values = []
        for weight, name in zip(layer.weights, names.get(layer.name, [])):
            shape, part = tuple(weight.shape), name.split("/")[-1].split(":")[0]
            is_layer_scale = type(layer).__name__ == "LayerScale"
            is_scale = part in ("gamma", "moving_variance", "variance") or is_layer_scale
            limit = 0.25
            if len(shape) > 1:
                is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D) or part == "depthwise_kernel"
                limit = np.sqrt(3 / int(np.prod(shape[:2] if is_depthwise else shape[:-1])))
            limit = float(f"{limit * (last if layer is final and len(shape) > 1 else 1):.4g}")
            # Offsets as in keras_applications.py, which says why.
            is_one = is_scale or part == "beta" and isinstance(layer, keras.layers.BatchNormalization)
            entry = {"layer": layer.name, "name": name, "shape": list(shape), "limit": limit,
                     "offset": 0.5 if is_layer_scale else 1 if is_one else 0}
            values.append(formula.uniform(name, shape, limit, entry["offset"]))
            made.append(entry)
        layer.set_weights(values)
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return made


def network(name, side, settings):
    keras.backend.clear_session()
    model = small(name, side, settings)
    config, names = described(model)
    fill(model, names, 1)
    scales_itself = any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    limit = 127.5 if scales_itself else 0.5
    images = formula.uniform("keras-families/images", (BATCH, side, side, 3), limit, limit)
    labels = formula.integers("keras-families/labels", BATCH, CLASSES)
    softmax = model.layers[-1]
    if isinstance(softmax, keras.layers.Dense):
        softmax.activation = keras.activations.linear
        spread = float(np.std(model(images, training=False)))
        softmax.activation = keras.activations.softmax
    else:
        spread = float(np.std(keras.Model(model.input, softmax.input)(images, training=False)))
    weights = fill(model, names, 1 / spread)
    predictions = np.asarray(model(images, training=False))
    losses, rate = train(keras, tf, model, images, labels)
    print(f"{name}: logits spread by {spread:.2g} before; predictions {predictions[0, :3]}, losses {losses}", flush=True)
    return {
        "name": f"{RELEASE}-{name}", "layers": [layer.name for layer in model.layers], "weights": weights,
        "predictions": digest("predictions", predictions, 64), "config": config, "imageLimit": limit,
        "rate": rate, "losses": [rounded(loss) for loss in losses],
    }


def main():
    path = FIXTURES / "keras-families.zip"
    entries = {}
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
    entries = {name: bytes_ for name, bytes_ in entries.items() if not name.startswith(f"{RELEASE}-")}
    for name, (side, settings) in (ALL if RELEASE.startswith("3.") else OF_2).items():
        made = network(name, side, settings)
        entries[f"{RELEASE}-{name}.json"] = json.dumps(made, separators=(",", ":")).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, contents in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(name), contents, zipfile.ZIP_DEFLATED, 9)
    print(f"{path.name}: {path.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
