"""Measures the extraction of main content beside trafilatura, on trafilatura's own pages and by its own rule.

    python Benchmarks/extraction.py <folder with evaldata.json, eval/ and cache/> [--command .build/release/extraction-bench]

The folder is `tests` of a clone of https://github.com/adbar/trafilatura. For each page it names pieces of text that
belong to the content and pieces that do not; a piece counts as found if it is in the extracted text once white space is
made alike (their tests/eval_common.py). Both sides read the bytes of a page and find its encoding themselves.
Half of the pages, by the hash of their address, is for tuning; the other half is reported apart.
"""

import argparse
import hashlib
import json
import logging
import multiprocessing
import os
import re
import subprocess
import sys
import time


def normalized(text):
    return re.sub(r"\s+", " ", text).strip()


def counts(item, text):
    """Pieces that are rightly there, wrongly there, wrongly missing and rightly missing."""
    text = normalized(text)
    right = sum(normalized(piece) in text for piece in item["with"])
    wrong = sum(normalized(piece) in text for piece in item["without"])
    return right, wrong, len(item["with"]) - right, len(item["without"]) - wrong


def scores(rows):
    right, wrong, missing, absent = (sum(column) for column in zip(*rows))
    return {
        "precision": right / max(1, right + wrong),
        "recall": right / max(1, right + missing),
        "accuracy": (right + absent) / max(1, right + wrong + missing + absent),
        "F": 2 * right / max(1, 2 * right + wrong + missing),
    }


def is_for_tuning(address):
    return hashlib.sha256(address.encode()).digest()[0] % 2 == 0


def trafilatura_text(content):
    from trafilatura import extract

    try:
        return extract(content, fast=False, include_comments=False, include_tables=True, include_formatting=False) or ""
    except Exception:  # a crash is a miss, by their rule
        return ""


def trafilatura_all(contents, threads):
    trafilatura_text(contents[0])
    start = time.perf_counter()
    if threads == 1:
        texts = [trafilatura_text(content) for content in contents]
    else:
        with multiprocessing.Pool(threads) as pool:
            pool.map(len, contents[:threads])
            start = time.perf_counter()
            texts = pool.map(trafilatura_text, contents, chunksize=4)
    return texts, time.perf_counter() - start


def ours(command, paths, threads, text=True):
    arguments = [command, "--threads", str(threads)] + ([] if text else ["--no-text"])
    run = subprocess.run(arguments, input="\n".join(paths), capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in run.stdout.split("\n") if line], json.loads(run.stderr.splitlines()[-1])["seconds"]


def find(folder, name):
    # The same order as theirs.
    for place in ("cache", "eval"):
        path = os.path.join(folder, place, name)
        if os.path.isfile(path):
            return path
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--command", default=".build/release/extraction-bench")
    parser.add_argument("--only-ours", action="store_true", help="do not run trafilatura")
    parser.add_argument("--worst", type=int, default=0, help="list the worst pages with the pieces that are wrong")
    parser.add_argument("--half", choices=["tuning", "held"], help="list worst pages of this half only")
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with open(os.path.join(options.folder, "evaldata.json"), encoding="utf-8") as file:
        data = json.load(file)
    addresses = [address for address in sorted(data) if find(options.folder, data[address]["file"])]
    paths = [find(options.folder, data[address]["file"]) for address in addresses]
    contents = [open(path, "rb").read() for path in paths]
    print(f"{len(paths)} of {len(data)} pages, {sum(map(len, contents)) / 1e6:.1f} MB")
    tuning = [is_for_tuning(address) for address in addresses]
    results = {}

    def report(name, texts, seconds):
        rows = [counts(data[address], text) for address, text in zip(addresses, texts)]
        parts = {
            "all": scores(rows),
            "tuning": scores([row for row, is_tuned in zip(rows, tuning) if is_tuned]),
            "held": scores([row for row, is_tuned in zip(rows, tuning) if not is_tuned]),
        }
        for part, figures in parts.items():
            print(f"{name:12} {part:7}" + "".join(f" {key} {value:.4f}" for key, value in figures.items()))
        speeds = {threads: len(paths) / value for threads, value in seconds.items()}
        for threads, speed in speeds.items():
            print(f"{name:12} {threads} thread(s) {speed:8.1f} pages/s")
        results[name] = {"scores": parts, "pages per second": speeds}
        return rows

    pages, first = ours(options.command, paths, 1)
    # The shortest of three, of which the others were disturbed.
    seconds = {
        threads: min([first] if threads == 1 else [], default=1e9) for threads in (1, 2)
    }
    for threads in (1, 2):
        for _ in range(3):
            seconds[threads] = min(seconds[threads], ours(options.command, paths, threads, text=False)[1])
    rows = report("martlet", [page["text"] for page in pages], seconds)
    for key in ("title", "author", "date"):
        given = [(data[a][key], page.get(key)) for a, page in zip(addresses, pages) if data[a].get(key)]
        equal = sum(normalized(str(want)).lower() == normalized(have or "").lower() for want, have in given)
        print(f"martlet      {key}: {equal} of {len(given)} as annotated")
    if not options.only_ours:
        peer_seconds = {}
        texts, peer_seconds[1] = trafilatura_all(contents, 1)
        _, peer_seconds[2] = trafilatura_all(contents, 2)
        report("trafilatura", texts, peer_seconds)
        for threads in (1, 2):
            print(f"ratio with {threads} thread(s): {peer_seconds[threads] / seconds[threads]:.1f}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=2)
            file.write("\n")
    chosen = [
        index for index in range(len(rows))
        if options.half is None or tuning[index] == (options.half == "tuning")
    ]
    for index in sorted(chosen, key=lambda i: -(rows[i][1] + rows[i][2]))[: options.worst]:
        text = normalized(pages[index]["text"])
        print(f"\n{addresses[index]}\n  {os.path.basename(paths[index])}, {len(text)} characters")
        for piece in data[addresses[index]]["with"]:
            if normalized(piece) not in text:
                print(f"  missing  {normalized(piece)[:100]}")
        for piece in data[addresses[index]]["without"]:
            if normalized(piece) in text:
                print(f"  wrongly  {normalized(piece)[:100]}")


if __name__ == "__main__":
    sys.exit(main())
