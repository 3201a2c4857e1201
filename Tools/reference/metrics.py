"""Makes metrics.json: what scikit-learn and numpy say of labels and probabilities, for MetricsTests.

Labels and probabilities come from formula.py; MetricsTests makes the same ones. The calibration error isn't in
scikit-learn: it is computed here as Guo et al. 2017 (https://arxiv.org/abs/1706.04599) define it, over bins
((m - 1)/10, m/10] of the probability of the likeliest class.
"""

import numpy as np
import sklearn
from sklearn import metrics

import digest
import formula

digest.FIXTURES = digest.FIXTURES.parents[1] / "ReportsTests/Fixtures"

# Name, samples, classes; and what is odd about the numbers: "ties" rounds scores to tenths, "absent" takes the last
# class out of the labels, "unpredicted" makes the last class nobody's choice, "constant" gives every sample the
# same row, "sure" pushes probabilities to 0 and 1.
CASES = [
    ("two", 60, 2, ""),
    ("two-ties", 200, 2, "ties"),
    ("two-one-label", 20, 2, "absent"),
    ("two-constant", 30, 2, "constant"),
    ("two-sure", 40, 2, "sure"),
    ("one-sample", 1, 2, ""),
    ("three", 90, 3, ""),
    ("four-ties", 150, 4, "ties"),
    ("five-absent", 80, 5, "absent"),
    ("five-unpredicted", 80, 5, "unpredicted"),
    ("hundred", 400, 100, ""),
]


def scores(name, count, classes, kind):
    """Labels [N] and probabilities [N, K] in float32; only exact operations but for the one division."""
    labels = formula.integers(f"{name}/labels", count, classes)
    raw = formula.integers(f"{name}/scores", count * classes, 1000).reshape(count, classes).astype(np.float32)
    if kind == "ties":
        raw = np.floor(raw / np.float32(100))
    if kind == "absent":
        labels = np.where(labels == classes - 1, 0, labels)
    if kind == "unpredicted":
        raw[:, -1] = 0
    if kind == "constant":
        raw[:] = raw[0]
    raw[np.arange(count), labels] += np.float32(300 if kind != "ties" else 3)
    if kind == "sure":
        raw = np.where(raw >= 600, raw * np.float32(1024), np.float32(0))
    raw += np.float32(1)
    total = raw.sum(axis=1, dtype=np.float64)  # whole numbers: exact
    if classes == 2:
        second = (raw[:, 1].astype(np.float64) / total).astype(np.float32)
        return labels, np.stack([np.float32(1) - second, second], axis=1)
    return labels, (raw.astype(np.float64) / total[:, None]).astype(np.float32)


def full(values):
    return [float(x) for x in values]


def curve(labels, scores):
    if labels.min() == labels.max():
        return None
    false, true, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    points = [full(x) for x in (false[:60], true[:60], thresholds[1:60])]
    return {"points": len(false), "false": points[0], "true": points[1], "thresholds": points[2],
            "area": float(metrics.roc_auc_score(labels, scores))}


def calibration(labels, probabilities, bins=10):
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    rows, error = [], 0.0
    for m in range(bins):
        # Float32 probabilities against the float64 bounds.
        inside = (confidence.astype(np.float64) > m / bins) & (confidence.astype(np.float64) <= (m + 1) / bins)
        if inside.any():
            mean, share = confidence[inside].astype(np.float64).mean(), right[inside].mean()
            error += inside.sum() / len(labels) * abs(share - mean)
            rows.append([m, int(inside.sum()), float(mean), float(share)])
    return {"bins": rows, "error": float(error)}


def case(name, count, classes, kind):
    labels, probabilities = scores(name, count, classes, kind)
    predicted = probabilities.argmax(axis=1)
    every = np.arange(classes)

    def report(average):
        values = metrics.precision_recall_fscore_support(
            labels, predicted, labels=every, average=average, zero_division=0)
        return [full(x) for x in values[:3]] if average is None else full(values[:3])

    matrix = metrics.confusion_matrix(labels, predicted, labels=every)
    # Of two classes the second's probability ranks for both: 1 - p in single precision makes ties of many small p.
    ranks = [-probabilities[:, 1], probabilities[:, 1]] if classes == 2 else probabilities.T
    curves = [curve((labels == k).astype(int), ranks[k]) for k in every]
    areas = [c["area"] if c else None for c in curves]
    known = [a for a in areas if a is not None]
    return {
        "name": name, "count": count, "classes": classes, "kind": kind,
        "probabilities": full(probabilities.ravel()[:8]),
        # Every count by its place, those of 0 left out.
        "confusion": [[int(i), int(j), int(matrix[i, j])] for i, j in zip(*np.nonzero(matrix))],
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "perClass": report(None), "macro": report("macro"), "weighted": report("weighted"),
        "areas": areas, "meanArea": float(np.mean(known)) if known else None,
        "curve": curves[1] if classes <= 5 else None,
        "calibration": calibration(labels, probabilities),
    }


if __name__ == "__main__":
    digest.FIXTURES.mkdir(exist_ok=True)
    digest.write("metrics.json", {
        "madeWith": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "cases": [case(*c) for c in CASES]})
