"""Reads a folder of event files with TensorBoard's own reader and says what it found.

    python tensorboard_check.py FOLDER

It wants tensorboard beside numpy and pillow. It fails if the reader finds no numbers, or pictures that can't be decoded.
"""

import io
import sys

from PIL import Image
from tensorboard.backend.event_processing import event_accumulator


def check(folder):
    events = event_accumulator.EventAccumulator(
        folder, size_guidance={kind: 0 for kind in ["scalars", "images", "histograms", "tensors"]})
    events.Reload()
    tags = events.Tags()
    for tag in tags["scalars"]:
        points = events.Scalars(tag)
        print(f"scalar {tag}: {len(points)} points, steps {points[0].step} to {points[-1].step}, last {points[-1].value:.6g}")
    for tag in tags["histograms"]:
        points = events.Histograms(tag)
        last = points[-1].histogram_value
        assert abs(sum(last.bucket) - last.num) < 0.5, tag
        print(f"histogram {tag}: {len(points)} of {last.num:.0f} numbers, {last.min:.4g} to {last.max:.4g}")
    for tag in tags["images"]:
        image = events.Images(tag)[-1]
        size = Image.open(io.BytesIO(image.encoded_image_string)).size
        assert size == (image.width, image.height), (size, image.width, image.height)
        print(f"image {tag}: {image.width} x {image.height}")
    return bool(tags["scalars"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(not check(sys.argv[1]))
