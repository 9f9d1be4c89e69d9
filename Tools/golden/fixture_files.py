"""Writes fixture files so that the same values always give the same bytes, and compares two folders of them."""

import json
import math
import platform
from pathlib import Path

import numpy
import safetensors
import torch
import transformers
from safetensors.torch import load_file, save_file


def versions():
    """The packages that decide the values, for the manifests."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "safetensors": safetensors.__version__,
        "numpy": numpy.__version__,
    }


def fill_parameters(model, seed, scale):
    """Fills matrices with noise of the scale for their names; moves norms and biases away from 1 and 0, so that each shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() >= 2:
                parameter.copy_(noise * scale(name))
            elif name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            else:
                parameter.copy_(0.1 * noise)


def write_tensors(path, tensors):
    """Writes floats rounded once to float32, integers as int32 and truth values as they are."""
    rounded = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        if tensor.dtype.is_floating_point:
            tensor = tensor.to(torch.float32)
        elif tensor.dtype != torch.bool:
            tensor = tensor.to(torch.int32)
        rounded[name] = tensor.contiguous().clone()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_file(rounded, str(path))


def write_json(path, value):
    """Writes JSON with lists of plain values on one line; infinities and NaN are refused (write null instead)."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(_lines(value, "") + "\n", encoding="utf-8")


def _lines(value, indent):
    inner = indent + "  "
    if isinstance(value, dict) and value:
        items = [f"{inner}{json.dumps(key)}: {_lines(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + indent + "}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return "[\n" + ",\n".join(inner + _lines(item, inner) for item in value) + "\n" + indent + "]"
    return json.dumps(value, allow_nan=False)


def differences(recorded, fresh, relative=1e-5, absolute=1e-7):
    """The ways in which the folder `fresh` differs from `recorded`; versions in manifests may differ."""
    names = sorted({p.relative_to(root).as_posix() for root in (recorded, fresh) for p in root.rglob("*") if p.is_file()})
    found = []
    for name in names:
        old, new = recorded / name, fresh / name
        if not old.exists() or not new.exists():
            found.append(f"{name}: only {'generated' if new.exists() else 'recorded'}")
        elif name.endswith(".safetensors"):
            found += _tensor_differences(name, load_file(old), load_file(new), relative, absolute)
        elif name.endswith(".json"):
            found += _value_differences(name, json.loads(old.read_text()), json.loads(new.read_text()), relative, absolute)
    return found


def _tensor_differences(name, old, new, relative, absolute):
    found = [f"{name}: {key}: missing on one side" for key in sorted(old.keys() ^ new.keys())]
    for key in sorted(old.keys() & new.keys()):
        a, b = old[key], new[key]
        if a.shape != b.shape or a.dtype != b.dtype:
            found.append(f"{name}: {key}: {tuple(a.shape)} {a.dtype} became {tuple(b.shape)} {b.dtype}")
        elif not torch.allclose(a.double(), b.double(), rtol=relative, atol=absolute, equal_nan=True):
            found.append(f"{name}: {key}: differs by up to {(a.double() - b.double()).abs().max().item():.3g}")
    return found


def _value_differences(where, old, new, relative, absolute):
    if isinstance(old, dict) and isinstance(new, dict):
        found = [f"{where}.{key}: missing on one side" for key in sorted(old.keys() ^ new.keys())]
        for key in sorted(old.keys() & new.keys()):
            if key not in ("versions", "transformers_version", "observed"):
                found += _value_differences(f"{where}.{key}", old[key], new[key], relative, absolute)
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new))
        return [d for i, (a, b) in pairs for d in _value_differences(f"{where}[{i}]", a, b, relative, absolute)]
    if isinstance(old, float) and isinstance(new, (int, float)):
        same = math.isclose(old, new, rel_tol=relative, abs_tol=absolute)
        return [] if same else [f"{where}: {old} became {new}"]
    return [] if old == new else [f"{where}: {old} became {new}"]
