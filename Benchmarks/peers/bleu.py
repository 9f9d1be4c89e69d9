"""BLEU and chrF of translations, as sacrebleu counts them.

    bleu.py TRANSLATIONS REFERENCES      files with one text a line; the references may be gzipped
"""

import gzip
import sys

import sacrebleu


def lines(path):
    with (gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")) as file:
        return file.read().splitlines()


def main():
    found, references = lines(sys.argv[1]), lines(sys.argv[2])
    if len(found) != len(references):
        sys.exit(f"{len(found)} translations of {len(references)} texts")
    for metric in (sacrebleu.BLEU(), sacrebleu.CHRF()):
        print(metric.corpus_score(found, [references]), metric.get_signature())


if __name__ == "__main__":
    main()
