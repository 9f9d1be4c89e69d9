"""The programs that measure: ours, started each time, and peers, which stay loaded and answer when asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


class Missing(Exception):
    """A peer, or what it needs, is not on this machine."""


def built(name):
    """The path of one of our programs; MARTLET_BUILD names the folder of another build."""
    path = Path(os.environ.get("MARTLET_BUILD", ROOT / ".build" / "release")) / name
    if not path.exists():
        sys.exit(f"{path} is not there: run `make bench`, or `swift build -c release --product {name}`")
    return str(path)


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def run(words):
    """Runs a program to its end and gives the JSON lines that it printed."""
    words = [str(word) for word in words]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}")
    return json_lines(done.stdout)


class Peer:
    """A program of `peers/` that is loaded once, sleeps, and measures when a line asks for it."""

    def __init__(self, script, *words):
        self.words = [sys.executable, str(HERE / "peers" / script), "--serve", *map(str, words)]
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self.answer()
        if "missing" in self.ready:
            self.close()
            raise Missing(self.ready["missing"])

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{' '.join(self.words)}: exit status {self.process.wait()}")
        return json.loads(line)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
