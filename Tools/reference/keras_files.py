"""Makes keras-files.json and the models in Fixtures/keras: files as Keras writes them, what they predict, and how
training goes on from them.

    python keras_files.py            Keras 3's files, with the environment of requirements.txt
    python keras_files.py legacy     files of the 2.x releases, with tf_keras 2.21.0 in an environment of its own

Weights are made by formula and then trained for a few steps, so that the optimizer has something to remember.
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

IS_LEGACY = sys.argv[1:] == ["legacy"]
if IS_LEGACY:
    import tf_keras as keras
else:
    import keras

import h5py
import numpy as np

import formula
from digest import FIXTURES, digest, write

FOLDER = FIXTURES / "keras"
SIDE, BATCH = 12, 6
STEPS_BEFORE, STEPS_AFTER = 3, 2
L = keras.layers


def plain():
    """The baseline, very small."""
    return keras.Sequential([
        keras.Input((SIDE, SIDE, 3)),
        L.Conv2D(4, 3, activation="relu"),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dropout(0.0),
        L.Dense(5, activation="relu", kernel_regularizer=keras.regularizers.L2(0.001)),
        L.Dense(1, activation="sigmoid"),
    ], name="plain")


def residual():
    """Branches that meet again, so that the order of layers isn't that of writing."""
    x = keras.Input((SIDE, SIDE, 3), name="photos")
    a = L.Conv2D(4, 3, padding="same", activation="relu", name="stem")(x)
    b = L.Conv2D(4, 3, padding="same")(a)
    b = L.Conv2D(4, 3, padding="same")(b)
    c = L.Conv2D(4, 1, name="shortcut")(x)
    d = L.Add()([b, c, a])
    d = L.Activation("relu")(d)
    d = L.GlobalAveragePooling2D()(d)
    return keras.Model(x, L.Dense(3, activation="softmax", name="classes")(d), name="residual")


def nested():
    """Models in the place of layers, as for transfer learning; one holds a layer of a name that the whole has too, where
    Keras can save that."""
    inner = "branch" if IS_LEGACY else "classes"
    x = keras.Input((SIDE, SIDE, 3), name="inner_photos")
    a = L.BatchNormalization(name="norm")(L.Conv2D(4, 3, use_bias=False, name="stem")(x))
    b = L.Conv2D(4, 1, name=inner)(L.ReLU(name="rectifier")(a))
    base = keras.Model(x, L.Add(name="sum")([a, b]), name="base")
    head = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="relu", name="hidden")], name="head")
    return keras.Sequential([
        keras.Input((SIDE, SIDE, 3)),
        base,
        L.GlobalAveragePooling2D(),
        head,
        L.Dense(3, activation="softmax", name="classes"),
    ], name="nested")


def layers(model):
    """The layers by Whisker's names, those of models in it among them."""
    names = {layer.name for layer in model.layers if not hasattr(layer, "layers")}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            for name, inner in layers(layer):
                yield (f"{layer.name}_{name}" if name in names else name), inner
        else:
            yield layer.name, layer


def images(step):
    return formula.uniform(f"keras-files/images/{step}", (BATCH, SIDE, SIDE, 3), 0.5, 0.5)


def labels(step, classes):
    return formula.integers(f"keras-files/labels/{step}", BATCH, classes).astype(np.float32)


def fill(model):
    for name, layer in layers(model):
        # Scales and variances lie around 1.
        offsets = [1, 0, 0, 1] if isinstance(layer, L.BatchNormalization) else [0, 0]
        layer.set_weights([
            formula.uniform(f"{name}/{index}", w.shape, 0.3, offset)
            for (index, w), offset in zip(enumerate(layer.get_weights()), offsets)
        ])


def train(model, steps, classes):
    for step in steps:
        model.train_on_batch(images(step), labels(step, classes))


def weights(model):
    return {
        f"{name}/{index}": digest(f"{name}/{index}", w, 8)
        for name, layer in layers(model)
        for index, w in enumerate(layer.get_weights())
    }


def case(name, model, optimizer, loss, classes, endings):
    fill(model)
    model.compile(optimizer, loss, metrics=["accuracy"])
    train(model, range(STEPS_BEFORE), classes)
    for ending in endings:
        # First the archive: writing .h5 takes the optimizer out of the model's own configuration.
        model.save(FOLDER / f"{name}.{ending}")
    result = {
        "name": name,
        "files": [f"{name}.{ending}" for ending in endings],
        "classes": classes,
        "predictions": digest("predictions", model.predict(images(100), verbose=0), 64),
    }
    train(model, range(STEPS_BEFORE, STEPS_BEFORE + STEPS_AFTER), classes)
    return {**result, "after": weights(model)}


def rewritten(source, name, change):
    """A copy of a file with its root's JSON changed, as an older release would have it."""
    (FOLDER / name).write_bytes((FOLDER / source).read_bytes())
    with h5py.File(FOLDER / name, "r+") as file:
        change(file)


def bare_list(file):
    """Keras 2.0 to 2.2: the layers are a bare list, attributes are bytes, optimizer variables have no names."""
    config = json.loads(file.attrs["model_config"])
    layers = [layer for layer in config["config"]["layers"] if layer["class_name"] != "InputLayer"]
    for layer in layers:
        for key in ("groups", "dtype"):
            layer["config"].pop(key, None)
        if "kernel_initializer" in layer["config"]:
            layer["config"]["kernel_initializer"] = {
                "class_name": "VarianceScaling",
                "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
            }
            layer["config"]["bias_initializer"] = {"class_name": "Zeros", "config": {}}
        if layer["config"].get("kernel_regularizer"):
            layer["config"]["kernel_regularizer"] = {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.001}}
    layers[0]["config"]["batch_input_shape"] = [None, SIDE, SIDE, 3]
    layers[0]["config"]["dtype"] = "float32"
    file.attrs["model_config"] = np.bytes_(json.dumps({"class_name": "Sequential", "config": layers}))
    training = json.loads(file.attrs["training_config"])
    old = training["optimizer_config"]["config"]
    training["optimizer_config"] = {
        "class_name": "RMSprop",
        "config": {"lr": old["learning_rate"], "rho": old["rho"], "decay": 0.0, "epsilon": 1e-07},
    }
    training = {
        "optimizer_config": training["optimizer_config"], "loss": "binary_crossentropy", "metrics": ["acc"],
        "sample_weight_mode": None, "loss_weights": None,
    }
    file.attrs["training_config"] = np.bytes_(json.dumps(training))
    file.attrs["keras_version"] = np.bytes_("2.0.8")
    group = file["optimizer_weights"]
    values = [group[name][()] for name in group.attrs["weight_names"]]
    del file["optimizer_weights"]
    group = file.create_group("optimizer_weights/training/RMSprop")
    names = []
    for index, value in enumerate(value for value in values if np.ndim(value)):
        name = "training/RMSprop/Variable" + (f"_{index}" if index else "") + ":0"
        names.append(name.encode())
        file["optimizer_weights"].create_dataset(name, data=value)
    file["optimizer_weights"].attrs["weight_names"] = names


def main():
    FOLDER.mkdir(exist_ok=True)
    optimizers = keras.optimizers
    if IS_LEGACY:
        plain_optimizer = optimizers.legacy.RMSprop(0.01, rho=0.8, momentum=0.5, centered=True)
        cases = [
            case("legacy", plain(), plain_optimizer, "binary_crossentropy", 2, ["h5"]),
            case("legacy-residual", residual(), optimizers.SGD(0.1, momentum=0.9),
                 "sparse_categorical_crossentropy", 3, ["h5", "keras"]),
            case("legacy-nested", nested(), optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", 3,
                 ["h5"]),
            case("legacy-adam", plain(), optimizers.legacy.Adam(0.01), "binary_crossentropy", 2, ["h5"]),
            case("legacy-adamw", plain(), optimizers.AdamW(0.01), "binary_crossentropy", 2, ["keras"]),
            case("legacy-plain", plain(), optimizers.RMSprop(0.01, rho=0.8), "binary_crossentropy", 2, ["h5"]),
        ]
        rewritten("legacy-plain.h5", "keras-2.0.8.h5", bare_list)
        cases[-1]["files"].append("keras-2.0.8.h5")
    else:
        smoothed = keras.losses.BinaryCrossentropy(label_smoothing=0.1)
        cases = [
            case("plain", plain(), optimizers.RMSprop(0.01, rho=0.8), smoothed, 2, ["keras", "h5"]),
            case("centered", plain(), optimizers.RMSprop(0.01, momentum=0.5, centered=True), "binary_crossentropy", 2,
                 ["keras", "h5"]),
            case("scheduled", plain(), optimizers.Adam(optimizers.schedules.CosineDecay(
                0.001, 6, alpha=0.1, warmup_target=0.01, warmup_steps=2)), "binary_crossentropy", 2, ["keras", "h5"]),
            case("adam", plain(), optimizers.Adam(0.01, beta_1=0.8, amsgrad=True), "binary_crossentropy", 2,
                 ["keras", "h5"]),
            case("adamw", residual(), optimizers.AdamW(0.01, weight_decay=0.1), "sparse_categorical_crossentropy", 3,
                 ["keras", "h5"]),
            case("residual", residual(), optimizers.SGD(0.1, momentum=0.9, nesterov=True),
                 keras.losses.SparseCategoricalCrossentropy(), 3, ["keras", "h5"]),
            case("nested", nested(), optimizers.RMSprop(0.01), "sparse_categorical_crossentropy", 3, ["keras", "h5"]),
        ]
    write(
        "keras-files-legacy.json" if IS_LEGACY else "keras-files.json",
        {
            "madeWith": f"{'tf_keras' if IS_LEGACY else 'Keras'} {keras.__version__}",
            "precision": "float32",
            "batchSize": BATCH,
            "stepsBefore": STEPS_BEFORE,
            "stepsAfter": STEPS_AFTER,
            "cases": cases,
        })


if __name__ == "__main__":
    main()
