"""Makes keras-class-weights.json: what Keras and scikit-learn make of weights of classes.

- `balanced`: scikit-learn's `compute_class_weight("balanced")` of uneven labels, with and without weights of samples
- `cases`: what `fit(class_weight=…)` reports and learns. The loss of an epoch is Σ wᵢlᵢ / N, with the weight of each sample's
  class; metrics and everything on validation data are as without weights.
- `regressions`: scikit-learn's logistic regression with `class_weight`, of samples with weights of their own
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from digest import numbers, rounded, versions, write
from formula import integers, uniform

INPUTS, BATCH, SAMPLES, VALIDATION = 4, 4, 12, 6
# Kind of loss, classes, the labels in training, class weights.
CASES = [
    ("binary", 2, [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0], "balanced"),
    ("binary", 2, [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 20]),
    ("categorical", 3, [2, 0, 2, 2, 1, 2, 2, 0, 2, 2, 2, 2], "balanced"),
    ("sparseCategorical", 3, [2, 0, 2, 2, 1, 2, 2, 0, 2, 2, 2, 2], [3, 0, 0.25]),
]
# Of each class how many samples, and whether they have weights.
COUNTS = [
    ([1000, 50], False), ([7, 7], False), ([3, 1, 20, 4], False), ([6, 2, 5], True), ([1, 99], True),
]


def balanced(counts, weighted):
    labels = np.repeat(np.arange(len(counts)), counts)
    weights = np.ones(len(labels))
    if weighted:
        weights = (integers(f"balanced/{len(labels)}", len(labels), 8) + 1) / 4
    found = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels, sample_weight=weights)
    return {"counts": counts, "isWeighted": weighted, "weights": [float(w) for w in found]}


def case(kind, classes, labels, weights):
    units, activation = (1, "sigmoid") if kind == "binary" else (classes, "softmax")
    layer = keras.layers.Dense(units, activation=activation)
    model = keras.Sequential([keras.Input((INPUTS,)), layer])
    layer.set_weights([uniform("kernel", (INPUTS, units), 1.0), uniform("bias", (units,), 0.5)])
    loss = {"binary": "binary", "categorical": "categorical", "sparseCategorical": "sparse_categorical"}[kind]
    model.compile(keras.optimizers.SGD(0.1), f"{loss}_crossentropy", metrics=["accuracy"])

    def targets(labels):
        return np.eye(classes)[labels] if kind == "categorical" else np.array(labels)

    numbers_of_classes = weights
    if weights == "balanced":
        numbers_of_classes = compute_class_weight(weights, classes=np.arange(classes), y=np.array(labels)).tolist()
    others = [row % classes for row in range(VALIDATION)]
    history = model.fit(
        uniform("images", (SAMPLES, INPUTS), 1.0), targets(labels), batch_size=BATCH, epochs=3, shuffle=False, verbose=0,
        class_weight=dict(enumerate(numbers_of_classes)),
        validation_data=(uniform("others", (VALIDATION, INPUTS), 1.0), targets(others)),
    ).history
    return {
        "kind": kind, "classes": classes, "labels": labels, "isBalanced": weights == "balanced",
        "classWeights": numbers_of_classes, "history": history, "kernel": numbers(layer.kernel),
        "bias": numbers(layer.bias),
    }


def regression(classes, weights):
    count, features, penalty = 60, 4, 0.05
    x = uniform("logistic/features", (count, features), 2.0).astype(np.float64)
    labels = integers("logistic/labels", count, classes)
    # Uneven: of the last class only every third stays.
    labels = np.where((labels == classes - 1) & (np.arange(count) % 3 > 0), 0, labels)
    samples = uniform("logistic/weights", (count,), 0.5, 1.0).astype(np.float64)
    given = weights if weights == "balanced" else dict(enumerate(weights))
    # A penalty on the mean loss over the samples, whatever their weights.
    model = LogisticRegression(C=1 / (penalty * count), tol=1e-12, max_iter=10_000, class_weight=given)
    model.fit(x, labels, sample_weight=samples)
    bias = model.intercept_ - (model.intercept_.mean() if classes > 2 else 0)
    return {
        "classes": classes, "labels": labels.tolist(), "isBalanced": weights == "balanced",
        "classWeights": [] if weights == "balanced" else weights,
        "kernel": [rounded(v) for v in model.coef_.T.ravel()], "bias": [rounded(v) for v in bias],
    }


def main():
    keras.backend.set_floatx("float64")
    write(
        "keras-class-weights.json",
        {
            "madeWith": f"{versions()}, scikit-learn {sklearn.__version__}",
            "precision": "float64",
            "batchSize": BATCH,
            "balanced": [balanced(*c) for c in COUNTS],
            "cases": [case(*c) for c in CASES],
            "regressions": [
                regression(2, "balanced"), regression(2, [1, 5]), regression(3, "balanced"), regression(3, [2, 1, 0.5])],
        })


if __name__ == "__main__":
    main()
