"""Small random T5 models: logits, losses and gradients of a padded batch, greedy texts and those of beam searches.

Weights are float32; everything else is computed in float64 from them (but for the mean squares of norms, the softmax of
attention and beam scores, which `transformers` computes in float32) and rounded once when it is stored.

    python Tools/golden/encoder_decoders.py FOLDER

checks a folder of such models that Martlet has written (`MARTLET_WRITE_ENCODER_DECODERS=FOLDER swift test --filter
EncoderDecoderGoldenTests`): `transformers` must load each and say what the golden file says.
"""

import copy
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

from fixture_files import fill_parameters, versions, write_json, write_tensors

SEED = 20261201
SOURCE_LENGTHS, TARGET_LENGTHS, NEW = [26, 9, 17, 4], [12, 5, 9, 1], 16
SIZES = {"vocab_size": 41, "d_model": 16, "d_ff": 24, "num_layers": 2, "num_heads": 4, "pad_token_id": 0,
         "eos_token_id": 1, "decoder_start_token_id": 0, "relative_attention_num_buckets": 8,
         "relative_attention_max_distance": 20}
MODELS = {
    "t5": {"d_kv": 4, "tie_word_embeddings": True},
    "t5_gated": {"d_kv": 6, "num_decoder_layers": 1, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
}
# A token that these models say often: where it ends texts too, texts of many lengths end.
OFTEN = {"t5": 26, "t5_gated": 30}
SEARCHES = {
    "greedy": {},
    "greedy_ends": {"ends_often": True},
    "greedy_ngrams": {"no_repeat_ngram_size": 2},
    "beams": {"num_beams": 4},
    "beams_ends": {"num_beams": 4, "ends_often": True},
    "long": {"num_beams": 4, "length_penalty": 2.0, "early_stopping": True, "no_repeat_ngram_size": 3, "ends_often": True},
    "short": {"num_beams": 3, "length_penalty": -1.5, "no_repeat_ngram_size": 1},
    "exact": {"num_beams": 4, "length_penalty": 0.0, "early_stopping": "never", "ends_often": True},
    "never": {"num_beams": 2, "length_penalty": 1.5, "early_stopping": "never", "ends_often": True},
    "early": {"num_beams": 5, "length_penalty": 0.6, "early_stopping": True, "ends_often": True},
    "likely": {"num_beams": 3, "length_penalty": 3.0, "ends_often": True},
}
# Each: number of buckets, largest distance.
BUCKETS = [(32, 128), (8, 20), (10, 300)]


def make_model(name):
    model = T5ForConditionalGeneration(T5Config(**{**SIZES, **MODELS[name]}))
    if not MODELS[name]["tie_word_embeddings"]:
        # As in files of T5 1.1: this version of transformers makes only tied ones.
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    fill_parameters(model, SEED + len(name), lambda key: 0.4 if key in ("shared.weight", "lm_head.weight") else 0.6)
    with torch.no_grad():
        # Of both signs: else a tied head says again and again what was read last.
        model.decoder.final_layer_norm.weight.sub_(1).mul_(8)
    return model.eval()


def make_batch():
    generator = torch.Generator().manual_seed(SEED)

    def texts(lengths, filler):
        rows = torch.full((len(lengths), max(lengths)), filler)
        for row, length in enumerate(lengths):
            rows[row, :length] = torch.randint(2, SIZES["vocab_size"], (length,), generator=generator)
            rows[row, length - 1] = SIZES["eos_token_id"]
        return rows

    return {"source": texts(SOURCE_LENGTHS, 0), "lengths": torch.tensor(SOURCE_LENGTHS),
            "targets": texts(TARGET_LENGTHS, -100)}


def outputs(model, batch):
    mask = (torch.arange(max(SOURCE_LENGTHS))[None] < batch["lengths"][:, None]).long()
    found = model(input_ids=batch["source"], attention_mask=mask, labels=batch["targets"], use_cache=False)
    return {"logits": found.logits, "loss": found.loss}, mask


def generate(name, model, batch, mask, options):
    """The tokens of each text, with the one that ends it, and the scores of beams."""
    options = dict(options)
    ends = [SIZES["eos_token_id"]] + ([OFTEN[name]] if options.pop("ends_often", False) else [])
    found = model.generate(
        batch["source"], attention_mask=mask, max_new_tokens=NEW, do_sample=False, return_dict_in_generate=True,
        output_scores=True, eos_token_id=ends, **options)
    texts = []
    for row in found.sequences[:, 1:].tolist():
        end = next((place + 1 for place, token in enumerate(row) if token in ends), len(row))
        texts.append(row[:end])
    scores = found.sequences_scores.tolist() if "num_beams" in options else None
    return texts, scores


def write(folder):
    recorded = {}
    for name in MODELS:
        model = make_model(name)
        model.save_pretrained(folder / name)
        (folder / name / "generation_config.json").unlink(missing_ok=True)
        batch = make_batch()
        exact = copy.deepcopy(model).double()
        found, mask = outputs(exact, batch)
        assert found["logits"].dtype == torch.float64
        found["loss"].backward()
        gradients = {f"gradient.{key}": parameter.grad for key, parameter in exact.named_parameters()}
        assert all(gradient.abs().max() > 1e-7 for gradient in gradients.values())
        recorded[name] = {}
        for search, options in SEARCHES.items():
            texts, scores = generate(name, exact, batch, mask, options)
            rounded, _ = generate(name, model, batch, mask, options)
            assert texts == rounded, f"{name} {search}: a near tie makes the texts depend on rounding"
            recorded[name][search] = {"texts": texts} | ({"scores": scores} if scores else {})
        lengths = {len(text) for found in recorded[name].values() for text in found["texts"]}
        assert NEW in lengths and len(lengths) > 5, f"{name}: {lengths}"
        texts = [str(found["texts"]) for found in recorded[name].values()]
        assert len(set(texts)) > 5, f"{name}: the searches find the same"
        write_tensors(folder / name / "expected.safetensors", {**batch, **found, **gradients})
    reach = 400
    distances = torch.arange(-reach, reach + 1)
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/encoder_decoders.py", "seed": SEED, "versions": versions(),
        "conventions": {
            "targets": "-100 where none; the decoder reads them shifted right, behind decoder_start_token_id",
            "texts": f"of each source, {NEW} tokens at most"},
        "often": OFTEN,
        "searches": {name: {"max_new_tokens": NEW, **options} for name, options in SEARCHES.items()},
        "generated": recorded,
        "buckets": [
            {"count": count, "maximum": largest, "bidirectional": both, "first_distance": -reach,
             "buckets": T5Attention._relative_position_bucket(distances, both, count, largest).tolist()}
            for count, largest in BUCKETS for both in (True, False)]})


def check(folder):
    """Loads what Martlet wrote, and compares with what the golden files say."""
    golden = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "encoder_decoders"
    worst = 0.0
    for name in MODELS:
        model, report = T5ForConditionalGeneration.from_pretrained(folder / name, output_loading_info=True)
        lost = {key: value for key, value in report.items() if value}
        assert not lost, f"{name}: {lost}"
        expected = load_file(golden / name / "expected.safetensors")
        batch = {key: expected[key].long() for key in ("source", "lengths", "targets")}
        with torch.no_grad():
            found, mask = outputs(model.eval(), batch)
        for key, value in found.items():
            difference = (value.double() - expected[key].double()).abs().max().item()
            assert difference < 1e-4, f"{name}: {key} differs by {difference}"
            worst = max(worst, difference)
        # The folder says by itself what targets begin and end with.
        texts = model.generate(batch["source"], attention_mask=mask, max_new_tokens=NEW, num_beams=4)
        assert texts.shape[0] == len(SOURCE_LENGTHS)
    print(f"transformers loads all and says the same, to {worst:.1e}")


if __name__ == "__main__":
    check(Path(sys.argv[1]))
