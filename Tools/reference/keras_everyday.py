"""Makes models as people write them, saved by whichever Keras this runs with, and what they predict.

    python keras_everyday.py [MODEL …]  in three environments, one after another: requirements.txt's (Keras 3.15),
                                        and two with tensorflow-cpu==2.15.1 and tensorflow-cpu==2.13.1 alone

    python keras_everyday.py check      every model through Whisker (the command's path in WHISKER) and back

Each run replaces its own files in Fixtures/keras-everyday and its own cases in keras-everyday.json. Weights are random
and in the files.
"""

import inspect
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import tensorflow as tf

import formula
from digest import FIXTURES

VERSION = keras.__version__
IS_KERAS_3 = VERSION.startswith("3.")
RELEASE = ".".join(VERSION.split(".")[:2])
FOLDER = FIXTURES / "keras-everyday"
SIDE = 12
L = keras.layers


def tail(x, classes=3, activation="softmax"):
    return L.Dense(classes, activation=activation)(L.GlobalAveragePooling2D()(x))


def photo(side=SIDE, **settings):
    return keras.Input((side, side, 3), **settings)


def gaps():
    """Two layers of a class, whose weights TensorFlow 2.13 numbers 0 and 2."""
    return keras.Sequential([
        photo(), L.Rescaling(1 / 255), L.Conv2D(3, 3, activation="relu"), L.MaxPooling2D(2), L.Dropout(0.2),
        L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.Conv2D(3, 1), L.Flatten(),
        L.Dense(4, activation="relu"), L.Dense(2, activation="softmax")])


def nested_sequential():
    """A Sequential called inside a functional model, after a layer of its own."""
    features = keras.Sequential([photo(), L.Conv2D(3, 3, activation="relu"), L.MaxPooling2D(2)], name="features")
    x = photo()
    return keras.Model(x, tail(features(L.Rescaling(1 / 255)(x)), 2))


def nested_twice():
    """A model in a model in a model, frozen, and called as in inference."""
    x = photo()
    inner = keras.Model(x, L.ReLU()(L.BatchNormalization()(L.Conv2D(3, 3)(x))), name="inner")
    x = photo()
    middle = keras.Model(x, L.Conv2D(4, 3, activation="relu")(inner(L.Rescaling(1 / 255)(x))), name="middle")
    middle.trainable = False
    x = photo()
    y = middle(x, training=False)
    head = keras.Sequential([L.Dense(5, activation="relu"), L.Dropout(0.3), L.Dense(3, activation="softmax")], name="head")
    return keras.Model(x, head(L.GlobalAveragePooling2D()(y)))


def functional_in_sequential():
    x = photo()
    a = L.Conv2D(3, 3, padding="same", activation="relu")(x)
    base = keras.Model(x, L.Add()([a, L.Conv2D(3, 1)(x)]), name="base")
    return keras.Sequential([photo(), L.Rescaling(1 / 127.5, offset=-1), base, L.GlobalAveragePooling2D(),
                             L.Dense(3, activation="softmax")])


def arithmetic():
    """Constants before and after tensors, and tensors with tensors."""
    x = photo()
    y = x / 127.5 - 1.0
    a = L.Conv2D(3, 3, padding="same", activation="relu")(y)
    b = 1.0 - L.Conv2D(3, 1)(y) * 0.5
    c = L.Conv2D(3, 1)(2.0 * y + 0.25)
    return keras.Model(x, tail((a - b) * c + (-a)))


def reversed_channels():
    """RGB to BGR, as preprocess_input does it."""
    x = photo()
    y = x[..., ::-1] / 255.0
    return keras.Model(x, tail(L.Conv2D(4, 3, activation="relu")(y)))


def sliced_channels():
    """The same with every axis said: Keras 2 can't save an ellipsis in its newer format."""
    x = photo()
    return keras.Model(x, tail(L.Conv2D(4, 3, activation="relu")(x[:, :, :, ::-1] / 255.0)))


def functions():
    """Activations, means and casts called as functions."""
    x = photo(dtype="uint8")
    if IS_KERAS_3:
        y = keras.ops.cast(x, "float32") / 255.0
        y = keras.ops.relu(L.Conv2D(4, 3)(y))
        y = keras.ops.concatenate([y, keras.ops.sigmoid(y)], axis=-1)
        y = keras.ops.mean(y, axis=(1, 2))
    else:
        y = tf.cast(x, tf.float32) / 255.0
        y = tf.nn.relu(L.Conv2D(4, 3)(y))
        y = tf.concat([y, tf.sigmoid(y)], axis=-1)
        y = tf.reduce_mean(y, axis=[1, 2])
    return keras.Model(x, L.Dense(2, activation="softmax")(y))


def layer_activations():
    return keras.Sequential([
        photo(), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation=L.ReLU(max_value=0.5)),
        L.Activation(L.ReLU(negative_slope=0.25)), L.Conv2D(4, 1, activation=L.ReLU()),
        L.Activation("linear"), L.GlobalAveragePooling2D(), L.Dense(3, activation=L.Softmax())])


def training_only():
    """Settings that matter to training alone."""
    return keras.Sequential([
        photo(), L.Rescaling(1 / 255),
        L.Conv2D(4, 3, activation="relu", kernel_constraint=keras.constraints.MaxNorm(2),
                 bias_regularizer=keras.regularizers.L2(0.01), kernel_initializer="orthogonal"),
        L.Dropout(0.4, noise_shape=(None, 1, 1, 4)),
        L.Conv2D(4, 3, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), kernel_initializer="lecun_normal",
                 activity_regularizer=keras.regularizers.L1(0.001)),
        L.BatchNormalization(gamma_regularizer=keras.regularizers.L1(0.1), beta_constraint="non_neg"),
        L.GlobalAveragePooling2D(),
        L.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(0.3))])


def open_size():
    return keras.Sequential([
        keras.Input((None, None, 3)), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu"),
        L.GlobalAveragePooling2D(), L.Dense(2, activation="softmax")])


def bytes_input():
    x = photo(dtype="uint8")
    return keras.Model(x, tail(L.Conv2D(3, 3, activation="relu")(L.Rescaling(1 / 255)(x))))


def logits():
    model = keras.Sequential([photo(), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu"),
                              L.GlobalAveragePooling2D(), L.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def two_logits():
    """Any number of classes at once: the sigmoid of each output."""
    model = keras.Sequential([photo(), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu"),
                              L.GlobalAveragePooling2D(), L.Dense(2)])
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def with_policy(policy):
    def make():
        keras.mixed_precision.set_global_policy(policy)
        try:
            model = keras.Sequential([
                photo(), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(),
                L.GlobalAveragePooling2D(), L.Dense(3), L.Activation("softmax", dtype="float32")])
            if policy == "mixed_float16":
                model.compile("adam", "sparse_categorical_crossentropy")
                images = formula.integers("keras-everyday/images", 4 * SIDE * SIDE * 3, 256)
                model.fit(images.reshape(4, SIDE, SIDE, 3).astype("float32"), np.array([0, 1, 2, 1]), verbose=0)
            return model
        finally:
            keras.mixed_precision.set_global_policy("float32")
    make.__name__ = policy
    return make


def slashes():
    """Names that Keras 2 wrote and Keras 3 refuses."""
    x = photo(name="photos/rgb")
    y = L.Conv2D(3, 3, activation="relu", name="conv1/conv")(L.Rescaling(1 / 255, name="conv1_conv")(x))
    return keras.Model(x, L.Dense(1, activation="sigmoid", name="top/probs")(L.GlobalAveragePooling2D(name="top/pool")(y)))


def normalized():
    return keras.Sequential([photo(), L.Rescaling(1 / 255), L.SeparableConv2D(4, 3, activation="relu"),
                             L.DepthwiseConv2D(3), L.GlobalMaxPooling2D(), L.Dense(2, activation="sigmoid")])


def shared():
    """A convolution, an activation and a model, each called twice, and a convolution that only the second reads."""
    x = photo()
    relu, convolution = L.ReLU(max_value=0.7), L.Conv2D(3, 3, padding="same", activation="tanh")
    a = relu(convolution(L.Rescaling(1 / 255)(x)))
    b = relu(convolution(L.Conv2D(3, 1)(a)))
    z = photo()
    block = keras.Model(z, L.BatchNormalization()(L.Conv2D(3, 1)(z)), name="block")
    return keras.Model(x, tail(L.Multiply()([block(L.Add()([a, b])), block(a)])))


def shared_within():
    """A layer that is called twice in a model that is called twice."""
    x, z = photo(), photo()
    convolution = L.Conv2D(3, 1, activation="tanh")
    block = keras.Model(z, L.Add()([convolution(convolution(z)), L.Conv2D(3, 1)(z)]), name="block")
    y = L.Rescaling(1 / 255)(x)
    return keras.Model(x, tail(L.Add()([block(y), block(L.ReLU()(y))])))


def outputs(names):
    """The trunk, and what only the first of two results needs, filed before what the second needs."""
    x = photo()
    y = L.Conv2D(4, 3, activation="relu")(L.Rescaling(1 / 255)(x))
    z = L.Conv2D(2, 3, activation="relu")(y)
    first = L.Dense(1, activation="sigmoid", name=names[0])(L.GlobalMaxPooling2D()(z))
    second = L.Dense(3, activation="softmax", name=names[1])(L.GlobalAveragePooling2D()(L.Conv2D(3, 3)(y)))
    return x, first, second


def two_outputs():
    x, first, second = outputs(["sick", "breed"])
    return keras.Model(x, [first, second])


def named_outputs():
    x, first, second = outputs(["a", "b"])
    return keras.Model(x, {"sick": first, "breed": second})


def shared_outputs():
    """A layer and a model whose second calls alone lead to the second result."""
    x, z = photo(), photo()
    convolution = L.Conv2D(3, 3, padding="same", activation="tanh")
    block = keras.Model(z, L.BatchNormalization()(L.Conv2D(3, 1)(z)), name="block")
    y = L.Rescaling(1 / 255)(x)
    first = tail(block(convolution(y)), 2)
    second = L.Dense(3, activation="softmax", name="breed")(
        L.GlobalAveragePooling2D()(block(L.Conv2D(3, 3, padding="same")(convolution(L.ReLU()(L.Conv2D(3, 1)(y)))))))
    return keras.Model(x, [first, second])


def nested_outputs():
    """A model with two results, both of which are read."""
    z = photo()
    base = keras.Model(z, [L.Conv2D(3, 3)(z), L.Conv2D(3, 3, activation="relu")(z)], name="base")
    x = photo()
    a, b = base(L.Rescaling(1 / 255)(x))
    return keras.Model(x, tail(L.Concatenate()([b, a])))


def augmented():
    """Augmentation in a functional model; Keras 3 notes training=True for it."""
    x = photo()
    y = L.RandomRotation(0.1)(L.RandomFlip("horizontal")(L.Resizing(10, 8)(x)))
    return keras.Model(x, tail(L.Conv2D(3, 3, activation="relu")(L.Rescaling(1 / 255)(y))))


def hard_sigmoid():
    """A function that isn't the same in Keras 2 and 3."""
    x = photo()
    y = L.Conv2D(4, 3, activation="hard_sigmoid")(L.Rescaling(1 / 32)(x))
    return keras.Model(x, tail(L.Activation("hard_sigmoid")(L.Conv2D(4, 3)(y))))


def partly_frozen():
    """Layers frozen one by one in a model in a model, whose weights .h5 files list after those that train."""
    x = photo()
    layers = [L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), L.Conv2D(4, 3), L.BatchNormalization(), L.Conv2D(4, 1)]
    layers[3].trainable = layers[1].trainable = False
    y = x
    for layer in layers:
        y = layer(y)
    inner = keras.Model(x, y, name="inner")
    x = photo()
    middle = keras.Model(x, L.Conv2D(3, 1, trainable=False)(inner(L.Conv2D(3, 1)(x))), name="middle")
    x = photo()
    return keras.Model(x, tail(middle(L.Rescaling(1 / 255)(x))))


def tensorflow_functions():
    """Activations that are TensorFlow's functions."""
    return keras.Sequential([
        photo(), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation=tf.nn.relu6), L.Conv2D(4, 3, activation=tf.nn.swish),
        L.Activation(tf.nn.leaky_relu), L.GlobalAveragePooling2D(), L.Dense(3, activation=tf.nn.softmax)])


class OwnModel(keras.Model):
    """What people make for a training step of their own."""


def own_class():
    x = photo()
    return OwnModel(x, tail(L.Conv2D(4, 3, activation="relu")(L.Rescaling(1 / 255)(x))))


def low_rank():
    """What LoRA learns is added to the weights of an archive."""
    model = keras.Sequential([photo(), L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu"), L.GlobalAveragePooling2D(),
                              L.Dense(6), L.Dense(3, activation="softmax")])
    model.layers[1].enable_lora(2)
    model.layers[3].enable_lora(2, lora_alpha=3)
    return model


two_outputs.output = named_outputs.output = shared_outputs.output = "breed"

ALL = [gaps, nested_sequential, nested_twice, functional_in_sequential, arithmetic, reversed_channels, functions,
       layer_activations, training_only, open_size, bytes_input, logits, two_logits, with_policy("mixed_float16"),
       with_policy("float16"), normalized, shared, shared_within, two_outputs, named_outputs, nested_outputs,
       augmented, hard_sigmoid, shared_outputs, partly_frozen, tensorflow_functions, own_class, with_policy("bfloat16")]
# Where LoRA has its setting, and in archives alone.
ENABLE_LORA = getattr(L.Dense, "enable_lora", None)
LOW_RANK = [low_rank] if ENABLE_LORA and "lora_alpha" in inspect.signature(ENABLE_LORA).parameters else []
FILES = {
    "3.15": {
        "keras": [*ALL, *LOW_RANK],
        "h5": [nested_twice, arithmetic, layer_activations, logits, shared, shared_within, two_outputs, nested_outputs,
               augmented, shared_outputs, partly_frozen, own_class, with_policy("bfloat16")]},
    "2.15": {
        "keras": [sliced_channels if make is reversed_channels else make for make in ALL],
        "h5": [gaps, nested_sequential, nested_twice, functional_in_sequential, arithmetic, reversed_channels, functions,
               training_only, open_size, logits, with_policy("mixed_float16"), slashes, shared, shared_within, two_outputs,
               named_outputs, nested_outputs, hard_sigmoid, shared_outputs, partly_frozen]},
    "2.13": {"keras": [gaps, nested_sequential, nested_twice, arithmetic, shared, two_outputs], "h5": [shared]},
}
FILES.setdefault(RELEASE, {"keras": ALL, "h5": ALL})


# Keras rounds each layer's result, Whisker doesn't.
LIMITS = {"mixed_float16": 4e-3, "float16": 4e-3, "bfloat16": 3e-2}


def predictions(model, output=None):
    images = formula.integers("keras-everyday/images", 4 * SIDE * SIDE * 3, 256).reshape(4, SIDE, SIDE, 3)
    results = model(images.astype(model.inputs[0].dtype if IS_KERAS_3 else model.inputs[0].dtype.name), training=False)
    if output:
        results = results[output] if isinstance(results, dict) else results[-1]
    return np.asarray(results, dtype=np.float32)


def made(make, name):
    """A model with random weights everywhere."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model = make()
    # Moving statistics and biases that would be missed.
    if make.__name__ != "mixed_float16":
        model.set_weights([w + 0.4 * np.asarray(formula.uniform(f"{name}/{i}", w.shape)).astype(w.dtype)
                           for i, w in enumerate(model.get_weights())])
    return model


def check():
    """Converts every model with Whisker, and compares what Keras predicts with both."""
    whisker, worst = os.environ["WHISKER"], 0
    with tempfile.TemporaryDirectory() as folder:
        models = [(make, ending) for make in ALL for ending in ("keras", "h5")] + [(make, "keras") for make in LOW_RANK]
        for make, ending in models:
            source, target = (pathlib.Path(folder) / f"{name}.{ending}" for name in ("source", "target"))
            model, output = made(make, make.__name__), getattr(make, "output", None)
            model.save(source)
            options = ["--image-size", str(SIDE)] if make is open_size else []
            options += ["--output-layer", output] if output else []
            subprocess.run([whisker, "convert", source, target, *options, "--overwrite"], check=True, capture_output=True)
            expected = predictions(model, output)
            found = predictions(keras.models.load_model(target, compile=False))
            distance = np.abs(found - expected).max()
            if distance > LIMITS.get(make.__name__, 2e-5):
                sys.exit(f"{make.__name__}.{ending}: expected {expected[0]}, got {found[0]}")
            worst = max(worst, distance)
    print(f"{len(models)} files of Keras {VERSION}: at most {worst:.1g} off")


def main():
    FOLDER.mkdir(exist_ok=True)
    index = FIXTURES / "keras-everyday.json"
    cases = json.loads(index.read_text())["cases"] if index.exists() else []
    chosen = sys.argv[1:]

    def is_chosen(file):
        return file.startswith(f"{RELEASE}-") and (not chosen or file.split("-")[1].split(".")[0] in chosen)

    cases = [case for case in cases if not is_chosen(case["file"])]
    for ending, models in FILES[RELEASE].items():
        for make in models:
            name = f"{RELEASE}-{make.__name__}.{ending}"
            if not is_chosen(name):
                continue
            model = made(make, name)
            (FOLDER / name).unlink(missing_ok=True)
            model.save(FOLDER / name)
            output = getattr(make, "output", None)
            rows = [[float(f"{p:.7g}") for p in row] for row in predictions(model, output)]
            cases.append({"file": name, **({"output": output} if output else {}), "predictions": rows})
    cases.sort(key=lambda case: case["file"])
    lines = ",\n".join(json.dumps(case) for case in cases)
    index.write_text('{"cases": [\n' + lines + "\n]}\n")
    print(f"{VERSION}: {sum(len(models) for models in FILES[RELEASE].values())} files")


if sys.argv[1:] == ["check"]:
    check()
else:
    main()
