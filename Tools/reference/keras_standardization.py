"""Photos standardized by Keras's ImageDataGenerator after fit().

Makes Tests/DatasetsTests/Fixtures/keras-standardization.json.
"""

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

import digest
import formula

COUNT, HEIGHT, WIDTH = 120, 5, 6
SETTINGS = {
    "samplewise_center": dict(samplewise_center=True),
    "samplewise_std_normalization": dict(samplewise_center=True, samplewise_std_normalization=True),
    "featurewise_center": dict(featurewise_center=True),
    "featurewise_std_normalization": dict(featurewise_center=True, featurewise_std_normalization=True),
    "zca_whitening": dict(featurewise_center=True, zca_whitening=True, zca_epsilon=0.1),
}


def photos(channels):
    """Bytes; neighbours hang together, so that there is something to whiten."""
    noise = formula.bits(f"standardization/{channels}", COUNT * HEIGHT * WIDTH * channels) >> np.uint32(17)
    noise = noise.reshape(COUNT, HEIGHT, WIDTH, channels)
    return (noise + np.roll(noise, 1, axis=2)).astype(np.float32)


def entry(name, channels):
    generator = ImageDataGenerator(rescale=1 / 255, **SETTINGS[name])
    generator.fit(photos(channels))
    standardized = np.stack([generator.standardize(photo.copy()) for photo in photos(channels)[:8]])
    key = f"standardization/{name}/{channels}"
    return {"setting": name, "channels": channels, "result": digest.digest(key, standardized, 40)}


if __name__ == "__main__":
    digest.FIXTURES = digest.FIXTURES.parents[1] / "DatasetsTests/Fixtures"
    entries = [entry(name, channels) for name in SETTINGS for channels in (3, 1)]
    digest.write("keras-standardization.json", {"madeWith": digest.versions(), "entries": entries})
