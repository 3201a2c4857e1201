"""Makes keras-layers.json: outputs and gradients of Keras's layers, in float64, on small formula inputs.

Each case is a layer as Whisker's model files write it. Its input is uniform("<case>/input") times the input's limit
(of several inputs the others are "<case>/input 1", ...), its weights are uniform("<case>/kernel") and so on with the
limits and offsets given, and the gradients are those of sum(output * uniform("<case>/cotangent")) + the layer's own
penalty. Weights that aren't trainable have no gradient; in training they have the values they moved to.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import importlib
import itertools

import keras
import numpy as np
import tensorflow as tf

import formula
from digest import digest, rounded, versions, write

SAMPLES = 8
LIMITS = {
    "kernel": 0.4, "bias": 0.3, "depthwise_kernel": 0.4, "pointwise_kernel": 0.4, "gamma": 0.5, "beta": 0.3,
    "moving_mean": 0.2, "moving_variance": 0.5, "alpha": 0.5, "mean": 0.5, "variance": 0.5, "count": 1.0,
}
OFFSETS = {"gamma": 1.0, "moving_variance": 1.0, "variance": 1.0}
REGULARIZERS = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer", "alpha_regularizer")
# Layers that keras.applications has for itself.
APPLICATIONS = {
    "LayerScale": "convnext", "StochasticDepth": "convnext", "CustomScaleLayer": "inception_resnet_v2",
}
# TensorFlow resizes, and differentiates that, in 32 bits.
RESIZING = ("Resizing", "CenterCrop", "UpSampling2D")
# The names that Whisker gives weights which have none.
NAMES = {"LayerScale": {"variable": "gamma"}}


def keras_layer(class_name, config):
    config = dict(config)
    for key in REGULARIZERS:
        if key in config:
            config[key] = keras.regularizers.L2(config[key]["l2"])
    if config.get("activation") == "gelu_approximate":
        config["activation"] = lambda x: keras.activations.gelu(x, approximate=True)
    if class_name in APPLICATIONS:
        return application_layer(class_name, config)
    return getattr(keras.layers, class_name)(**config)


def application_layer(class_name, config):
    module = importlib.import_module(f"keras.src.applications.{APPLICATIONS[class_name]}")
    return getattr(module, class_name)(**config)


def case(name, class_name, config, input_shape, training=False, inputs=1, input_limit=1.0, narrow=None):
    """`narrow` is the shape of the inputs after the first, where they have another."""
    precision = "float32" if class_name in RESIZING else "float64"
    layer = keras_layer(class_name, {**config, "dtype": precision})
    shapes = [input_shape, *[narrow or input_shape] * (inputs - 1)]
    layer.build(shapes if inputs > 1 else input_shape)
    weights = {}
    for variable in layer.variables:
        part = variable.path.split("/")[-1]
        if part == "seed_generator_state":
            continue
        part = NAMES.get(class_name, {}).get(part, part)
        first = formula.uniform(f"{name}/{part}", tuple(variable.shape), LIMITS[part], OFFSETS.get(part, 0.0))
        variable.assign(first)
        weights[part] = variable
    if class_name == "Normalization":
        layer.finalize_state()
    learned = {part: variable for part, variable in weights.items() if variable.trainable}
    names = ["input", *(f"input {number}" for number in range(1, inputs))]
    sources = [
        tf.Variable(formula.uniform(f"{name}/{part}", shape, input_limit).astype(precision))
        for part, shape in zip(names, shapes)
    ]
    with tf.GradientTape() as tape:
        tensors = [tf.convert_to_tensor(source) for source in sources]
        # Dropout and the like take the argument too, but only batch normalisation is the same at every call.
        # Layers that change photos at random do so unless they are told not to.
        is_told = class_name == "BatchNormalization" or class_name.startswith("Random")
        arguments = {"training": training} if is_told else {}
        output = layer(tensors[0] if inputs == 1 else tensors, **arguments)
        cotangent = formula.uniform(f"{name}/cotangent", tuple(output.shape)).astype(precision)
        penalty = sum(layer.losses, tf.constant(0.0, precision))
        total = tf.reduce_sum(output * cotangent) + penalty
    gradients = tape.gradient(total, [*sources, *(variable.value for variable in learned.values())])
    gradients = dict(zip([*names, *learned], gradients, strict=True))
    return {
        "name": name,
        "layer": {"class_name": class_name, "config": config},
        "inputShape": list(input_shape),
        **({"inputs": inputs} if inputs > 1 else {}),
        **({"narrowShape": list(narrow)} if narrow else {}),
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


ACTIVATIONS = (
    "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "sigmoid", "log_sigmoid", "hard_sigmoid", "sparse_sigmoid",
    "silu", "hard_silu", "gelu", "gelu_approximate", "mish", "softplus", "squareplus", "sparse_plus", "tanh",
    "hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink", "softsign", "exponential", "softmax", "log_softmax",
    "sparsemax",
)


def newer_cases():
    """Every activation by its name, and what image models have beside the rest."""
    for activation in ACTIVATIONS:
        # Neither so far apart that sparsemax keeps one element only nor so close together that it keeps none.
        limit = 1.3 if activation == "sparsemax" else 5.0
        yield f"every {activation}", "Activation", {"activation": activation}, (4, 9), False, 1, limit
        config = {"filters": 16, "kernel_size": [3, 3], "activation": activation}
        yield f"every conv2d {activation}", "Conv2D", config, (1, 5, 6, 8), False, 1, limit * 0.4
        yield f"every dense {activation}", "Dense", {"units": 5, "activation": activation}, (3, 4), False, 1, limit * 0.8
    yield "dense of pictures", "Dense", {"units": 5, "activation": "gelu"}, (2, 3, 4, 8)
    yield "dense of rows", "Dense", {"units": 5, "use_bias": False}, (2, 3, 8)
    for shape in ((4, 5), (2, 3, 7), (2, 3, 4, 16)):
        yield f"layer_normalization {len(shape)}", "LayerNormalization", {}, shape
    config = {"epsilon": 1e-6, "center": False}
    yield "layer_normalization not centered", "LayerNormalization", config, (2, 3, 4, 5)
    yield "layer_normalization not scaled", "LayerNormalization", {"scale": False}, (2, 3, 4, 5)
    yield "layer_normalization plain", "LayerNormalization", {"scale": False, "center": False}, (2, 3, 4, 5)
    for groups, shape in ((2, (2, 3, 4, 6)), (-1, (2, 3, 4, 5)), (1, (2, 3, 4, 5)), (4, (2, 3, 16)), (3, (4, 6))):
        yield f"group_normalization {groups} {len(shape)}", "GroupNormalization", {"groups": groups}, shape
    config = {"groups": 4, "epsilon": 1e-5, "scale": False}
    yield "group_normalization not scaled", "GroupNormalization", config, (2, 5, 4, 16)
    yield "group_normalization not centered", "GroupNormalization", {"groups": 2, "center": False}, (2, 3, 4, 6)
    for axes in ([-1], [1, 2, 3], [1, 2], [2], [1, 3]):
        yield f"unit_normalization {axes}", "UnitNormalization", {"axis": axes}, (2, 3, 4, 5)
    for order in ([2, 1, 3], [3, 1, 2], [1, 2, 3]):
        yield f"permute {order}", "Permute", {"dims": order}, (2, 3, 4, 5)
    yield "permute rows", "Permute", {"dims": [2, 1]}, (2, 3, 5)
    for padding, stride, kernel in itertools.product(("valid", "same"), (1, 2, 3), (1, 2, 3, 4)):
        config = {
            "filters": 3, "kernel_size": [kernel, kernel], "strides": [stride, stride], "padding": padding,
            "activation": ("linear", "relu", "tanh")[stride - 1],
        }
        yield f"conv2d_transpose {padding} stride {stride} kernel {kernel}", "Conv2DTranspose", config, (2, 4, 5, 2)
    config = {"filters": 16, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same", "use_bias": False}
    yield "conv2d_transpose oblong", "Conv2DTranspose", config, (2, 5, 4, 8)
    config = {"filters": 3, "kernel_size": [3, 3], "strides": [2, 2]}
    for padding, added in (("valid", [1, 0]), ("same", [1, 0]), ("same", [0, 1])):
        config = {**config, "padding": padding, "output_padding": added}
        yield f"conv2d_transpose {padding} added {added}", "Conv2DTranspose", config, (2, 4, 5, 2)
    config = {"filters": 3, "kernel_size": [3, 3], "kernel_regularizer": {"l2": 0.01}}
    yield "conv2d_transpose with penalty", "Conv2DTranspose", config, (2, 4, 5, 2)
    yield "layer_scale", "LayerScale", {"init_values": 0.1, "projection_dim": 6}, (2, 3, 4, 6)
    yield "stochastic_depth", "StochasticDepth", {"drop_path_rate": 0.4}, (2, 3, 4, 6)
    for config in ({}, {"negative_slope": 0.1}):
        yield f"leaky_re_lu {config}", "LeakyReLU", config, (2, 4, 5, 3), False, 1, 4.0
    for config in ({}, {"alpha": 0.3}, {"alpha": 2.0}):
        yield f"elu {config}", "ELU", config, (2, 4, 5, 3), False, 1, 4.0
    for config in ({}, {"shared_axes": [1, 2]}, {"shared_axes": [1, 2, 3]}, {"alpha_regularizer": {"l2": 0.01}}):
        yield f"p_re_lu {config}", "PReLU", config, (2, 4, 5, 3), False, 1, 4.0
    yield "softmax", "Softmax", {}, (2, 3, 4, 5), False, 1, 4.0
    for kernel in ([1, 7], [7, 1], [1, 3], [3, 1], [5, 2]):
        config = {"filters": 16, "kernel_size": kernel, "padding": "same"}
        yield f"conv2d same kernel {kernel}", "Conv2D", config, (2, 8, 9, 8)
    for dilation, padding in itertools.product(([2, 2], [1, 3]), ("valid", "same")):
        config = {"kernel_size": [3, 3], "dilation_rate": dilation, "padding": padding}
        end = f"dilation {dilation} {padding}"
        yield f"conv2d {end}", "Conv2D", {**config, "filters": 16, "activation": "relu"}, (2, 9, 8, 16)
        yield f"depthwise_conv2d {end}", "DepthwiseConv2D", config, (2, 9, 8, 16)
        yield f"separable_conv2d {end}", "SeparableConv2D", {**config, "filters": 4}, (2, 9, 8, 3)
    for cropping in (1, [2, 1], [[0, 1], [2, 0]]):
        yield f"cropping2d {cropping}", "Cropping2D", {"cropping": cropping}, (2, 6, 5, 3)
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        config = {"size": [2, 3], "interpolation": interpolation}
        yield f"up_sampling2d {interpolation}", "UpSampling2D", config, (2, 4, 5, 3)
        for antialias, (height, width) in itertools.product((False, True), ((4, 12), (9, 3))):
            config = {"height": height, "width": width, "interpolation": interpolation, "antialias": antialias}
            yield f"resizing {interpolation} {height} {width} {antialias}", "Resizing", config, (2, 7, 8, 3)
    for height, width in ((3, 4), (4, 3), (9, 6)):
        config = {"height": height, "width": width}
        yield f"resizing cropped {height} {width}", "Resizing", {**config, "crop_to_aspect_ratio": True}, (2, 7, 5, 3)
        padded = {**config, "pad_to_aspect_ratio": True, "fill_value": 0.5}
        yield f"resizing padded {height} {width}", "Resizing", padded, (2, 7, 5, 3)
        yield f"center_crop {height} {width}", "CenterCrop", config, (2, 7, 5, 3)
        yield f"center_crop wide {height} {width}", "CenterCrop", config, (2, 6, 8, 3)
    yield "rescaling of channels", "Rescaling", {"scale": [0.5, 2.0, 1.0], "offset": [-0.25, 0.0, 1.0]}, (2, 3, 2, 3)
    yield "rescaling with offsets", "Rescaling", {"scale": 0.5, "offset": [-0.25, 0.0, 1.0]}, (2, 3, 2, 3)
    for axis in ([-1], [3], [], [1, 2, 3]):
        yield f"normalization {axis}", "Normalization", {"axis": axis}, (2, 3, 4, 3)
    known = {"mean": [0.1, 0.2, 0.3], "variance": [1.0, 4.0, 0.25]}
    yield "normalization known", "Normalization", known, (2, 3, 4, 3)
    constant = {"mean": [0.1, 0.2, 0.3], "variance": [1.0, 4.0, 0.0]}
    yield "normalization of a constant", "Normalization", constant, (2, 3, 4, 3)
    yield "normalization inverted", "Normalization", {**known, "invert": True}, (2, 3, 4, 3)
    yield "normalization one", "Normalization", {"axis": [], "mean": 0.5, "variance": 0.25}, (2, 3, 4, 3)
    for class_name in ("Subtract", "Average", "Maximum", "Minimum"):
        yield f"{class_name.lower()} two", class_name, {}, (2, 3, 4, 3), False, 2
    for class_name in ("Average", "Maximum", "Minimum"):
        yield f"{class_name.lower()} three", class_name, {}, (2, 5), False, 3
    yield "custom_scale_layer", "CustomScaleLayer", {"scale": 0.17}, (2, 3, 4, 3), False, 2
    for class_name, narrow in itertools.product(
            ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), ((2, 1, 1, 3), (2, 3, 4, 1), (2, 3))):
        yield f"{class_name.lower()} with {list(narrow)}", class_name, {}, (2, 3, 4, 3), False, 2, 1.0, narrow
    for class_name, config in (
            ("Identity", {}), ("Dropout", {"rate": 0.5, "noise_shape": [None, 1, 1, None]}),
            ("SpatialDropout2D", {"rate": 0.5}), ("AlphaDropout", {"rate": 0.5}), ("GaussianDropout", {"rate": 0.5}),
            ("GaussianNoise", {"stddev": 0.5}), ("RandomFlip", {}), ("RandomRotation", {"factor": 0.2})):
        yield f"idle {class_name}", class_name, config, (2, 3, 4, 3)


def main():
    keras.config.set_floatx("float64")
    made = [case(*settings) for settings in itertools.chain(cases(), newer_cases())]
    write("keras-layers.json", {"madeWith": versions(), "precision": "float64", "cases": made})


if __name__ == "__main__":
    main()
