"""Makes keras-losses.json: Keras's cross-entropies and their gradients on given predictions, in float32.

float32 because clipping to [1e-7, 1 - 1e-7] depends on it: 1 - 1e-7 is 0.99999988 there.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from digest import numbers, versions, write

# [N, 1]
BINARY_LOGITS = [[0], [0.3], [-0.3], [2.5], [-2.5], [40], [40], [-40], [-40], [100], [1e4], [-1e4]]
BINARY_LOGIT_TARGETS = [[1], [0], [1], [1], [1], [0], [1], [1], [0], [0], [0], [1]]
PROBABILITIES = [[0.5], [0.1], [0.9], [0.75], [1e-3], [0], [0], [1], [1], [1e-8], [1e-6], [0.999999]]
PROBABILITY_TARGETS = [[1], [0], [0], [1], [1], [0], [1], [0], [1], [1], [1], [0]]
# [N, 2]: the loss of a sample is the mean over its units.
PAIRS = [[0.2, -1.5], [40, -40], [-3, 0.5]]
PAIR_TARGETS = [[1, 0], [0, 0], [1, 1]]
# [N, K]
CLASS_LOGITS = [[0.1, 0.2, 0.3], [2, -1, 0.5], [40, 0, -40], [-40, 0, 40], [100, 0, 99], [1e4, 0, -1e4]]
CLASS_PROBABILITIES = [
    [0.2, 0.3, 0.5], [0.7, 0.1, 0.2], [1, 0, 0], [0, 0, 1], [1e-8, 0.5, 0.5], [0.2, 0.2, 0.2],
]
CLASSES = [2, 1, 0, 0, 0, 1]
ONE_HOT = np.eye(3)[CLASSES].tolist()


def case(name, loss, targets, predictions):
    kind = {"BinaryCrossentropy": "binary", "CategoricalCrossentropy": "categorical"}.get(
        type(loss).__name__, "sparseCategorical")
    variable = tf.Variable(np.array(predictions, np.float32))
    targets = np.array(targets, np.float32)
    with tf.GradientTape() as tape:
        losses = loss(targets, variable)
        mean = tf.reduce_mean(losses)
    return {
        "name": name,
        "kind": kind,
        "isFromLogits": loss.from_logits,
        "labelSmoothing": getattr(loss, "label_smoothing", 0),
        "shape": list(variable.shape),
        "targets": numbers(targets),
        "predictions": numbers(variable),
        "losses": numbers(losses),
        "mean": numbers(mean)[0],
        "gradient": numbers(tape.gradient(mean, variable)),
    }


def main():
    cases = []
    for smoothing in (0.0, 0.1):
        note = " smoothed" if smoothing else ""
        for logits in (True, False):
            binary = keras.losses.BinaryCrossentropy(
                from_logits=logits, label_smoothing=smoothing, reduction=None)
            categorical = keras.losses.CategoricalCrossentropy(
                from_logits=logits, label_smoothing=smoothing, reduction=None)
            place = "from logits" if logits else "from probabilities"
            cases.append(
                case(f"binary {place}{note}", binary, BINARY_LOGIT_TARGETS if logits else PROBABILITY_TARGETS,
                     BINARY_LOGITS if logits else PROBABILITIES))
            cases.append(
                case(f"categorical {place}{note}", categorical, ONE_HOT,
                     CLASS_LOGITS if logits else CLASS_PROBABILITIES))
            if not smoothing:
                sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=logits, reduction=None)
                cases.append(
                    case(f"sparse categorical {place}", sparse, CLASSES,
                         CLASS_LOGITS if logits else CLASS_PROBABILITIES))
            if logits:
                cases.append(case(f"binary of two units {place}{note}", binary, PAIR_TARGETS, PAIRS))
    extreme = next(c for c in cases if c["name"] == "binary from logits")
    assert extreme["predictions"][5] == 40 and extreme["targets"][5] == 0 and extreme["losses"][5] == 40
    write("keras-losses.json", {"madeWith": versions(), "precision": "float32", "cases": cases})


if __name__ == "__main__":
    main()
