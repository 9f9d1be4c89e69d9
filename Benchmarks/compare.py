"""Alternates two measurements, ours and a peer's (A B A B ...), and compares them pair by pair.

A machine's speed drifts, so each of our measurements is set against the peer's right after it, and the figure to quote
is the median of the ratios, with the lowest and the highest.
"""

import os
import statistics
import sys


def alternate(ours, theirs, pairs, faster="higher"):
    """Measures `pairs` times each; both give a dictionary of figures by name.

    Gives for each name that both have the medians, and the median and range of the ratios; a ratio above 1 means that
    ours is better: higher or, with `faster="lower"`, lower.
    """
    samples = []
    for pair in range(pairs):
        load = os.getloadavg()[0]
        mine, other = ours(), theirs()
        samples.append((mine, other))
        first = next(name for name in mine if name in other)
        print(f"  pair {pair + 1}: ours {mine[first]:.4g}, theirs {other[first]:.4g} ({first}), load before {load:.1f}",
              file=sys.stderr, flush=True)
    names = [name for name in samples[0][0] if name in samples[0][1]]
    return {name: summary([(mine[name], other[name]) for mine, other in samples], faster) for name in names}


def summary(pairs, faster):
    ratios = [mine / other if faster == "higher" else other / mine for mine, other in pairs]
    return {
        "ours": statistics.median(mine for mine, _ in pairs),
        "theirs": statistics.median(other for _, other in pairs),
        "ratio": round(statistics.median(ratios), 4),
        "lowest": round(min(ratios), 4),
        "highest": round(max(ratios), 4),
        "pairs": len(pairs),
    }
