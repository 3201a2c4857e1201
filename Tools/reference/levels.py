"""All levels of a photo in few characters; Tests/_TestSupport/LevelText.swift reads them."""

import numpy as np

DIGITS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)


def text(photo):
    """Two digits of base 64 for each level, 0 ... 255, in sixteenths of a level: half of one is what rounding costs."""
    steps = np.rint(np.asarray(photo, np.float64).ravel() * 16).astype(np.int64)
    assert steps.min() >= 0 and steps.max() <= 255 * 16, (steps.min(), steps.max())
    return np.stack([DIGITS[steps // 64], DIGITS[steps % 64]], axis=1).tobytes().decode("ascii")
