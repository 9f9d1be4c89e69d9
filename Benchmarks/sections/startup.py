"""From the start of the process to the end of the first training step."""

import os
import subprocess
import sys
import tempfile
import time

from compare import alternate
from programs import HERE, Missing, built
from sections.common import chosen, markdown, number, ratio
from sections.training import FRAMEWORKS
from shapes import SHAPES

TITLE = "Start-up"
TEXT = """Seconds from the start of the process to the end of the first training step and of the process. torch.compile
begins with an empty cache each time; a second start of the same program finds its kernels compiled."""
SHAPE = SHAPES[1]


def seconds(words, **environment):
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, **environment})
    elapsed = time.perf_counter() - start
    if done.returncode == 3:
        raise Missing(done.stdout.strip())
    if done.returncode != 0:
        sys.exit(f"{words}: exit status {done.returncode}")
    return {"seconds": elapsed}


def theirs(framework):
    with tempfile.TemporaryDirectory() as cache:
        return seconds([sys.executable, HERE / "peers" / "training_step.py", "--first", framework, *SHAPE],
                       TORCHINDUCTOR_CACHE_DIR=cache)


def measure(options):
    words = [built("martlet"), "bench", "step", *SHAPE, "--steps", "1", "--warm-up", "0"]
    for framework, label in FRAMEWORKS.items():
        if not chosen(options, framework):
            continue
        try:
            theirs(framework)  # reads the files once, so that neither side waits for the disk
        except Missing as missing:
            print(f"{framework}: not here: {missing}")
            continue
        found = alternate(lambda: seconds(words), lambda: theirs(framework), options.pairs, "lower")
        yield {"name": SHAPE.name, "sizes": list(SHAPE), "peer": label, "figures": found}


def table(rows):
    header = ["layers, hidden, heads, context, batch, vocabulary", "peer", "peer's time / ours", "ours, s", "peer's, s"]
    return markdown(header, [
        [" ".join(map(str, row["sizes"])), row["peer"], ratio(row["figures"]["seconds"]),
         number(row["figures"]["seconds"]["ours"]), number(row["figures"]["seconds"]["theirs"])] for row in rows])
