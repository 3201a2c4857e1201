"""Makes keras-layers.json: outputs and gradients of Keras's layers, in float64, on small formula inputs.

Each case is a layer as Whisker's model files write it. Its input is uniform("<case>/input") times the input's limit
(of several inputs the others are "<case>/input 1", ...), its weights are uniform("<case>/kernel") and so on with the
limits and offsets given, and the gradients are those of sum(output * uniform("<case>/cotangent")) + the layer's own
penalty. Weights that aren't trainable have no gradient; in training they have the values they moved to.
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
LIMITS = {
    "kernel": 0.4, "bias": 0.3, "depthwise_kernel": 0.4, "pointwise_kernel": 0.4, "gamma": 0.5, "beta": 0.3,
    "moving_mean": 0.2, "moving_variance": 0.5,
}
OFFSETS = {"gamma": 1.0, "moving_variance": 1.0}
REGULARIZERS = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")


def keras_layer(class_name, config):
    config = dict(config)
    for key in REGULARIZERS:
        if key in config:
            config[key] = keras.regularizers.L2(config[key]["l2"])
    return getattr(keras.layers, class_name)(**config)


def case(name, class_name, config, input_shape, training=False, inputs=1, input_limit=1.0):
    layer = keras_layer(class_name, config)
    layer.build(input_shape if inputs == 1 else [input_shape] * inputs)
    weights = {}
    for variable in layer.variables:
        part = variable.path.split("/")[-1]
        if part == "seed_generator_state":
            continue
        first = formula.uniform(f"{name}/{part}", tuple(variable.shape), LIMITS[part], OFFSETS.get(part, 0.0))
        variable.assign(first)
        weights[part] = variable
    learned = {part: variable for part, variable in weights.items() if variable.trainable}
    names = ["input", *(f"input {number}" for number in range(1, inputs))]
    sources = [
        tf.Variable(formula.uniform(f"{name}/{part}", input_shape, input_limit).astype(np.float64)) for part in names
    ]
    with tf.GradientTape() as tape:
        tensors = [tf.convert_to_tensor(source) for source in sources]
        # Dropout and the like take the argument too, but only batch normalisation is the same at every call.
        arguments = {"training": training} if class_name == "BatchNormalization" else {}
        output = layer(tensors[0] if inputs == 1 else tensors, **arguments)
        cotangent = formula.uniform(f"{name}/cotangent", tuple(output.shape)).astype(np.float64)
        penalty = sum(layer.losses, tf.constant(0.0, tf.float64))
        total = tf.reduce_sum(output * cotangent) + penalty
    gradients = tape.gradient(total, [*sources, *(variable.value for variable in learned.values())])
    gradients = dict(zip([*names, *learned], gradients, strict=True))
    return {
        "name": name,
        "layer": {"class_name": class_name, "config": config},
        "inputShape": list(input_shape),
        **({"inputs": inputs} if inputs > 1 else {}),
        **({"inputLimit": input_limit} if input_limit != 1 else {}),
        **({"isTraining": True} if training else {}),
        "weights": {
            part: {
                "shape": list(variable.shape), "limit": LIMITS[part],
                **({"offset": OFFSETS[part]} if part in OFFSETS else {}),
            }
            for part, variable in weights.items()
        },
        "penalty": rounded(penalty),
        "output": digest(f"{name}/output", output, SAMPLES),
        "gradients": {
            part: digest(f"{name}/{part}", tf.convert_to_tensor(g), SAMPLES) for part, g in gradients.items()
        },
        **({"moved": {
            part: digest(f"{name}/moved {part}", tf.convert_to_tensor(variable.value), SAMPLES)
            for part, variable in weights.items() if not variable.trainable
        }} if training else {}),
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
    yield from convnet_cases()


def convnet_cases():
    """What the networks of keras.applications have beside the rest."""
    for shape in ((4, 5), (2, 4, 3, 3), (2, 3, 4, 16)):
        for training in (False, True):
            name = f"batch_normalization {len(shape)} {shape[-1]} {'training' if training else 'use'}"
            yield name, "BatchNormalization", {}, shape, training
    config = {"momentum": 0.6, "epsilon": 0.01, "center": False}
    yield "batch_normalization not centered", "BatchNormalization", config, (2, 4, 3, 3), True
    yield "batch_normalization not scaled", "BatchNormalization", {"scale": False}, (2, 4, 3, 3), True
    for config in ({}, {"max_value": 6.0}, {"negative_slope": 0.3}, {"threshold": 1.5}, {"max_value": 2.0},
                   {"max_value": 2.0, "negative_slope": 0.25, "threshold": 1.0}):
        yield f"re_lu {config}", "ReLU", config, (2, 4, 5, 3), False, 1, 8.0
    for activation in ("relu6", "silu"):
        yield f"activation {activation}", "Activation", {"activation": activation}, (3, 7), False, 1, 8.0
        config = {"filters": 4, "kernel_size": [3, 3], "activation": activation}
        yield f"conv2d {activation}", "Conv2D", config, (2, 6, 5, 3), False, 1, 8.0
    for groups in (2, 4):
        config = {"filters": 8, "kernel_size": [3, 3], "groups": groups, "padding": "same"}
        yield f"conv2d groups {groups}", "Conv2D", config, (2, 5, 6, 4)
    for padding, stride, multiplier in itertools.product(("valid", "same"), (1, 2), (1, 2)):
        config = {
            "kernel_size": [3, 3], "strides": [stride, stride], "padding": padding, "depth_multiplier": multiplier,
        }
        name = f"depthwise_conv2d {padding} stride {stride} multiplier {multiplier}"
        yield name, "DepthwiseConv2D", {**config, "activation": "relu"}, (2, 6, 7, 3)
        name = f"separable_conv2d {padding} stride {stride} multiplier {multiplier}"
        yield name, "SeparableConv2D", {**config, "filters": 4, "activation": "tanh"}, (2, 6, 7, 3)
    penalty = {"l2": 0.01}
    config = {"kernel_size": [2, 3], "use_bias": False, "depthwise_regularizer": penalty}
    yield "depthwise_conv2d with penalty", "DepthwiseConv2D", config, (2, 5, 6, 16)
    config = {**config, "filters": 3, "pointwise_regularizer": {"l2": 0.02}}
    yield "separable_conv2d with penalty", "SeparableConv2D", config, (2, 5, 6, 16)
    for class_name in ("Add", "Multiply"):
        yield f"{class_name.lower()} two", class_name, {}, (2, 3, 4, 3), False, 2
        yield f"{class_name.lower()} three", class_name, {}, (2, 5), False, 3
    for axis in (-1, 1, 2, 3):
        yield f"concatenate {axis}", "Concatenate", {"axis": axis}, (2, 3, 4, 5), False, 3
    for padding in (1, [2, 1], [[0, 1], [2, 3]]):
        yield f"zero_padding2d {padding}", "ZeroPadding2D", {"padding": padding}, (2, 3, 4, 2)
    yield "reshape", "Reshape", {"target_shape": [4, -1]}, (2, 3, 4, 5)
    for kind in ("Max", "Average"):
        for keepdims in (False, True):
            config = {"keepdims": keepdims}
            yield f"global_{kind.lower()}_pooling2d {keepdims}", f"Global{kind}Pooling2D", config, (2, 5, 4, 3)


def main():
    keras.config.set_floatx("float64")
    write(
        "keras-layers.json",
        {"madeWith": versions(), "precision": "float64", "cases": [case(*settings) for settings in cases()]})


if __name__ == "__main__":
    main()
