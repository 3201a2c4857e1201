"""Makes keras-layers.json: outputs and gradients of Keras's layers, in float64, on small formula inputs.

Each case is a layer as Whisker's model files write it. Its input is uniform("<case>/input"), its weights are
uniform("<case>/kernel") and uniform("<case>/bias") with the limits given, and the gradients are those of
sum(output * uniform("<case>/cotangent")) + the layer's own penalty.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import itertools

import keras
import numpy as np
import tensorflow as tf

import formula
from digest import digest, rounded, versions, write

SAMPLES = 8
LIMITS = {"kernel": 0.4, "bias": 0.3}


def keras_layer(class_name, config):
    config = dict(config)
    if "kernel_regularizer" in config:
        config["kernel_regularizer"] = keras.regularizers.L2(config["kernel_regularizer"]["l2"])
    return getattr(keras.layers, class_name)(**config)


def case(name, class_name, config, input_shape):
    layer = keras_layer(class_name, config)
    layer.build(input_shape)
    weights = {}
    for variable in layer.trainable_variables:
        part = variable.path.split("/")[-1]
        variable.assign(formula.uniform(f"{name}/{part}", tuple(variable.shape), LIMITS[part]))
        weights[part] = variable
    source = tf.Variable(formula.uniform(f"{name}/input", input_shape).astype(np.float64))
    with tf.GradientTape() as tape:
        output = layer(tf.convert_to_tensor(source))
        cotangent = formula.uniform(f"{name}/cotangent", tuple(output.shape)).astype(np.float64)
        penalty = sum(layer.losses, tf.constant(0.0, tf.float64))
        total = tf.reduce_sum(output * cotangent) + penalty
    gradients = tape.gradient(total, [source, *(variable.value for variable in weights.values())])
    gradients = dict(zip(["input", *weights], gradients, strict=True))
    return {
        "name": name,
        "layer": {"class_name": class_name, "config": config},
        "inputShape": list(input_shape),
        "weights": {
            part: {"shape": list(variable.shape), "limit": LIMITS[part]} for part, variable in weights.items()
        },
        "penalty": rounded(penalty),
        "output": digest(f"{name}/output", output, SAMPLES),
        "gradients": {
            part: digest(f"{name}/{part}", tf.convert_to_tensor(g), SAMPLES) for part, g in gradients.items()
        },
    }


def cases():
    activations = itertools.cycle(["linear", "relu", "sigmoid", "tanh", "softmax"])
    for padding, stride, kernel, side in itertools.product(("valid", "same"), (1, 2, 3), (1, 2, 3, 5), ("odd", "even")):
        shape = (2, 7, 9, 2) if side == "odd" else (2, 8, 6, 2)
        config = {
            "filters": 3, "kernel_size": [kernel, kernel], "strides": [stride, stride], "padding": padding,
            "activation": next(activations),
        }
        yield f"conv2d {padding} stride {stride} kernel {kernel} {side}", "Conv2D", config, shape
    for activation in ("linear", "relu", "sigmoid", "tanh", "softmax"):
        config = {"filters": 4, "kernel_size": [3, 3], "activation": activation}
        yield f"conv2d {activation}", "Conv2D", config, (2, 6, 5, 3)
        yield f"dense {activation}", "Dense", {"units": 4, "activation": activation}, (3, 5)
        if activation != "linear":
            yield f"activation {activation}", "Activation", {"activation": activation}, (3, 7)
    config = {"filters": 3, "kernel_size": [2, 3], "strides": [2, 1], "padding": "same"}
    yield "conv2d oblong", "Conv2D", config, (2, 7, 6, 2)
    yield "conv2d without bias", "Conv2D", {"filters": 3, "kernel_size": [3, 3], "use_bias": False}, (2, 5, 6, 2)
    yield "dense without bias", "Dense", {"units": 3, "use_bias": False}, (4, 6)
    penalty = {"l2": 0.01}
    config = {"filters": 3, "kernel_size": [3, 3], "activation": "relu", "kernel_regularizer": penalty}
    yield "conv2d with penalty", "Conv2D", config, (2, 5, 6, 2)
    yield "dense with penalty", "Dense", {"units": 3, "kernel_regularizer": penalty}, (4, 6)
    for kind, padding, (pool, stride), side in itertools.product(
            ("Max", "Average"), ("valid", "same"), ((2, 2), (3, 2), (2, 1), (2, 3), (3, 3)), ("odd", "even")):
        shape = (2, 7, 9, 3) if side == "odd" else (2, 8, 6, 3)
        config = {"pool_size": [pool, pool], "strides": [stride, stride], "padding": padding}
        name = f"{kind.lower()}_pooling2d {padding} pool {pool} stride {stride} {side}"
        yield name, f"{kind}Pooling2D", config, shape
    yield "max_pooling2d default", "MaxPooling2D", {}, (2, 5, 7, 3)
    yield "average_pooling2d oblong", "AveragePooling2D", {"pool_size": [2, 3], "padding": "same"}, (2, 5, 7, 3)
    yield "global_average_pooling2d", "GlobalAveragePooling2D", {}, (2, 5, 4, 3)
    yield "flatten", "Flatten", {}, (2, 3, 2, 2)
    yield "rescaling", "Rescaling", {"scale": 0.5, "offset": -0.25}, (2, 3, 2, 2)


def main():
    keras.config.set_floatx("float64")
    write(
        "keras-layers.json",
        {"madeWith": versions(), "precision": "float64", "cases": [case(*settings) for settings in cases()]})


if __name__ == "__main__":
    main()
