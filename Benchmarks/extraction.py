"""Feature extraction of EfficientNet-Lite0: Whisker, PyTorch and ONNX Runtime in turn on this machine.

    python3 extraction.py --torch-python PYTHON [--batch-size 32] [--rounds 3] [--seconds 5]

PYTHON is one of an environment with torch, onnx, onnxruntime and efficientnet-lite-pytorch. Photos are in memory,
prepared, on every core. Each measurement is a process of its own, and the rounds alternate. Prints the medians.
"""

import alternating
from compare import HERE


def main():
    options = alternating.options(__doc__.split("\n")[0])
    torch = [options.torch_python, HERE / "torch_extraction.py"]
    tail = [options.batch_size, options.seconds]
    alternating.compare(
        {
            "PyTorch": [*torch, "torch", *tail],
            "ONNX Runtime": [*torch, "onnx", *tail],
            "Whisker": [
                options.whisker, "bench", "infer", "--recipe", "features", "--json", "--batch-size", options.batch_size,
                "--rounds", 3, "--seconds", options.seconds / 3,
            ],
        }, options.rounds)


if __name__ == "__main__":
    main()
