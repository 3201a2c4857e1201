"""Makes keras-gradcam.json: Grad-CAM maps (https://arxiv.org/abs/1610.02391) of two small networks with formula weights,
computed with TensorFlow's gradients in float64.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import digest
import formula
from keras_residual import WEIGHTS

digest.FIXTURES = digest.FIXTURES.parents[1] / "ReportsTests/Fixtures"
SIDE = 24
COUNT = 3


def chain():
    return keras.Sequential([
        layers.Input((SIDE, SIDE, 3)),
        layers.Conv2D(8, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(12, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])


def residual():
    source = layers.Input((SIDE, SIDE, 3))
    first = layers.Conv2D(10, 3, strides=2, padding="same", activation="relu")(source)
    x = layers.SeparableConv2D(10, 3, padding="same", use_bias=False)(first)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(layers.Add()([x, first]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(source, layers.Dense(4, activation="softmax")(x))


# The layers whose results are looked at, the one that Whisker chooses by itself first.
NETWORKS = [("chain", chain, ["conv2d_1", "conv2d", "max_pooling2d_1"]), ("residual", residual, ["activation", "conv2d"])]


def maps(model, name, photos, index):
    """One map for each photo, for the class of that index."""
    last = model.layers[-1]
    half = keras.Model(model.inputs, [model.get_layer(name).output, last.input])
    with tf.GradientTape() as tape:
        features, before = half(photos)
        scores = tf.linalg.matmul(before, last.kernel) + last.bias
        score = scores[:, index] if last.units > 1 else scores[:, 0] * (1 if index == 1 else -1)
    weights = tf.reduce_mean(tape.gradient(score, features), axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)).numpy()
    largest = heat.max(axis=(1, 2), keepdims=True)
    return np.divide(heat, largest, out=np.zeros_like(heat), where=largest > 0)


def case(name, make, names):
    keras.backend.clear_session()
    model = make()
    for layer in model.layers:
        for variable in layer.weights:
            limit, offset = WEIGHTS[variable.name]
            variable.assign(formula.uniform(f"{layer.name}/{variable.name}", tuple(variable.shape), limit, offset))
    photos = formula.photos(f"gradcam/{name}", COUNT, SIDE, SIDE).astype(np.float64)
    classes = range(2 if model.layers[-1].units == 1 else model.layers[-1].units)
    return {
        "name": name,
        "maps": [
            {"layer": layer, "class": index, "shape": list(heat.shape), "values": [round(float(x), 7) for x in heat.ravel()]}
            for layer in names for index in classes for heat in [maps(model, layer, photos[:1], index)]
        ],
        "lastClass": len(classes) // 2, "lastMaps": digest.digest(f"{name}/maps", maps(model, names[0], photos, len(classes) // 2), 20),
    }


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    digest.write("keras-gradcam.json", {
        "madeWith": digest.versions(), "precision": "float64", "side": SIDE, "count": COUNT,
        "cases": [case(*network) for network in NETWORKS]})
