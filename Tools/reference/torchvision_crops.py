"""Makes ten-crops.json: which pixels torchvision's ten crops take of a photo, by the numbers of their corners."""

import torch
import torchvision
from torchvision.transforms import functional

from digest import write

# The size of a photo, and that of its crops.
SIZES = [((24, 32), (21, 28)), ((24, 8), (21, 7)), ((256, 256), (224, 224)), ((171, 171), (150, 150)), ((9, 11), (8, 10))]


def crops(photo, size):
    pixels = torch.arange(photo[0] * photo[1]).reshape(1, *photo)
    return [
        [int(crop[0, row, column]) for row in (0, -1) for column in (0, -1)]
        for crop in functional.ten_crop(pixels, size)
    ]


write(
    "ten-crops.json",
    {
        "madeWith": {"torchvision": torchvision.__version__},
        "cases": [{"photo": list(photo), "crop": list(size), "corners": crops(photo, size)} for photo, size in SIZES],
    })
