"""Compares Martlet's tokenizers with the `tokenizers` library: ids, places, words, types, masks and decoded text.

    pip install tokenizers sentencepiece
    python Tools/tokenizers/compare.py --texts FILE_OR_FOLDER... --work FOLDER [--lines 20000] [--only NAME...] [TOKENIZER...]

Builds tokenizers in the style of known models from the texts into the work folder, once, and encodes the same lines with
both. More tokenizer.json files may be given. Exit status 1, with examples, where anything differs.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tokenizers import Tokenizer

import configurations
import corpus

# The program to compare; MARTLET names another.
MARTLET = Path(os.environ.get("MARTLET", Path(__file__).resolve().parents[2] / ".build/release/martlet"))


def theirs(tokenizer, line, pair):
    encoding = tokenizer.encode(line, pair) if pair is not None else tokenizer.encode(line)
    return {
        "ids": encoding.ids, "offsets": [list(pair) for pair in encoding.offsets], "word_ids": encoding.word_ids,
        "type_ids": encoding.type_ids, "special_tokens_mask": encoding.special_tokens_mask,
        "attention_mask": encoding.attention_mask,
        "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=False) if encoding.ids else "",
        "decoded_text": tokenizer.decode(encoding.ids) if encoding.ids else "",
    }


def compare(path, lines, show):
    tokenizer = Tokenizer.from_file(str(path))
    inputs = [{"text": line, "pair": lines[-index] if index % 10 == 9 else None} for index, line in enumerate(lines)]
    begin = time.time()
    run = subprocess.run([MARTLET, "tokenizer", "encode", "--tokenizer", path, "--jsonl", "--details"],
                         input="".join(json.dumps(i) + "\n" for i in inputs).encode(), capture_output=True)
    if run.returncode:
        print(f"{path.stem}: {run.stderr.decode().strip()}")
        return 1
    ours = [json.loads(line) for line in run.stdout.decode().split("\n")[:-1]]
    wrong = 0
    for given, found in zip(inputs, ours, strict=True):
        expected = theirs(tokenizer, given["text"], given["pair"])
        keys = [key for key in expected if expected[key] != found[key]]
        if keys:
            wrong += 1
            if wrong <= show:
                print(f"  {given!r:.300}\n    {keys[0]}: expected {str(expected[keys[0]])[:300]}\n    {keys[0]}: found    {str(found[keys[0]])[:300]}")
    tokens = sum(len(f["ids"]) for f in ours)
    print(f"{path.stem}: {len(lines)} lines, {tokens} tokens, {wrong} differ ({time.time() - begin:.0f} s)", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--lines", type=int, default=20000)
    parser.add_argument("--show", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("tokenizers", nargs="*", type=Path)
    arguments = parser.parse_args()
    texts = corpus.read_texts(arguments.texts)
    configurations.build(texts[::max(1, len(texts) // 40000)], arguments.work)
    lines = corpus.sample(texts, arguments.lines, hard=arguments.lines // 4)
    paths = sorted(Path(arguments.work).glob("*.json")) + arguments.tokenizers
    if arguments.only:
        paths = [path for path in paths if path.stem in arguments.only]
    sys.exit(1 if sum(compare(path, lines, arguments.show) for path in paths) else 0)


if __name__ == "__main__":
    main()
