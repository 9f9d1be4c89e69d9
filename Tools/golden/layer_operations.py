"""Normalisation, activations, softmax, patch convolution, top-k and argmax, with gradients, in float64.

Tensor names are `<case>.<input>`, `<case>.y`, `<case>.dy` (the gradient that comes in) and `<case>.d<input>`.
"""

import torch
import torch.nn.functional as F

from fixture_files import versions, write_json, write_tensors

SEED = 31


def differentiate(function, inputs, generator):
    """Runs `function` on float32-exact inputs in float64 and gives inputs, result and gradients by name."""
    leaves = {name: value.float().double().requires_grad_() for name, value in inputs.items()}
    y = function(**leaves)
    dy = torch.randn(y.shape, generator=generator).double()
    gradients = torch.autograd.grad(y, list(leaves.values()), dy)
    tensors = {name: leaf.detach() for name, leaf in leaves.items()} | {"y": y, "dy": dy}
    return tensors | {f"d{name}": gradient for name, gradient in zip(leaves, gradients)}


def named(case, tensors):
    return {f"{case}.{name}": tensor for name, tensor in tensors.items()}


def rms_norm(x, weight, epsilon):
    return weight * x * torch.rsqrt((x * x).mean(-1, keepdim=True) + epsilon)


def write(folder):
    generator = torch.Generator().manual_seed(SEED)

    def normal(*shape, scale=1.0, offset=0.0):
        return offset + scale * torch.randn(shape, generator=generator)

    manifest = {"generator": "Tools/golden/layer_operations.py", "seed": SEED, "versions": versions()}

    # Widths that do and do not fill a vector; a row far from zero and one of equal values show cancellation.
    tensors = {}
    cases = {"aligned": (5, 16, 1e-5), "ragged": (3, 13, 1e-6), "wide": (2, 67, 1e-5)}
    for case, (rows, width, epsilon) in cases.items():
        x = normal(rows, width)
        x[0] = 3 * x[0] + 50
        x[1] = 0.25
        inputs = {"x": x, "weight": normal(width, scale=0.3, offset=1), "bias": normal(width, scale=0.2)}
        tensors |= named(case, differentiate(
            lambda x, weight, bias: F.layer_norm(x, (width,), weight, bias, epsilon), inputs, generator))
    write_tensors(folder / "layer_norm.safetensors", tensors)
    manifest["layer_norm"] = {case: {"epsilon": epsilon} for case, (_, _, epsilon) in cases.items()}

    tensors = {}
    for case, (rows, width, epsilon) in cases.items():
        x = normal(rows, width)
        x[0] = 3 * x[0] + 50
        x[1] = 1e-3 * x[1]
        inputs = {"x": x, "weight": normal(width, scale=0.3, offset=1)}
        tensors |= named(case, differentiate(lambda x, weight: rms_norm(x, weight, epsilon), inputs, generator))
        x, weight = tensors[f"{case}.x"], tensors[f"{case}.weight"]
        torch.testing.assert_close(F.rms_norm(x, (width,), weight, epsilon), tensors[f"{case}.y"])
    write_tensors(folder / "rms_norm.safetensors", tensors)
    manifest["rms_norm"] = {case: {"epsilon": epsilon} for case, (_, _, epsilon) in cases.items()}

    # A sweep through both tails, where exp and tanh saturate, as well as ordinary values.
    sweep = torch.cat([torch.linspace(-12, 12, 49), torch.tensor([-100.0, -30.0, 30.0, 100.0, 1e-6, -1e-6, 0.0])])
    functions = {
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "gelu_erf": lambda x: F.gelu(x),
        "silu": lambda x: F.silu(x),
    }
    tensors = {}
    for case, function in functions.items():
        tensors |= named(case, differentiate(function, {"x": sweep}, generator))
    write_tensors(folder / "activations.safetensors", tensors)

    tensors = {}
    x = normal(4, 19, scale=2)
    x[1] += 1000
    x[2, 5:] = -1e9
    x[3] = torch.where(torch.arange(19) == 7, 90.0, x[3])
    tensors |= named("rows", differentiate(lambda x: torch.softmax(x, -1), {"x": x}, generator))
    tensors |= named("log", differentiate(lambda x: torch.log_softmax(x, -1), {"x": x[[0, 1, 3]]}, generator))
    write_tensors(folder / "softmax.safetensors", tensors)

    image = {"x": normal(2, 3, 8, 12), "weight": normal(5, 3, 4, 4, scale=0.2), "bias": normal(5)}
    tensors = named("patches", differentiate(lambda x, weight, bias: F.conv2d(x, weight, bias, stride=4), image, generator))
    # The last row and column of pixels fill no patch: their gradient is zero.
    image = {"x": normal(1, 2, 7, 9), "weight": normal(3, 2, 2, 2, scale=0.3), "bias": normal(3)}
    tensors |= named("remainder", differentiate(lambda x, weight, bias: F.conv2d(x, weight, bias, stride=2), image, generator))
    write_tensors(folder / "conv2d_patches.safetensors", tensors)
    manifest["conv2d_patches"] = {
        "layout": "x batch, channels, height, width; weight out, in, height, width; no padding",
        "patches": {"stride": 4}, "remainder": {"stride": 2}}

    # Small integers, so that ties abound; of equal values the one with the lowest index comes first.
    x = torch.randint(-3, 4, (6, 11), generator=generator).float()
    x[0] = 2.0
    x[1, 4] = float("inf")
    x[2, :9] = float("-inf")
    indices = torch.argsort(x, dim=-1, descending=True, stable=True)
    tensors = {"x": x, "argmax": indices[:, 0]}
    for k in (1, 4, 11):
        tensors |= {f"top{k}.indices": indices[:, :k], f"top{k}.values": x.gather(-1, indices[:, :k])}
        assert torch.equal(tensors[f"top{k}.values"], x.topk(k).values)
    write_tensors(folder / "top_k.safetensors", tensors)
    manifest["top_k"] = {"ties": "the lowest index first", "k": [1, 4, 11]}

    write_json(folder / "manifest.json", manifest)
