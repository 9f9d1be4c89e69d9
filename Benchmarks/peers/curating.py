"""Times datatrove's filters: `curating.py --serve <file of JSON lines>`, see serving.py.

Words are what white space divides, and sentences what ends in a full stop, so that no models are needed; both are faster
than what datatrove does by itself.
"""

import json
import sys
import time

import serving


def main():
    _, path = sys.argv[1:]
    try:
        import datatrove
        from datatrove.data import Document
        from datatrove.pipeline import filters
        from datatrove.pipeline.filters import (
            c4_filters, fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter)
        from datatrove.pipeline.formatters import FTFYFormatter, PIIFormatter
    except ImportError as error:
        serving.missing(error)
    for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
        module.split_into_words = lambda text, language: text.split()
    c4_filters.split_into_sentences = lambda text, language: text.split(". ")
    with open(path, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    repair, scrub = FTFYFormatter(normalization="NFC"), PIIFormatter()
    rules = {
        "gopher_quality": filters.GopherQualityFilter(), "gopher_repetition": filters.GopherRepetitionFilter(),
        "c4_quality": filters.C4QualityFilter(), "fineweb_quality": filters.FineWebQualityFilter(),
    }

    def keeps(rule, document):
        try:
            return rule.filter(document) is True
        except ZeroDivisionError:
            return False

    def timed(work):
        start = time.perf_counter()
        for text in texts:
            work(text)
        return megabytes / (time.perf_counter() - start)

    def everything(text):
        document = Document(text=repair.format(text), id="0")
        if all(keeps(rule, document) for rule in rules.values()):
            scrub.format(document.text)

    def measure():
        figures = {"all rules of datatrove": timed(everything)}
        for name, rule in rules.items():
            figures[name] = timed(lambda text: keeps(rule, Document(text=text, id="0")))
        figures["repair_text"] = timed(repair.format)
        return figures

    serving.serve(getattr(datatrove, "__version__", "0.10.1"), measure)


if __name__ == "__main__":
    main()
