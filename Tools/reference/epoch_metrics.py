"""Makes epoch-metrics.json: what scikit-learn and Keras say of a whole epoch, for EpochMetricsTests.

Labels, probabilities and weights come from formula.py by way of metrics.py; the tests make the same ones. scikit-learn is
told every class (`labels`), also those that don't occur, and of areas the mean over the classes that have one is
taken. Keras takes the same samples in batches; its areas are those of `AUC` with a threshold below each probability that
occurs, where its curve is the exact one.

Of equally likely classes Whisker takes the first, as numpy's argmax does. scikit-learn's top-k accuracy takes the last, and
Keras's takes all, as its F1 does: those are left out where a choice hangs on that.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import sklearn
from sklearn import metrics

import digest
import formula
from metrics import full, scores

# Name, samples, classes, what is odd (see metrics.py), whether samples have weights.
CASES = [
    ("two", 60, 2, "", False),
    ("two-weighted", 60, 2, "", True),
    ("two-ties", 200, 2, "ties", False),
    ("two-ties-weighted", 200, 2, "ties", True),
    ("two-one-label", 20, 2, "absent", False),
    ("two-constant", 30, 2, "constant", True),
    ("three", 90, 3, "", False),
    ("three-weighted", 90, 3, "", True),
    ("four-ties", 150, 4, "ties", True),
    ("five-absent", 80, 5, "absent", False),
    ("five-unpredicted", 80, 5, "unpredicted", True),
    ("twenty", 400, 20, "", True),
]
BATCH = 7


def areas(function, labels, ranks, weights, classes, takes_others):
    found = []
    for index in range(classes):
        positive = labels == index
        present = weights > 0
        has = positive[present].any() and (not takes_others or not positive[present].all())
        found.append(float(function(positive, ranks[index], sample_weight=weights)) if has else None)
    return found


def mean(figures, weights=None):
    known = [(x, 1.0 if weights is None else weights[i]) for i, x in enumerate(figures) if x is not None]
    total = sum(w for _, w in known)
    return sum(x * w for x, w in known) / total if total > 0 else None


def hangs_on_ties(probabilities, k):
    """Whether the k-th likeliest class of a sample is as likely as the next."""
    ranked = np.sort(probabilities, axis=1)[:, ::-1]
    return bool((ranked[:, k - 1] == ranked[:, k]).any())


def clear(probabilities, classes):
    return [k for k in range(1, min(classes, 5)) if not hangs_on_ties(probabilities, k)]


def sklearn_values(labels, probabilities, weights, classes):
    predicted = probabilities.argmax(axis=1)
    every = np.arange(classes)
    values = {"balanced_accuracy": float(metrics.balanced_accuracy_score(labels, predicted, sample_weight=weights))}
    for average in ["macro", "weighted"]:
        for name, figure in zip(["precision", "recall", "f1"], metrics.precision_recall_fscore_support(
                labels, predicted, labels=every, average=average, sample_weight=weights, zero_division=0)):
            values[f"{name}_{average}"] = float(figure)
    if classes == 2:
        for name, figure in zip(["precision", "recall", "f1"], metrics.precision_recall_fscore_support(
                labels, predicted, average="binary", sample_weight=weights, zero_division=0)):
            values[name] = float(figure)
    else:
        for name in ["precision", "recall", "f1"]:
            values[name] = values[f"{name}_macro"]
        for k in clear(probabilities, classes):
            values[f"top_{k}_accuracy"] = float(metrics.top_k_accuracy_score(
                labels, probabilities, k=k, labels=every, sample_weight=weights))
    # Of two classes the second's probability ranks for both: 1 - p in single precision makes ties of many small p.
    ranks = [-probabilities[:, 1], probabilities[:, 1]] if classes == 2 else probabilities.T
    supports = [float(weights[labels == index].sum()) for index in every]
    for name, function, takes_others in [
            ("roc_auc", metrics.roc_auc_score, True), ("pr_auc", metrics.average_precision_score, False)]:
        each = areas(function, labels, ranks, weights, classes, takes_others)
        values[f"{name}_macro"] = mean(each)
        values[f"{name}_weighted"] = mean(each, supports)
        values[name] = each[1] if classes == 2 else mean(each)
    return values


def keras_values(labels, probabilities, weights, classes):
    second = probabilities[:, 1]
    if classes == 2:
        levels = np.unique(second.astype(np.float64))
        bounds = list((levels[:-1] + levels[1:]) / 2)
        found = {"precision": keras.metrics.Precision(), "recall": keras.metrics.Recall()}
        if bounds and len(set(labels[weights > 0])) == 2:
            found["roc_auc"] = keras.metrics.AUC(thresholds=bounds)
        rows, targets = second[:, None], labels[:, None].astype(np.float32)
    else:
        found = {}
        if not hangs_on_ties(probabilities, 1):
            found["f1_macro"] = keras.metrics.F1Score(average="macro")
            found["f1_weighted"] = keras.metrics.F1Score(average="weighted")
        for k in clear(probabilities, classes):
            found[f"top_{k}_accuracy"] = keras.metrics.TopKCategoricalAccuracy(k=k)
        rows, targets = probabilities, np.eye(classes, dtype=np.float32)[labels]
    for start in range(0, len(labels), BATCH):
        batch = slice(start, start + BATCH)
        for metric in found.values():
            metric.update_state(targets[batch], rows[batch], sample_weight=weights[batch])
    return {name: float(metric.result()) for name, metric in found.items()}


def case(name, count, classes, kind, weighted):
    labels, probabilities = scores(name, count, classes, kind)
    weights = np.ones(count, np.float32)
    if weighted:
        weights = formula.integers(f"{name}/weights", count, 8).astype(np.float32) / np.float32(4)
    return {
        "name": name, "count": count, "classes": classes, "kind": kind, "isWeighted": weighted,
        "probabilities": full(probabilities.ravel()[:8]), "weights": full(weights[:8]),
        "sklearn": sklearn_values(labels, probabilities, weights.astype(np.float64), classes),
        "keras": keras_values(labels, probabilities, weights, classes),
    }


if __name__ == "__main__":
    # metrics.py has its own place for fixtures.
    digest.FIXTURES = digest.FIXTURES.parents[1] / "TrainingTests/Fixtures"
    digest.write("epoch-metrics.json", {
        "madeWith": f"scikit-learn {sklearn.__version__}, Keras {keras.__version__}, numpy {np.__version__}",
        "cases": [case(*c) for c in CASES]})
