"""Measures Whisker and a peer in turn on this machine and prints the medians and their ratio.

    python3 compare.py --keras-python /tmp/reference/bin/python [--data SPLIT] [--batch-sizes 20 32] [--rounds 5]

Against Keras: whole training steps of the baseline network on photos in memory, and, with --data (a folder that
`whisker split` made), the augmentation of photos alone and the two classic recipes on files, end to end. Against
libjpeg-turbo, with --originals (a folder of JPEG files): decoding. Against itself, with --data: training steps on
inputs that are ready. Each measurement is a process
of its own; the rounds alternate, each beginning with the other side, so that a machine that warms up or is disturbed
treats both alike. Memory is the most that the process held at once, as the kernel counts it. Needs only Python; Keras
runs in the environment of Tools/reference/README.md.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BENCHMARKS = ["step", "feeding", "decode", "augment", "files", "augmented"]


def measure(command):
    """Runs a command; returns the JSON that it prints and the peak of its memory in bytes."""
    with tempfile.TemporaryFile() as notes:
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=notes)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            notes.seek(0)
            sys.stderr.write(notes.read().decode(errors="replace"))
            sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}")
    return json.loads(output), usage.ru_maxrss * 1024


def step_commands(options, batch_size):
    keras = [options.keras_python, HERE / "keras_benchmark.py", "step", "--batch-size", batch_size]
    whisker = [options.whisker, "bench", "step", "--json", "--batch-size", batch_size]
    return {"Keras": keras, "Whisker": whisker}


def augment_commands(options):
    keras = [options.keras_python, HERE / "keras_benchmark.py", "augment", options.data]
    return {"Keras": keras, "Whisker": [options.whisker, "bench", "augment", options.data / "train", "--json"]}


def decode_commands(options, folder):
    """Reading photos, against a C program that only decodes them."""
    peer = folder / "libjpeg_turbo"
    source = HERE / "libjpeg_turbo.c"
    subprocess.run(["cc", "-O2", "-o", peer, source, "-lturbojpeg", "-lpthread"], check=True)
    seconds = 0.5
    whisker = [options.whisker, "bench", "decode", options.originals, "--seconds", seconds, "--json"]
    return {"libjpeg-turbo": [peer, options.originals, seconds, os.cpu_count()], "Whisker": whisker}


def feeding_commands(options):
    """Steps of the recipe `augmented`: on inputs that are ready, and on those that the loader augments meanwhile."""
    steps = [options.whisker, "bench", "step", "--recipe", "augmented", "--json"]
    return {"inputs ready": steps, "Whisker": steps + [options.data / "train"]}


def files_commands(options, recipe, batch_size, run):
    settings = ["--batch-size", batch_size, "--epochs", options.epochs, "--steps-per-epoch", options.steps_per_epoch]
    keras = [options.keras_python, HERE / "keras_benchmark.py", "files", options.data]
    keras += ["--input", options.keras_input, "--recipe", recipe]
    whisker = [options.whisker, "train", options.data, "--recipe", recipe, "--output", run, "--overwrite", "--json"]
    return {"Keras": keras + settings, "Whisker": whisker + settings}


def rate(result):
    return result["imagesPerSecond"]


def compare(name, commands, rate, rounds):
    """Rates and peaks of both sides, and a line for each round as it ends."""
    results = {side: {"imagesPerSecond": [], "peakMemoryBytes": []} for side in commands}
    for number in range(rounds):
        sides = list(commands) if number % 2 == 0 else list(reversed(commands))
        for side in sides:
            result, peak = measure(commands[side])
            results[side]["imagesPerSecond"].append(rate(result))
            results[side]["peakMemoryBytes"].append(peak)
        note = ", ".join(f"{side} {results[side]['imagesPerSecond'][-1]:.1f} images/s" for side in commands)
        print(f"{name}, round {number + 1} of {rounds}: {note}", file=sys.stderr, flush=True)
    return {"name": name, "results": results}


def table(comparisons):
    rows = [("", "peer", "", "Whisker", "ratio")]
    for comparison in comparisons:
        sides = list(comparison["results"])
        for key, unit, scale in (("imagesPerSecond", "images/s", 1), ("peakMemoryBytes", "peak MB", 1e6)):
            peer, whisker = (statistics.median(comparison["results"][side][key]) / scale for side in sides)
            name = f"{comparison['name']}, {unit}"
            rows.append((name, sides[0], f"{peer:.1f}", f"{whisker:.1f}", f"{whisker / peer:.2f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(row, widths)))
        for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras-python", default="python3", help="the Python of Keras's environment")
    parser.add_argument("--whisker", type=pathlib.Path, default=HERE.parent / ".build/release/whisker")
    parser.add_argument("--data", type=pathlib.Path, help="a folder with train/ and validation/")
    parser.add_argument("--originals", type=pathlib.Path, help="a folder of JPEG files as cameras make them")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[20, 32], help="of the steps")
    parser.add_argument(
        "--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, help="which to measure; all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3, help="of the run on files")
    parser.add_argument("--steps-per-epoch", type=int, default=100, help="of the run on files")
    parser.add_argument(
        "--keras-input", choices=["generator", "dataset"], default="generator",
        help="ImageDataGenerator, as in the classic recipe, or image_dataset_from_directory with prefetching")
    parser.add_argument("--json", type=pathlib.Path, help="write every measurement to this file")
    options = parser.parse_args()
    if shutil.which(options.whisker) is None:
        parser.error(f"expected the whisker command at {options.whisker}: swift build -c release, or --whisker")

    comparisons = []
    if "step" in options.only:
        for size in options.batch_sizes:
            commands = step_commands(options, size)
            comparisons.append(compare(f"step, batch {size}", commands, rate, options.rounds))
    if options.data is not None and "feeding" in options.only:
        comparisons.append(compare("step on augmented photos", feeding_commands(options), rate, options.rounds))
    if options.originals is not None and "decode" in options.only:
        with tempfile.TemporaryDirectory() as folder:
            commands = decode_commands(options, pathlib.Path(folder))
            comparisons.append(compare("decoding", commands, rate, options.rounds))
    if options.data is not None and "augment" in options.only:
        comparisons.append(compare("augmented photos", augment_commands(options), rate, options.rounds))
    for name, recipe, size in [("files", "baseline", 20), ("augmented", "augmented", 32)]:
        if options.data is not None and name in options.only:
            photos = size * options.steps_per_epoch * options.epochs
            with tempfile.TemporaryDirectory() as folder:
                comparisons.append(
                    compare(
                        f"fit on files, {recipe}", files_commands(options, recipe, size, pathlib.Path(folder) / "run"),
                        lambda result: photos / result["seconds"], options.rounds))
    print(table(comparisons))
    if options.json is not None:
        options.json.write_text(json.dumps(comparisons, indent=2) + "\n")


if __name__ == "__main__":
    main()
