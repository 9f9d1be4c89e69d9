"""Near-duplicate removal beside datasketch and datatrove: time, memory, recall and precision of planted duplicates.

    swift build -c release --product dedup-bench
    Benchmarks/peers/.venv/bin/pip install datasketch==2.0.0 'datatrove[processing]==0.10.1' spacy 'xxhash<4'
    Benchmarks/peers/.venv/bin/python Benchmarks/deduplication.py [--documents 100000] [--rounds 3]

The documents are made of real sentences (the King James Bible, a Wikipedia sample, Multi30k), so that many share some.
Three in ten are copies of earlier ones with a known share of their words replaced. All programs read the same JSON lines
and use two processes or threads. They run by turns; the figures are medians.
"""

import argparse
import bz2
import gzip
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THRESHOLD = 0.8
WORDS = 5


def sentences(shared):
    """Real sentences of six words or more."""
    found = []
    bible = ROOT / "data" / "bible.jsonl"
    if bible.exists():
        text = "\n".join(json.loads(line)["text"] for line in open(bible))
    else:
        text = subprocess.run(["bible", "-f", "gen1:1-rev22:21"], input="", capture_output=True, text=True).stdout
    found += re.split(r"[\n.]", text)
    with bz2.open(shared / "enwiki-sample.xml.bz2", "rt", errors="replace") as file:
        found += re.split(r"[\n.]", re.sub(r"<[^>]*>|[\[\]{}|=*]+", " ", file.read()))
    for part in ["train", "val"]:
        with gzip.open(shared / "multi30k" / f"{part}.en.gz", "rt") as file:
            found += file.read().split("\n")
    return [text.strip() for text in dict.fromkeys(found) if len(text.split()) >= 6]


def shingles(text):
    words = re.sub(r"[^\w]+|_", " ", text.lower()).split()
    return {" ".join(words[i:i + WORDS]) for i in range(max(1, len(words) - WORDS + 1))}


def jaccard(a, b):
    a, b = shingles(a), shingles(b)
    return len(a & b) / len(a | b)


def generate(path, truth, count, shared):
    """Writes documents, and for each copy the document it was made of, the words replaced and the true similarity."""
    draw = random.Random(7)
    pool = sentences(shared)
    vocabulary = [word for text in draw.sample(pool, 2000) for word in text.split()]
    texts, copies = [], []
    originals = []
    for number in range(count):
        if originals and draw.random() < 0.3:
            source = draw.choice(originals)
            words = texts[source].split()
            # From none to 6% of the words: similarities from 1 down to about a half.
            edits = int(len(words) * draw.choice([0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06]))
            for _ in range(edits):
                words[draw.randrange(len(words))] = draw.choice(vocabulary)
            text = " ".join(words)
            if draw.random() < 0.3:
                text = text.upper() + " ..."
            copies.append([number, source, edits, jaccard(text, texts[source])])
        else:
            text = ". ".join(draw.choice(pool) for _ in range(draw.randrange(3, 25)))
            originals.append(number)
        texts.append(text)
    with open(path, "w") as file:
        for text in texts:
            file.write(json.dumps({"text": text}) + "\n")
    json.dump(copies, open(truth, "w"))


def read(path):
    return [json.loads(line)["text"] for line in open(path)]


# Peers: each prints a line {"seconds", "dropped"} and writes the numbers of the documents it would drop.

def datasketch_signatures(texts):
    from datasketch import MinHash
    found = []
    for text in texts:
        values = MinHash(num_perm=128, seed=1)
        values.update_batch([shingle.encode() for shingle in shingles(text)])
        found.append(values.hashvalues)
    return found


def peer_datasketch(path, output):
    from concurrent.futures import ProcessPoolExecutor
    from datasketch import MinHash, MinHashLSH
    texts = read(path)
    empty = MinHash(num_perm=128, seed=1)
    start = time.time()
    blocks = [texts[i:i + 1000] for i in range(0, len(texts), 1000)]
    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    dropped = []
    number = 0
    kept = {}
    with ProcessPoolExecutor(2) as pool:
        for block in pool.map(datasketch_signatures, blocks):
            for values in block:
                signature = MinHash(num_perm=128, seed=1, hashvalues=values, permutations=empty.permutations,
                                    scheme=empty.scheme)
                if any(signature.jaccard(kept[other]) >= THRESHOLD for other in index.query(signature)):
                    dropped.append(number)
                else:
                    index.insert(number, signature)
                    kept[number] = signature
                number += 1
    finish(start, dropped, output)


def peer_datatrove(path, output, plain):
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Split(WordTokenizer):
        def word_tokenize(self, text):
            return text.split()

        def sent_tokenize(self, text):
            return [text]

        def span_tokenize(self, text):
            return [(0, len(text))]

    texts = read(path)
    folder = Path(tempfile.mkdtemp())
    inputs = folder / "input"
    inputs.mkdir()
    half = (len(texts) + 1) // 2
    for part in range(2):
        with open(inputs / f"{part}.jsonl", "w") as file:
            for number, text in enumerate(texts[part * half:(part + 1) * half]):
                file.write(json.dumps({"text": text, "id": str(part * half + number)}) + "\n")
    del texts
    config = MinhashConfig(n_grams=WORDS, num_buckets=14, hashes_per_bucket=8)
    start = time.time()

    def stage(pipeline, tasks, workers, name):
        LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=workers, logging_dir=str(folder / name),
                              start_method="fork").run()

    signature = MinhashDedupSignature(str(folder / "signatures"), config=config)
    if plain:
        signature.word_tokenizer = Split()
    stage([JsonlReader(str(inputs)), signature], 2, 2, "log1")
    stage([MinhashDedupBuckets(str(folder / "signatures"), str(folder / "buckets"), config=config)], 14, 2, "log2")
    stage([MinhashDedupCluster(str(folder / "buckets"), str(folder / "remove"), config=config)], 1, 1, "log3")
    dropped = []
    import struct
    for part in range(2):
        removals = folder / "remove" / f"{part:06d}.remove"
        if removals.exists():
            data = removals.read_bytes()
            dropped += [part * half + n for (n,) in struct.iter_unpack("<I", data)]
    finish(start, dropped, output)
    shutil.rmtree(folder)


def finish(start, dropped, output):
    seconds = time.time() - start
    json.dump(sorted(dropped), open(output, "w"))
    memory = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "dropped": len(dropped), "peak_memory": memory * 1024}))


def judge(dropped, copies, count):
    """Recall of copies that are similar enough, and what share of the dropped ones are."""
    dropped = set(dropped)
    similarity = {number: value for number, _, _, value in copies}
    def recall(low, high):
        those = [n for n, value in similarity.items() if low <= value < high]
        return round(sum(n in dropped for n in those) / max(1, len(those)), 4), len(those)
    right = [n for n in dropped if similarity.get(n, 0) >= THRESHOLD]
    near = [n for n in dropped if similarity.get(n, 0) >= THRESHOLD - 0.1]
    return {"recall 0.95 to 1": recall(0.95, 1.01), "recall 0.85 to 0.95": recall(0.85, 0.95),
            "recall 0.8 to 0.85": recall(0.8, 0.85), "dropped of 0.7 to 0.8": recall(0.7, 0.8),
            "dropped below 0.7": recall(0, 0.7), "recall": recall(THRESHOLD, 1.01)[0],
            "precision": round(len(right) / max(1, len(dropped)), 4),
            "precision at 0.7": round(len(near) / max(1, len(dropped)), 4)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--shared", type=Path, default=ROOT / ".." / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=ROOT / "data" / "deduplication")
    parser.add_argument("--peers", default="datasketch,datatrove,datatrove-plain")
    parser.add_argument("--generate", action="store_true", help="only make the documents")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--output", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / f"documents-{options.documents}.jsonl"
    truth = options.folder / f"truth-{options.documents}.json"
    if options.peer == "datasketch":
        return peer_datasketch(path, options.output)
    if options.peer:
        return peer_datatrove(path, options.output, options.peer == "datatrove-plain")
    if not path.exists():
        generate(path, truth, options.documents, options.shared)
    if options.generate:
        return
    copies = json.load(open(truth))
    program = os.environ.get("DEDUP_BENCH", ROOT / ".build" / "release" / "dedup-bench")
    figures = {}

    def ours(memory, name):
        output = options.folder / "ours.txt"
        line = subprocess.run([program, "near", path, output, "2", str(memory)], capture_output=True, text=True,
                              check=True).stdout
        figure = json.loads(line)
        dropped = [int(line.split()[0]) for line in open(output) if line.strip()]
        figures.setdefault(name, []).append((figure, judge(dropped, copies, options.documents)))
        return open(output).read()

    def theirs(name):
        output = options.folder / "theirs.json"
        command = [sys.executable, __file__, "--peer", name, "--output", output, "--documents", options.documents,
                   "--folder", options.folder]
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if result.returncode != 0:
            print(f"{name}: {result.stderr[-2000:]}")
            return
        figure = json.loads(result.stdout.strip().split("\n")[-1])
        figures.setdefault(name, []).append((figure, judge(json.load(open(output)), copies, options.documents)))

    for _ in range(options.rounds):
        for name in options.peers.split(","):
            whole = ours(1 << 28, "martlet")
            theirs(name)
        spilled = ours(1 << 23, "martlet, 8 MB")
        print("same with 8 MB:", whole == spilled)
    size = os.path.getsize(path)
    for name, results in figures.items():
        seconds = statistics.median(figure["seconds"] for figure, _ in results)
        memory = statistics.median(figure["peak_memory"] for figure, _ in results)
        mine = statistics.median(figure["seconds"] for figure, _ in figures["martlet"])
        print(f"{name}: {seconds:.2f} s, {size / seconds / 1e6:.0f} MB/s, {seconds / mine:.1f} times ours,"
              f" {memory / 1e6:.0f} MB")
        print("  ", json.dumps(results[-1][0]))
        print("  ", json.dumps(results[-1][1]))


if __name__ == "__main__":
    main()
