"""Checks the ONNX files that Whisker writes with onnx.checker and onnxruntime.

    python onnx_check.py ops FOLDER               every example of every op, written by the tests with
                                                  WHISKER_ONNX_FOLDER=FOLDER, against Whisker's reference engine
    python onnx_check.py model WHISKER MODEL      a trained model, converted by the command WHISKER: onnxruntime's
                                                  predictions for drawn photos against those of `whisker predict`

It wants onnx and onnxruntime beside numpy, pillow and safetensors.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from PIL import Image

import formula

TOLERANCE = 1e-5


def session(path):
    """A checked model, ready to run, on whose loading onnxruntime has nothing to say."""
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    # Warnings and errors; they go to the process's standard error, not to Python's.
    options.log_severity_level = 2
    with tempfile.TemporaryFile() as said:
        kept = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            loaded = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        said.seek(0)
        text = said.read().decode(errors="replace").strip()
    if text:
        raise ValueError(f"onnxruntime says on loading: {text[:1000]}")
    return loaded


def distance(found, expected):
    """How far apart two arrays are, as a part of the second one's norm."""
    assert found.shape == expected.shape, (found.shape, expected.shape)
    expected = expected.astype(np.float64)
    return float(np.linalg.norm(found - expected) / max(np.linalg.norm(expected), 1e-30))


def check_ops(folder):
    from safetensors import safe_open

    paths = sorted(pathlib.Path(folder).glob("*.onnx"), key=lambda path: int(path.stem))
    worst, failures = 0.0, 0
    for path in paths:
        with safe_open(str(path.with_suffix(".safetensors")), "np") as file:
            outputs = file.metadata()["outputs"].split(",")
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        name = onnx.load(str(path)).doc_string
        try:
            model = session(path)
            found = model.run(outputs, {i.name: tensors[i.name] for i in model.get_inputs()})
            far = max(distance(y, tensors[output]) for y, output in zip(found, outputs))
        except Exception as error:
            print(f"{path.name} {name}: {str(error)[:300]}")
            failures += 1
            continue
        worst = max(worst, far)
        if not far <= TOLERANCE:
            print(f"{path.name} {name}: {far:.2g} of the norm apart")
            failures += 1
    print(f"{len(paths)} examples, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: "
          f"{failures} wrong, at most {worst:.2g} of the norm apart")
    return failures == 0 and len(paths) > 0


def check_model(whisker, model):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([whisker, "convert", model, folder / "model.onnx"], check=True)
        network = session(folder / "model.onnx")
        metadata = network.get_modelmeta().custom_metadata_map
        preparation = json.loads(metadata["preparation"])
        classes = json.loads(metadata["class_names"])
        count, height, width = 7, preparation["height"], preparation["width"]
        assert preparation["channels"] == 3 and preparation.get("standardization") is None
        pixels = np.rint(formula.photos("onnx", count, height, width) * 255).clip(0, 255).astype(np.uint8)
        for index, photo in enumerate(pixels):
            Image.fromarray(photo).save(folder / f"{index}.png")
        names = [folder / f"{index}.png" for index in range(count)]
        printed = subprocess.run([whisker, "predict", model, *names, "--json"], check=True, capture_output=True)
        expected = np.array([[p["probabilities"][name] for name in classes] for p in json.loads(printed.stdout)])
        images = pixels.astype(np.float32) * np.float32(preparation["rescale"])
        found = network.run(["predictions"], {"images": images})[0]
        single = np.concatenate([network.run(["predictions"], {"images": image[None]})[0] for image in images])
        if found.shape[1] == 1:
            found, single = (np.concatenate([1 - p, p], axis=1) for p in (found, single))
        far = distance(found, expected)
        print(f"{model}: classes {classes}, predictions {far:.2g} of their norm apart "
              f"(in batches of one {distance(single, expected):.2g}), spread {np.ptp(expected[:, 0]):.2g}")
        return far <= TOLERANCE


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ops", folder]:
            sys.exit(not check_ops(folder))
        case ["model", whisker, model]:
            sys.exit(not check_model(whisker, model))
        case _:
            sys.exit(__doc__)
