"""Makes keras-networks.json: real networks, small, as Keras describes them in its files, and what they predict.

The descriptions are whole (`config`, as .h5 files have it), weights are made by formula.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras.src.legacy.saving import saving_options, saving_utils

import formula
from digest import digest, rounded, versions, write
from keras_roundtrip import residual

BATCH, SIDE, CLASSES = 2, 32, 10


def vgg16():
    """VGG16 with an eighth of the channels."""
    config = keras.applications.VGG16(weights=None, input_shape=(SIDE, SIDE, 3), classes=CLASSES).get_config()
    for layer in config["layers"]:
        settings = layer["config"]
        for key in ("filters", "units"):
            if settings.get(key, 0) > CLASSES:
                settings[key] //= 8
        layer.pop("build_config", None)
    return keras.Model.from_config(config)


def mobile_net():
    return keras.applications.MobileNet(
        alpha=0.25, weights=None, input_shape=(SIDE, SIDE, 3), classes=CLASSES, dropout=0.25)


NETWORKS = {"vgg16": vgg16, "mobilenet": mobile_net, "residual": residual}


def filled(model):
    """Fills the weights and returns how: spread enough to keep signals alive, variances above 0."""
    made = []
    for layer in model.layers:
        values = []
        for index, weight in enumerate(layer.weights):
            shape = tuple(weight.shape)
            is_scale = weight.name in ("gamma", "moving_variance", "variance")
            fan_in = int(np.prod(shape[:2] if "depthwise" in layer.name else shape[:-1])) if len(shape) > 1 else 1
            limit = rounded(np.float32(np.sqrt(6 / fan_in))) if len(shape) > 1 else 0.25
            entry = {
                "layer": layer.name, "name": weight.path, "shape": list(shape), "limit": limit,
                "offset": 1 if is_scale else 0,
            }
            values.append(formula.uniform(weight.path, shape, limit, entry["offset"]))
            made.append(entry)
        layer.set_weights(values)
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return made


def network(name):
    keras.utils.clear_session()
    model = NETWORKS[name]()
    weights = filled(model)
    with saving_options.keras_option_scope(use_legacy_config=True):
        config = saving_utils.model_metadata(model, include_optimizer=False)["model_config"]
    images = formula.uniform("keras-networks/images", (BATCH, *model.input_shape[1:]), 0.5, 0.5)
    return {
        "name": name,
        "layers": [layer.name for layer in model.layers],
        "weights": weights,
        "predictions": digest("predictions", model.predict(images, verbose=0), 64),
        "config": json.dumps(config),
    }


def main():
    write(
        "keras-networks.json",
        {
            "madeWith": versions(),
            "precision": "float32",
            "batchSize": BATCH,
            "networks": [network(name) for name in NETWORKS],
        })


if __name__ == "__main__":
    main()
