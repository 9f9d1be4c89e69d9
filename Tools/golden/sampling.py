"""What transformers' logits processors do to rows of logits, alone and one after the other, in float64."""

import torch
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (
    MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper)

from fixture_files import versions, write_json

SEED, VOCABULARY = 87, 12

# In this order transformers applies them.
PROCESSORS = {
    "repetition_penalty": RepetitionPenaltyLogitsProcessor,
    "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
    "min_p": MinPLogitsWarper,
}


def assert_not_on_the_edge(options, scores):
    """A cut that rounding could move would make the expected values depend on the precision."""
    probabilities = torch.softmax(scores, -1).sort(-1).values
    if "top_p" in options:
        assert (probabilities.cumsum(-1) - (1 - options["top_p"])).abs().min() > 1e-4, options
    if "min_p" in options:
        threshold = options["min_p"] * probabilities[:, -1:]
        assert ((probabilities - threshold).abs() / threshold).min() > 1e-3, options


def assert_no_tie_is_split(before, after, options):
    """Which of two equal logits a cut keeps is left open, so no expected value may depend on it."""
    for row, kept in zip(before, after != float("-inf")):
        for value in row[kept].unique():
            assert kept[row == value].all(), options


def write(folder):
    generator = torch.Generator().manual_seed(SEED)
    logits = 2 * torch.randn(5, VOCABULARY, generator=generator).double()
    logits = (logits * 1024).round() / 1024
    logits[1] *= 5
    logits[2] = (logits[2] * 0.02 * 1024).round() / 1024
    logits[3, [2, 5, 9]] = logits[3].median()
    history = torch.tensor([[0, 1, 2, 3], [7, 7, 7, 7], [11, 0, 11, 4], [2, 2, 5, 1], [6, 8, 10, 3]])

    cases = []
    for options in [
        {"temperature": 0.7}, {"temperature": 1.5}, {"temperature": 0.05},
        {"top_k": 1}, {"top_k": 2}, {"top_k": 5}, {"top_k": 12}, {"top_k": 100},
        {"top_p": 0.1}, {"top_p": 0.5}, {"top_p": 0.9}, {"top_p": 0.99}, {"top_p": 1.0},
        {"min_p": 0.05}, {"min_p": 0.3}, {"min_p": 0.9}, {"min_p": 0.0},
        {"repetition_penalty": 1.3}, {"repetition_penalty": 0.8},
        {"temperature": 0.8, "top_k": 6}, {"temperature": 0.8, "top_p": 0.9}, {"temperature": 1.2, "min_p": 0.1},
        {"repetition_penalty": 1.2, "temperature": 0.9, "top_k": 8, "top_p": 0.93, "min_p": 0.02},
    ]:
        processors = LogitsProcessorList()
        scores = logits.clone()
        for name, processor in PROCESSORS.items():
            if name in options:
                if name in ("top_p", "min_p") and 0 < options[name] < 1:
                    assert_not_on_the_edge({name: options[name]}, scores)
                processors.append(processor(options[name]))
                before, scores = scores, processors[-1](history, scores)
                assert_no_tie_is_split(before, scores, options)
        rows = [[None if value == float("-inf") else value for value in row] for row in scores.tolist()]
        cases.append({"options": options, "scores": rows})
    write_json(folder / "processors.json", {
        "generator": "Tools/golden/sampling.py",
        "seed": SEED,
        "versions": versions(),
        "conventions": {
            "order": list(PROCESSORS),
            "scores": "null stands for minus infinity: the token was removed",
            "top_k": "tokens that tie with the last one kept stay",
            "repetition_penalty": "a token seen in the row's history once or more: logit > 0 is divided, < 0 multiplied"},
        "logits": logits.tolist(),
        "history": history.tolist(),
        "cases": cases,
    })
