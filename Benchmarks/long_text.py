"""Writes JSON lines of so many megabytes: real text in shuffled order, as often as it takes.

    python Benchmarks/long_text.py 100 FILE... > text.jsonl
    MARTLET_BENCH_TEXT=text.jsonl MARTLET_BENCH_VOCABULARY=16000 Benchmarks/bench.sh tokenizing
"""

import json
import random
import sys


def main():
    size, paths = int(sys.argv[1]) * 10**6, sys.argv[2:]
    documents = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
        documents += ["\n".join(lines[i:i + 20]) for i in range(0, len(lines), 20)]
    source = random.Random(5)
    written = 0
    while written < size:
        source.shuffle(documents)
        for document in documents:
            print(json.dumps({"text": document}, ensure_ascii=False))
            written += len(document.encode())
            if written >= size:
                return


main()
