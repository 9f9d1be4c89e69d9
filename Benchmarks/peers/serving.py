"""How a peer talks with bench.py: a line that says that it is ready, then an answer to each request, all JSON."""

import json
import os
import sys


def threads():
    """The threads that peers use: those of OMP_NUM_THREADS, or all processors that this process may use."""
    return int(os.environ.get("OMP_NUM_THREADS", 0)) or len(os.sched_getaffinity(0))


def say(answer):
    print(json.dumps(answer), flush=True)


def missing(error):
    """Says that the peer is not installed, and ends the process."""
    say({"missing": str(error)})
    sys.exit(3)


def serve(version, measure):
    """Answers each request, an object whose members are the arguments of `measure`, until the input ends."""
    say({"ready": True, "version": version})
    for line in sys.stdin:
        say(measure(**json.loads(line)))
