"""Makes keras-baseline.json: what Keras computes for the baseline convnet from formula weights and batches.

Everything is computed in float64, the truth that a float32 engine is held to, and once more in float32, to print
how far Keras itself is from it.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import formula
from digest import digest, numbers, rounded, versions, write

BATCH = 20
STEPS = 10
SIDE = 150
SGD_RATE = 0.004
RMSPROP_RATES = (1e-3, 1e-4)

# Limits and offsets of the formula weights. With weights centred on 0, what flows back through the network is as
# often positive as negative, and a kernel's gradient is a small remainder of a large sum: a rounding error that
# makes another pixel the largest of its pool then shows in the gradient's third digit, even between Keras in
# float32 and in float64. A small positive mean cures that; the last bias brings the logits back to about 0.
WEIGHTS = {
    "conv2d/kernel": (0.055, 0.0028),
    "conv2d/bias": (0.05, 0),
    "conv2d_1/kernel": (0.083, 0.0042),
    "conv2d_1/bias": (0.05, 0),
    "conv2d_2/kernel": (0.059, 0.0029),
    "conv2d_2/bias": (0.05, 0),
    "conv2d_3/kernel": (0.051, 0.0026),
    "conv2d_3/bias": (0.05, 0),
    "dense/kernel": (0.0074, 0.00015),
    "dense/bias": (0.05, 0),
    "dense_1/kernel": (0.0216, 0.0216),
    "dense_1/bias": (0.05, -5),
}


def network():
    keras.backend.clear_session()  # names count from the beginning
    model = keras.Sequential([layers.Input((SIDE, SIDE, 3))])
    for filters in (32, 64, 128, 128):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    for variable, name in zip(model.trainable_variables, names(model), strict=True):
        variable.assign(first_weight(name, variable.shape))
    return model


def names(model):
    return [variable.path.removeprefix("sequential/") for variable in model.trainable_variables]


def first_weight(name, shape):
    limit, offset = WEIGHTS[name]
    return formula.uniform(name, tuple(shape), limit, offset)


def batch(index):
    floatx = keras.config.floatx()
    name = f"batch/{index}"
    photos = formula.photos(name, BATCH, SIDE, SIDE).astype(floatx)
    return photos, formula.labels(name, BATCH).astype(floatx)[:, None]


def loss_and_gradients(model, photos, labels):
    with tf.GradientTape() as tape:
        loss = keras.losses.BinaryCrossentropy()(labels, model(photos, training=True))
    return float(loss), tape.gradient(loss, model.trainable_variables)


def train(optimizer):
    model = network()
    losses = []
    for index in range(STEPS):
        loss, gradients = loss_and_gradients(model, *batch(index))
        optimizer.apply(gradients, model.trainable_variables)
        losses.append(loss)
    return losses, dict(zip(names(model), model.get_weights()))


def compute():
    model = network()
    photos, labels = batch(0)
    hidden = model.layers[-2](keras.Sequential(model.layers[:-2])(photos))
    logits = hidden @ model.layers[-1].kernel + model.layers[-1].bias
    loss, gradients = loss_and_gradients(model, photos, labels)
    # The same step by Keras's own training loop: the loss of its first batch and the weights after it.
    step = network()
    step.compile(keras.optimizers.SGD(SGD_RATE), "binary_crossentropy")
    assert np.isclose(step.train_on_batch(photos, labels), loss, rtol=1e-5)
    kernel = model.get_weights()[0] - np.asarray(SGD_RATE * gradients[0])
    assert np.allclose(step.get_weights()[0], kernel, rtol=1e-4, atol=1e-7)

    sgd = train(keras.optimizers.SGD(SGD_RATE))
    rmsprop = [train(keras.optimizers.RMSprop(rate))[0] for rate in RMSPROP_RATES]
    return {
        "logits": np.asarray(logits),
        "probabilities": np.asarray(model(photos)),
        "loss": loss,
        "gradients": dict(zip(names(model), (np.asarray(g) for g in gradients))),
        "sgdLosses": sgd[0],
        "sgdWeights": sgd[1],
        "rmspropLosses": rmsprop,
    }


def distance(a, b):
    return np.linalg.norm(np.asarray(a, np.float64) - b) / np.linalg.norm(b)


def main():
    keras.config.set_floatx("float64")
    truth = compute()
    keras.config.set_floatx("float32")
    single = compute()

    print("Keras's float32 from its float64:")
    print("  logits", np.abs(single["logits"] - truth["logits"]).max(), "loss", single["loss"] - truth["loss"])
    for name, gradient in truth["gradients"].items():
        print(
            f"  {name}: gradient {distance(single['gradients'][name], gradient):.1e},"
            f" after SGD {distance(single['sgdWeights'][name], truth['sgdWeights'][name]):.1e}"
            f" (moved {distance(truth['sgdWeights'][name], first_weight(name, gradient.shape)):.1e})")
    runs = [("SGD", single["sgdLosses"], truth["sgdLosses"])]
    runs += zip(("RMSprop", "RMSprop"), single["rmspropLosses"], truth["rmspropLosses"])
    for rule, ours, theirs in runs:
        print(f"  {rule} losses", [f"{x:.4f}" for x in theirs], [f"{abs(a / b - 1):.0e}" for a, b in zip(ours, theirs)])

    write(
        "keras-baseline.json",
        {
            "madeWith": versions(),
            "precision": "float64",
            "batchSize": BATCH,
            "logits": numbers(truth["logits"]),
            "probabilities": numbers(truth["probabilities"]),
            "loss": rounded(truth["loss"]),
            "gradients": {name: digest(name, g, 32) for name, g in truth["gradients"].items()},
            "initial": {
                name: {"shape": list(g.shape), "limit": WEIGHTS[name][0], "offset": WEIGHTS[name][1]}
                for name, g in truth["gradients"].items()
            },
            "sgd": {
                "learningRate": SGD_RATE,
                "losses": numbers(truth["sgdLosses"]),
                "weights": {name: digest(name, w, 32) for name, w in truth["sgdWeights"].items()},
                "changes": {
                    name: digest(name, w - first_weight(name, w.shape), 32)
                    for name, w in truth["sgdWeights"].items()
                },
            },
            "rmsprop": [
                {"learningRate": rate, "losses": numbers(losses)}
                for rate, losses in zip(RMSPROP_RATES, truth["rmspropLosses"])
            ],
        })


if __name__ == "__main__":
    main()
