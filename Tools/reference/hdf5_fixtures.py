"""Makes and checks the HDF5 fixtures of Tests/FormatsTests with h5py and Keras.

    python hdf5_fixtures.py write            write the files that h5py and Keras make
    python hdf5_fixtures.py check [FILE]     check whisker.h5, or FILE, written by Whisker
"""

import os
import pathlib
import sys

import h5py
import numpy as np

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/FormatsTests/Fixtures/HDF5"


def write():
    FIXTURES.mkdir(exist_ok=True)
    for version in ["earliest", "v108", "latest"]:
        with h5py.File(FIXTURES / f"forms-{version}.h5", "w", libver=version) as file:
            attributes(file.create_group("attributes"))
            types(file.create_group("types"))
            layouts(file.create_group("layouts"))
            for index in range(8):
                file[f"nested/a/b/c/고양이 {index}"] = np.float32(index)
    with h5py.File(FIXTURES / "many.h5", "w") as file:
        # More names than one node of a tree holds, and attributes that need another block of messages.
        for index in range(260):
            file[f"number {index:03}"] = np.int16(index)
        for index in range(40):
            file.attrs[f"attribute {index}"] = np.arange(index)
        file.attrs["long text"] = "고양이 " * 6_600
    with h5py.File(FIXTURES / "userblock.h5", "w", userblock_size=1024) as file:
        file["x"] = np.arange(3, dtype=np.float32)
    chunks()
    refused()
    models()


def attributes(group):
    dense = group.attrs
    for name, value in {
        "text": "고양이 🐈", "empty text": "", "bytes": b"tensorflow", "integer": 3, "float": 0.1,
        "boolean": True, "nothing": h5py.Empty("f4"),
    }.items():
        dense[name] = value
    lists = group.create_group("lists").attrs
    lists["names"] = [b"conv2d", b"dense", b""]
    lists["texts"] = ["고양이", "", "dog"]
    lists["no names"] = []
    lists["integers"] = np.array([[1, -2, 3], [4, 5, -6]], np.int32)
    lists["floats"] = np.array([0.5, -1], ">f4")
    lists["booleans"] = np.array([True, False, True])
    odd = group.create_group("odd").attrs
    odd["reference"] = group.ref
    odd["compound"] = np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")])
    odd["latin"] = np.bytes_("Katze für Bär".encode("latin-1"))
    odd["large"] = np.uint64(2**64 - 1)
    odd["choice"] = np.array(2, h5py.enum_dtype({"ONE": 1, "TWO": 2}))
    odd["padded"] = np.array([b"a", b"b\0c"], "S5")


def types(group):
    numbers = np.array([[0, 1, 2], [3, 100, 127]])
    for kind in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]:
        for order in "<>":
            scale = 0.5 if kind[0] == "f" else -1 if kind[0] == "i" else 1
            values = (numbers * scale).astype(order + kind)
            group[f"{kind[0]}/{kind} {'little' if order == '<' else 'big'}"] = values
    group = group.create_group("other")
    group["iteration"] = np.int64(2**53 + 1)
    group["flags"] = np.array([True, False])
    group["texts"] = ["a", "고양이"]
    group["names"] = np.array([b"a", b"bc"])
    group["compound"] = np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")])


def layouts(group):
    data = np.arange(35, dtype=np.float32).reshape(5, 7)
    group["contiguous"] = data
    group["scalar"] = np.float32(7.25)
    group["empty"] = np.zeros((0, 3), np.float32)
    group.create_dataset("null", data=h5py.Empty("f4"))
    group = group.create_group("other")
    group.create_dataset("unwritten", (2, 3), "f4", fillvalue=1.5)
    group.create_dataset("unwritten zeros", (2, 3), "f4")
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(data.shape)
    h5py.Dataset(h5py.h5d.create(group.id, b"compact", h5py.h5t.IEEE_F32LE, space, creation))[...] = data
    group.create_dataset("one chunk", data=data, chunks=data.shape)
    group.create_dataset("one gzip", data=data, chunks=data.shape, compression="gzip")


def chunks():
    """Chunks that hang over the edge, of each filter, some of them never written."""
    data = np.arange(1000, dtype=np.float32).reshape(10, 20, 5)
    with h5py.File(FIXTURES / "chunks.h5", "w") as file:
        for name, options in {
            "plain": {}, "gzip": {"compression": "gzip"}, "shuffle": {"shuffle": True, "compression": "gzip"},
            "fletcher": {"fletcher32": True, "compression": "gzip", "shuffle": True},
        }.items():
            file.create_dataset(name, data=data, chunks=(4, 7, 3), **options)
        file.create_dataset("doubles", data=data.astype(">f8"), chunks=(3, 20, 5), compression="gzip")
        file.create_dataset("many", data=np.arange(700, dtype=np.int16), chunks=(7,), compression="gzip")
        partly = file.create_dataset("partly", (10, 10), "f4", chunks=(5, 5), fillvalue=-1)
        partly[6:8, 1:3] = 2


def refused():
    """What Whisker names and refuses."""
    def file(name, **options):
        return h5py.File(FIXTURES / f"refused-{name}.h5", "w", **options)

    with file("dense-attributes", libver="latest") as dense:
        for index in range(9):
            dense.attrs[f"attribute {index}"] = index
    with file("dense-links", libver="latest") as dense:
        for index in range(9):
            dense.create_group(f"group {index}")
    with file("fixed-array", libver="latest") as array:
        array.create_dataset("x", data=np.arange(10, dtype="f4"), chunks=(3,))
    with file("lzf") as lzf:
        lzf.create_dataset("x", data=np.arange(10, dtype="f4"), chunks=(3,), compression="lzf")
    with file("soft-link") as links:
        links["x"] = h5py.SoftLink("/y")
    with file("external-link") as links:
        links["x"] = h5py.ExternalLink("/etc/passwd", "/y")
    with file("hard-link") as links:
        links["x"] = np.float32(1)
        links["y"] = links["x"]
    with file("cycle") as links:
        group = links.create_group("a")
        group.create_group("b")["c"] = group
    with file("external-data") as outside:
        outside.create_dataset("x", (10,), "u1", external=[("/etc/passwd", 0, 10)])
    with file("virtual", libver="latest") as virtual:
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        virtual.create_virtual_dataset("x", layout)
    with file("committed-type") as committed:
        committed["type"] = np.dtype("f4")


def models():
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras

    model = keras.Sequential([
        keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, activation="relu"), keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.RMSprop(1e-3), "binary_crossentropy", ["accuracy"])
    for variable in model.variables:
        values = np.arange(np.prod(variable.shape), dtype=np.float32) / 64
        variable.assign(values.reshape(variable.shape))
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(2000)
    model.save(FIXTURES / "keras.h5")
    model.save_weights(FIXTURES / "keras.weights.h5")


def check(path):
    """Checks that h5py reads the file and finds what HDF5WritingTests writes."""
    with h5py.File(path, "r") as file:
        assert file.attrs["text"] == "고양이 🐈" and file.attrs["empty"] == "", dict(file.attrs)
        assert file.attrs["number"] == 0.1 and file.attrs["number"].dtype == np.float64
        assert file.attrs["count"] == -3 and file.attrs["count"].dtype == np.int64
        assert file.attrs["truth"] == True and file.attrs["truth"].dtype == np.bool_  # noqa: E712
        assert file.attrs["long"] == "x" * 70_000
        names = file.attrs["names"]
        assert [name.decode("utf8") for name in names] == ["conv2d", "", "고양이"], names
        assert len(file.attrs["no names"]) == 0
        assert file.attrs["numbers"].tolist() == [[1.5, 2.5], [3.5, 4.5]]
        kernel = file["model_weights/dense/kernel"]
        assert kernel.dtype == np.float32 and kernel.attrs["note"] == "kernel"
        np.testing.assert_array_equal(kernel[...], (np.arange(12, dtype=np.float32) / 4 - 1).reshape(3, 4))
        np.testing.assert_array_equal(file["model_weights/dense/bias"][...], np.array([0.1, np.inf, -1e-45], np.float32))
        assert file["scalar"].shape == () and file["scalar"][()] == 7.25
        assert file["empty"].shape == (0, 3)
        iteration = file["optimizer/iteration"]
        assert iteration.dtype == np.int64 and iteration[()] == 2**53 + 1
        assert file["texts"].asstr()[...].tolist() == ["a", "고양이"] or file["texts"][1].decode("utf8") == "고양이"
        assert file["flags"][...].tolist() == [True, False]
        assert sorted(file) == sorted(
            ["model_weights", "scalar", "empty", "optimizer", "texts", "flags"] + [f"layer {i}" for i in range(40)])
    print(f"{path}: read by h5py {h5py.__version__} (HDF5 {h5py.version.hdf5_version}), all as expected")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write()
        case ["check", *rest] if len(rest) <= 1:
            check(rest[0] if rest else str(FIXTURES / "whisker.h5"))
        case _:
            sys.exit(__doc__)
