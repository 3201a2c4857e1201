"""Checks the figures of `whisker evaluate` with scikit-learn, from the probabilities of `whisker predict`.

    python sklearn_metrics.py MODEL FOLDER [--history RUN/history.csv] [--whisker .build/release/whisker]

FOLDER has one folder for each class. The calibration error is that of metrics.py. What else the model's recipe measures is
checked too; with --history that of the last epoch, where MODEL is the last epoch's and FOLDER has the validation photos.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys

import numpy as np
from sklearn import metrics

from metrics import calibration

LIMIT = 1e-6


def differences(measured, labels, probabilities, history):
    """How many of the metrics that the model's recipe asks for are others than scikit-learn's."""
    from epoch_metrics import sklearn_values

    expected = sklearn_values(labels, probabilities, np.ones(len(labels)), probabilities.shape[1])
    expected["accuracy"] = float((probabilities.argmax(axis=1) == labels).mean())
    columns = {}
    if history:
        with open(history, newline="", encoding="utf-8") as file:
            columns = list(csv.DictReader(file))[-1]
    wrong = 0
    for name, value in measured.items():
        figures = {"evaluate": value}
        if history:
            cell = columns["val_acc" if name == "accuracy" else f"val_{name}"]
            figures["history"] = float(cell) if cell else None
        for place, figure in figures.items():
            same = figure is None if expected[name] is None else (
                figure is not None and abs(figure - expected[name]) <= LIMIT)
            wrong += not same
            print(f"{name} ({place}): scikit-learn {expected[name]}, Whisker {figure}{'' if same else '  DIFFERENT'}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--history", type=pathlib.Path)
    parser.add_argument("--whisker", type=pathlib.Path, default=pathlib.Path(".build/release/whisker"))
    arguments = parser.parse_args()

    def whisker(command, *rest):
        return json.loads(subprocess.run(
            [arguments.whisker.resolve(), command, arguments.model, *rest, "--json"], check=True,
            capture_output=True).stdout)

    classes = sorted(path.name for path in arguments.folder.iterdir() if path.is_dir())
    files = [path for name in classes for path in sorted((arguments.folder / name).iterdir())]
    labels = np.array([classes.index(path.parent.name) for path in files])
    predictions = {entry["file"]: entry["probabilities"] for entry in whisker("predict", *files)}
    probabilities = np.array([[predictions[str(path)][name] for name in classes] for path in files], np.float32)
    predicted = probabilities.argmax(axis=1)
    found = whisker("evaluate", arguments.folder)
    macro = metrics.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    # Sigmoid or softmax: the same loss, but for Float32's rounding of the probabilities near 0 and 1.
    likelihood = probabilities.astype(np.float64)[np.arange(len(labels)), labels]
    areas = [metrics.roc_auc_score(labels == index, probabilities[:, index]) for index in range(len(classes))]
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, predicted), "precision": macro[0], "recall": macro[1],
        "f1": macro[2], "auc": float(np.mean(areas)), "ece": calibration(labels, probabilities)["error"],
        "count": len(labels),
    }
    wrong = 0
    for name, value in {**expected, "loss": float(-np.log(np.maximum(likelihood, 1e-7)).mean())}.items():
        limit = 1e-4 if name == "loss" else LIMIT
        verdict = "" if abs(found[name] - value) <= limit else "  DIFFERENT"
        wrong += bool(verdict)
        print(f"{name}: scikit-learn {value:.7g}, Whisker {found[name]:.7g}{verdict}")
    for index, name in enumerate(classes):
        each = found["classMetrics"][name]["auc"]
        if abs(each - areas[index]) > LIMIT:
            wrong += 1
            print(f"{name}: area {each:.7g}, scikit-learn's {areas[index]:.7g}")
    wrong += differences(found["metrics"], labels, probabilities, arguments.history)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
