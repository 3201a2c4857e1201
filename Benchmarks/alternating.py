"""Measures several programs in turn, round after round, for the comparisons with PyTorch and ONNX Runtime."""

import argparse
import pathlib
import statistics

from compare import HERE, measure


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--torch-python", required=True)
    parser.add_argument("--whisker", default=HERE.parent / ".build/release/whisker", type=pathlib.Path)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    return parser.parse_args()


def compare(commands, rounds):
    """Prints the median of each program's images per second, and how many times as fast Whisker is."""
    rates = {name: [] for name in commands}
    names = list(commands)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(measure(commands[name])[0]["imagesPerSecond"])
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, median in medians.items():
        ratio = "" if name == "Whisker" else f"  Whisker is {medians['Whisker'] / median:.2f} times as fast"
        print(f"{name:22} {median:7.1f} images/s{ratio}")
