"""Times PyTorch's causal attention by the names that kernel-bench gives it: `attention.py --serve`, see serving.py."""

import re

import serving
from products import speed


def main():
    try:
        import torch
        import torch.nn.functional as F
    except ImportError as error:
        serving.missing(error)
    torch.set_num_threads(serving.threads())

    def measure(names):
        speeds = {}
        for name in names:
            batch, length, heads, size = (int(number) for number in re.findall(r"\d+", name))
            flops = 2.0 * batch * heads * size * length**2
            # As in a model: queries, keys and values are parts of one matrix.
            mixed = torch.randn(3, batch, length, heads, size)
            q, k, v = (part.transpose(1, 2).requires_grad_() for part in mixed)
            forward = speed(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True), flops)
            if "forward" in name:
                speeds[name] = forward
                continue
            output = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            gradient = torch.randn_like(output)
            speeds[name] = speed(
                lambda: torch.autograd.grad(output, (q, k, v), gradient, retain_graph=True), 2.5 * flops)
        return speeds

    serving.serve(torch.__version__, measure)


if __name__ == "__main__":
    main()
