"""Makes folders of PNG pictures from Debian's package dataset-fashion-mnist.

    apt-get install dataset-fashion-mnist
    python fashion_folders.py DEST

DEST receives train/ (200 pictures of each class), validation/ (50) and test/ (100), with one folder per class. The
training and validation pictures are the first of each class in the package's training file, the test pictures the
first in its test file. Needs Pillow and numpy (requirements.txt).
"""

import gzip
import pathlib
import sys

import numpy as np
from PIL import Image

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = [
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
]


def read(name, offset):
    """The bytes of one of the package's files behind its header."""
    with gzip.open(SOURCE / name) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def write(folder, prefix, places):
    """Writes the first pictures of each class; `places` maps a split to the range of pictures it takes."""
    images = read(f"{prefix}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = read(f"{prefix}-labels-idx1-ubyte.gz", 8)
    for label, name in enumerate(CLASSES):
        of_class = np.flatnonzero(labels == label)
        for split, (first, last) in places.items():
            target = folder / split / name
            target.mkdir(parents=True)
            for number in range(first, last):
                Image.fromarray(images[of_class[number]]).save(target / f"{number}.png")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    write(folder, "train", {"train": (0, 200), "validation": (200, 250)})
    write(folder, "t10k", {"test": (0, 100)})


if __name__ == "__main__":
    main()
