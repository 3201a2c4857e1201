"""Makes and checks the fixtures of Tests/FormatsTests with the safetensors package.

    python safetensors_fixtures.py write            write python.safetensors
    python safetensors_fixtures.py check [FILE]     check whisker.safetensors, or FILE, written by Whisker
"""

import pathlib
import struct
import sys

import numpy as np
import safetensors
import safetensors.numpy

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/FormatsTests/Fixtures"
METADATA = {"format": "np", "note": 'quote " backslash \\ newline \n tab \t 고양이 🐈'}


def write():
    halves = np.array([0, 0x8000, 0x3C00, 0xC100, 0x0001, 0x7BFF, 0x7C00, 0xFC00], np.uint16)
    brains = np.array([0, 0x8000, 0x3F80, 0xC020, 0x0001, 0x7F7F, 0x7F80, 0xFF80], np.uint16)
    arrays = {
        "float32": ("float32", np.arange(6, dtype=np.float32).reshape(2, 3) / 4 - 1),
        "float64": ("float64", np.array([0.1, -1e300, 1e-300, 2.5])),
        "float16": ("float16", halves.reshape(2, 2, 2)),
        "bfloat16": ("bfloat16", brains),
        "scalar": ("float32", np.array(7.25, np.float32)),
        "empty": ("float32", np.zeros((0, 3), np.float32)),
        "고양이/kernel": ("float32", np.array([1.5], np.float32)),
        "steps": ("int64", np.array([2000])),
        "flags": ("bool", np.array([True, False, True])),
    }
    specifications = {
        name: safetensors.TensorSpec(
            dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
        for name, (dtype, array) in arrays.items()
    }
    safetensors.serialize_file(specifications, str(FIXTURES / "python.safetensors"), METADATA)


def check(path):
    """Checks that the package reads the file and finds what SafeTensorsWritingTests writes."""
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata() == METADATA, file.metadata()
        assert sorted(file.keys()) == sorted(["dense/kernel", "dense/bias", "scalar", "empty", "고양이 \"1\""])
        np.testing.assert_array_equal(
            file.get_tensor("dense/kernel"), (np.arange(12, dtype=np.float32) * 0.5 - 3).reshape(3, 4))
        np.testing.assert_array_equal(
            file.get_tensor("dense/bias"),
            np.array([0.1, -np.inf, np.float32(3.4028235e38), 1e-45], np.float32))
        assert file.get_tensor("scalar").shape == () and file.get_tensor("scalar") == 7.25
        assert file.get_tensor("empty").shape == (0, 3)
        assert file.get_tensor("고양이 \"1\"").tolist() == [1.5]
    data = pathlib.Path(path).read_bytes()
    assert struct.unpack("<Q", data[:8])[0] % 8 == 0
    print(f"{path}: read by safetensors {safetensors.__version__}, all as expected")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write()
        case ["check", *rest] if len(rest) <= 1:
            check(rest[0] if rest else str(FIXTURES / "whisker.safetensors"))
        case _:
            sys.exit(__doc__)
