"""What the `tokenizers` library makes of texts that are hard to get right: ids, places in the text, and text again.

The module is not called tokenizers, which would hide the library. The ids of a tokenizer that others made, GPT-2's type
with 50,280 tokens, are recorded too where MARTLET_NEOX_TOKENIZER names the file, which is not ours to commit.
"""

import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from fixture_files import versions, write_json

SEED = 71
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NEOX = os.environ.get("MARTLET_NEOX_TOKENIZER")
RECORDED = ROOT / "Tests" / "Fixtures" / "tokenizers" / "gpt_neo.json"

LINES = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\nx", " \n ", "\t\tx", "x\t\t", "x  \n\n  y", "\r\n\r\n", "a\u00a0b", "a\u3000\u3000b",
    "\u2028x\u2029", "\u200bx", "\u0085\u0085x", "x" + " " * 40 + "y", " " * 40, "\x00\x01\x1f\x7f", "\ufeffx", "\ufffd",
    "don't we'll I've they're I'd I'm it's DON'T 'tis ''s 's' 'S 'll'l 're 'r 'v", "it's's 'd'd", "x'", "'",
    "Hello, world! (really?) --- yes... 3.14159 1,000,000 10^6 50% $5 #1 @me a_b C++ e=mc^2",
    "١٢٣ ½ ⅷ Ⅷ ² ₃ ３４ 〇一二 ㊷ 𝟘𝟙", "ﬁ ﬂ ẞ ß İ ı ǆ", "e\u0301 é q\u0307\u0323 \u0344 \u0958 Å \u212b \uac00 \u1100\u1161\u11a8",
    "a\u0300\u0301\u0302\u0327b", "磨坊主的女儿,桥长143.5米。", "「粉屋の娘」は、川が…ー々〆", "ｶﾞｷﾞ ゛が", "방앗간 집 딸은",
    "كانت ابنة الطحّان ١٩٣١", "שָׁלוֹם", "ลูกสาวคนสีข้าว ก็ น้ำ", "चक्की वाले क्ष ज़", "Сын мельника Ё ё", "Η κόρη ΐ ς Σ",
    "👩‍👧‍👦👍🏽🏳️‍🌈🇨🇳🇩🇪1️⃣", "\U0001d4d0\U00010330\U00020000\U0002f800\U000e0100", "\ue000\uf8ff\U0010ffff", "\u0378\U0001faff\u1c89\ua7da",
    "<|endoftext|>", "a<|endoftext|>b", "<|endoftext|><|endoftext|> <|endoftext|>", "<|endoftext", "<|endof<|endoftext|>text|>",
    "<unk>x</s><pad>", "a" * 500, "ab" * 100, "中" * 60, "^" * 200, "a b " * 40, "1" * 60, "🙂" * 20, "\n" * 99, "a'" * 30,
]


def random_lines(count):
    source = random.Random(SEED)
    ranges = [(0x20, 0x7F)] * 3 + [
        (0, 0x20), (0x80, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0x980), (0xE00, 0xE80), (0x1100, 0x1200),
        (0x1E00, 0x2070), (0x2070, 0x2300), (0x3000, 0x3100), (0x4E00, 0x5000), (0xAC00, 0xAD00), (0xF900, 0xFB00), (0xFF00, 0xFFEF),
        (0x1F300, 0x1F700), (0x1D400, 0x1D500), (0x2F800, 0x2FA1D)]
    lines = []
    for _ in range(count):
        words = []
        for _ in range(source.randint(1, 8)):
            low, high = source.choice(ranges)
            words.append("".join(chr(source.randrange(low, high)) for _ in range(source.randint(1, 5))))
        lines.append("".join(word + source.choice(["", " ", " ", "  ", "\n", "'s"]) for word in words))
    return lines


def cases(tokenizer, lines):
    """For each line its ids, offsets in characters, and the decoded text where it is not the line itself."""
    result = []
    for line in lines:
        encoding = tokenizer.encode(line)
        case = {"ids": encoding.ids, "offsets": [place for pair in encoding.offsets for place in pair]}
        for key, skip in [("decoded", False), ("without_special", True)]:
            text = tokenizer.decode(encoding.ids, skip_special_tokens=skip)
            if text != line:
                case[key] = text
        result.append(case)
    return result


def word_piece_tokens(documents):
    """The tokens of pairs that come at least four times: which of those that come equally often goes first does not matter."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(documents, trainers.WordPieceTrainer(
        vocab_size=5000, min_frequency=4, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    return tokenizer.get_vocab()


def composition_hash():
    """SHA-256 of every scalar followed by two marks that are out of order, composed (NFC)."""
    compose = normalizers.NFC().normalize_str
    digest = hashlib.sha256()
    for point in range(0x110000):
        if not 0xD800 <= point < 0xE000:
            digest.update(compose(chr(point) + "\u0301\u0323").encode())
    return digest.hexdigest()


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=True)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def trained(documents, vocabulary, frequency, special=("<|endoftext|>",)):
    tokenizer = byte_level()
    tokenizer.train_from_iterator(documents, trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=frequency, special_tokens=list(special), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def characters(text):
    """BPE without merges: every character is a token."""
    vocabulary = {"<unk>": 0}
    for character in sorted(set(text)):
        vocabulary[character] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", fuse_unk=False))
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<unk>"])
    return tokenizer


def awkward(documents):
    """Added tokens with every option, a space in front, and other post-processing."""
    tokenizer = trained(documents, 400, 2)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=True, trim_offsets=True)
    tokenizer.add_tokens([
        AddedToken("river", single_word=True), AddedToken("<l>", lstrip=True, normalized=False),
        AddedToken("<r>", rstrip=True, normalized=False), AddedToken("<both>", lstrip=True, rstrip=True),
        AddedToken("<bo"), AddedToken("   "), AddedToken("桥长")])
    return tokenizer


AWKWARD = [
    "the river, rivers and a river", "river", "riverriver river_ river-river é river", "a <l> b <l>  <l>c", "  <l>", "a <r>  b<r>",
    "x <both> y <both>\n\n<both> z", "<bo <both> <bot", "a   b      c", "桥长桥 长桥长", "<l><r><l> <r> <l>", "\u3000<l>\u3000<r>\u3000",
]


def write(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    corpus = (HERE / "tokenizer_corpus.txt").read_text(encoding="utf-8")
    documents = corpus.split("\n\n")
    shutil.copyfile(HERE / "tokenizer_corpus.txt", folder / "corpus.txt")
    lines = LINES + random_lines(60)
    write_json(folder / "lines.json", {
        "generator": "Tools/golden/tokenizer_files.py", "seed": SEED,
        "versions": versions() | {"tokenizers": tokenizers.__version__}, "lines": lines, "awkward_lines": AWKWARD,
        "composition_sha256": composition_hash()})
    for name, tokenizer, texts in [
        ("bpe", trained(documents, 700, 2), lines), ("characters", characters(corpus), lines),
        ("awkward", awkward(documents), AWKWARD + lines),
    ]:
        tokenizer.save(str(folder / f"{name}.tokenizer.json"), pretty=False)
        write_json(folder / f"{name}.json", {"cases": cases(tokenizer, texts)})
    merges = {}
    for vocabulary, frequency, whole in [(280, 0, True), (700, 2, True), (5000, 0, False)]:
        model = json.loads(trained([corpus] if whole else documents, vocabulary, frequency).to_str())["model"]
        merges[f"{vocabulary}_{frequency}_{'whole' if whole else 'parts'}"] = {
            "vocabulary_size": vocabulary, "minimum_frequency": frequency, "whole": whole,
            "merges": [" ".join(pair) for pair in model["merges"]], "tokens": len(model["vocab"])}
    write_json(folder / "merges.json", merges)
    write_json(folder / "wordpiece_tokens.json", {"tokens": sorted(word_piece_tokens(documents))})
    if NEOX:
        write_json(folder / "gpt_neo.json", {"cases": cases(Tokenizer.from_file(NEOX), lines)})
    elif RECORDED.exists():
        shutil.copyfile(RECORDED, folder / "gpt_neo.json")
