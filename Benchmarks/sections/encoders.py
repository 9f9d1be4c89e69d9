"""Whole training steps of BERT and T5: forward, backward, clipping and AdamW, with dropout."""

from compare import alternate
from programs import Peer, built, run
from sections.common import chosen, markdown, number, peers, ratio

TITLE = "Training steps of encoders"
TEXT = """A step of BERT is forward, backward, clipping by the gradient norm and AdamW in float32 on random tokens, with dropout
of 0.1 everywhere. "words" finds 15% of the tokens of full texts, whose places we compute alone and `transformers` among all;
"texts" gives texts, from a quarter of the length to all of it, one of two labels; "pairs" are steps of T5, whose targets are as
long as their sources. Memory is the peak resident size."""
FRAMEWORKS = {"torch": "PyTorch eager", "torch-compile": "torch.compile"}
KEYS = ["milliseconds_per_step", "peak_memory_megabytes"]
# Task, layers, hidden size, heads, length, batch, vocabulary.
SHAPES = [
    ("words", 4, 256, 4, 128, 16, 8192),
    ("words", 6, 384, 12, 128, 16, 30522),
    ("texts", 6, 384, 12, 64, 32, 30522),
    ("texts", 12, 768, 12, 128, 8, 30522),
    ("pairs", 3, 256, 4, 32, 32, 8192),
    ("pairs", 4, 384, 6, 64, 32, 16384),
    ("pairs", 6, 512, 8, 128, 8, 32128),
]


def figures(result):
    return {key: result[key] for key in KEYS}


def steps(shape, seconds):
    """How many steps take about as long, at 100 GFLOP/s."""
    task, layers, width, _, length, batch, vocabulary = shape
    heads = {"words": 0.15, "pairs": 1}.get(task, 0) * vocabulary * width
    parameters = (28 if task == "pairs" else 12) * layers * width**2 + heads
    return max(3, round(seconds * 100e9 / ((6 * parameters + 12 * layers * width * length) * batch * length)))


def measure(options):
    for shape in SHAPES:
        name, count = f"{shape[0]} {shape[1]}/{shape[2]}", steps(shape, options.seconds)
        words = [built("encoder-bench"), *shape, "--steps", count]
        wanted = [framework for framework in FRAMEWORKS if chosen(options, shape[0], f"{shape[1]}/{shape[2]}", framework)]
        opened = peers(name, [(key, lambda key=key: Peer("encoder_step.py", key, *shape)) for key in wanted])
        for framework, peer in opened:
            found = alternate(lambda: figures(run(words)[-1]), lambda: figures(peer.ask(steps=count)), options.pairs, "lower")
            yield {"name": name, "sizes": list(shape), "peer": FRAMEWORKS[framework], "version": peer.ready["version"],
                   "figures": found}


def table(rows):
    header = ["task, layers, hidden, heads, length, batch, vocabulary", "peer", "peer's time / ours", "ours, ms",
              "peer's, ms", "ours, MB", "peer's, MB"]
    cells = []
    for row in rows:
        time, memory = (row["figures"][key] for key in KEYS)
        pairs = [number(value) for value in (time["ours"], time["theirs"], memory["ours"], memory["theirs"])]
        cells.append([" ".join(map(str, row["sizes"])), f"{row['peer']} {row['version']}", ratio(time), *pairs])
    return markdown(header, cells)
