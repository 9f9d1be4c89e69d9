"""Small tokenizers in the style of known models, and what the `tokenizers` and `sentencepiece` libraries make of hard lines."""

import io
import json
import sys
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tokenizers"))
import configurations  # noqa: E402
import corpus  # noqa: E402

from fixture_files import write_json  # noqa: E402

HERE = Path(__file__).resolve().parent
# The libraries train in no fixed order, so the recorded tokenizers stay; delete one to train it anew.
RECORDED = HERE.parents[1] / "Tests" / "Fixtures" / "tokenizer_styles"
CORPUS = HERE.parents[1] / "Tests" / "Fixtures" / "tokenizers" / "corpus.txt"
RULES = "41\t61\nFB01\t66 69\n33A0\t63 6D B2\n3000\t20\nA0\t20\n200B\t\n65 301\tE9\n"
SENTENCEPIECE = {
    "unigram": {"model_type": "unigram", "vocab_size": 500},
    "unigram_bytes": {"model_type": "unigram", "vocab_size": 700, "byte_fallback": True, "user_defined_symbols": ["[MASK]"]},
    "bpe": {"model_type": "bpe", "vocab_size": 500, "add_dummy_prefix": False},
    "llama": {"model_type": "bpe", "vocab_size": 800, "byte_fallback": True, "remove_extra_whitespaces": False,
              "user_defined_symbols": ["<|im_start|>"], "split_digits": True},
}


def lines():
    chosen = [line for line in corpus.hard_lines(50, seed=3) if len(line) < 300]
    return chosen + [line[:200] for line in CORPUS.read_text().split("\n") if line][:8]


def encoded(tokenizer, texts):
    result = []
    for index, line in enumerate(texts):
        pair = texts[-index] if index % 5 == 4 else None
        encoding = tokenizer.encode(line, pair) if pair is not None else tokenizer.encode(line)
        result.append({
            "pair": pair, "ids": encoding.ids, "offsets": [place for pair in encoding.offsets for place in pair],
            "words": [-1 if word is None else word for word in encoding.word_ids], "types": encoding.type_ids,
            "special": encoding.special_tokens_mask, "attention": encoding.attention_mask,
            "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=False) if encoding.ids else "",
            "text": tokenizer.decode(encoding.ids) if encoding.ids else ""})
    return result


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    text = CORPUS.read_text()
    documents = text.split("\n\n")
    chosen = lines()
    write_json(folder / "lines.json", {"generator": "Tools/golden/tokenizer_styles.py", "lines": chosen})
    configurations.SIZE, configurations.LINES = 900, 1000
    styles = {name: lambda make=make: make(documents) for name, make in configurations.KNOWN.items()}
    styles |= {name: lambda made=made: made for name, made in configurations.parts(documents).items()}
    for name, make in styles.items():
        recorded = RECORDED / f"{name}.json"
        # Written and read again: numbers may change in the last place.
        data = json.dumps(json.loads(recorded.read_text())["tokenizer"]) if recorded.exists() else make().to_str()
        tokenizer = Tokenizer.from_str(data)
        write_json(folder / f"{name}.json", {"tokenizer": json.loads(data), "cases": encoded(tokenizer, chosen)})
    rules = folder / "rules.tsv"
    rules.write_text(RULES)
    for name, options in SENTENCEPIECE.items():
        model = io.BytesIO((RECORDED / f"{name}.model").read_bytes() if (RECORDED / f"{name}.model").exists() else b"")
        if not model.getvalue():
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(text.split("\n")), model_writer=model, minloglevel=2, hard_vocab_limit=False,
                normalization_rule_tsv=str(rules), num_threads=1, **options)
        (folder / f"{name}.model").write_bytes(model.getvalue())
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        ids = [processor.encode(line) for line in chosen]
        write_json(folder / f"{name}.model.json", {"ids": ids, "decoded": [processor.decode(i) for i in ids]})
    rules.unlink()
