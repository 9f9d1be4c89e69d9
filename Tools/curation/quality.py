"""Writes Tests/Fixtures/curation/quality.txt: what datatrove's filters decide on 2,000 documents, and why.

Two parts of datatrove need models that Martlet does without, so they are replaced here by what Martlet does: words are what
white space divides, and sentences end as in `sentence_count` below.

    pip install datatrove==0.10.1 numpy
    python Tools/curation/quality.py
    python Tools/curation/quality.py FILE.jsonl     decisions on the texts of a file instead, one line each, printed
"""

import json
import pathlib
import sys
import zlib

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    c4_filters,
    fineweb_quality_filter,
    gopher_quality_filter,
    gopher_repetition_filter,
)

from documents import document

TARGET = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/curation/quality.txt"
CLOSING = set("!\"').?]’”…。」』》！）．？")
SHORT = set(
    "mr mrs ms dr prof st sr jr rev hon gen col lt sgt capt gov sen rep vs etc e.g i.e cf al no vol pp fig ed eds inc ltd co"
    " corp dept est approx jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m u.s".split()
)


def is_abbreviation(line, start, stop):
    after = stop + 1
    while after < len(line) and line[after] == " ":
        after += 1
    if after >= len(line):
        return False
    if "a" <= line[after] <= "z":
        return True
    first = stop
    while first > start and stop - first <= 8 and (line[first - 1] == "." or line[first - 1].isascii() and line[first - 1].isalpha()):
        first -= 1
    if not 0 < stop - first <= 8:
        return False
    return stop - first == 1 or line[first:stop].lower() in SHORT


def sentences(line, _language=None):
    found, start, place = [], 0, 0
    while place < len(line):
        mark = line[place]
        if mark not in ".!?。！？…．":
            place += 1
            continue
        end = place + 1
        while end < len(line) and line[end] in CLOSING:
            end += 1
        is_end = mark in "。！？…．" or (
            (end >= len(line) or line[end].isspace())
            and not (mark == "." and end == place + 1 and is_abbreviation(line, start, place))
        )
        place = end
        if is_end:
            found.append(line[start:end])
            start = end
    if line[start:].strip():
        found.append(line[start:])
    return found


def split_words(text, _language=None):
    return text.split()


for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
    module.split_into_words = split_words
c4_filters.split_into_sentences = sentences

FILTERS = [GopherQualityFilter(), GopherRepetitionFilter(), C4QualityFilter(), FineWebQualityFilter()]


def decision(rule, text):
    item = Document(text=text, id="0")
    try:
        result = rule.filter(item)
    except ZeroDivisionError:
        return "empty", None
    if result is True:
        return "kept", item.text
    return result[1], None


def checksum(text):
    return f"{zlib.crc32(text.encode()):08x}"


def row(text):
    results = [decision(rule, text) for rule in FILTERS]
    return " ".join([checksum(text)] + [name for name, _ in results] + [checksum(results[2][1]) if results[2][1] is not None else "-"])


if len(sys.argv) > 1:
    for record in open(sys.argv[1], encoding="utf-8"):
        print(row(json.loads(record)["text"]))
else:
    TARGET.write_text("".join(row(document(number)) + "\n" for number in range(2000)), encoding="utf-8")
