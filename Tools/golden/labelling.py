"""Writes Tests/Fixtures/labelling/agreement.json: what other libraries say of random judgements.

    pip install numpy scikit-learn statsmodels krippendorff cleanlab
    python Tools/golden/labelling.py
"""

import json
import pathlib
import warnings

import cleanlab.filter
import krippendorff
import numpy
import sklearn.metrics
from statsmodels.stats import inter_rater

warnings.filterwarnings("ignore")
random = numpy.random.default_rng(7)


def number(value):
    return None if value is None or numpy.isnan(value) else float(value)


def judgements(items, raters, classes, agreement):
    truth = random.integers(classes, size=items)
    noise = random.integers(classes, size=(items, raters))
    return numpy.where(random.random((items, raters)) < agreement, truth[:, None], noise)


def cohen():
    for items, classes, agreement in [(1, 2, 0), (5, 2, 0.5), (40, 2, 0.9), (40, 5, 0.0), (200, 3, 0.6), (30, 4, 1.0), (6, 1, 1)]:
        pair = judgements(items, 2, classes, agreement)
        kappa = sklearn.metrics.cohen_kappa_score(pair[:, 0], pair[:, 1])
        yield {"pairs": pair.tolist(), "kappa": number(kappa)}


def fleiss():
    for items, raters, classes, agreement in [(2, 2, 2, 0.5), (10, 3, 2, 0.8), (50, 5, 4, 0.4), (20, 2, 3, 0), (8, 4, 3, 1)]:
        table = judgements(items, raters, classes, agreement)
        counts, _ = inter_rater.aggregate_raters(table)
        yield {"items": table.tolist(), "kappa": number(inter_rater.fleiss_kappa(counts))}


def alpha():
    for items, raters, classes, agreement, missing in [
        (4, 2, 2, 0.5, 0), (12, 3, 4, 0.7, 0.3), (60, 5, 3, 0.3, 0.5), (30, 4, 5, 1, 0.2), (25, 2, 2, 0, 0.4)]:
        table = judgements(items, raters, classes, agreement).astype(float)
        table[random.random(table.shape) < missing] = numpy.nan
        value = krippendorff.alpha(table.T, level_of_measurement="nominal")
        kept = [[int(v) for v in row if not numpy.isnan(v)] for row in table]
        yield {"items": kept, "alpha": number(value)}


def spans():
    """Alpha over the characters, from the krippendorff package on one unit a character."""
    labels = ["PER", "ORG", "LOC"]
    for texts, raters in [(3, 2), (6, 3)]:
        items, columns = [], []
        for _ in range(texts):
            length = int(random.integers(20, 80))
            common = []
            place = 0
            while True:
                start = place + int(random.integers(0, 12))
                end = start + int(random.integers(1, 9))
                if end > length:
                    break
                common.append((start, end, labels[int(random.integers(3))]))
                place = end
            people = []
            for _ in range(raters):
                own = []
                for start, end, label in common:
                    choice = random.random()
                    if choice < 0.2:
                        continue
                    if choice < 0.4:
                        label = labels[int(random.integers(3))]
                    if choice > 0.8 and end - start > 1:
                        end -= 1
                    own.append({"start": start, "end": end, "label": label})
                people.append(own)
            grid = numpy.zeros((raters, length))
            for person, own in enumerate(people):
                for span in own:
                    grid[person, span["start"]:span["end"]] = 1 + labels.index(span["label"])
            columns.append(grid)
            items.append({"length": length, "judgements": people})
        value = krippendorff.alpha(numpy.concatenate(columns, axis=1), level_of_measurement="nominal")
        yield {"items": items, "alpha": number(value)}


def errors():
    for items, classes, wrong in [(60, 2, 0.1), (200, 3, 0.15), (150, 6, 0.2)]:
        truth = random.integers(classes, size=items)
        labels = numpy.where(random.random(items) < wrong, random.integers(classes, size=items), truth)
        scores = random.dirichlet(numpy.full(classes, 0.6), size=items)
        scores[numpy.arange(items), truth] += random.random(items) * 2
        scores /= scores.sum(axis=1, keepdims=True)
        scores = scores.round(6)
        scores /= scores.sum(axis=1, keepdims=True)
        found = cleanlab.filter.find_label_issues(
            labels, scores, filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1)
        yield {"labels": labels.tolist(), "probabilities": scores.tolist(), "suspects": [int(i) for i in found]}


def uncertainty():
    for classes in [2, 3, 10]:
        scores = random.dirichlet(numpy.full(classes, 0.5))
        ordered = numpy.sort(scores)[::-1]
        entropy = float(-(scores * numpy.log(scores)).sum() / numpy.log(classes))
        yield {"scores": scores.tolist(), "entropy": entropy, "margin": float(1 - (ordered[0] - ordered[1]))}


golden = {
    "cohen": list(cohen()), "fleiss": list(fleiss()), "alpha": list(alpha()), "spans": list(spans()),
    "errors": list(errors()), "uncertainty": list(uncertainty()),
}
folder = pathlib.Path(__file__).parents[2] / "Tests" / "Fixtures" / "labelling"
folder.mkdir(parents=True, exist_ok=True)
(folder / "agreement.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
