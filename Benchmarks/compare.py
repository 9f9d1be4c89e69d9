"""Alternates two programs that time the same GPT training step, ours and a peer's, and compares them pair by pair.

    compare.py 6 384 6 256 8 8192            layers, hidden size, heads, context, batch, vocabulary

A machine's speed drifts, so each of our measurements is set against the peer's right after it, and the figure to quote
is the median of the ratios. Ours is the command in MARTLET_STEP_COMMAND (by default `.build/release/martlet bench step`);
the six numbers are added to it, and the last JSON line that it prints must have `milliseconds_per_step`.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def last_json(text, command):
    for line in reversed(text.strip().splitlines()):
        if line.startswith("{"):
            result = json.loads(line)
            if "milliseconds_per_step" not in result:
                sys.exit(f"{command}: no milliseconds_per_step in {line}")
            return result
    sys.exit(f"{command}: printed no JSON line")


class Command:
    """A program that is started for each measurement."""

    def __init__(self, command, sizes):
        self.words = shlex.split(command) + sizes

    def measure(self):
        done = subprocess.run(self.words, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{shlex.join(self.words)}: exit status {done.returncode}")
        return last_json(done.stdout, shlex.join(self.words))

    def close(self):
        pass


class Peer:
    """A peer that stays loaded and measures when asked; it sleeps in between."""

    def __init__(self, framework, sizes, seconds):
        self.words = [sys.executable, str(HERE / "peers" / "training_step.py"), "--serve", framework, *sizes]
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            sys.exit(f"{shlex.join(self.words)}: exit status {self.process.wait()}")
        self.steps = max(5, round(1e3 * seconds / self.run(5)["milliseconds_per_step"]))

    def measure(self):
        return self.run(self.steps)

    def run(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return last_json(self.process.stdout.readline(), shlex.join(self.words))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs=6, metavar="SIZE",
                        help="layers, hidden size, heads, context, batch, vocabulary")
    parser.add_argument("--peer", default="torch", choices=["torch", "torch-compile", "jax"])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="how long one measurement of the peer takes")
    arguments = parser.parse_args()
    default = shlex.quote(str(HERE.parent / ".build" / "release" / "martlet")) + " bench step"
    ours = Command(os.environ.get("MARTLET_STEP_COMMAND", default), arguments.sizes)
    theirs = Peer(arguments.peer, arguments.sizes, arguments.seconds)
    ratios, results = [], {"ours": [], "theirs": []}
    for pair in range(arguments.pairs):
        load = os.getloadavg()[0]
        mine, other = ours.measure(), theirs.measure()
        results["ours"].append(mine)
        results["theirs"].append(other)
        ratios.append(other["milliseconds_per_step"] / mine["milliseconds_per_step"])
        print(f"pair {pair + 1}: ours {mine['milliseconds_per_step']:.2f} ms, {arguments.peer} "
              f"{other['milliseconds_per_step']:.2f} ms, ratio {ratios[-1]:.3f}, load before {load:.1f}", flush=True)
    theirs.close()

    def middle(side, key):
        values = [result[key] for result in results[side] if key in result]
        return statistics.median(values) if values else None

    summary = {
        "sizes": [int(size) for size in arguments.sizes],
        "peer": arguments.peer,
        "peer_version": results["theirs"][0]["version"],
        "pairs": arguments.pairs,
        "ratio_median": round(statistics.median(ratios), 4),
        "ratio_lowest": round(min(ratios), 4),
        "ratio_highest": round(max(ratios), 4),
    }
    for side in ("ours", "theirs"):
        for key in ("milliseconds_per_step", "gigaflops", "peak_memory_megabytes"):
            summary[f"{side}_{key}"] = middle(side, key)
    print(f"{arguments.peer}'s time divided by ours: median {summary['ratio_median']:.3f} "
          f"({summary['ratio_lowest']:.3f} to {summary['ratio_highest']:.3f})")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
