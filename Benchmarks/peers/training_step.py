"""Times GPT training steps in another framework: forward, backward, gradient-norm clipping, AdamW, float32.

    training_step.py torch 6 384 6 256 8 8192       layers, hidden size, heads, context, batch, vocabulary
    training_step.py torch-compile 4 128 4 64 12 65
    training_step.py --serve torch 4 128 4 64 12 65

Prints one JSON line. With --serve it answers each line on standard input, a number of steps, with such a line, so that
a driver can alternate it with another program without paying for the start each time.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from typing import NamedTuple


class Shape(NamedTuple):
    layers: int
    width: int
    heads: int
    context: int
    batch: int
    vocabulary: int

    def flops(self):
        """Floating-point operations of a step: (6 P + 12 L D T) a token, with P = 12 L D^2 + V D."""
        parameters = 12 * self.layers * self.width**2 + self.vocabulary * self.width
        per_token = 6 * parameters + 12 * self.layers * self.width * self.context
        return per_token * self.batch * self.context


def make_step(framework, shape, threads):
    if framework == "jax":
        import jax_step
        return jax_step.make_step(shape, threads)
    import torch_step
    return torch_step.make_step(shape, threads, compiled=framework == "torch-compile")


def timed(step, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        loss = step()
        times.append(1e3 * (time.perf_counter() - start))
    return times, loss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("framework", choices=["torch", "torch-compile", "jax"])
    for name in Shape._fields:
        parser.add_argument(name, type=int)
    parser.add_argument("--steps", type=int, default=10, help="steps in a measurement")
    parser.add_argument("--warmup", type=int, default=2, help="steps before the first measurement")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", "2")))
    parser.add_argument("--serve", action="store_true")
    arguments = parser.parse_args()
    shape = Shape(*(getattr(arguments, name) for name in Shape._fields))
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    step, version = make_step(arguments.framework, shape, arguments.threads)
    first = timed(step, 1)[0][0]
    timed(step, arguments.warmup)

    def report(count):
        times, loss = timed(step, count)
        median = statistics.median(times)
        print(json.dumps({
            "framework": arguments.framework, "version": version, **shape._asdict(), "threads": arguments.threads,
            "steps": count, "milliseconds_per_step": round(median, 3), "fastest_milliseconds": round(min(times), 3),
            "first_step_milliseconds": round(first, 1),
            "tokens_per_second": round(1e3 * shape.batch * shape.context / median, 1),
            "gigaflops": round(shape.flops() / median / 1e6, 2), "loss": round(loss, 4),
            "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }), flush=True)

    if not arguments.serve:
        report(arguments.steps)
        return
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        report(int(line))


if __name__ == "__main__":
    main()
