"""Cross-entropy with ignored targets, from logits and from hidden states, with gradients, in float64."""

import torch
import torch.nn.functional as F

from fixture_files import versions, write_json, write_tensors

SEED = 59
SMOOTHING = 0.1


def mean_loss(logits, targets):
    """Mean over the targets other than -100, written out."""
    kept = targets != -100
    rows = torch.log_softmax(logits[kept], -1)
    return -rows.gather(-1, targets[kept][:, None]).sum() / kept.sum()


def write(folder):
    generator = torch.Generator().manual_seed(SEED)
    tensors, losses, smoothed = {}, {}, {}
    for case, rows, vocabulary, ignored in [
        ("all", 6, 11, []), ("ignored", 9, 17, [0, 3, 4, 8]), ("one_kept", 4, 5, [0, 1, 3]), ("large", 5, 37, [2]),
    ]:
        logits = torch.randn(rows, vocabulary, generator=generator) * 2
        if case == "large":
            logits = logits * 30 + 500
        targets = torch.randint(0, vocabulary, (rows,), generator=generator)
        targets[ignored] = -100
        leaf = logits.double().requires_grad_()
        loss = mean_loss(leaf, targets)
        torch.testing.assert_close(loss, F.cross_entropy(leaf, targets, ignore_index=-100))
        (gradient,) = torch.autograd.grad(loss, [leaf])
        losses[case] = loss.item()
        loss = F.cross_entropy(leaf, targets, ignore_index=-100, label_smoothing=SMOOTHING)
        smoothed |= {f"{case}.loss": loss, f"{case}.dlogits": torch.autograd.grad(loss, [leaf])[0]}
        tensors |= {f"{case}.logits": logits, f"{case}.targets": targets, f"{case}.dlogits": gradient}
    write_tensors(folder / "logits.safetensors", tensors)

    tensors = {}
    for case, rows, width, vocabulary, ignored in [
        ("hidden", 10, 8, 23, [1, 5]), ("hidden_bias", 7, 6, 19, []), ("hidden_ragged", 13, 5, 70, [12]),
    ]:
        leaves = {"hidden": torch.randn(rows, width, generator=generator).double(),
                  "weight": torch.randn(vocabulary, width, generator=generator).double()}
        if case == "hidden_bias":
            leaves["bias"] = torch.randn(vocabulary, generator=generator).double()
        targets = torch.randint(0, vocabulary, (rows,), generator=generator)
        targets[ignored] = -100
        for leaf in leaves.values():
            leaf.requires_grad_()
        loss = mean_loss(F.linear(leaves["hidden"], leaves["weight"], leaves.get("bias")), targets)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        losses[case] = loss.item()
        logits = F.linear(leaves["hidden"], leaves["weight"], leaves.get("bias"))
        loss = F.cross_entropy(logits, targets, ignore_index=-100, label_smoothing=SMOOTHING)
        smoothed[f"{case}.loss"] = loss
        smoothed |= {f"{case}.d{name}": gradient
                     for name, gradient in zip(leaves, torch.autograd.grad(loss, list(leaves.values())))}
        tensors |= {f"{case}.targets": targets} | {f"{case}.{name}": leaf for name, leaf in leaves.items()}
        tensors |= {f"{case}.d{name}": gradient for name, gradient in zip(leaves, gradients)}
    write_tensors(folder / "hidden.safetensors", tensors)
    write_tensors(folder / "smoothed.safetensors", smoothed)

    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/cross_entropy.py",
        "seed": SEED,
        "versions": versions(),
        "smoothing": SMOOTHING,
        "conventions": "smoothed: with that part of each target spread over all classes; targets of -100 are ignored; the loss is the mean over the others; gradients are of that mean",
        "losses": losses,
    })
