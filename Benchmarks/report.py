"""Writes docs/BENCHMARKS.md from the results."""

import results
from programs import ROOT
from sections import SECTIONS
from sections.common import number

PAGE = ROOT / "docs" / "BENCHMARKS.md"
HEAD = """# Benchmarks

`make bench` measures this anew and writes this page from Benchmarks/results; Benchmarks/README.md says how to run parts
of it. Ours and a peer's are measured in turn, in one run; each ratio is the median over the pairs, with the lowest and the
highest in brackets, and above 1 means that Martlet is better. All numbers are float32, on all cores."""


def line(row):
    """A row as a line for the terminal."""
    parts = [f"{key} {number(figure['ours'])} against {number(figure['theirs'])}: {figure['ratio']:.3f} "
             f"({figure['lowest']:.3f} to {figure['highest']:.3f})" for key, figure in row["figures"].items()]
    return f"{row['name']}, {row['peer']}:\n  " + "\n  ".join(parts)


def machines(rows):
    """When and on what the rows were measured; one sentence where it was the same."""
    places = sorted({(row["date"], row["machine"], max(f["pairs"] for f in row["figures"].values())) for row in rows})
    return "\n".join(f"Measured on {date} with {pairs} pairs: {machine}." for date, machine, pairs in places)


def write():
    parts = [HEAD]
    for name, section in SECTIONS.items():
        rows = results.load(name)
        if rows:
            parts += [f"## {section.TITLE}", section.TEXT, section.table(rows), machines(rows)]
    PAGE.write_text("\n\n".join(parts) + "\n")
