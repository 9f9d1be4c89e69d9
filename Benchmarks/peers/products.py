"""Times matrix products in PyTorch by the names that kernel-bench gives them: `products.py --serve`, see serving.py.

NN is x W, NT dy W^T, TN x^T dy, with the sizes m x n x k of result and depth; "loss and gradients tokens x vocabulary x
hidden" is the output layer with its cross-entropy, forward and backward.
"""

import re
import statistics
import time

import serving


def speed(work, flops, seconds=0.1, rounds=3):
    """GFLOP/s, the median of a few rounds."""
    work()
    start = time.perf_counter()
    work()
    repeats = max(1, round(seconds / rounds / (time.perf_counter() - start)))
    speeds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        speeds.append(flops * repeats / (time.perf_counter() - start) / 1e9)
    return statistics.median(speeds)


def main():
    try:
        import torch
        import torch.nn.functional as F
    except ImportError as error:
        serving.missing(error)
    torch.set_num_threads(serving.threads())

    def product(form, m, n, k):
        a = torch.randn(k, m).T if form[0] == "T" else torch.randn(m, k)
        b = torch.randn(n, k).T if form[1] == "T" else torch.randn(k, n)
        c = torch.empty(m, n)
        return speed(lambda: torch.mm(a, b, out=c), 2.0 * m * n * k)

    def loss(tokens, vocabulary, width):
        states = torch.randn(tokens, width, requires_grad=True)
        weight = (0.02 * torch.randn(vocabulary, width)).requires_grad_()
        targets = torch.randint(0, vocabulary, (tokens,))

        def work():
            states.grad = weight.grad = None
            F.cross_entropy(F.linear(states, weight), targets).backward()

        return speed(work, 6.0 * tokens * vocabulary * width)

    def measure(names):
        speeds = {}
        for name in names:
            sizes = [int(number) for number in re.findall(r"\d+", name)]
            speeds[name] = loss(*sizes) if name.startswith("loss") else product(name[:2], *sizes)
        return speeds

    serving.serve(torch.__version__, measure)


if __name__ == "__main__":
    main()
