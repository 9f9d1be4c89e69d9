"""A GPT-2 of random weights as files, the same for every program that generates: Hugging Face's layout, and GGUF in f32.

    gpt2_files.py [folder]
"""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONFIGURATION = {
    "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12,
    "n_positions": 1024, "n_ctx": 1024, "vocab_size": 50257, "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5, "tie_word_embeddings": True, "bos_token_id": 50256, "eos_token_id": 50256,
}


def weights(c):
    """The tensors by Hugging Face's names; matrices of layers are stored as input x output."""
    import numpy
    random = numpy.random.default_rng(1)
    width = c["n_embd"]

    def normal(*size):
        return random.standard_normal(size, numpy.float32) * numpy.float32(0.02)

    tensors = {"wte.weight": normal(c["vocab_size"], width), "wpe.weight": normal(c["n_positions"], width)}

    def norm(name):
        tensors[f"{name}.weight"] = 1 + normal(width)
        tensors[f"{name}.bias"] = normal(width)

    def linear(name, rows, columns):
        tensors[f"{name}.weight"] = normal(rows, columns)
        tensors[f"{name}.bias"] = normal(columns)

    for layer in range(c["n_layer"]):
        norm(f"h.{layer}.ln_1")
        linear(f"h.{layer}.attn.c_attn", width, 3 * width)
        linear(f"h.{layer}.attn.c_proj", width, width)
        norm(f"h.{layer}.ln_2")
        linear(f"h.{layer}.mlp.c_fc", width, 4 * width)
        linear(f"h.{layer}.mlp.c_proj", 4 * width, width)
    norm("ln_f")
    return {f"transformer.{name}": tensor for name, tensor in tensors.items()}


GGUF_NAMES = {
    "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "ln_1": "attn_norm", "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}


def gguf_name(name):
    """`transformer.h.3.mlp.c_fc.weight` as `blk.3.ffn_up.weight`."""
    _, *parts, kind = name.split(".")
    if parts[0] == "h":
        return f"blk.{parts[1]}.{GGUF_NAMES['.'.join(parts[2:])]}.{kind}"
    return f"{GGUF_NAMES['.'.join(parts)]}.{kind}"


def write_gguf(path, c, tensors):
    import gguf
    import numpy
    writer = gguf.GGUFWriter(str(path), "gpt2")
    writer.add_name("random GPT-2")
    writer.add_block_count(c["n_layer"])
    writer.add_context_length(c["n_positions"])
    writer.add_embedding_length(c["n_embd"])
    writer.add_feed_forward_length(4 * c["n_embd"])
    writer.add_head_count(c["n_head"])
    writer.add_layer_norm_eps(c["layer_norm_epsilon"])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    # A vocabulary that no text is encoded with: the model is given numbers.
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"<{index}>" for index in range(c["vocab_size"])])
    writer.add_token_types([gguf.TokenType.NORMAL] * c["vocab_size"])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(c["bos_token_id"])
    writer.add_eos_token_id(c["eos_token_id"])
    for name, tensor in tensors.items():
        isLinear = name.endswith(".weight") and ".c_" in name
        writer.add_tensor(gguf_name(name), numpy.ascontiguousarray(tensor.T) if isLinear else tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def folder(path=HERE / ".cache" / "gpt2-random"):
    """The folder with `config.json`, `model.safetensors` and, where the package gguf is there, `model.gguf`."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    files = {"safetensors": path / "model.safetensors", "gguf": path / "model.gguf"}
    if all(file.exists() for file in files.values()):
        return path
    from safetensors.numpy import save_file
    tensors = weights(CONFIGURATION)
    (path / "config.json").write_text(json.dumps(CONFIGURATION, indent=2) + "\n")
    part = path / "part"
    save_file(tensors, part, metadata={"format": "pt"})
    os.replace(part, files["safetensors"])
    try:
        write_gguf(part, CONFIGURATION, tensors)
        os.replace(part, files["gguf"])
    except ImportError as error:
        print(f"no GGUF file: {error}", file=sys.stderr)
    return path


if __name__ == "__main__":
    print(folder(*sys.argv[1:2]))
