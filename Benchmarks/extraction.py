"""Feature extraction of EfficientNet-Lite0: Whisker, PyTorch and ONNX Runtime in turn on this machine.

    python3 extraction.py --torch-python PYTHON [--batch-size 32] [--rounds 3] [--seconds 5]

PYTHON is one of an environment with torch, onnx, onnxruntime and efficientnet-lite-pytorch. Photos are in memory,
prepared, on every core. Each measurement is a process of its own, and the rounds alternate. Prints the medians.
"""

import argparse
import pathlib
import statistics

from compare import HERE, measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--torch-python", required=True)
    parser.add_argument("--whisker", default=HERE.parent / ".build/release/whisker", type=pathlib.Path)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    torch = [options.torch_python, HERE / "torch_extraction.py"]
    tail = [options.batch_size, options.seconds]
    commands = {
        "PyTorch": [*torch, "torch", *tail],
        "ONNX Runtime": [*torch, "onnx", *tail],
        "Whisker": [
            options.whisker, "bench", "infer", "--recipe", "features", "--json", "--batch-size", options.batch_size,
            "--rounds", 3, "--seconds", options.seconds / 3,
        ],
    }
    rates = {name: [] for name in commands}
    for number in range(options.rounds):
        names = list(commands)
        for name in names[number % 3:] + names[: number % 3]:
            rates[name].append(measure(commands[name])[0]["imagesPerSecond"])
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, median in medians.items():
        ratio = "" if name == "Whisker" else f"  Whisker is {medians['Whisker'] / median:.2f} times as fast"
        print(f"{name:13} {median:7.1f} images/s{ratio}")


if __name__ == "__main__":
    main()
