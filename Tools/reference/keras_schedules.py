"""Makes keras-schedules.json: learning rates of Keras's schedules, and what its callbacks do on given figures."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import types

import keras

from digest import rounded, versions, write

STEPS = [0, 1, 2, 3, 5, 9, 10, 11, 14, 15, 20, 27, 50, 1000]
SCHEDULES = [
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 20}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 20, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_target": 0.01, "warmup_steps": 10}),
    ("CosineDecay", {"initial_learning_rate": 0.002, "decay_steps": 17, "alpha": 0.05, "warmup_target": 0.01,
                     "warmup_steps": 3}),
    ("ExponentialDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 10, 20], "values": [0.01, 0.005, 0.02, 0.0001]}),
]

# A loss that falls, rests, falls a little and rises.
LOSSES = [1.0, 0.7, 0.69995, 0.71, 0.6, 0.61, 0.60005, 0.62, 0.59, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.67, 0.68]
ACCURACIES = [1 - loss / 2 for loss in LOSSES]
PLATEAUS = [
    {"monitor": "val_loss", "factor": 0.1, "patience": 2},
    {"monitor": "val_loss", "factor": 0.5, "patience": 2, "cooldown": 2, "min_lr": 0.002},
    {"monitor": "val_loss", "factor": 0.5, "patience": 1, "min_delta": 0.05},
    {"monitor": "val_loss", "factor": 0.5, "patience": 0, "cooldown": 1},
    {"monitor": "val_acc", "factor": 0.2, "patience": 3, "min_delta": 0.0},
]
STOPPINGS = [
    {"monitor": "val_loss"},
    {"monitor": "val_loss", "patience": 2},
    {"monitor": "val_loss", "patience": 3, "min_delta": 0.05},
    {"monitor": "val_loss", "patience": 2, "start_from_epoch": 6},
    {"monitor": "val_acc", "patience": 4},
    {"monitor": "val_loss", "patience": 30},
]


def model(rate):
    """As much of a model as the callbacks look at."""
    metric = types.SimpleNamespace(name="acc", _direction="up")
    compiled = object.__new__(keras.src.trainers.compile_utils.MetricsList)
    compiled.metrics = [metric]
    optimizer = keras.optimizers.SGD(rate)
    return types.SimpleNamespace(
        optimizer=optimizer, metrics=[compiled], stop_training=False, get_weights=lambda: [], set_weights=lambda w: None)


def logs(epoch):
    return {"val_loss": LOSSES[epoch], "val_acc": ACCURACIES[epoch]}


def plateau(settings):
    callback = keras.callbacks.ReduceLROnPlateau(**settings)
    callback.set_model(model(0.01))
    callback.on_train_begin()
    rates = []
    for epoch in range(len(LOSSES)):
        callback.on_epoch_end(epoch, logs(epoch))
        rates.append(rounded(callback.model.optimizer.learning_rate))
    return {"settings": settings, "rates": rates}


def stopping(settings):
    callback = keras.callbacks.EarlyStopping(**settings, restore_best_weights=True)
    callback.set_model(model(0.01))
    callback.on_train_begin()
    for epoch in range(len(LOSSES)):
        callback.on_epoch_end(epoch, logs(epoch))
        if callback.model.stop_training:
            break
    return {"settings": settings, "epochs": epoch + 1, "best": callback.best_epoch + 1}


def schedule(name, settings):
    function = getattr(keras.optimizers.schedules, name)(**settings)
    return {"name": name, "settings": settings, "rates": [rounded(function(step)) for step in STEPS]}


def main():
    write(
        "keras-schedules.json",
        {
            "madeWith": versions(), "precision": "float32", "steps": STEPS,
            "schedules": [schedule(*case) for case in SCHEDULES],
            "losses": LOSSES, "accuracies": ACCURACIES,
            "plateaus": [plateau(case) for case in PLATEAUS],
            "stoppings": [stopping(case) for case in STOPPINGS],
        })


if __name__ == "__main__":
    main()
