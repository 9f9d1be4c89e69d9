"""Training a byte-level BPE tokenizer, and encoding."""

import os

from compare import alternate
from programs import ROOT, Missing, Peer, built, run
from sections.common import chosen, markdown, number, peers, ratio

TITLE = "Tokenizing"
TEXT = """A byte-level BPE of 8192 tokens, trained on the King James Bible (the quickstart's text, 4.3 MB), and its chapters
encoded one after another on one thread and together on all. Figures are megabytes of text a second; the ratio is our speed
divided by that of Hugging Face's `tokenizers`."""
VOCABULARY = int(os.environ.get("MARTLET_BENCH_VOCABULARY", 8192))


def text():
    """The quickstart's text; MARTLET_BENCH_TEXT names another file of JSON lines with a member `text`."""
    path = os.environ.get("MARTLET_BENCH_TEXT", ROOT / "data" / "bible.jsonl")
    if not os.path.exists(path):
        raise Missing(f"{path}; `make quickstart` writes it")
    return path


def measure(options):
    if not chosen(options, "tokenizers"):
        return
    try:
        path = text()
    except Missing as missing:
        print(f"tokenizing: not here: {missing}")
        return
    for _, peer in peers("tokenizing", [("tokenizers", lambda: Peer("tokenizing.py", path, VOCABULARY))]):
        tokens = {}

        def side(result, name):
            tokens[name] = result.pop("tokens")
            return result

        found = alternate(lambda: side(run([built("tokenizer-bench"), path, VOCABULARY])[-1], "ours"),
                          lambda: side(peer.ask(), "theirs"), options.pairs)
        if tokens["ours"] != tokens["theirs"]:
            print(f"tokenizing: ours gives {tokens['ours']} tokens, theirs {tokens['theirs']}")
        yield {"name": "bible", "peer": "tokenizers", "version": peer.ready["version"], "figures": found}


def table(rows):
    header = ["what", "ours, MB/s", "theirs, MB/s", "our speed / theirs"]
    return markdown(header, [[name, number(figure["ours"]), number(figure["theirs"]), ratio(figure)]
                             for row in rows for name, figure in row["figures"].items()])
