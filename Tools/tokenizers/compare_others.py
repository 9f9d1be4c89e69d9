"""Compares Martlet with `sentencepiece` on .model files, with `tiktoken` on .tiktoken files, and with Mistral's tekken.json.

    pip install sentencepiece tiktoken
    python Tools/tokenizers/compare_others.py --texts FILE_OR_FOLDER... --work FOLDER [--lines 20000] FILE...

Trains sentencepiece models of several kinds on the texts into the work folder, once, and compares ids and decoded text.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import sentencepiece
import tiktoken
import tiktoken.load

import corpus

# The program to compare; MARTLET names another.
MARTLET = Path(os.environ.get("MARTLET", Path(__file__).resolve().parents[2] / ".build/release/martlet"))
KINDS = {
    "spm_unigram": {"model_type": "unigram"}, "spm_unigram_bytes": {"model_type": "unigram", "byte_fallback": True},
    "spm_bpe": {"model_type": "bpe"},
    "spm_llama": {"model_type": "bpe", "byte_fallback": True, "normalization_rule_name": "identity",
                  "remove_extra_whitespaces": False, "split_digits": True, "user_defined_symbols": ["<|im_start|>", "[MASK]"]},
    "spm_suffix": {"model_type": "unigram", "treat_whitespace_as_suffix": True, "user_defined_symbols": ["[MASK]"]},
    "spm_plain": {"model_type": "bpe", "add_dummy_prefix": False, "normalization_rule_name": "nfkc_cf"},
}


def train(texts, folder):
    for name, options in KINDS.items():
        if not (folder / f"{name}.model").exists():
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(texts), model_prefix=str(folder / name), vocab_size=6000, minloglevel=2, **options)


def tekken_encoding(path):
    data = json.loads(path.read_text())
    config = data["config"]
    special = config["default_num_special_tokens"]
    ranks = {base64.b64decode(t["token_bytes"]): t["rank"] for t in data["vocab"][: config["default_vocab_size"] - special]}
    encoding = tiktoken.Encoding("tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})
    return lambda line: [i + special for i in encoding.encode(line, disallowed_special=())], lambda ids: encoding.decode([i - special for i in ids])


def reference(path):
    if ".model" in path.name:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        return processor.encode, lambda ids: processor.decode(ids)
    if path.name.startswith("tekken"):
        return tekken_encoding(path)
    ranks = tiktoken.load.load_tiktoken_bpe(str(path))
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    if len(ranks) == 100256:
        pattern = tiktoken.get_encoding("cl100k_base")._pat_str
    encoding = tiktoken.Encoding(path.stem, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return lambda line: encoding.encode(line, disallowed_special=()), encoding.decode


def compare(path, lines, show):
    encode, decode = reference(path)
    begin = time.time()
    run = subprocess.run([MARTLET, "tokenizer", "encode", "--tokenizer", path, "--jsonl", "--details", "--plain"],
                         input="".join(json.dumps({"text": line}) + "\n" for line in lines).encode(), capture_output=True)
    if run.returncode:
        print(f"{path.stem}: {run.stderr.decode().strip()}")
        return 1
    wrong = 0
    for line, output in zip(lines, run.stdout.decode().split("\n")[:-1], strict=True):
        found = json.loads(output)
        expected = {"ids": encode(line)}
        expected["decoded"] = decode(expected["ids"])
        keys = [key for key in expected if expected[key] != found[key]]
        if keys:
            wrong += 1
            if wrong <= show:
                print(f"  {line!r:.200}\n    {keys[0]}: expected {str(expected[keys[0]])[:300]}\n    {keys[0]}: found    {str(found[keys[0]])[:300]}")
    print(f"{path.stem}: {len(lines)} lines, {wrong} differ ({time.time() - begin:.0f} s)", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--lines", type=int, default=20000)
    parser.add_argument("--show", type=int, default=2)
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    texts = corpus.read_texts(arguments.texts)
    train([text for text in texts[:: max(1, len(texts) // 20000)] if len(text) < 4000], arguments.work)
    lines = corpus.sample(texts, arguments.lines, hard=arguments.lines // 4)
    paths = sorted(arguments.work.glob("*.model")) + arguments.files
    sys.exit(1 if sum(compare(path, lines, arguments.show) for path in paths) else 0)


if __name__ == "__main__":
    main()
