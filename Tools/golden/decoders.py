"""Small random models of Llama's kind with their logits, losses, gradients and greedy continuations.

Weights are float32; everything else is computed in float64 from them (but for the angles of rotary positions, which
`transformers` computes in float32) and rounded once when it is stored.
"""

import copy

import torch
import torch.nn.functional as F
from transformers import (LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config,
                          Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

from fixture_files import fill_parameters, versions, write_json, write_tensors

SEED = 20261124
BATCH, LENGTH, NEW = 2, 20, 16
SIZES = {"vocab_size": 61, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 48, "bos_token_id": 0, "eos_token_id": 0}


def rope(kind, **values):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10000.0, **values}}


# Each: the classes, and the keys that differ.
MODELS = {
    "llama": (LlamaConfig, LlamaForCausalLM, {}),
    "llama_biases": (LlamaConfig, LlamaForCausalLM, {
        "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True, "hidden_act": "gelu_pytorch_tanh",
        "head_dim": 6, "rms_norm_eps": 1e-3}),
    "llama_linear": (LlamaConfig, LlamaForCausalLM, rope("linear", factor=3.0)),
    "llama3": (LlamaConfig, LlamaForCausalLM, {"head_dim": 16, **rope(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=24)}),
    "llama_yarn": (LlamaConfig, LlamaForCausalLM, {"head_dim": 16, **rope(
        "yarn", factor=4.0, original_max_position_embeddings=12, beta_fast=2.0, beta_slow=0.25)}),
    "mistral": (MistralConfig, MistralForCausalLM, {"sliding_window": 5}),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, {
        "use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1, "tie_word_embeddings": True}),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, {"head_dim": 8}),
}


def make_model(name):
    configuration, model, keys = MODELS[name]
    config = configuration(**{**SIZES, **keys})
    config._attn_implementation = "eager"
    model = model(config)
    fill_parameters(model, SEED + len(name), lambda key: 0.3)
    return model.eval()


def greedy(model, prompt):
    """A continuation by the whole forward pass, and the smallest gap between the best and the second logit."""
    tokens, margin = list(prompt), float("inf")
    for _ in range(NEW):
        with torch.no_grad():
            row = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, -1]
        best, second = row.topk(2).values.tolist()
        margin = min(margin, best - second)
        tokens.append(row.argmax().item())
    return tokens[len(prompt):], margin


def write(folder):
    continuations, margins = {}, {}
    for name in MODELS:
        model = make_model(name)
        model.save_pretrained(folder / name)
        (folder / name / "generation_config.json").unlink(missing_ok=True)
        exact = copy.deepcopy(model).double()
        generator = torch.Generator().manual_seed(SEED)
        batch = torch.randint(0, SIZES["vocab_size"], (BATCH, LENGTH + 1), generator=generator)
        logits = exact(input_ids=batch[:, :-1], use_cache=False).logits
        assert logits.dtype == torch.float64
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1))
        loss.backward()
        gradients = {key: parameter.grad for key, parameter in exact.named_parameters()}
        assert all(gradient.abs().max() > 1e-7 for gradient in gradients.values())
        prompt = batch[0, :7].tolist()
        continuations[name], margins[name] = greedy(exact, prompt)
        assert margins[name] > 1e-4, "a near tie would make greedy generation depend on rounding"
        cached = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, 7, dtype=torch.long),
                                max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False, eos_token_id=None,
                                pad_token_id=0)[0, 7:].tolist()
        assert cached == continuations[name], f"{name}: transformers' cached generation disagrees"
        write_tensors(folder / name / "expected.safetensors",
                      {"batch": batch, "logits": logits, "loss": loss}
                      | {f"gradient.{key}": gradient for key, gradient in gradients.items()})
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/decoders.py", "seed": SEED, "versions": versions(),
        "prompt": "the first 7 tokens of batch[0]", "greedy": continuations,
        "observed": {"smallest_greedy_margins": margins}})
