"""The sections of the benchmark, in the order of the page. Each has `TITLE`, `TEXT`, `measure(options)`, which yields rows,
and `table(rows)`, which gives the rows as Markdown."""

from . import attention, curating, encoders, generation, products, startup, threads, tokenizing, training

SECTIONS = {
    "products": products,
    "attention": attention,
    "generation": generation,
    "tokenizing": tokenizing,
    "curating": curating,
    "startup": startup,
    "threads": threads,
    "training": training,
    "encoders": encoders,
}
