"""Small models with adapters of `peft`: logits, gradients of the adapters and of what is trained whole, merged weights.

Weights are float32; everything else is computed in float64 from them and rounded once when it is stored.

    python Tools/golden/adapters.py FOLDER

checks a folder of adapters and merged models that Martlet has written (`MARTLET_WRITE_ADAPTERS=FOLDER swift test --filter
AdapterGoldenTests`): `peft` and `transformers` must load each and say what the golden file says.
"""

import copy
import json
import sys
from pathlib import Path

import peft
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file

from fixture_files import fill_parameters, versions, write_json, write_tensors

SEED = 20261202
BATCH, LENGTH = 2, 9
DECODER = {"vocab_size": 31, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2,
           "num_key_value_heads": 1, "max_position_embeddings": 16, "bos_token_id": 0, "eos_token_id": 0}
ENCODER = {"vocab_size": 31, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2,
           "max_position_embeddings": 16, "pad_token_id": 0}

# Each: the configuration, the class of the base that is stored, the class that is adapted, and what `peft` is told.
MODELS = {
    "gpt2": (transformers.GPT2Config(vocab_size=31, n_positions=16, n_embd=8, n_layer=2, n_head=2, bos_token_id=0,
                                     eos_token_id=0),
             transformers.GPT2LMHeadModel, transformers.GPT2LMHeadModel,
             {"r": 2, "lora_alpha": 6, "target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True}),
    "llama": (transformers.LlamaConfig(**DECODER), transformers.LlamaForCausalLM, transformers.LlamaForCausalLM,
              {"r": 3, "lora_alpha": 4, "use_rslora": True, "target_modules": "all-linear",
               "modules_to_save": ["norm"]}),
    "bert": (transformers.BertConfig(**ENCODER, num_labels=3), transformers.BertForSequenceClassification,
             transformers.BertForSequenceClassification,
             {"r": 2, "lora_alpha": 2, "target_modules": ["query", "value", "dense"], "task_type": "SEQ_CLS"}),
    # Adapted for another task than that of the base: the new head is kept with the adapter.
    "distilbert": (transformers.DistilBertConfig(vocab_size=31, dim=8, hidden_dim=12, n_layers=1, n_heads=2,
                                                 max_position_embeddings=16, num_labels=3),
                   transformers.DistilBertForMaskedLM, transformers.DistilBertForSequenceClassification,
                   {"r": 2, "lora_alpha": 4, "target_modules": ["q_lin", "v_lin"], "task_type": "SEQ_CLS",
                    "modules_to_save": ["pre_classifier", "classifier"]}),
}


def outputs(model, batch):
    """The logits and the loss."""
    if "labels" in batch:
        mask = torch.arange(LENGTH)[None, :] < batch["lengths"][:, None]
        logits = model(input_ids=batch["tokens"], attention_mask=mask.long()).logits
        return logits, F.cross_entropy(logits, batch["labels"])
    logits = model(input_ids=batch["tokens"][:, :-1], use_cache=False).logits
    return logits, F.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch["tokens"][:, 1:].reshape(-1))


def plain(name):
    """The name of a parameter as the adapter's file has it."""
    return name.replace(".default", "").replace(".modules_to_save", "").removeprefix("base_model.model.")


def write(folder):
    for name, (config, base_class, adapted_class, keys) in MODELS.items():
        config._attn_implementation = "eager"
        torch.manual_seed(SEED)
        base = base_class(copy.deepcopy(config))
        fill_parameters(base, SEED + len(name), lambda key: 0.4)
        base.save_pretrained(folder / name / "base")
        (folder / name / "base" / "generation_config.json").unlink(missing_ok=True)
        adapted = adapted_class(copy.deepcopy(config))
        adapted.load_state_dict({key: value for key, value in base.state_dict().items()
                                 if key in adapted.state_dict()}, strict=False)
        model = peft.get_peft_model(adapted, peft.LoraConfig(**keys)).eval()
        trained = {key: parameter for key, parameter in model.named_parameters() if parameter.requires_grad}
        generator = torch.Generator().manual_seed(SEED)
        with torch.no_grad():
            for parameter in trained.values():
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
        model.save_pretrained(folder / name / "adapter")
        (folder / name / "adapter" / "README.md").unlink()
        path = folder / name / "adapter" / "adapter_config.json"
        description = json.loads(path.read_text())
        description["base_model_name_or_path"] = "../base"
        description["target_modules"] = sorted(description["target_modules"])
        path.write_text(json.dumps(description, indent=2, sort_keys=True) + "\n")
        if adapted_class != base_class:
            adapted.config.architectures = [adapted_class.__name__]
            adapted.config.save_pretrained(folder / name / "adapter")

        if "task_type" in keys:
            batch = {"lengths": torch.tensor([LENGTH, 6]), "labels": torch.tensor([2, 0])}
            mask = torch.arange(LENGTH)[None, :] < batch["lengths"][:, None]
            tokens = torch.randint(1, 31, (BATCH, LENGTH), generator=generator)
            batch["tokens"] = tokens.masked_fill(~mask, 0)
        else:
            batch = {"tokens": torch.randint(0, 31, (BATCH, LENGTH + 1), generator=generator)}
        exact = copy.deepcopy(model).double()
        logits, loss = outputs(exact, batch)
        assert logits.dtype == torch.float64
        loss.backward()
        gradients = {plain(key): parameter.grad for key, parameter in exact.named_parameters() if parameter.requires_grad}
        assert len(gradients) == len(load_file(folder / name / "adapter" / "adapter_model.safetensors"))
        merged = copy.deepcopy(model).double().merge_and_unload().state_dict()
        layers = {key.rsplit(".lora_A", 1)[0] + ".weight" for key in gradients if ".lora_A" in key}
        write_tensors(folder / name / "expected.safetensors", {
            **batch, "logits": logits, "loss": loss, **{f"gradient.{key}": value for key, value in gradients.items()},
            **{f"merged.{key}": merged[key] for key in sorted(layers)}})
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/adapters.py", "seed": SEED, "versions": {**versions(), "peft": peft.__version__}})


def check(folder):
    """Loads what Martlet wrote, and compares with what the golden files say."""
    golden = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "adapters"
    worst = 0.0
    for name, (_, _, adapted_class, _) in MODELS.items():
        expected = load_file(golden / name / "expected.safetensors")
        batch = {key: expected[key].long() for key in ("tokens", "lengths", "labels") if key in expected}
        config = transformers.AutoConfig.from_pretrained(folder / name / "merged")
        base = adapted_class.from_pretrained(golden / name / "base", config=config)
        stored = set(load_file(folder / name / "adapter" / "adapter_model.safetensors"))
        assert stored == set(load_file(golden / name / "adapter" / "adapter_model.safetensors")), f"{name}: {stored}"
        adapted = peft.PeftModel.from_pretrained(base, str(folder / name / "adapter"))
        merged, report = adapted_class.from_pretrained(folder / name / "merged", output_loading_info=True)
        lost = {key: value for key, value in report.items() if value}
        assert not lost, f"{name}: {lost}"
        for kind, model in (("adapter", adapted), ("merged", merged)):
            with torch.no_grad():
                logits, _ = outputs(model.eval(), batch)
            difference = ((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()).item()
            print(f"{name}, {kind}: {difference:.2g}")
            worst = max(worst, difference)
    assert worst < 1e-5
    print(f"peft and transformers say the same of all, within {worst:.2g}")


if __name__ == "__main__":
    check(Path(sys.argv[1]))
