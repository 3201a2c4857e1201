"""Makes keras-residual.json: ten steps of SGD on a small residual network with batch normalisation and separable
convolutions, from formula weights and batches, in float64; and keras-frozen.json: the same with layers frozen, by AdamW.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import formula
from digest import digest, numbers, versions, write

BATCH = 8
STEPS = 10
SIDE = 20
SAMPLES = 8
RATE = 0.05
MOMENTUM = 0.9
ADAM_RATE = 0.003
DECAY = 0.05
# The stem, and a normalisation in the midst of what is trained.
FROZEN = ["conv2d", "batch_normalization", "separable_conv2d", "batch_normalization_1", "batch_normalization_2"]

# Limits and offsets of the formula weights by the last part of the name.
WEIGHTS = {
    "kernel": (0.4, 0.0), "depthwise_kernel": (0.5, 0.0), "pointwise_kernel": (0.4, 0.0), "bias": (0.1, 0.0),
    "gamma": (0.3, 1.0), "beta": (0.2, 0.0), "moving_mean": (0.1, 0.0), "moving_variance": (0.3, 1.0),
}


def network():
    keras.backend.clear_session()  # names count from the beginning
    source = layers.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(source)
    x = layers.BatchNormalization()(x)
    first = layers.ReLU(max_value=6)(x)
    x = layers.SeparableConv2D(16, 3, padding="same", use_bias=False)(first)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("silu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    second = layers.Activation("relu")(layers.Add()([x, first]))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(second)
    x = layers.SeparableConv2D(24, 3, strides=2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Concatenate()([x, layers.Conv2D(8, 1, strides=2)(second)])
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dense(1, activation="sigmoid")(layers.Reshape((32,))(x))
    model = keras.Model(source, x)
    for layer in model.layers:
        for variable in layer.weights:
            limit, offset = WEIGHTS[variable.name]
            variable.assign(formula.uniform(f"{layer.name}/{variable.name}", tuple(variable.shape), limit, offset))
    return model


def weights(model):
    return {
        f"{layer.name}/{variable.name}": tf.convert_to_tensor(variable.value)
        for layer in model.layers for variable in layer.weights
    }


def batch(step):
    photos = formula.photos(f"residual/{step}", BATCH, SIDE, SIDE)
    return photos.astype(np.float64), formula.labels(f"residual/{step}", BATCH)[:, None].astype(np.float64)


def train(name, optimizer, settings):
    model = network()
    for layer in settings.get("frozen", []):
        model.get_layer(layer).trainable = False
    first = {name: tensor.numpy() for name, tensor in weights(model).items()}
    model.compile(loss="binary_crossentropy", optimizer=optimizer, jit_compile=False)
    before = model.predict(batch(0)[0], verbose=0)
    losses = [float(model.train_on_batch(*batch(step))) for step in range(STEPS)]
    after = model.predict(batch(0)[0], verbose=0)
    print("losses", losses)
    write(
        name,
        {
            "madeWith": versions(), "precision": "float64", "batchSize": BATCH, "side": SIDE, **settings,
            "layers": [layer.name for layer in model.layers],
            "initial": {
                name: {"shape": list(tensor.shape), "limit": WEIGHTS[name.split("/")[1]][0],
                       "offset": WEIGHTS[name.split("/")[1]][1]}
                for name, tensor in first.items()
            },
            "before": numbers(before), "losses": losses, "after": numbers(after),
            "weights": {name: digest(f"after/{name}", tensor, SAMPLES) for name, tensor in weights(model).items()},
            "changes": {
                name: digest(f"change/{name}", tf.convert_to_tensor(tensor.numpy() - first[name]), SAMPLES)
                for name, tensor in weights(model).items()
            },
        })


def main():
    keras.config.set_floatx("float64")
    sgd = keras.optimizers.SGD(RATE, momentum=MOMENTUM)
    train("keras-residual.json", sgd, {"learningRate": RATE, "momentum": MOMENTUM})
    adamw = keras.optimizers.AdamW(ADAM_RATE, weight_decay=DECAY)
    train("keras-frozen.json", adamw, {"learningRate": ADAM_RATE, "weightDecay": DECAY, "frozen": FROZEN})


if __name__ == "__main__":
    main()
