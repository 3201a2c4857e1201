"""Fine-tuning steps of EfficientNet-Lite0 by PyTorch, for finetuning.py.

    torch_finetuning.py BATCH SECONDS [channels_last]

What Whisker's recipe `finetune` trains: blocks 5 to 7, the convolution after them and one sigmoid unit, by AdamW; batch
normalisation keeps its statistics, and nothing of it is trained. Photos are in memory, prepared; weights are made up,
which changes no speed. Prints images per second as JSON.
"""

import json
import sys
import time

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet

# The blocks of the stages 5 to 7, of 16.
FIRST_TRAINED_BLOCK = 8


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.network = EfficientNet.from_name("efficientnet-lite0")
        self.last = torch.nn.Linear(1280, 1)

    def forward(self, images):
        return self.last(self.network.extract_features(images).mean((2, 3)))[:, 0]


def main(batch, seconds, channels_last):
    torch.manual_seed(0)
    model = Classifier().eval()
    for parameter in model.network.parameters():
        parameter.requires_grad = False
    for module in [*model.network._blocks[FIRST_TRAINED_BLOCK:].modules(), model.network._conv_head]:
        if isinstance(module, torch.nn.Conv2d):
            module.weight.requires_grad = True
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.uniform(-1, 1, (batch, 3, 224, 224)).astype(np.float32))
    labels = torch.from_numpy(random.integers(0, 2, batch).astype(np.float32))
    if channels_last:
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.01)
    loss = torch.nn.BCEWithLogitsLoss()

    def step():
        optimizer.zero_grad()
        loss(model(images), labels).backward()
        optimizer.step()

    step()
    rates = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(rates) < 3:
        begin = time.perf_counter()
        step()
        rates.append(batch / (time.perf_counter() - begin))
    print(json.dumps({"imagesPerSecond": float(np.median(rates)), "batchSize": batch}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), "channels_last" in sys.argv[3:])
