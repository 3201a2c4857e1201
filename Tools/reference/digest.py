"""What is committed of a tensor too large to commit, and how fixtures are laid out."""

import json
import math
import pathlib

import numpy as np

import formula

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/TrainingTests/Fixtures"
PROJECTIONS = 4


def rounded(x):
    """Nine significant digits: one more than a 32-bit float needs to be told from its neighbours by eye."""
    return float(f"{float(x):.9g}")


def numbers(array):
    return [rounded(x) for x in np.asarray(array).ravel()]


def digest(name, array, samples):
    """Shape, norm, inner products with formula vectors, and some elements (all of them if they are few)."""
    array = np.asarray(array, np.float64)
    flat = array.ravel()
    result = {"shape": list(array.shape), "norm": rounded(math.sqrt(flat @ flat))}
    result["projections"] = [
        rounded(flat @ formula.uniform(f"projection/{k}", flat.shape).astype(np.float64))
        for k in range(PROJECTIONS)
    ]
    if flat.size > samples:
        indices = np.unique(formula.integers(f"{name}/samples", samples, flat.size))
        result["indices"] = [int(i) for i in indices]
        flat = flat[indices]
    result["values"] = numbers(flat)
    return result


def write(name, fixture, folder=None):
    """One line for each entry of each list and object at the top; into FIXTURES, which a script may set."""

    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    members = []
    for key, value in fixture.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n" + ",\n".join(line(entry) for entry in value) + "\n]"
        elif isinstance(value, dict):
            text = "{\n" + ",\n".join(f"{line(k)}:{line(v)}" for k, v in value.items()) + "\n}"
        else:
            text = line(value)
        members.append(f"{line(key)}:{text}")
    path = (folder or FIXTURES) / name
    path.write_text("{\n" + ",\n".join(members) + "\n}\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size / 1000:.1f} kB")


def versions():
    import keras
    import tensorflow

    return f"Keras {keras.__version__}, TensorFlow {tensorflow.__version__}"
