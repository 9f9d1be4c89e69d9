"""Matrix products of the training shapes, and the output layer with its loss, by themselves."""

from compare import alternate
from programs import Peer, built, run
from sections.common import chosen, markdown, number, peers, ratio
from shapes import SHAPES

TITLE = "Matrix products"
TEXT = """The products of the linear layers in their three forms: NN is forward (x W), NT the gradient of the input (dy W^T),
TN that of the weight (x^T dy); m x n x k is the size of the result and the depth. The last row of each model is the output
layer with the cross-entropy loss and all gradients. The share is of the peak of multiply-adds that never leave the
registers, on all threads, measured before and after each product. The ratio is our speed divided by the peer's."""


def forms(shape):
    """The names of a model's products, as kernel-bench has them."""
    tokens, width = shape.batch * shape.context, shape.width
    for rows, columns in [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]:
        yield f"NN {tokens} x {columns} x {rows}"
        yield f"NT {tokens} x {rows} x {columns}"
        yield f"TN {rows} x {columns} x {tokens}"
    yield f"loss and gradients {tokens} x {shape.vocabulary} x {width}"


def measure(options):
    for shape in SHAPES:
        if not chosen(options, shape.name, "torch"):
            continue
        names, shares = list(forms(shape)), {}

        def ours():
            lines = run([built("kernel-bench"), "--json", "--hidden", shape.width, "--rounds", 3])
            for line in lines:
                shares.setdefault(line["name"], []).append(line["share"])
            return {line["name"]: line["gigaflops"] for line in lines if line["name"] in names}

        for _, peer in peers(shape.name, [("torch", lambda: Peer("products.py"))]):
            found = alternate(ours, lambda: peer.ask(names=names), options.pairs)
            for name, figure in found.items():
                figure["share"] = sorted(shares[name])[len(shares[name]) // 2]
            yield {"name": shape.name, "peer": "PyTorch", "version": peer.ready["version"], "figures": found}


def table(rows):
    header = ["model", "product", "ours, GFLOP/s", "share of the peak", "PyTorch's, GFLOP/s", "our speed / PyTorch's"]
    return markdown(header, [
        [row["name"], name, number(figure["ours"]), f"{100 * figure['share']:.0f}%", number(figure["theirs"]), ratio(figure)]
        for row in rows for name, figure in row["figures"].items()])
