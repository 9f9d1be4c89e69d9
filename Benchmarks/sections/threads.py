"""All threads against one, ours alone."""

from compare import alternate
from machine import threads
from programs import built, run
from sections.common import chosen, markdown, number, ratio
from shapes import SHAPES

TITLE = "All threads against one"
TEXT = "Our training step on all threads and on one; the ratio is the time on one divided by the time on all."


def measure(options):
    for shape in SHAPES:
        if not chosen(options, shape.name):
            continue

        def step(count):
            words = [built("martlet"), "bench", "step", *shape, "--steps", shape.steps(options.seconds / 2), "--warm-up", 1,
                     "--threads", count]
            return {"milliseconds_per_step": run(words)[-1]["milliseconds_per_step"]}

        found = alternate(lambda: step(threads()), lambda: step(1), options.pairs, "lower")
        yield {"name": shape.name, "sizes": list(shape), "peer": "one thread", "threads": threads(), "figures": found}


def table(rows):
    header = ["layers, hidden, heads, context, batch, vocabulary", "threads", "speed-up", "all threads, ms", "one thread, ms"]
    cells = []
    for row in rows:
        time = row["figures"]["milliseconds_per_step"]
        cells.append([" ".join(map(str, row["sizes"])), row["threads"], ratio(time), number(time["ours"]),
                      number(time["theirs"])])
    return markdown(header, cells)
