"""Networks that have every layer and every activation side by side, for keras_roundtrip.py."""

import keras

from keras_layers import APPLICATIONS, ACTIVATIONS, application_layer

L = keras.layers
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def joined(x, branches):
    """A network whose last layer sees the mean of each channel of each branch."""
    means = [branch if len(branch.shape) == 2 else L.GlobalAveragePooling2D()(branch) for branch in branches]
    return keras.Model(x, L.Dense(10, activation="softmax")(L.Concatenate()(means)))


def activations():
    """Every activation: of a convolution, of a product, and as a layer."""
    x = keras.Input((20, 18, 3))
    y = L.Conv2D(8, 3)(x)
    flat = L.GlobalAveragePooling2D()(y)
    # Keras has no name for it.
    names = [name for name in ACTIVATIONS if name != "gelu_approximate"]
    return joined(x, [
        *(L.Conv2D(8, 3, activation=name)(y) for name in names),
        *(L.Dense(5, activation=name)(flat) for name in names),
        *(L.Activation(name)(y) for name in [*names, "linear"]),
    ])


def resized(y):
    """What changes the size of pictures."""
    for interpolation in INTERPOLATIONS:
        yield L.UpSampling2D((2, 3), interpolation=interpolation)(y)
        yield L.Resizing(7, 30, interpolation=interpolation)(y)
        yield L.Resizing(25, 6, interpolation=interpolation, antialias=True)(y)
    for height, width in ((6, 7), (9, 5), (30, 11)):
        yield L.Resizing(height, width, crop_to_aspect_ratio=True)(y)
        yield L.Resizing(height, width, pad_to_aspect_ratio=True, fill_value=0.5)(y)
        yield L.CenterCrop(height, width)(y)
    yield L.Cropping2D(((1, 2), (0, 3)))(y)
    yield L.Cropping2D(2)(y)
    yield L.ZeroPadding2D(((1, 2), (0, 3)))(y)


def layers():
    """Every layer that computes something, in its ways."""
    x = keras.Input((20, 18, 3))
    y = L.Conv2D(8, 3)(x)
    gate = L.GlobalAveragePooling2D(keepdims=True)(y)
    known = {"mean": [0.1, 0.2, 0.3], "variance": [1.0, 4.0, 0.25]}
    branches = [
        *(L.Conv2D(8, kernel, padding="same")(y) for kernel in ((1, 7), (7, 1), (1, 3), (3, 1), (5, 5), (2, 3))),
        *(L.Conv2D(8, 3, dilation_rate=rate, padding="same")(y) for rate in (2, (1, 3))),
        L.Conv2D(8, 3, groups=4)(y),
        *(L.DepthwiseConv2D(3, dilation_rate=rate)(y) for rate in (2, (1, 3))),
        L.DepthwiseConv2D(7, padding="same", depth_multiplier=2)(y),
        *(L.SeparableConv2D(6, 3, dilation_rate=rate)(y) for rate in (2, (1, 3))),
        L.Dense(5, activation="gelu")(y),
        L.LeakyReLU()(y), L.LeakyReLU(negative_slope=0.1)(y), L.ELU()(y), L.ELU(alpha=0.3)(y),
        L.PReLU()(y), L.PReLU(shared_axes=[1, 2])(y), L.Softmax()(y),
        L.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2)(y),
        L.BatchNormalization()(y), L.LayerNormalization()(y), L.LayerNormalization(epsilon=1e-6, center=False)(y),
        L.LayerNormalization(scale=False)(y),
        L.GroupNormalization(4)(y), L.GroupNormalization(-1, epsilon=1e-5, center=False)(y),
        L.GroupNormalization(1, scale=False)(y),
        # From .h5 Keras loads no other axis than the last, its own files included.
        L.UnitNormalization()(y),
        L.Permute((2, 1, 3))(y), L.Permute((3, 1, 2))(y),
        L.Conv2DTranspose(5, 3)(y), L.Conv2DTranspose(5, 4, strides=2, padding="same", activation="relu")(y),
        L.Conv2DTranspose(5, 2, strides=3, use_bias=False)(y), L.Conv2DTranspose(5, 3, strides=2, output_padding=(1, 0))(y),
        L.Add()([y]), L.Concatenate()([y]),
        application_layer("LayerScale", {"init_values": 0.1, "projection_dim": 8})(y),
        L.Rescaling([0.5, 2.0, 1.0], [-0.25, 0.0, 1.0])(x), L.Rescaling(0.5, [-0.25, 0.0, 1.0])(x),
        L.Normalization()(x), L.Normalization(**known)(x), L.Normalization(invert=True, **known)(x),
        *resized(y),
        L.MaxPooling2D(3, strides=2, padding="same")(y), L.AveragePooling2D((2, 3))(y), L.GlobalMaxPooling2D()(y),
        # With every setting at its default, of which Keras asks for some all the same.
        L.MaxPooling2D()(y), L.AveragePooling2D(2)(y), L.Rescaling(0.5)(x), L.ZeroPadding2D()(y), L.UpSampling2D()(y),
        L.Dense(5, activation="tanh")(L.Flatten()(L.Reshape((-1, 2))(L.MaxPooling2D(4)(y)))),
        application_layer("CustomScaleLayer", {"scale": 0.17})([y, L.Activation("tanh")(y)]),
    ]
    for layer in (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum):
        branches += [layer()([y, gate]), layer()([y, L.Activation("tanh")(y)])]
    return joined(x, branches)


def idle():
    """Every layer that does nothing in inference."""
    x = keras.Input((16, 16, 3))
    y = L.Rescaling(2.0, -1.0)(x)
    factors = ("Brightness", "ColorDegeneration", "Contrast", "Hue", "Posterization", "Rotation", "Saturation", "Sharpness")
    settings = {
        **{f"Random{name}": {"factor": 4 if name == "Posterization" else 0.2} for name in factors},
        **{f"Random{name}": {} for name in (
            "ColorJitter", "ElasticTransform", "Erasing", "Flip", "GaussianBlur", "Grayscale", "Invert", "Perspective",
            "Shear")},
        "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}, "RandomZoom": {"height_factor": 0.1},
        "RandomCrop": {"height": 16, "width": 16}, "AugMix": {}, "CutMix": {}, "MixUp": {}, "RandAugment": {},
        "Identity": {}, "Dropout": {"rate": 0.5, "noise_shape": [None, 1, 1, None]}, "SpatialDropout2D": {"rate": 0.5},
        "AlphaDropout": {"rate": 0.5}, "GaussianDropout": {"rate": 0.5}, "GaussianNoise": {"stddev": 0.5},
        "ActivityRegularization": {"l1": 0.1, "l2": 0.2}, "StochasticDepth": {"drop_path_rate": 0.3},
    }
    for name, config in settings.items():
        layer = application_layer(name, config) if name in APPLICATIONS else getattr(L, name)(**config)
        y = layer(y)
    # Keras can't read these from its own .h5 files.
    normalized = [L.Normalization(axis=axis)(x) for axis in (None, (1, 2, 3))]
    return joined(x, [L.Conv2D(16, 3, activation="relu")(y), *normalized])


NETWORKS = {"activations": activations, "layers": layers, "idle": idle}
