"""Writes the tables under Sources/Tokenizers/Unicode that no formula gives.

General categories are Unicode 16.0's, the version of the regular expressions that the `tokenizers` library runs. Its other
parts have other versions, from 8 to 17, and a model was trained on what they did: so their tables are asked of the library
itself, one code point at a time.

    pip install unicodedata2==16.0.0 tokenizers==0.23.3
    python Tools/unicode.py
"""

import pathlib

import unicodedata2 as ucd
from tokenizers import normalizers, pre_tokenizers

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
SCALARS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]
FOLDER = pathlib.Path(__file__).parent.parent / "Sources/Tokenizers/Unicode"


def literal(name, kind, comment, values):
    lines = [f"/// {comment}", f"let {name}: [{kind}] = ["]
    line = " "
    for value in values:
        word = f" {value:#x},"
        if len(line) + len(word) > 118:
            lines.append(line)
            line = " "
        line += word
    return lines + [line, "]", ""]


def category_ranges():
    values, previous = [], None
    for point in range(0x110000):
        category = CATEGORIES.index(ucd.category(chr(point)))
        if category != previous:
            values.append(point << 5 | category)
            previous = category
    return values


def combining_ranges():
    """Combining classes, without marks that are younger than the library's normalisation."""
    nfd = normalizers.NFD().normalize_str
    values, start, current = [], 0, 0
    for point in range(0x110001):
        combining = ucd.combining(chr(point)) if point < 0x110000 else 0
        # U+0345 has the highest class, so every mark with a class moves before it.
        if combining and point != 0x345 and nfd("a\u0345" + chr(point))[-1] != "\u0345":
            combining = 0
        if combining != current:
            if current:
                values.append(start << 32 | (point - start) << 8 | current)
            start, current = point, combining
    return values


def decompositions():
    nfd = normalizers.NFD().normalize_str
    values = []
    for point in SCALARS:
        text = ucd.decomposition(chr(point))
        if not text or text.startswith("<") or nfd(chr(point)) == chr(point):
            continue
        parts = [int(part, 16) for part in text.split()] + [0]
        excluded = ucd.normalize("NFC", chr(point)) != chr(point)
        values.append(excluded << 63 | parts[1] << 42 | parts[0] << 21 | point)
    return values


def compatibility_decompositions():
    nfd, nfkd = normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
    values = []
    for point in SCALARS:
        if 0xAC00 <= point < 0xD7A4:
            continue
        full = nfkd(chr(point))
        if full != nfd(chr(point)):
            values.append(len(full) << 24 | point)
            values += [ord(character) for character in full]
    return values


def lower_case():
    lower = normalizers.Lowercase().normalize_str
    values = []
    for point in SCALARS:
        text = lower(chr(point))
        if text != chr(point):
            values.append(len(text) << 24 | point)
            values += [ord(character) for character in text]
    return values


def toggles(contains):
    """Where a set of code points begins, ends, begins again, and so on."""
    values, inside = [], False
    for point in range(0x110000):
        if not 0xD800 <= point < 0xE000 and contains(chr(point)) != inside:
            inside = not inside
            values.append(point)
    return values


def isolated_by(splitter):
    return lambda character: len(splitter.pre_tokenize_str("a" + character + "a")) == 3


def scripts():
    """Runs of one script, first code point << 8 | number of the script; 0 goes with every script."""
    split = lambda a, b: len(pre_tokenizers.UnicodeScripts().pre_tokenize_str(a + b)) > 1
    samples, values, previous = [], [], None
    for point in SCALARS:
        character = chr(point)
        if previous and not split(samples[previous - 1], character) and split("a" if previous != 1 else "\u03b1", character):
            script = previous
        elif not split("a", character) and not split("\u4e00", character):
            script = 0
        else:
            script = next((i + 1 for i, sample in enumerate(samples) if not split(sample, character)), None)
            if script is None:
                samples.append(character)
                script = len(samples)
        if script != previous:
            values.append(point << 8 | script)
            previous = script
    return values


def write(name, header, tables):
    lines = [f"// Written by Tools/unicode.py from {header}. Do not edit.", ""]
    for table in tables:
        lines += literal(*table)
    (FOLDER / name).write_text("\n".join(lines).rstrip("\n") + "\n")


def main():
    assert ucd.unidata_version == "16.0.0", ucd.unidata_version
    bert = lambda **options: normalizers.BertNormalizer(**{
        "clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False} | options)
    clean, bare = bert(clean_text=True).normalize_str, bert(strip_accents=True).normalize_str
    marks = normalizers.StripAccents().normalize_str
    write("UnicodeData.swift", "Unicode 16.0 and what the tokenizers library has of it", [
        ("generalCategoryRanges", "UInt32",
         "Where a run of one general category starts: first code point << 5 | index into `GeneralCategory`.",
         category_ranges()),
        ("combiningClassRanges", "UInt64", "Code points with a canonical combining class: first << 32 | count << 8 | class.",
         combining_ranges()),
        ("canonicalDecompositions", "UInt64",
         "Excluded from composition << 63 | second << 42 | first << 21 | code point; no second where it is 0.",
         decompositions()),
    ])
    write("CompatibilityData.swift", "the tokenizers library", [
        ("compatibilityDecompositions", "UInt32",
         "Count << 24 | code point, then as many code points: full decompositions that only NFKC and NFKD make.",
         compatibility_decompositions()),
        ("lowerCaseMappings", "UInt32", "Count << 24 | code point, then as many code points.", lower_case()),
    ])
    write("CharacterSetData.swift", "the tokenizers library", [
        ("punctuationToggles", "UInt32", "Punctuation: where it begins, ends, begins again, and so on.",
         toggles(isolated_by(pre_tokenizers.Punctuation()))),
        ("numericToggles", "UInt32", "Numbers of any kind.", toggles(isolated_by(pre_tokenizers.Digits(True)))),
        ("combiningMarkToggles", "UInt32", "Marks that StripAccents takes away.", toggles(lambda c: marks(c) == "")),
        ("nonspacingMarkToggles", "UInt32", "Marks that BertNormalizer takes away.", toggles(lambda c: bare(c) == "")),
        ("controlToggles", "UInt32", "What BertNormalizer takes for control characters.", toggles(lambda c: clean(c) == "")),
        ("scriptRanges", "UInt32", "Runs of one script: first code point << 8 | number; 0 goes with every script.", scripts()),
    ])


main()
