"""Learning-rate factors by step as transformers' get_scheduler gives them."""

import torch
from transformers import get_scheduler

from fixture_files import versions, write_json


def factors(name, warmup, total, options, steps):
    """The factor that the optimiser's step `step`, counted from 0, is taken with."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total,
                              scheduler_specific_kwargs=options)
    values = []
    for _ in range(max(steps) + 1):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return [values[step] for step in steps]


def write(folder):
    every = list(range(51))
    sparse = [0, 1, 2, 50, 99, 100, 101, 150, 500, 1000, 1050, 1500, 1700, 1799, 1800, 1801, 1999, 2000]
    cases = []
    for name, warmup, total, options, steps in [
        ("constant", 0, 50, {}, every),
        ("constant_with_warmup", 10, 50, {}, every),
        ("linear", 0, 50, {}, every),
        ("linear", 10, 50, {}, every),
        ("linear", 100, 2000, {}, sparse),
        ("cosine", 0, 50, {}, every),
        ("cosine", 10, 50, {}, every),
        ("cosine", 100, 2000, {}, sparse),
        ("cosine_with_min_lr", 100, 2000, {"min_lr_rate": 0.1}, sparse),
        ("cosine_with_min_lr", 10, 50, {"min_lr_rate": 0.1}, every),
        ("warmup_stable_decay", 10, 50, {"num_decay_steps": 15, "decay_type": "linear"}, every),
        ("warmup_stable_decay", 100, 2000, {"num_decay_steps": 200, "decay_type": "linear"}, sparse),
        ("warmup_stable_decay", 10, 50, {"num_decay_steps": 15, "decay_type": "cosine", "min_lr_ratio": 0.1}, every),
        ("inverse_sqrt", 10, 50, {}, every),
        ("polynomial", 10, 50, {"power": 2.0, "lr_end": 0.1}, every),
    ]:
        cases.append({"lr_scheduler_type": name, "warmup_steps": warmup, "max_steps": total, "options": options,
                      "steps": steps, "factors": factors(name, warmup, total, options, steps)})
    write_json(folder / "schedules.json", {
        "generator": "Tools/golden/schedules.py",
        "versions": versions(),
        "conventions": "factors[i] multiplies the learning rate of the update numbered steps[i], counted from 0",
        "cases": cases,
    })
