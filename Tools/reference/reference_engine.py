"""Prints what Keras computes for the inputs of Tests/ReferenceEngineTests/KerasValuesTests.swift.

Made with Keras 3.15.1 and TensorFlow 2.21. Inputs come from a formula of the index, so that Swift can remake them.
"""

import keras
import numpy as np
import tensorflow as tf


def numbers(shape, scale=1.0, offset=0.0):
    index = np.arange(int(np.prod(shape)))
    values = ((index * 7919 % 1009) / 1009 - 0.5) * scale + offset
    return values.astype(np.float32).reshape(shape)


def show(name, values):
    values = np.asarray(values)
    print(name, values.shape, ", ".join(f"{value:.8g}" for value in values.ravel()[:24]))


def show_loss(name, loss, target, prediction):
    variable = tf.Variable(prediction)
    with tf.GradientTape() as tape:
        losses = loss(target, variable)
    show(f"{name}: losses", losses)
    show(f"{name}: gradient", tape.gradient(losses, variable))


classes = np.array([1, 3])
for smoothing in (0.0, 0.2):
    for from_logits in (True, False):
        prediction = numbers((2, 4), scale=4) if from_logits else numbers((2, 4), scale=0.8, offset=0.5)
        settings = dict(from_logits=from_logits, reduction=None)
        note = f"from_logits={from_logits} smoothing={smoothing}"
        show_loss(
            f"binary {note}",
            keras.losses.BinaryCrossentropy(label_smoothing=smoothing, **settings),
            np.array([[1, 0, 0, 1], [0, 0, 1, 1]], np.float32), prediction)
        show_loss(
            f"categorical {note}",
            keras.losses.CategoricalCrossentropy(label_smoothing=smoothing, **settings),
            np.eye(4, dtype=np.float32)[classes], prediction)
        if smoothing == 0:
            show_loss(
                f"sparse {note}", keras.losses.SparseCategoricalCrossentropy(**settings), classes, prediction)

column = lambda *values: np.array(values, np.float32).reshape(-1, 1)
sure = np.array([[1, 0], [0, 1]], np.float32)
show("sure binary", keras.losses.BinaryCrossentropy(reduction=None)(column(0, 1, 0, 1), column(0, 0, 1, 1)))
show("sure categorical", keras.losses.CategoricalCrossentropy(reduction=None)(np.eye(2)[[0, 0]], sure))
show("sure sparse", keras.losses.SparseCategoricalCrossentropy(reduction=None)(np.array([0, 0]), sure))

photo = numbers((1, 5, 6, 4))
show("valid", keras.ops.conv(photo, numbers((3, 3, 4, 2))))
show("same", keras.ops.conv(photo, numbers((3, 3, 4, 2)), strides=2, padding="same"))
show("groups", keras.ops.conv(photo, numbers((2, 3, 2, 4))))
show("maximum", keras.ops.max_pool(photo, 3, 2, "same"))
show("average", keras.ops.average_pool(photo, 3, 2, "same"))

for optimizer in (
    keras.optimizers.SGD(0.1),
    keras.optimizers.SGD(0.1, momentum=0.9),
    keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    keras.optimizers.RMSprop(0.01),
    keras.optimizers.RMSprop(0.01, momentum=0.9),
    keras.optimizers.RMSprop(0.01, centered=True),
    keras.optimizers.RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=1e-3, centered=True),
):
    weight = keras.Variable(numbers((4,)))
    optimizer.build([weight])
    for step in range(1, 4):
        optimizer.apply([tf.constant(numbers((4,), scale=step, offset=-0.25))], [weight])
    show(optimizer.name, weight)
