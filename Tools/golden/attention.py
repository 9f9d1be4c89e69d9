"""Attention in its variants and rotary embedding, with gradients, written out in float64.

Shapes: q and y are batch, heads, queries, head size; k and v are batch, key-value heads, keys, head size.
"""

import math

import torch
import torch.nn.functional as F
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from fixture_files import versions, write_json, write_tensors
from layer_operations import differentiate, named

SEED = 47


def visible(queries, keys, causal, lengths):
    """True where a query sees a key. The last query is aligned with the last key, as with a key-value cache."""
    mask = torch.ones(1 if lengths is None else len(lengths), 1, queries, keys, dtype=torch.bool)
    if causal:
        mask &= torch.arange(keys)[None, :] <= torch.arange(queries)[:, None] + keys - queries
    if lengths is not None:
        mask &= torch.arange(keys)[None, None, None, :] < torch.tensor(lengths)[:, None, None, None]
    return mask


def attention(q, k, v, mask, scale, bias=None):
    groups = q.shape[1] // k.shape[1]
    k, v = (t.repeat_interleave(groups, dim=1) for t in (k, v))
    scores = scale * (q @ k.transpose(-1, -2))
    if bias is not None:
        scores = scores + bias
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), -1) @ v


def rotary(x, positions, theta):
    """Llama's convention: element i is turned together with element i + head size / 2."""
    half = x.shape[-1] // 2
    frequencies = theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = positions.double()[..., None] * frequencies
    cosine, sine = angles.cos(), angles.sin()
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)


def write(folder):
    generator = torch.Generator().manual_seed(SEED)

    def normal(*shape, scale=1.0):
        return scale * torch.randn(shape, generator=generator)

    # batch, heads, key-value heads, queries, keys, head size
    plain = {"causal": False, "lengths": None, "bias": False, "scale": None}
    cases = {
        "full": plain | {"shape": (2, 2, 2, 5, 7, 8)},
        "causal": plain | {"shape": (1, 2, 2, 9, 9, 8), "causal": True},
        "causal_long": plain | {"shape": (1, 1, 1, 37, 37, 4), "causal": True},
        "cached": plain | {"shape": (2, 2, 2, 2, 9, 4), "causal": True},
        "padded": plain | {"shape": (3, 2, 2, 6, 6, 4), "lengths": [6, 1, 4]},
        "causal_padded": plain | {"shape": (3, 2, 2, 6, 6, 4), "causal": True, "lengths": [6, 2, 5]},
        "bias": plain | {"shape": (2, 3, 3, 5, 6, 4), "bias": True, "scale": 1.0},
        "causal_bias": plain | {"shape": (2, 2, 2, 6, 6, 4), "bias": True, "causal": True},
        "grouped": plain | {"shape": (2, 6, 2, 7, 7, 4), "causal": True},
        "single_key_value_head": plain | {"shape": (1, 4, 1, 5, 5, 6), "causal": True, "lengths": [4]},
    }
    tensors, notes = {}, {}
    for case, options in cases.items():
        batch, heads, shared, queries, keys, size = options["shape"]
        scale = options["scale"] or 1 / math.sqrt(size)
        mask = visible(queries, keys, options["causal"], options["lengths"])
        inputs = {"q": normal(batch, heads, queries, size), "k": normal(batch, shared, keys, size),
                  "v": normal(batch, shared, keys, size)}
        if options["bias"]:
            inputs["bias"] = normal(1, heads, queries, keys)
        result = differentiate(lambda **t: attention(mask=mask, scale=scale, **t), inputs, generator)
        expected = F.scaled_dot_product_attention(
            result["q"], result["k"], result["v"], scale=scale, enable_gqa=True,
            attn_mask=torch.zeros(mask.shape).double().masked_fill(~mask, float("-inf")) + result.get("bias", 0.0))
        torch.testing.assert_close(result["y"].detach(), expected)
        tensors |= named(case, result)
        names = ("batch", "heads", "key_value_heads", "queries", "keys", "head_size")
        notes[case] = dict(zip(names, options["shape"])) | {
            "causal": options["causal"], "lengths": options["lengths"], "bias": options["bias"], "scale": scale}
    write_tensors(folder / "attention.safetensors", tensors)

    tensors, rotary_notes = {}, {}
    for case, (size, theta, positions) in {
        "from_zero": (8, 10000.0, [[0, 1, 2, 3, 4]]),
        "offset": (6, 10000.0, [[100, 101, 102], [7, 8, 9]]),
        "far": (4, 500000.0, [[0, 1000, 4095, 8191]]),
    }.items():
        positions = torch.tensor(positions)
        x = normal(len(positions), 2, positions.shape[1], size)
        result = differentiate(lambda x: rotary(x, positions[:, None, :], theta), {"x": x}, generator)
        embedding = LlamaRotaryEmbedding(LlamaConfig(
            hidden_size=2 * size, num_attention_heads=2, head_dim=size,
            rope_parameters={"rope_type": "default", "rope_theta": theta}))
        cosine, sine = embedding(x, positions)
        theirs, _ = apply_rotary_pos_emb(x, x, cosine, sine)
        # Theirs is float32, whose angles near 8192 are off by up to 5e-4.
        torch.testing.assert_close(result["y"].float(), theirs, rtol=0, atol=2e-6 * (1 + positions.max().item()))
        tensors |= named(case, result | {"positions": positions})
        rotary_notes[case] = {"theta": theta, "head_size": size}
    write_tensors(folder / "rotary.safetensors", tensors)

    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/attention.py",
        "seed": SEED,
        "versions": versions(),
        "conventions": {
            "causal": "query i sees keys 0 ... i + keys - queries",
            "lengths": "keys from lengths[b] on are hidden from every query of batch row b",
            "bias": "1, heads, queries, keys; added to the scaled scores; its gradient is summed over the batch",
            "grouped": "query head h reads key-value head h / (heads / key_value_heads)",
            "rotary": "x is batch, heads, tokens, head size; positions is batch, tokens; halves are turned together"},
        "attention": notes,
        "rotary": rotary_notes,
    })
