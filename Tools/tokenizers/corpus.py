"""Text to compare tokenizers on: real lines from packages and files, and lines made to be hard.

Real text comes from what is installed: Python packages named by --texts, and plain text files or folders.
"""

import gzip
import random
from pathlib import Path

EMOJI = ["👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "🇨🇳", "🇩🇪", "1️⃣", "👨🏿‍🚀", "🧑‍🤝‍🧑", "❤️‍🔥", "😀", "🫠"]
RANGES = [
    (0x20, 0x7F), (0x20, 0x7F), (0, 0x20), (0x80, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0x980),
    (0xE00, 0xE80), (0x1100, 0x1200), (0x1E00, 0x2070), (0x2070, 0x2300), (0x2460, 0x2500), (0x3000, 0x3100), (0x3200, 0x3400),
    (0x4E00, 0x5000), (0xAC00, 0xAD00), (0xF900, 0xFB00), (0xFB00, 0xFE00), (0xFE00, 0xFF00), (0xFF00, 0xFFF0),
    (0x1F300, 0x1F700), (0x1D400, 0x1D800), (0x1F100, 0x1F200), (0x2F800, 0x2FA1D), (0x10300, 0x10FFF), (0xE0000, 0xE0200),
]
FRAGMENTS = [
    "don't", "WE'LL", "I'VE", "they're", "'s", "'ſ", " ", "  ", "   ", "\t", "\r\n", "\u00a0", "\u3000", "\u200b", "\u200d", "\ufeff",
    "\ufffd", "3.14", "1,000,000", "2024-11-24", "x=1;", "//", "<s>", "</s>", "[MASK]", "<unk>", "<0x41>", "▁", "▁▁x", "##ing", "Ġ",
    "https://example.org/a?b=c#d", "e\u0301", "q\u0307\u0323", "ﬁ", "İI", "ẞß", "ｶﾞ", "㌔", "½", "Å", "中文", "日本語テキスト", "한국어", "ภาษาไทย",
    "العربية", "עברית", "हिन्दी", "Ελληνικά", "русский", "Việt Nam", "_", "a_b", "ⅷ", "²", "…", "—", "“”", "$5", "€", "%", "^^", "~",
]


def read_texts(paths):
    lines = []
    for path in map(Path, paths):
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            lines += [line for line in data.decode("utf-8", "replace").split("\n") if line.strip()]
    return lines


def hard_lines(count, seed=7):
    source = random.Random(seed)
    lines = ["", " ", "  ", "\t", " x", "x ", "  x  ", "a" * 3000, "ab " * 2000, "中" * 2000, " " * 2000, "^" * 2000, "1" * 1000, "👩‍👧‍👦" * 300]
    while len(lines) < count:
        words = []
        for _ in range(source.randint(1, 12)):
            choice = source.random()
            if choice < 0.4:
                words.append(source.choice(FRAGMENTS))
            elif choice < 0.5:
                words.append(source.choice(EMOJI))
            elif choice < 0.55:
                # Broken UTF-8, as a reader that replaces it hands it on.
                words.append(bytes(source.randrange(256) for _ in range(source.randint(1, 6))).decode("utf-8", "replace"))
            else:
                low, high = source.choice(RANGES)
                words.append("".join(chr(source.randrange(low, high)) for _ in range(source.randint(1, 6))))
        line = "".join(word + source.choice(["", "", " ", " ", "  ", "\n"]) for word in words)
        lines.append("".join(c for c in line if not 0xD800 <= ord(c) < 0xE000))
    return lines


def sample(texts, count, hard, seed=11):
    """`count` lines: `hard` of them made, the rest real, with some joined to very long ones."""
    source = random.Random(seed)
    real = source.sample(texts, min(len(texts), count - hard))
    for _ in range(20):
        real[source.randrange(len(real))] = "\n".join(source.sample(texts, 200))
    return real + hard_lines(hard)
