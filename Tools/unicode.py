"""Writes Sources/Tokenizers/UnicodeData.swift from Unicode 16.0, the version whose classes the `tokenizers` library uses.

    pip install unicodedata2==16.0.0
    python Tools/unicode.py
"""

import pathlib
import unicodedata2 as ucd

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()


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
    values, start, current = [], 0, 0
    for point in range(0x110001):
        combining = ucd.combining(chr(point)) if point < 0x110000 else 0
        if combining != current:
            if current:
                values.append(start << 32 | (point - start) << 8 | current)
            start, current = point, combining
    return values


def decompositions():
    values = []
    for point in range(0x110000):
        text = ucd.decomposition(chr(point))
        if not text or text.startswith("<"):
            continue
        parts = [int(part, 16) for part in text.split()] + [0]
        excluded = ucd.normalize("NFC", chr(point)) != chr(point)
        values.append(excluded << 63 | parts[1] << 42 | parts[0] << 21 | point)
    return values


def main():
    assert ucd.unidata_version == "16.0.0", ucd.unidata_version
    lines = ["// Written by Tools/unicode.py from Unicode 16.0. Do not edit.", ""]
    lines += literal(
        "generalCategoryRanges", "UInt32",
        "Where a run of one general category starts: first code point << 5 | index into `GeneralCategory`.",
        category_ranges())
    lines += literal(
        "combiningClassRanges", "UInt64",
        "Code points with a canonical combining class: first << 32 | count << 8 | class.", combining_ranges())
    lines += literal(
        "canonicalDecompositions", "UInt64",
        "Excluded from composition << 63 | second << 42 | first << 21 | code point; no second where it is 0.",
        decompositions())
    target = pathlib.Path(__file__).parent.parent / "Sources/Tokenizers/UnicodeData.swift"
    target.write_text("\n".join(lines).rstrip("\n") + "\n")


main()
