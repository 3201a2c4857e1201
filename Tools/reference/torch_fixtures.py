"""Makes and checks the PyTorch files of Tests/FormatsTests.

    python torch_fixtures.py write                 write torch-zip.pth, torch-stream.pth and torch-checkpoint.pth
    python torch_fixtures.py check FILE OTHER      check that OTHER (safetensors, made by `whisker convert`) has the
                                                   tensors of FILE (.pth)

It wants PyTorch without CUDA (pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu), which is too
large for requirements.txt.
"""

import collections
import pathlib
import sys

import numpy as np
import torch

import formula

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/FormatsTests/Fixtures"


def numbers(name, *shape):
    return torch.from_numpy(formula.uniform(name, list(shape)).copy())


def state_dict():
    """One tensor of each kind that TorchFileTests knows."""
    shared = numbers("shared", 24)
    tensors = collections.OrderedDict()
    tensors["conv.weight"] = torch.nn.Parameter(numbers("conv.weight", 4, 3, 2, 2))
    tensors["conv.bias"] = torch.nn.Parameter(numbers("conv.bias", 4), requires_grad=False)
    tensors["channels_last"] = numbers("channels_last", 2, 3, 4, 5).to(memory_format=torch.channels_last)
    tensors["transposed"] = numbers("transposed", 3, 5).T
    tensors["shared.first"] = shared[:12].reshape(3, 4)
    tensors["shared.odd"] = shared[1::2]
    tensors["half"] = numbers("half", 7).half()
    tensors["brain"] = numbers("brain", 7).bfloat16()
    tensors["double"] = numbers("double", 3).double()
    tensors["steps"] = torch.tensor(1234567)
    tensors["integers"] = torch.tensor([-3, 0, 7], dtype=torch.int32)
    tensors["shorts"] = torch.tensor([-300, 300], dtype=torch.int16)
    tensors["signed"] = torch.tensor([-128, 127], dtype=torch.int8)
    tensors["bytes"] = torch.tensor([0, 255], dtype=torch.uint8)
    tensors["flags"] = torch.tensor([True, False, True])
    tensors["empty"] = torch.zeros(0, 3)
    return tensors


def write():
    torch.save(state_dict(), FIXTURES / "torch-zip.pth")
    torch.save(state_dict(), FIXTURES / "torch-stream.pth", _use_new_zipfile_serialization=False)
    checkpoint = {
        "epoch": 3, "lr": 0.125, "arch": "tiny", "done": False, "best": None, "large": 1 << 70,
        "history": [0.5, 0.25], "size": torch.Size([3, 4]),
        "state_dict": collections.OrderedDict([("fc.weight", numbers("fc.weight", 2, 3))]),
        "optimizer": {"state": {0: {"momentum_buffer": numbers("momentum", 2, 3)}}, "param_groups": [{"params": [0]}]},
    }
    torch.save(checkpoint, FIXTURES / "torch-checkpoint.pth", pickle_protocol=4)
    for name in ["torch-zip.pth", "torch-stream.pth", "torch-checkpoint.pth"]:
        print(name, (FIXTURES / name).stat().st_size, "bytes, torch", torch.__version__)


def check(path, other):
    import safetensors.torch

    converted = safetensors.torch.load_file(other)
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    assert sorted(converted) == sorted(tensors), (sorted(converted), sorted(tensors))
    for name, tensor in tensors.items():
        assert torch.equal(converted[name], tensor.float()), name
    print(f"{other}: {len(tensors)} tensors, {sum(t.numel() for t in tensors.values())} numbers, equal to those of {path}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            write()
        case ["check", path, other]:
            check(path, other)
        case _:
            sys.exit(__doc__)
