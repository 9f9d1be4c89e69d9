"""Whole training steps: forward, backward, clipping and AdamW."""

import os
import shlex

import llm_c
from compare import alternate
from programs import Missing, Peer, built, run
from sections.common import chosen, markdown, number, peers, ratio
from shapes import SHAPES, Shape

TITLE = "Training steps"
TEXT = """A step is forward, backward, clipping by the gradient norm and AdamW in float32 on random tokens; its FLOPs are
(6 P + 12 L D T) a token with P = 12 L D^2 + V D. The ratio is the peer's time divided by ours. Memory is the peak resident
size of the process, its start included. llm.c's program has a batch of 4 sequences of 64 tokens, and no clipping."""
FRAMEWORKS = {"torch": "PyTorch eager", "torch-compile": "torch.compile", "jax": "JAX"}
KEYS = ["milliseconds_per_step", "peak_memory_megabytes"]


def figures(result):
    return {key: result[key] for key in KEYS if key in result}


def our_step(shape, seconds):
    """Measures our step; MARTLET_STEP_COMMAND names another command for it."""
    command = shlex.split(os.environ.get("MARTLET_STEP_COMMAND", "")) or [built("martlet"), "bench", "step"]
    words = [*command, *shape, "--steps", shape.steps(seconds), "--warm-up", 1]
    return lambda: figures(run(words)[-1])


def row(name, shape, peer, version, figures):
    return {"name": name, "sizes": list(shape), "peer": peer, "version": version, "figures": figures}


def measure(options):
    for shape in SHAPES:
        ours, steps = our_step(shape, options.seconds), shape.steps(options.seconds)
        wanted = [framework for framework in FRAMEWORKS if chosen(options, shape.name, framework)]
        opened = peers(shape.name, [(name, lambda name=name: Peer("training_step.py", name, *shape)) for name in wanted])
        for framework, peer in opened:
            found = alternate(ours, lambda: figures(peer.ask(steps=steps)), options.pairs, "lower")
            yield row(shape.name, shape, FRAMEWORKS[framework], peer.ready["version"], found)
    for shape in llm_c.SHAPES:
        if not chosen(options, shape.name, "llm.c"):
            continue
        try:
            theirs = llm_c.measurement(shape)
        except Missing as missing:
            print(f"{shape.name}, llm.c: not here: {missing}")
            continue
        found = alternate(our_step(shape, options.seconds), theirs, options.pairs, "lower")
        yield row(shape.name, shape, "llm.c", "", found)


def table(rows):
    header = ["layers, hidden, heads, context, batch, vocabulary", "peer", "peer's time / ours", "ours, ms", "peer's, ms",
              "ours, GFLOP/s", "peer's, GFLOP/s", "ours, MB", "peer's, MB"]
    cells = []
    for row in rows:
        time = row["figures"]["milliseconds_per_step"]
        memory = row["figures"]["peak_memory_megabytes"]
        speeds = [Shape(*row["sizes"]).flops() / time[side] / 1e6 for side in ("ours", "theirs")]
        pairs = [number(value) for value in (*speeds, memory["ours"], memory["theirs"])]
        cells.append([" ".join(map(str, row["sizes"])), f"{row['peer']} {row['version']}", ratio(time),
                      number(time["ours"]), number(time["theirs"]), *pairs])
    return markdown(header, cells)
