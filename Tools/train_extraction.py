"""Fits the model that tells content from its surroundings, and writes Sources/Documents/HTML/ContentModel.swift.

    python Tools/train_extraction.py <folder with evaldata.json, eval/ and cache/> [--command .build/release/extraction-bench]

The folder is `tests` of a clone of https://github.com/adbar/trafilatura; needs lightgbm and trafilatura. Only the half of
the pages that Benchmarks/extraction.py names for tuning is used. Blocks with a piece that belongs to the content or does
not are the examples. All other blocks count a fiftieth of that; they are called content where trafilatura takes them,
which keeps the model sensible where nobody has looked.
"""

import argparse
import bisect
import json
import os
import subprocess
import sys

import lightgbm
import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Benchmarks"))
from extraction import find, is_for_tuning, normalized, trafilatura_text  # noqa: E402

OTHERS = 0.02


def occurrences(texts, starts, joined, piece):
    """The blocks of each place where a piece stands."""
    found = []
    place = joined.find(piece)
    while place >= 0:
        first = bisect.bisect_right(starts, place) - 1
        last = bisect.bisect_right(starts, place + len(piece) - 1) - 1
        found.append(range(first, last + 1))
        place = joined.find(piece, place + 1)
    return found


def labels(item, texts, values, names):
    """1 for content, 0 for what is not, -1 for what nobody has looked at."""
    result = numpy.full(len(texts), -1)
    joined = " ".join(texts)
    starts = numpy.cumsum([0] + [len(text) + 1 for text in texts])[:-1].tolist()
    for piece in item["without"]:
        for blocks in occurrences(texts, starts, joined, normalized(piece)):
            result[list(blocks)] = 0
    inside, letters = names.index("isInRoot"), names.index("letters")
    for piece in item["with"]:
        places = occurrences(texts, starts, joined, normalized(piece))
        if places:
            # One of them is enough; that in the midst of the text is meant.
            best = max(places, key=lambda blocks: (values[blocks[0]][inside], values[blocks[0]][letters]))
            result[list(best)] = 1
    return result


def preorder(node, tokens):
    if "leaf_value" in node:
        tokens.append(f"={node['leaf_value']:.4f}")
        return
    assert node["decision_type"] == "<="
    tokens.append(f"{node['split_feature']}<{node['threshold']:.6g}")
    preorder(node["left_child"], tokens)
    preorder(node["right_child"], tokens)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--command", default=".build/release/extraction-bench")
    parser.add_argument("--output", default="Sources/Documents/HTML/ContentModel.swift")
    options = parser.parse_args()
    with open(os.path.join(options.folder, "evaldata.json"), encoding="utf-8") as file:
        data = json.load(file)
    addresses = [address for address in sorted(data) if is_for_tuning(address)]
    paths = [find(options.folder, data[address]["file"]) for address in addresses]
    addresses, paths = zip(*[(a, p) for a, p in zip(addresses, paths) if p])
    run = subprocess.run(
        [options.command, "--features"], input="\n".join(paths), capture_output=True, encoding="utf-8", check=True)
    names, *pages = [json.loads(line) for line in run.stdout.split("\n") if line]
    examples, targets, weights = [], [], []
    for address, path, page in zip(addresses, paths, pages):
        if not page["blocks"]:
            continue
        texts = [normalized(block["text"]) for block in page["blocks"]]
        values = numpy.array([block["values"] for block in page["blocks"]], dtype=numpy.float32)
        known = labels(data[address], texts, values, names)
        with open(path, "rb") as file:
            theirs = normalized(trafilatura_text(file.read()))
        guessed = numpy.array([bool(text) and text in theirs for text in texts], dtype=int)
        examples.append(values)
        targets.append(numpy.where(known >= 0, known, guessed))
        weights.append(numpy.where(known >= 0, 1, OTHERS))
    model = lightgbm.train(
        {
            "objective": "binary", "num_leaves": 8, "learning_rate": 0.05, "min_sum_hessian_in_leaf": 1,
            "min_data_in_leaf": 20, "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.5, "lambda_l2": 5,
            "seed": 1, "deterministic": True, "num_threads": 1, "verbose": -1,
        },
        lightgbm.Dataset(numpy.concatenate(examples), label=numpy.concatenate(targets), weight=numpy.concatenate(weights)),
        num_boost_round=300)
    tokens = []
    for tree in model.dump_model()["tree_info"]:
        preorder(tree["tree_structure"], tokens)
    lines, line = [], ""
    for token in tokens:
        if len(line) + len(token) > 112:
            lines.append(line)
            line = ""
        line += (" " if line else "") + token
    lines.append(line)
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(
            "extension ContentModel {\n"
            f"  /// {len(model.dump_model()['tree_info'])} trees in preorder: `feature<threshold` with what follows if the"
            " feature is at most that, and what follows if\n"
            "  /// not; `=value` at the leaves. Written by Tools/train_extraction.py.\n"
            '  static let trees: StaticString = """\n' + "\n".join("    " + line for line in lines) + '\n    """\n}\n')
    gains = sorted(zip(model.feature_importance("gain"), names), reverse=True)
    print(f"{len(addresses)} pages, {sum(map(len, targets))} blocks, {len(tokens)} nodes")
    print(", ".join(f"{name} {gain:.0f}" for gain, name in gains[:20]))


if __name__ == "__main__":
    main()
