"""Steps of the recipe `finetune`: Whisker and PyTorch in turn on this machine.

    python3 finetuning.py --torch-python PYTHON [--batch-size 32] [--rounds 3] [--seconds 5]

PYTHON is one of an environment with torch and efficientnet-lite-pytorch. Photos are in memory, prepared, on every core.
Each measurement is a process of its own, and the rounds alternate. Prints the medians.
"""

import alternating
from compare import HERE


def main():
    options = alternating.options(__doc__.split("\n")[0])
    torch = [options.torch_python, HERE / "torch_finetuning.py", options.batch_size, options.seconds]
    alternating.compare(
        {
            "PyTorch": torch,
            "PyTorch, channels last": [*torch, "channels_last"],
            "Whisker": [
                options.whisker, "bench", "step", "--recipe", "finetune", "--json", "--batch-size", options.batch_size,
                "--rounds", 3, "--seconds", options.seconds / 3,
            ],
        }, options.rounds)


if __name__ == "__main__":
    main()
