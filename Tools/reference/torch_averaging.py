"""Makes torch-averaging.json: PyTorch's one-cycle rates, and its averages of a row of weights."""

import torch
from torch.optim.swa_utils import AveragedModel

from digest import numbers, write

CYCLES = [
    {"total_steps": 20, "pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4},
    {"total_steps": 100, "pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0},
]
WEIGHTS = [1.0, 0.5, -0.25, 2.0, 3.0, -1.0, 0.125, 4.0]


def rates(settings):
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, cycle_momentum=False, **settings)
    result = []
    for _ in range(settings["total_steps"]):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(result) < settings["total_steps"]:
            schedule.step()
    return result


def averages(momentum):
    """Of every weight from the first on; None is the plain mean."""
    model = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
    rule = None if momentum is None else (lambda average, new, count: momentum * average + (1 - momentum) * new)
    averaged = AveragedModel(model, avg_fn=rule)
    result = []
    for value in WEIGHTS:
        with torch.no_grad():
            model.weight.fill_(value)
        averaged.update_parameters(model)
        result.append(averaged.module.weight.item())
    return result


write(
    "torch-averaging.json",
    {
        "madeWith": {"torch": torch.__version__},
        "cycles": [settings | {"rates": numbers(rates(settings))} for settings in CYCLES],
        "weights": WEIGHTS,
        "mean": averages(None),
        "exponential": {"momentum": 0.9, "averages": averages(0.9)},
    })
