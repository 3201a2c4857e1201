"""Runs the checks of Whisker against other programs, and ends with a line 'N passed, N failed'.

    python3 peers.py CACHE [NAME …]

CACHE holds the environments that Scripts/peers makes: `keras` (requirements.txt), `keras-2.15` and `torch`. Without names,
every check runs but `keras-applications-all`, which takes hours. A check passes if all of its commands exit with 0; what a
failed one printed is shown. It wants `.build/release/whisker` and the tests, both built.
"""

import dataclasses
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

TOOLS = pathlib.Path(__file__).resolve().parent
PACKAGE = TOOLS.parents[1]
WHISKER = PACKAGE / ".build/release/whisker"
# No check takes a third of it, but those that say so; one that hangs is to fail.
SECONDS_PER_CHECK = 600
# How far the numbers of a fixture may move with the processor's rounding: a part of the value, and that much more.
RELATIVE, ABSOLUTE = 1e-4, 1e-5


class Failure(Exception):
    pass


class Bench:
    """What the checks share: the environments, a folder to work in, and a model that was trained there."""

    def __init__(self, cache, folder):
        self.cache, self.folder = pathlib.Path(cache), pathlib.Path(folder)
        self.deadline = math.inf

    def run(self, *command, **variables):
        command = [str(word) for word in command]
        result = subprocess.run(
            command, cwd=PACKAGE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=max(1, self.deadline - time.monotonic()),
            env={**os.environ, "WHISKER": str(WHISKER), "PYTHONDONTWRITEBYTECODE": "1", **variables})
        if result.returncode != 0:
            raise Failure(f"{' '.join(command)}: exit code {result.returncode}\n{result.stdout[-6000:]}")
        return result.stdout

    def python(self, environment, script, *arguments, **variables):
        return self.run(self.cache / environment / "bin/python", script, *arguments, **variables)

    def script(self, environment, name, *arguments):
        return self.python(environment, TOOLS / name, *arguments)

    @property
    def data(self):
        """Drawn cats and dogs, split."""
        data = self.folder / "data"
        if not data.exists():
            self.run(WHISKER, "sketches", self.folder / "sketches", "--per-class", 60, "--size", 96)
            self.run(WHISKER, "split", self.folder / "sketches", data, "--train", 30, "--validation", 10, "--test", 20)
        return data

    @property
    def trained(self):
        """The run of a small training."""
        run = self.folder / "run"
        if not (run / "model.safetensors").exists():
            self.run(
                WHISKER, "train", self.data, "--output", run, "--epochs", 2, "--steps-per-epoch", 4, "--image-size", 64)
        return run

    @property
    def measured(self):
        """The run of a small training with a recipe that measures more than accuracy."""
        run = self.folder / "measured"
        if not (run / "model.safetensors").exists():
            recipe = self.folder / "measured.yaml"
            recipe.write_text(
                "name: measured\nimage: {height: 48, width: 48}\n"
                "network: [Conv2D: {filters: 8, kernel_size: 3, activation: relu}, MaxPooling2D, Flatten, Output]\n"
                "optimizer: {rmsprop: {learning_rate: 0.001}}\n"
                "training:\n  batch_size: 7\n  epochs: 3\n  best: val_pr_auc\n"
                "  metrics: [accuracy, balanced_accuracy, precision, recall, f1, roc_auc, pr_auc, f1_macro, f1_weighted, pr_auc_weighted]\n",
                encoding="utf-8")
            self.run(WHISKER, "train", self.data, "--output", run, "--recipe", recipe)
        return run


def fixtures(bench, environment, script, *arguments):
    """Makes the fixtures of a script anew and compares them with the committed ones, number by number."""
    copy = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
    shutil.copytree(TOOLS, copy / "Tools/reference", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in PACKAGE.glob("Tests/*/Fixtures"):
        (copy / folder.relative_to(PACKAGE)).mkdir(parents=True)
    arguments = [copy / argument if str(argument).startswith("Tests/") else argument for argument in arguments]
    bench.python(environment, copy / "Tools/reference" / script, *arguments)
    made = sorted(path for path in copy.glob("Tests/*/Fixtures/*") if path.suffix in (".json", ".zip"))
    if not made:
        raise Failure(f"{script}: expected fixtures, got none")
    for path in made:
        name = path.relative_to(copy)
        committed = contents(PACKAGE / name)
        for part, found in contents(path).items():
            compare(f"{name}{part}", found, committed.get(part))
    shutil.rmtree(copy)
    return f"{len(made)} files as committed"


def contents(path):
    """The JSON in a file, or in each entry of an archive."""
    if path.suffix == ".json":
        return {"": json.loads(path.read_text(encoding="utf-8"))}
    with zipfile.ZipFile(path) as archive:
        return {f"/{name}": json.loads(archive.read(name)) for name in archive.namelist()}


def compare(place, found, committed):
    """Raises a Failure that names the first place where two trees differ."""
    if isinstance(found, dict) and isinstance(committed, dict) and found.keys() == committed.keys():
        for key in found:
            compare(f"{place}/{key}", found[key], committed[key])
    elif isinstance(found, list) and isinstance(committed, list) and len(found) == len(committed):
        # What adds up many numbers is as exact as its largest neighbour.
        scale = max((abs(x) for x in committed if isinstance(x, (int, float))), default=0)
        for index, pair in enumerate(zip(found, committed)):
            if all(isinstance(x, (int, float)) for x in pair):
                if not abs(pair[0] - pair[1]) <= RELATIVE * scale + ABSOLUTE:
                    raise Failure(f"{place}/{index}: expected {pair[1]}, got {pair[0]}")
            else:
                compare(f"{place}/{index}", *pair)
    elif isinstance(found, float) and isinstance(committed, (int, float)):
        if not math.isclose(found, committed, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            raise Failure(f"{place}: expected {committed}, got {found}")
    elif found != committed:
        raise Failure(f"{place}: expected {str(committed)[:200]}, got {str(found)[:200]}")


def onnx_ops(bench):
    folder = bench.folder / "onnx"
    folder.mkdir()
    bench.run(
        "swift", "test", "--configuration", "release", "--skip-build", "--disable-xctest", "--filter", "ONNXFileTests",
        WHISKER_ONNX_FOLDER=str(folder))
    return bench.script("keras", "onnx_check.py", "ops", folder)


def torch_tensors(bench):
    said = []
    for name in ("torch-zip", "torch-stream"):
        source = PACKAGE / f"Tests/FormatsTests/Fixtures/{name}.pth"
        target = bench.folder / f"{name}.safetensors"
        bench.run(WHISKER, "convert", source, target)
        said.append(bench.script("torch", "torch_fixtures.py", "check", source, target))
    return "".join(said)


def published_network(bench):
    photos = sorted((bench.data / "test").glob("*/*.jpg"))[::5]
    return bench.script("torch", "efficientnet_lite.py", "check", *photos)


@dataclasses.dataclass
class Check:
    name: str
    what: str
    body: object
    seconds: int = SECONDS_PER_CHECK
    is_usual: bool = True


def applications(*arguments):
    return lambda bench: bench.script("keras", "keras_applications.py", "check", bench.cache, *arguments)


def script(environment, name, *arguments):
    return lambda bench: bench.script(environment, name, *arguments)


def made_anew(environment, name, *arguments):
    return lambda bench: fixtures(bench, environment, name, *arguments)


CHECKS = [
    *(
        Check(f"keras-{name}", "files to Keras and onnxruntime and back", script("keras", "keras_roundtrip.py", network))
        for name, network in [
            ("baseline", "baseline"), ("residual", "residual"), ("mobilenet", "MobileNet"), ("transfer", "transfer"),
            ("activations", "activations"), ("layers", "layers"), ("idle", "idle"), ("trained", "trained"),
        ]
    ),
    Check("keras-everyday", "models as people write them, through Whisker and back", script("keras", "keras_everyday.py", "check")),
    *(
        Check(
            f"{environment}-continues", "training that goes on in Whisker and back",
            script(environment, "keras_continues.py", "check"))
        for environment in ("keras", "keras-2.15")
    ),
    Check("keras-pretrained", "published networks with Keras's weights", script("keras", "keras_pretrained.py", "check")),
    *(
        Check(
            f"keras-applications-{release}", f"a network of each family of Keras {release}, whole: predicted, trained, as ONNX",
            applications("--release", release), seconds=2400)
        for release in ("3.15", "2.15")
    ),
    Check(
        "keras-applications-all", "every network of both Kerases, whole: hours", applications("--all"), seconds=12 * 3600,
        is_usual=False),
    Check("onnxruntime-ops", "every op's examples", onnx_ops),
    Check(
        "onnxruntime-model", "a trained model",
        lambda bench: bench.script("keras", "onnx_check.py", "model", WHISKER, bench.trained / "model.safetensors")),
    Check(
        "tensorboard", "its reader on a run's events",
        lambda bench: bench.script("keras", "tensorboard_check.py", bench.trained)),
    Check(
        "scikit-learn", "the figures of an evaluation",
        lambda bench: bench.script(
            "keras", "sklearn_metrics.py", bench.trained / "model.safetensors", bench.data / "test")),
    Check(
        "scikit-learn-metrics", "a recipe's metrics, of a validation and of an evaluation",
        lambda bench: bench.script(
            "keras", "sklearn_metrics.py", bench.measured / "model.safetensors", bench.data / "validation",
            "--history", bench.measured / "history.csv")),
    Check("pillow", "photos of every format, resized", script("keras", "pillow_check.py")),
    Check("h5py", "HDF5 files of ours", script("keras", "hdf5_fixtures.py", "check")),
    Check("safetensors", "safetensors files of ours", script("keras", "safetensors_fixtures.py", "check")),
    Check("torch-tensors", "state dicts, converted", torch_tensors),
    Check("torch-network", "the published EfficientNet-Lite0", published_network),
    Check(
        "averages", "several models as one, and averaged weights",
        lambda bench: bench.script("keras", "averages.py", bench.data)),
    Check("made-anew-torchvision-crops", "fixtures", made_anew("torch", "torchvision_crops.py")),
    Check("made-anew-torch-averaging", "fixtures", made_anew("torch", "torch_averaging.py")),
    *(
        Check(f"made-anew-{name.removesuffix('.py').replace('_', '-')}", "fixtures", made_anew("keras", name, *rest))
        for name, *rest in [
            ("keras_augmentation.py",), ("keras_baseline.py",), ("keras_class_weights.py",), ("keras_continues.py", "write"), ("keras_gradcam.py",), ("keras_layers.py",),
            ("keras_losses.py",), ("keras_networks.py",), ("keras_optimizers.py",), ("keras_pretrained.py", "write"),
            ("keras_residual.py",), ("keras_schedules.py",), ("keras_standardization.py",), ("keras_weights.py",),
            ("keras_families.py",), ("metrics.py",), ("epoch_metrics.py",), ("images.py", "Tests/ImagesTests/Fixtures"),
            ("photo_grid.py", "Tests/ImagesTests/Fixtures"), ("transforms.py",),
        ]
    ),
    Check("made-anew-keras-families-2.15", "fixtures", made_anew("keras-2.15", "keras_families.py")),
]


def chosen(names):
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"peers: expected names among {', '.join(known)}, got {', '.join(unknown)}")
    return [known[name] for name in names] or [check for check in CHECKS if check.is_usual]


def main(cache, names):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(cache, folder)
        for check in chosen(names):
            start = time.monotonic()
            bench.deadline = start + check.seconds
            try:
                said = check.body(bench).strip().splitlines()
                verdict = f"passed: {said[-1]}" if said else "passed"
                passed += 1
            except (Failure, subprocess.TimeoutExpired, OSError, ValueError) as error:
                verdict = f"FAILED: {error}"
                failed += 1
            print(f"{check.name} ({check.what}, {time.monotonic() - start:.0f} s) {verdict}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed == 0 and passed > 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(not main(sys.argv[1], sys.argv[2:]))
