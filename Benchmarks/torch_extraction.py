"""Feature extraction of EfficientNet-Lite0 by PyTorch or ONNX Runtime, for extraction.py.

    torch_extraction.py torch|onnx BATCH SECONDS

Photos are in memory, prepared; weights are made up, which changes no speed. Prints images per second as JSON.
"""

import json
import sys
import tempfile
import time

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet


class Features(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        return self.network.extract_features(images).mean((2, 3))


def main(peer, batch, seconds):
    model = Features(EfficientNet.from_name("efficientnet-lite0").eval())
    images = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (batch, 3, 224, 224)).astype(np.float32))
    if peer == "torch":
        def run():
            with torch.inference_mode():
                model(images)
    else:
        import onnxruntime

        with tempfile.TemporaryDirectory() as folder:
            torch.onnx.export(model, images, f"{folder}/model.onnx", dynamo=False, input_names=["images"])
            session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
        feed = {"images": images.numpy()}

        def run():
            session.run(None, feed)

    run()
    rates = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(rates) < 3:
        begin = time.perf_counter()
        run()
        rates.append(batch / (time.perf_counter() - begin))
    print(json.dumps({"imagesPerSecond": float(np.median(rates)), "batchSize": batch}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
