"""Times GPT training steps in another framework: forward, backward, gradient-norm clipping, AdamW, float32.

    training_step.py torch 6 384 6 256 8 8192       layers, hidden size, heads, context, batch, vocabulary
    training_step.py torch-compile 4 128 4 64 12 65
    training_step.py --first torch 6 384 6 256 8 8192
    training_step.py --serve torch 4 128 4 64 12 65

Prints one JSON line; with --first it stops after the first step. With --serve it answers requests: see serving.py.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import serving
import steps_timing
from shapes import Shape


def make_step(framework, shape, threads):
    if framework == "jax":
        import jax_step
        return jax_step.make_step(shape, threads)
    import torch_step
    return torch_step.make_step(shape, threads, compiled=framework == "torch-compile")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("framework", choices=["torch", "torch-compile", "jax"])
    for name in Shape._fields:
        parser.add_argument(name, type=int)
    parser.add_argument("--steps", type=int, default=10, help="steps in a measurement")
    parser.add_argument("--warmup", type=int, default=2, help="steps before the first measurement")
    parser.add_argument("--threads", type=int, default=serving.threads())
    parser.add_argument("--first", action="store_true", help="stop after the first step")
    parser.add_argument("--serve", action="store_true")
    arguments = parser.parse_args()
    shape = Shape(*(getattr(arguments, name) for name in Shape._fields))
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    try:
        step, version = make_step(arguments.framework, shape, arguments.threads)
    except ImportError as error:
        serving.missing(error)
    first = steps_timing.timed(step, 1)[0][0]
    if arguments.first:
        return
    steps_timing.timed(step, arguments.warmup)

    def measure(steps):
        times, loss = steps_timing.timed(step, steps)
        median = statistics.median(times)
        return {
            "framework": arguments.framework, "version": version, **shape._asdict(), "threads": arguments.threads,
            "steps": steps, "milliseconds_per_step": round(median, 3), "fastest_milliseconds": round(min(times), 3),
            "first_step_milliseconds": round(first, 1),
            "tokens_per_second": round(1e3 * shape.batch * shape.context / median, 1),
            "gigaflops": round(shape.flops() / median / 1e6, 2), "loss": round(loss, 4),
            "peak_memory_megabytes": steps_timing.peak_memory_megabytes(),
        }

    if arguments.serve:
        serving.serve(version, measure)
    else:
        serving.say(measure(arguments.steps))


if __name__ == "__main__":
    main()
