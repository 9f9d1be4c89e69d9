"""Five steps of each optimiser on one matrix with given gradients, written out from the papers, in float64.

Where PyTorch has the optimiser, the written-out form is checked against it.
Sources: AdamW, Loshchilov and Hutter 2019; Lion, Chen et al. 2023, algorithm 2; Muon, Jordan et al. 2024.
"""

import math

import torch

from fixture_files import versions, write_json, write_tensors

SEED, STEPS = 71, 5


def adamw(weight, gradients, learning_rate, beta1, beta2, epsilon, weight_decay):
    m, v = torch.zeros_like(weight), torch.zeros_like(weight)
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        weight = weight * (1 - learning_rate * weight_decay)
        weight = weight - learning_rate * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)).sqrt() + epsilon)
        yield weight


def sgd(weight, gradients, learning_rate, momentum, nesterov, weight_decay):
    """Weight decay is added to the gradient; the first step's momentum is the gradient itself."""
    buffer = torch.zeros_like(weight)
    for g in gradients:
        g = g + weight_decay * weight
        buffer = momentum * buffer + g
        weight = weight - learning_rate * (g + momentum * buffer if nesterov else buffer)
        yield weight


def lion(weight, gradients, learning_rate, beta1, beta2, weight_decay):
    m = torch.zeros_like(weight)
    for g in gradients:
        direction = (beta1 * m + (1 - beta1) * g).sign()
        weight = weight - learning_rate * (direction + weight_decay * weight)
        m = beta2 * m + (1 - beta2) * g
        yield weight


def orthogonalized(matrix, steps=5):
    """Newton-Schulz iteration X <- a X + (b A + c A A) X with A = X X^T, on the matrix or its transpose, the wider."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def muon(weight, gradients, learning_rate, momentum, weight_decay):
    scale = math.sqrt(max(1, weight.shape[0] / weight.shape[1]))
    buffer = torch.zeros_like(weight)
    for g in gradients:
        buffer = momentum * buffer + (1 - momentum) * g
        update = orthogonalized((1 - momentum) * g + momentum * buffer)
        weight = weight * (1 - learning_rate * weight_decay) - learning_rate * scale * update
        yield weight


def pytorch(make, weight, gradients):
    parameter = torch.nn.Parameter(weight.clone())
    optimizer = make([parameter])
    for g in gradients:
        parameter.grad = g.clone()
        optimizer.step()
        yield parameter.detach().clone()


def write(folder):
    generator = torch.Generator().manual_seed(SEED)
    tensors, notes = {}, {}

    def record(name, rule, options, shape=(5, 7), peer=None, tolerance=1e-12):
        weight = torch.randn(shape, generator=generator).double()
        gradients = torch.randn((STEPS, *shape), generator=generator).double()
        # One element without any gradient, and scales from tiny to large.
        gradients[:, 0, 0] = 0
        gradients[:, 0, 1] *= 1e-6
        gradients[:, 1, 0] *= 1e3 if name.startswith("adamw") else 1
        gradients = gradients.float().double()
        weights = torch.stack(list(rule(weight, gradients, **options)))
        if peer is not None:
            theirs = torch.stack(list(pytorch(peer, weight, gradients)))
            torch.testing.assert_close(weights, theirs, rtol=tolerance, atol=tolerance)
        tensors.update({f"{name}.initial": weight, f"{name}.gradients": gradients, f"{name}.weights": weights})
        notes[name] = options

    def adamw_peer(p):
        return torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)

    options = {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0.1}
    record("adamw", adamw, options, peer=adamw_peer)
    record("adamw_without_decay", adamw, options | {"weight_decay": 0.0, "beta2": 0.999},
           peer=lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0))
    for name, momentum, nesterov, decay in [
        ("sgd", 0.0, False, 0.0), ("sgd_momentum", 0.9, False, 0.01), ("sgd_nesterov", 0.9, True, 0.01),
    ]:
        record(name, sgd, {"learning_rate": 0.05, "momentum": momentum, "nesterov": nesterov, "weight_decay": decay},
               peer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=momentum, nesterov=nesterov, weight_decay=decay))
    record("lion", lion, {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1})
    options = {"learning_rate": 0.02, "momentum": 0.95, "weight_decay": 0.1}
    # PyTorch's Muon iterates in bfloat16, hence the tolerance.
    for name, shape in [("muon_wide", (4, 9)), ("muon_tall", (9, 4)), ("muon_square", (6, 6))]:
        record(name, muon, options, shape, tolerance=5e-3,
               peer=lambda p: torch.optim.Muon(p, lr=0.02, momentum=0.95, weight_decay=0.1, nesterov=True))
    matrix = torch.randn(6, 10, generator=generator).double()
    tensors |= {"newton_schulz.x": matrix, "newton_schulz.y": orthogonalized(matrix)}

    write_tensors(folder / "traces.safetensors", tensors)
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/optimizers.py",
        "seed": SEED,
        "versions": versions(),
        "conventions": {
            "gradients": "gradients[t] is used by step t + 1; weights[t] is the result of that step",
            "adamw": "decoupled decay: w <- w (1 - learning_rate weight_decay) before the update",
            "sgd": "coupled decay: g <- g + weight_decay w; momentum buffer without dampening",
            "lion": "w <- w - learning_rate (sign(beta1 m + (1 - beta1) g) + weight_decay w); m <- beta2 m + (1 - beta2) g",
            "muon": "Nesterov momentum, Newton-Schulz with 5 steps of (3.4445, -4.7750, 2.0315), normalised by the Frobenius "
                    "norm + 1e-7, times sqrt(max(1, rows / columns)); decoupled decay. Rows are outputs: a weight that is "
                    "stored input by output, as GPT-2's are in Hugging Face files, is transposed for the scale."},
        "optimizers": notes,
    })
