"""The steps that clean documents, beside datatrove's."""

import json
import os
import pathlib
import sys
import tempfile

from compare import alternate
from programs import ROOT, Peer, built, run
from sections.common import chosen, markdown, number, peers, ratio

TITLE = "Cleaning documents"
TEXT = """Megabytes of text a second on one thread. The list is text repair, the rules of Gopher, C4 and FineWeb, and the
scrubbing of e-mail and network addresses; datatrove runs with words that white space divides, which is faster than its
tokenizer. The documents are made by Tools/curation/documents.py with every fault that the rules look for, unless
MARTLET_BENCH_DOCUMENTS names a file of JSON lines."""
COUNT = 4000


def made():
    """A file of documents that were made for it."""
    sys.path.insert(0, str(ROOT / "Tools" / "curation"))
    from documents import document

    path = pathlib.Path(tempfile.mkdtemp()) / "documents.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for number_ in range(COUNT):
            file.write(json.dumps({"text": document(number_)}, ensure_ascii=False) + "\n")
    return path


def measure(options):
    if not chosen(options, "datatrove"):
        return
    path = os.environ.get("MARTLET_BENCH_DOCUMENTS") or made()
    for _, peer in peers("curating", [("datatrove", lambda: Peer("curating.py", path))]):
        figures = alternate(lambda: run([built("curation-bench"), path])[-1], peer.ask, options.pairs)
        yield {"name": "documents", "peer": "datatrove", "version": peer.ready["version"], "figures": figures}


def table(rows):
    header = ["what", "ours, MB/s", "theirs, MB/s", "our speed / theirs"]
    return markdown(header, [[name, number(figure["ours"]), number(figure["theirs"]), ratio(figure)]
                             for row in rows for name, figure in row["figures"].items()])
