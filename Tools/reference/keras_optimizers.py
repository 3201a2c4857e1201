"""Makes keras-optimizers.json: what Keras's update rules do to six weights on given gradients, in float64."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

import formula
from digest import numbers, versions, write

SHAPE = (2, 3)
STEPS = 5
# One gradient for each weight: common ones, one near and one far below the root of epsilon, one that is 0.
SCALES = np.array([1, 0.1, 10, 3e-4, 1e-6, 0], np.float32).reshape(SHAPE)

RMSPROP = {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}
SGD = {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
ADAM = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
CASES = [
    ("default", "RMSprop", RMSPROP),
    ("momentum", "RMSprop", RMSPROP | {"momentum": 0.9}),
    ("centered", "RMSprop", RMSPROP | {"centered": True}),
    ("momentum and centered", "RMSprop", RMSPROP | {"momentum": 0.9, "centered": True}),
    ("rho", "RMSprop", RMSPROP | {"rho": 0.95}),
    ("epsilon", "RMSprop", RMSPROP | {"epsilon": 1e-3, "learning_rate": 0.1}),
    ("default", "SGD", SGD),
    ("momentum", "SGD", SGD | {"momentum": 0.9}),
    ("nesterov", "SGD", SGD | {"momentum": 0.9, "nesterov": True}),
    ("weight decay", "SGD", SGD | {"momentum": 0.9, "weight_decay": 0.1}),
    ("weight decay", "RMSprop", RMSPROP | {"momentum": 0.9, "weight_decay": 0.5}),
    ("default", "Adam", ADAM),
    ("betas", "Adam", ADAM | {"beta_1": 0.5, "beta_2": 0.9, "learning_rate": 0.01}),
    ("epsilon", "Adam", ADAM | {"epsilon": 1e-2, "learning_rate": 0.1}),
    ("amsgrad", "Adam", ADAM | {"amsgrad": True, "beta_2": 0.5}),
    ("default", "AdamW", ADAM | {"weight_decay": 0.004}),
    ("strong decay", "AdamW", ADAM | {"weight_decay": 0.5, "learning_rate": 0.1}),
]


def gradients():
    return [formula.uniform(f"gradient/{step}", SHAPE) * SCALES for step in range(STEPS)]


def run(class_name, settings, floatx):
    keras.config.set_floatx(floatx)
    variable = keras.Variable(formula.uniform("weight", SHAPE).astype(floatx))
    optimizer = getattr(keras.optimizers, class_name)(**settings)
    weights = []
    for gradient in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype(floatx))], [variable])
        weights.append(np.asarray(variable))
    return np.stack(weights)


def averages(momentum):
    """Weights and their averages after each step of SGD with use_ema."""
    keras.config.set_floatx("float64")
    variable = keras.Variable(formula.uniform("weight", SHAPE).astype("float64"))
    optimizer = keras.optimizers.SGD(**SGD, use_ema=True, ema_momentum=momentum)
    optimizer.build([variable])
    rows = []
    for gradient in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype("float64"))], [variable])
        average = optimizer._model_variables_moving_average[0]
        rows.append({"weights": numbers(np.asarray(variable)), "averages": numbers(np.asarray(average))})
    return rows


def undecayed():
    """Weights after each step of SGD with decay, of a kernel and of a bias that is excluded from it."""
    keras.config.set_floatx("float64")
    variables = [
        keras.Variable(formula.uniform("weight", SHAPE).astype("float64"), name=name) for name in ("kernel", "bias")]
    optimizer = keras.optimizers.SGD(**(SGD | {"weight_decay": 0.1}))
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    rows = []
    for gradient in gradients():
        given = keras.ops.convert_to_tensor(gradient.astype("float64"))
        optimizer.apply([given, given], variables)
        rows.append({variable.name: numbers(np.asarray(variable)) for variable in variables})
    return rows


def main():
    cases = []
    for name, class_name, settings in CASES:
        truth = run(class_name, settings, "float64")
        distance = np.abs(run(class_name, settings, "float32") - truth).max()
        print(f"{class_name} {name}: Keras's float32 differs by up to {distance:.1e}")
        cases.append(
            {
                "name": name,
                "optimizer": class_name,
                "settings": settings,
                "weights": [numbers(step) for step in truth],
            })
    write(
        "keras-optimizers.json",
        {
            "madeWith": versions(),
            "precision": "float64",
            "shape": list(SHAPE),
            "initial": numbers(formula.uniform("weight", SHAPE)),
            "gradients": [numbers(gradient) for gradient in gradients()],
            "cases": cases,
            "ema": {"momentum": 0.9, "steps": averages(0.9)},
            "undecayed": {"weight_decay": 0.1, "steps": undecayed()},
        })


if __name__ == "__main__":
    main()
