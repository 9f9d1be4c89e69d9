"""Small random encoders with each head: logits or embeddings, losses and gradients of a padded batch.

Weights are float32; everything else is computed in float64 from them (but for the angles of rotary positions and the
softmax of ModernBERT's attention, which `transformers` computes in float32) and rounded once when it is stored.

    python Tools/golden/encoders.py FOLDER

checks a folder of such models that Martlet has written (`MARTLET_WRITE_ENCODERS=FOLDER swift test --filter
EncoderGoldenTests`): `transformers` must load each and say what the golden file says.
"""

import copy
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file

from fixture_files import fill_parameters, versions, write_json, write_tensors

SEED = 20261125
LENGTH, LABELS, SCALE = 12, 3, 20.0
SIZES = {"vocab_size": 31, "hidden_size": 8, "intermediate_size": 12, "num_attention_heads": 2,
         "max_position_embeddings": 16}

# Each: the classes' first word, the token of padding, and the keys that differ.
FAMILIES = {
    "bert": ("Bert", 0, {}),
    "roberta": ("Roberta", 1, {"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "distilbert": ("DistilBert", 0, {"hidden_dim": 12}),
    "modernbert": ("ModernBert", 2, {
        "local_attention": 4, "global_attn_every_n_layers": 2, "bos_token_id": 0, "eos_token_id": 1, "cls_token_id": 0,
        "sep_token_id": 1, "classifier_pooling": "mean"}),
}
TASKS = {"words": "ForMaskedLM", "texts": "ForSequenceClassification", "tokens": "ForTokenClassification",
         "spans": "ForQuestionAnswering", "embeddings": "Model"}


def make_model(family, task):
    first, padding, keys = FAMILIES[family]
    # Only one task of each family has several layers, so that the files stay small.
    layers = (3 if family == "modernbert" else 2) if task == "words" else 1
    labels = {"num_labels": LABELS} if task in ("texts", "tokens") else {}
    config = getattr(transformers, first + "Config")(
        **{**SIZES, **keys, **labels, "num_hidden_layers": layers, "pad_token_id": padding})
    config._attn_implementation = "eager"
    model = getattr(transformers, first + TASKS[task])(config)
    fill_parameters(model, SEED + len(family) + len(task), lambda key: 0.4)
    return model.eval()


def make_batch(family, task):
    _, padding, _ = FAMILIES[family]
    generator = torch.Generator().manual_seed(SEED)
    # In float64, `transformers` cannot do with padding that sees no token within its window.
    lengths = torch.tensor([12, 10, 11] if family == "modernbert" else [12, 7, 9])
    mask = torch.arange(LENGTH)[None, :] < lengths[:, None]

    def integers(low, high, *shape):
        return torch.randint(low, high, shape, generator=generator)

    batch = {"tokens": integers(3, SIZES["vocab_size"], len(lengths), LENGTH).masked_fill(~mask, padding),
             "lengths": lengths}
    if family == "bert":
        batch["types"] = integers(0, 2, len(lengths), LENGTH) * mask
    if task == "words":
        chosen = (integers(0, 3, len(lengths), LENGTH) == 0) & mask
        batch["targets"] = integers(3, SIZES["vocab_size"], len(lengths), LENGTH).masked_fill(~chosen, -100)
    elif task == "texts":
        batch["targets"] = torch.tensor([2, 0, 1])
    elif task == "tokens":
        batch["targets"] = integers(0, LABELS, len(lengths), LENGTH).masked_fill(~mask, -100)
    elif task == "spans":
        batch["starts"], batch["ends"] = torch.tensor([2, 0, 5]), torch.tensor([4, 6, -100])
    return batch


def outputs(model, task, batch):
    """The logits (or the embeddings), and the loss."""
    mask = torch.arange(LENGTH)[None, :] < batch["lengths"][:, None]
    types = {"token_type_ids": batch["types"]} if "types" in batch else {}
    found = model(input_ids=batch["tokens"], attention_mask=mask.long(), **types)
    if task == "embeddings":
        hidden = found.last_hidden_state
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        mean, first = F.normalize(mean), F.normalize(hidden[:, 0])
        # Each text's mean is to find its own first token among all.
        loss = F.cross_entropy(SCALE * mean @ first.T, torch.arange(len(mean)))
        return {"mean": mean, "first": first}, loss
    if task == "spans":
        logits = torch.stack([found.start_logits, found.end_logits], -1)
        possible = logits.masked_fill(~mask[..., None], float("-inf"))
        ends = [F.cross_entropy(possible[..., i], batch[name], reduction="none", ignore_index=-100)
                for i, name in enumerate(["starts", "ends"])]
        return {"logits": logits}, sum(ends).mean() / 2
    logits = found.logits
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch["targets"].reshape(-1), ignore_index=-100)
    return {"logits": logits}, loss


def is_flat(task, key):
    """Whether the loss does not depend on a parameter: what is added to all scores of a softmax, or what nothing reads."""
    return ("key.bias" in key or "k_lin.bias" in key or task == "embeddings" and "pooler" in key
            or task == "spans" and key.endswith("bias"))


def write(folder):
    for family in FAMILIES:
        for task in TASKS:
            name = f"{family}_{task}"
            model = make_model(family, task)
            model.save_pretrained(folder / name)
            batch = make_batch(family, task)
            exact = copy.deepcopy(model).double()
            found, loss = outputs(exact, task, batch)
            assert all(tensor.dtype == torch.float64 for tensor in found.values())
            loss.backward()
            gradients = {key: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                         for key, parameter in exact.named_parameters()}
            for key, gradient in gradients.items():
                assert gradient.abs().max() > 1e-7 or is_flat(task, key), f"{name}: {key} has no gradient"
            write_tensors(folder / name / "expected.safetensors", {
                **batch, **found, "loss": loss, **{f"gradient.{key}": value for key, value in gradients.items()}})
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/encoders.py", "seed": SEED, "versions": versions(),
        "conventions": {
            "lengths": "tokens from lengths[b] on are padding; what the models say of them means nothing",
            "spans": "padding is no possible start or end; the loss is the mean of the two cross-entropies",
            "embeddings": f"cross-entropy of {SCALE} mean first^T, each text with itself"}})


def check(folder):
    """Loads what Martlet wrote, and compares with what the golden files say."""
    golden = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "encoders"
    worst = 0.0
    for path in sorted(p for p in golden.iterdir() if p.is_dir()):
        config = json.loads((folder / path.name / "config.json").read_text())
        cls = getattr(transformers, config["architectures"][0])
        model, report = cls.from_pretrained(folder / path.name, output_loading_info=True)
        lost = {key: value for key, value in report.items() if value}
        assert not lost, f"{path.name}: {lost}"
        expected = load_file(path / "expected.safetensors")
        batch = {key: expected[key].long() for key in ("tokens", "lengths", "types", "targets", "starts", "ends")
                 if key in expected}
        task = path.name.split("_")[1]
        with torch.no_grad():
            found, loss = outputs(model.eval(), task, batch)
        for key, value in {**found, "loss": loss}.items():
            difference = (value.double() - expected[key].double()).abs().max().item()
            assert difference < 1e-4, f"{path.name}: {key} differs by {difference}"
            worst = max(worst, difference)
    print(f"transformers loads all and says the same, to {worst:.1e}")


if __name__ == "__main__":
    check(Path(sys.argv[1]))
