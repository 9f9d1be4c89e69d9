"""Tokenizers in the style of known models, trained on the given text with the `tokenizers` and `sentencepiece` libraries."""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

# How many tokens the tokenizers have at most, and how many lines the slower trainers see.
SIZE, LINES = 8000, 6000

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
          r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_level(texts, special, pre=None, normalizer=None, post=None, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = post or processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def template(tokenizer, single, pair, names):
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(n, tokenizer.token_to_id(n)) for n in names])


def gpt2(texts):
    return byte_level(texts, ["<|endoftext|>"])


def roberta(texts):
    tokenizer = byte_level(texts, ["<s>", "<pad>", "</s>", "<unk>"], pre_tokenizers.ByteLevel(add_prefix_space=True))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def llama3(texts):
    tokenizer = byte_level(texts, [], split(LLAMA3), ignore_merges=True)
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template(
        tokenizer, "<|begin_of_text|> $A", "<|begin_of_text|> $A <|begin_of_text|>:1 $B:1", ["<|begin_of_text|>"])])
    return tokenizer


def qwen2(texts):
    tokenizer = byte_level(texts, [], split(QWEN2), normalizers.NFC())
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return tokenizer


def mistral_tekken(texts):
    tokenizer = byte_level(texts, ["<unk>", "<s>", "</s>"], split(TEKKEN))
    tokenizer.post_processor = template(tokenizer, "<s> $A", "<s> $A $B:1", ["<s>"])
    return tokenizer


def bert(texts, lowercase, accents=None, chinese=True, size=1.0):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=accents, handle_chinese_chars=chinese)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(
        vocab_size=int(SIZE * size), special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def bert_template(texts):
    tokenizer = bert(texts, True)
    tokenizer.post_processor = template(tokenizer, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ["[CLS]", "[SEP]"])
    tokenizer.enable_truncation(24)
    tokenizer.enable_padding(length=32, pad_id=0, pad_token="[PAD]")
    return tokenizer


def t5(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(texts[:LINES], trainers.UnigramTrainer(
        vocab_size=SIZE * 3 // 4, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    tokenizer.post_processor = template(tokenizer, "$A </s>", "$A </s> $B </s>", ["</s>"])
    return tokenizer


def llama2(texts):
    """BPE over characters with byte fallback, as converted from sentencepiece."""
    trained = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trained.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=SIZE * 3 // 4, limit_alphabet=1000, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))
    data = json.loads(trained.to_str())
    data["pre_tokenizer"] = None
    data["added_tokens"] = [token for token in data["added_tokens"] if not token["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = template(tokenizer, "<s> $A", "<s> $A <s>:1 $B:1", ["<s>"])
    return tokenizer


def mistral_v3(texts):
    """As newer conversions write it: the metaspace as pre-tokenizer."""
    tokenizer = llama2(texts)
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return tokenizer


def clip(texts):
    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=SIZE * 3 // 4, special_tokens=["<|startoftext|>", "<|endoftext|>"], end_of_word_suffix="</w>",
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = processors.RobertaProcessing(("<|endoftext|>", 1), ("<|startoftext|>", 0), add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def word_level(texts, normalizer, pre):
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(vocab_size=SIZE * 3 // 4, special_tokens=["[UNK]"], show_progress=False))
    return tokenizer


def parts(texts):
    """A tokenizer for every normalizer and pre-tokenizer that the models above lack."""
    n, p = normalizers, pre_tokenizers
    some = texts[:LINES]
    odd = {
        "nfd": (n.NFD(), p.Whitespace()), "nfkd": (n.NFKD(), p.WhitespaceSplit()),
        "accents": (n.Sequence([n.NFD(), n.StripAccents(), n.Lowercase()]), p.Punctuation("contiguous")),
        "strip": (n.Strip(), p.Punctuation("merged_with_previous")),
        "nmt": (n.Sequence([n.Nmt(), n.NFKC()]), p.Punctuation("merged_with_next")),
        "digits": (n.Prepend("x"), p.Sequence([p.Digits(True), p.WhitespaceSplit()])),
        "numbers": (n.Lowercase(), p.Sequence([p.WhitespaceSplit(), p.Digits(False), p.Punctuation("removed")])),
        "delimiter": (n.Replace("a", "bcd"), p.CharDelimiterSplit(" ")), "scripts": (n.NFC(), p.UnicodeScripts()),
        "fixed": (n.Replace(Regex("[aeiou]+"), ""), p.FixedLength(3)),
        "byte_normalizer": (n.ByteLevel(), p.Split(Regex("Ġ"), "merged_with_next")),
        "byte_words": (n.NFC(), p.Sequence([p.ByteLevel(True), p.Split("e", "isolated")])),
        "meta_first": (n.Strip(True, False), p.Metaspace(prepend_scheme="first")),
    }
    result = {f"part_{name}": word_level(some, *stages) for name, stages in odd.items()}
    decoders_ = {"metaspace": decoders.Metaspace(), "bpe": decoders.BPEDecoder("e"), "ctc": decoders.CTC("[UNK]", "|"),
                 "strip": decoders.Strip("e", 1, 0), "strip_end": decoders.Strip("e", 0, 1), "replace": decoders.Replace(Regex("[a-m]"), "+"),
                 "sequence": decoders.Sequence([decoders.Replace("a", "▁"), decoders.Metaspace(), decoders.Fuse()])}
    for name, decoder in decoders_.items():
        tokenizer = word_level(some, n.NFC(), p.Whitespace())
        tokenizer.decoder = decoder
        result[f"decoder_{name}"] = tokenizer
    tokenizer = word_level(some, n.Lowercase(), p.Whitespace())
    tokenizer.add_tokens([AddedToken("Thing", single_word=True), AddedToken("MASK", lstrip=True, rstrip=True, normalized=False),
                          AddedToken("ſ", normalized=True), AddedToken("中文", normalized=False)])
    result["part_added"] = tokenizer
    return result


KNOWN = {
    "gpt2": gpt2, "roberta": roberta, "llama3": llama3, "qwen2": qwen2, "mistral_tekken": mistral_tekken,
    "bert_cased": lambda t: bert(t, False), "bert_uncased": lambda t: bert(t, True), "bert_template": bert_template,
    "bert_chinese": lambda t: bert(t, True, size=1.5), "t5": t5, "llama2": llama2, "mistral_v3": mistral_v3, "clip": clip}


def build(texts, folder):
    """Writes the tokenizers into a folder; those that are there stay."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in KNOWN.items():
        if not (folder / f"{name}.json").exists():
            make(texts).save(str(folder / f"{name}.json"))
    if not list(folder.glob("part_*.json")):
        for name, tokenizer in parts(texts).items():
            tokenizer.save(str(folder / f"{name}.json"))
