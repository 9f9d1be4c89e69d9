"""Web archives: our records against warcio's, and our speed against warcio and trafilatura.

    python Benchmarks/web_archives.py compare FILE...           record by record
    python Benchmarks/web_archives.py enlarge FILE OUT COPIES   a larger archive: each copy's pages have other words
    python Benchmarks/web_archives.py time FILE FILE [--pairs N] both cores, a file each, ours and theirs alternately

Needs warcio and trafilatura; `MARTLET_BUILD` names the folder with webarchive-bench (otherwise .build/release).
"""

import hashlib
import io
import json
import multiprocessing
import os
import random
import re
import statistics
import subprocess
import sys
import time

PROGRAM = os.path.join(os.environ.get("MARTLET_BUILD", ".build/release"), "webarchive-bench")


def digest(content):
    return hashlib.sha256(content).hexdigest()


def records_by_warcio(path):
    """Type, address, hash of the body as it came, hash of the content; then an error, if one ends the file."""
    from warcio.archiveiterator import ArchiveIterator

    rows = []
    try:
        with open(path, "rb") as raw, open(path, "rb") as decoded:
            pairs = zip(ArchiveIterator(raw, no_record_parse=False), ArchiveIterator(decoded))
            for one, other in pairs:
                address = (one.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
                if one.rec_type == "response":
                    rows.append((one.rec_type, address, digest(one.raw_stream.read()), digest(other.content_stream().read())))
                else:
                    # Requests and revisits are parsed too there, but a block is a block.
                    rows.append((one.rec_type, address, None, ""))
    except Exception as error:
        rows.append(("error", str(error).strip().split("\n")[0], None, ""))
    return rows


def records_by_us(path):
    lines = subprocess.run([PROGRAM, "list", path], check=True, capture_output=True, text=True).stdout.splitlines()
    return [tuple(line.split("\t")) for line in lines]


def compare(paths):
    for path in paths:
        theirs, ours = records_by_warcio(path), records_by_us(path)
        same = 0
        differences = []
        for index in range(max(len(theirs), len(ours))):
            their = theirs[index] if index < len(theirs) else None
            our = ours[index] if index < len(ours) else None
            if their and our and their[:2] == our[:2] and (their[2] is None or their[2:] == our[2:]):
                same += 1
            else:
                differences.append((index + 1, their, our))
        print(f"{os.path.basename(path)}: {len(ours)} records, {same} the same")
        for index, their, our in differences:
            print(f"  record {index}\n    warcio {their}\n    ours   {our}")


def enlarge(path, out, copies):
    """Copies of the pages in other words, each record a member of its own."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    pages = []
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                address = record.rec_headers.get_header("WARC-Target-URI").strip("<>")
                pages.append((address, record.http_headers.get_header("Content-Type"), record.content_stream().read()))
    choice = random.Random(1)
    with open(out, "wb") as file:
        writer = WARCWriter(file, gzip=True)
        for copy in range(copies):
            for address, kind, body in pages:
                words = {}

                def other(match):
                    word = match.group(0)
                    if word not in words:
                        letters = list(word)
                        choice.shuffle(letters)
                        words[word] = bytes(letters)
                    return words[word]

                # Words between tags only, so that the pages stay pages.
                body = re.sub(rb">[^<]+<", lambda text: re.sub(rb"[a-z]{5,9}", other, text.group(0)), body)
                headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
                writer.write_record(
                    writer.create_warc_record(f"{address}?{copy}", "response", payload=io.BytesIO(body), http_headers=headers)
                )


def extract_by_peer(path):
    from trafilatura import extract
    from warcio.archiveiterator import ArchiveIterator

    documents = size = 0
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type != "response" or "html" not in (record.http_headers.get_header("Content-Type") or ""):
                continue
            text = extract(record.content_stream().read(), url=record.rec_headers.get_header("WARC-Target-URI"))
            if text:
                documents += 1
                size += len(text.encode())
    return documents, size


def measure(paths, pairs):
    size = sum(os.path.getsize(path) for path in paths)
    ratios, ours_all, theirs_all = [], [], []
    with multiprocessing.Pool(len(paths)) as pool:
        pool.map(extract_by_peer, [os.devnull] * len(paths))  # imports
        for _ in range(pairs):
            ours = json.loads(subprocess.run([PROGRAM, "time", *paths], check=True, capture_output=True, text=True).stdout)
            start = time.perf_counter()
            theirs = pool.map(extract_by_peer, paths)
            seconds = time.perf_counter() - start
            ours_all.append(size / ours["seconds"] / 1e6)
            theirs_all.append(size / seconds / 1e6)
            ratios.append(seconds / ours["seconds"])
            print(f"ours {ours}  theirs {seconds:.2f} s, {sum(d for d, _ in theirs)} documents, {sum(s for _, s in theirs)} bytes")
    print(
        f"ours {statistics.median(ours_all):.2f} MB/s of compressed WARC, warcio + trafilatura {statistics.median(theirs_all):.2f},"
        f" {statistics.median(ratios):.1f} times"
    )


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or [""]
    if command == "compare":
        compare(rest)
    elif command == "enlarge" and len(rest) == 3:
        enlarge(rest[0], rest[1], int(rest[2]))
    elif command == "time" and rest:
        pairs = int(rest[rest.index("--pairs") + 1]) if "--pairs" in rest else 3
        measure([path for path in rest if path != "--pairs" and not path.isdigit()], pairs)
    else:
        sys.exit(__doc__)
