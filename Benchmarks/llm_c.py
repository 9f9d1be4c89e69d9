"""llm.c's CPU program for training, where LLM_C_TRAIN_GPT2 names one that was built: it reads a checkpoint and tokens from
the folder that it runs in, which are written here with random numbers, and prints the time of each step.

It always trains on batches of 4 sequences of 64 tokens. It evaluates before the first step, and says nothing meanwhile.
Source: the layout of `gpt2_124M.bin` (version 3) and of token files (version 1) as llm.c documents them.
"""

import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy

from programs import Missing
from shapes import Shape

BATCH, CONTEXT = 4, 64
SHAPES = [Shape(6, 384, 6, CONTEXT, BATCH, 8192), Shape(12, 768, 12, CONTEXT, BATCH, 50257)]
STEP = re.compile(rb"^step \d+:.*took ([0-9.]+) ms", re.MULTILINE)


def header(*values):
    numbers = numpy.zeros(256, "<i4")
    numbers[:len(values)] = values
    return numbers.tobytes()


def write_checkpoint(path, shape):
    """Random weights: the embeddings, then each kind of parameter for all layers."""
    layers, width = shape.layers, shape.width
    padded = (shape.vocabulary + 127) // 128 * 128
    random = numpy.random.default_rng(1)

    def normal(*size):
        return random.standard_normal(size, numpy.float32) * numpy.float32(0.02)

    ones, zeros = (numpy.full((layers, width), value, numpy.float32) for value in (1, 0))

    def zero(*size):
        return numpy.zeros(size, numpy.float32)

    tensors = [
        normal(padded, width), normal(CONTEXT, width), ones, zeros, normal(layers, 3 * width, width),
        zero(layers, 3 * width), normal(layers, width, width), zeros, ones, zeros, normal(layers, 4 * width, width),
        zero(layers, 4 * width), normal(layers, width, 4 * width), zeros, ones[0], zeros[0],
    ]
    with open(path, "wb") as file:
        file.write(header(20240326, 3, CONTEXT, shape.vocabulary, layers, shape.heads, width, padded))
        for tensor in tensors:
            file.write(tensor.astype("<f4").tobytes())


def write_tokens(path, shape, count):
    path.parent.mkdir(parents=True, exist_ok=True)
    tokens = numpy.random.default_rng(2).integers(0, shape.vocabulary, count)
    path.write_bytes(header(20240520, 1, count) + tokens.astype("<u2").tobytes())


def measurement(shape, steps=3):
    """A function that measures its steps; each call runs the program anew and stops it after a few steps."""
    program = os.environ.get("LLM_C_TRAIN_GPT2")
    if not program:
        raise Missing("LLM_C_TRAIN_GPT2 does not name its program train_gpt2")

    def measure():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_checkpoint(folder / "gpt2_124M.bin", shape)
            for part in ("train", "val"):
                write_tokens(folder / f"dev/data/tinyshakespeare/tiny_shakespeare_{part}.bin", shape, 1 << 15)
            # It writes to a pipe in large blocks unless told otherwise.
            process = subprocess.Popen(["stdbuf", "-oL", os.path.abspath(program)], cwd=folder, stdout=subprocess.PIPE)
            times, memory = [], 0.0
            for line in process.stdout:
                if found := STEP.match(line):
                    times.append(float(found[1]))
                    memory = peak_megabytes(process.pid)
                if len(times) == steps + 1:
                    process.terminate()
                    break
            process.wait()
            process.stdout.close()
        if len(times) < steps + 1:
            raise Missing(f"{program} ended after {len(times)} steps")
        time = statistics.median(times[1:])
        return {"milliseconds_per_step": time, "peak_memory_megabytes": memory}

    return measure


def peak_megabytes(process):
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1e3
    return 0.0
