"""Makes keras-weights.json: what Keras reports and learns with sample weights.

The loss is Σ wᵢlᵢ / N over all samples (not divided by the sum of the weights), and a metric given as `metrics=` isn't
weighted.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

from digest import numbers, versions, write
from formula import uniform

SAMPLES, INPUTS, BATCH = 6, 4, 3
WEIGHTS = [0.5, 2, 0, 1, 3, 0.25]
CLASSES = [0, 1, 1, 0, 1, 0]
KINDS = {"binary": (1, "sigmoid"), "categorical": (2, "softmax"), "sparseCategorical": (2, "softmax")}
LOSSES = {
    "binary": "binary_crossentropy",
    "categorical": "categorical_crossentropy",
    "sparseCategorical": "sparse_categorical_crossentropy",
}


def case(kind):
    units, activation = KINDS[kind]
    layer = keras.layers.Dense(units, activation=activation)
    model = keras.Sequential([keras.Input((INPUTS,)), layer])
    layer.set_weights([uniform("kernel", (INPUTS, units), 1.0), uniform("bias", (units,), 0.5)])
    model.compile(keras.optimizers.SGD(0.1), LOSSES[kind], metrics=["accuracy"])
    images = uniform("images", (SAMPLES, INPUTS), 1.0)
    labels = np.eye(2)[CLASSES] if kind == "categorical" else np.array(CLASSES)
    weights = np.array(WEIGHTS)
    evaluation = model.evaluate(
        images, labels, sample_weight=weights, batch_size=BATCH, verbose=0, return_dict=True)
    history = model.fit(
        images, labels, sample_weight=weights, batch_size=BATCH, epochs=2, shuffle=False, verbose=0).history
    return {
        "kind": kind,
        "evaluation": evaluation,
        "history": history,
        "kernel": numbers(layer.kernel),
        "bias": numbers(layer.bias),
    }


def main():
    keras.backend.set_floatx("float64")
    write(
        "keras-weights.json",
        {
            "madeWith": versions(),
            "precision": "float64",
            "batchSize": BATCH,
            "classes": CLASSES,
            "weights": WEIGHTS,
            "cases": [case(kind) for kind in KINDS],
        })


if __name__ == "__main__":
    main()
