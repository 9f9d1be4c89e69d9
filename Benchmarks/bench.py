"""Measures Martlet against its peers, alternately in one run, and writes docs/BENCHMARKS.md.

    bench.py                                   all sections
    bench.py training startup                  some sections
    bench.py training --only 6/384 --only jax  the rows whose names have all of these words
    bench.py --render                          only the page, from the results that are there

The results of each section are in results/<section>.json, row by row: rows that are measured anew replace the old ones.
A peer that is not installed is said to be missing and left out.
"""

import argparse
import datetime
import sys

import report
import results
from machine import describe
from sections import SECTIONS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="rows whose names have this word")
    parser.add_argument("--pairs", type=int, default=5, help="how often ours and a peer's are measured in turn")
    parser.add_argument("--seconds", type=float, default=4, help="how long one measurement takes, about")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    options = parser.parse_args()
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    names = [] if options.render else options.sections or list(SECTIONS)
    for name in names:
        print(f"== {name}", flush=True)
        for row in SECTIONS[name].measure(options):
            row |= {"date": datetime.date.today().isoformat(), "machine": describe()}
            results.keep(name, row)
            print(report.line(row), flush=True)
    report.write()
    print(f"written: {report.PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
