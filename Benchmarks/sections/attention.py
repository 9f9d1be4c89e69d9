"""Causal attention by itself, forward and backward."""

from compare import alternate
from programs import Peer, built, run
from sections.common import chosen, markdown, number, peers, ratio

TITLE = "Attention"
TEXT = """Causal attention with 6 heads of 64; FLOPs count what the mask leaves: two products forward and five backward.
Backward includes computing the scores anew, in both. The ratio is our speed divided by that of PyTorch's
`scaled_dot_product_attention`. Sizes are sequences x context x heads x size of a head."""


def measure(options):
    if not chosen(options, "torch"):
        return

    def ours():
        return {line["name"]: line["gigaflops"] for line in run([built("kernel-bench"), "--attention", "--json"])}

    for _, peer in peers("attention", [("torch", lambda: Peer("attention.py"))]):
        names = list(ours())
        found = alternate(ours, lambda: peer.ask(names=names), options.pairs)
        yield {"name": "attention", "peer": "PyTorch", "version": peer.ready["version"], "figures": found}


def table(rows):
    header = ["attention", "ours, GFLOP/s", "PyTorch's, GFLOP/s", "our speed / PyTorch's"]
    return markdown(header, [
        [name.removeprefix("attention "), number(figure["ours"]), number(figure["theirs"]), ratio(figure)]
        for row in rows for name, figure in row["figures"].items()])
