"""Files of torch.save in every form that state dictionaries come in, their tensors as numbers, and hostile ones."""

import collections
import io
import pickle
import zipfile

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from fixture_files import fill_parameters, versions, write_json, write_tensors

SEED = 20261201


def tensors():
    generator = torch.Generator().manual_seed(SEED)
    base = torch.randn(4, 6, generator=generator)
    whole = torch.arange(-12, 12)
    return collections.OrderedDict({
        "f32": base, "f16": base.half(), "bf16": base.bfloat16(), "f64": base.double(),
        "i64": whole, "i32": whole.int(), "i16": whole.short(), "i8": whole.to(torch.int8),
        "u8": whole.abs().to(torch.uint8), "bool": whole % 3 == 0,
        # Views of one storage, in ways that rows do not lie behind one another.
        "shared": base, "transposed": base.T, "column": base[:, 2], "inner": base[1:3, 2:5], "every_other": base[::2, ::3],
        "row": base[3], "offset": base.reshape(-1)[5:11], "one_axis_more": base[None, :, None],
        "permuted": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1), "expanded": torch.arange(5.0).expand(1, -1),
        "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(base[:2].clone()),
    })


class Evil:
    """Calls a function when a pickle is loaded by running it."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def archive(content):
    """A file of torch.save's form with this pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("archive/data.pkl", content)
        file.writestr("archive/byteorder", "little")
        file.writestr("archive/data/0", b"\0" * 16)
    return buffer.getvalue()


def write(folder):
    folder.mkdir(parents=True)
    state = tensors()
    for protocol in (2, 3, 4, 5):
        torch.save(state, folder / f"protocol{protocol}.bin", pickle_protocol=protocol)
    torch.save({"epoch": 3, "state_dict": {"a": state["f32"]}, "optimizer": {"lr": 0.1}}, folder / "nested.bin")
    torch.save(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2)).state_dict(), folder / "module.bin")
    write_tensors(folder / "expected.safetensors", state)
    write_tensors(folder / "module.safetensors", torch.load(folder / "module.bin"))

    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=11, n_positions=8, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0))
    fill_parameters(model, SEED, lambda name: 0.3)
    model.save_pretrained(folder / "gpt2")
    (folder / "gpt2" / "generation_config.json").unlink()
    # As `transformers` saved models before safetensors: with both names of what is tied, and in shards.
    state_dict = model.state_dict()
    torch.save(state_dict, folder / "gpt2" / "pytorch_model.bin")
    names = list(state_dict)
    shards = {"pytorch_model-00001-of-00002.bin": names[:5], "pytorch_model-00002-of-00002.bin": names[5:]}
    for file, part in shards.items():
        torch.save({name: state_dict[name].clone() for name in part}, folder / "gpt2" / file)
    write_json(folder / "gpt2" / "pytorch_model.bin.index.json", {
        "metadata": {}, "weight_map": {name: file for file, part in shards.items() for name in part}})

    torch.save(state, folder / "legacy.pt", _use_new_zipfile_serialization=False)
    hostile = {
        "system": pickle.dumps(Evil(__import__("os").system, "true"), 2),
        "eval": pickle.dumps({"a": Evil(eval, "1")}, 4),
        "numpy": pickle.dumps({"a": __import__("numpy").zeros(2)}, 2),
        "object": pickle.dumps(Evil(collections.Counter), 4),
    }
    for name, content in hostile.items():
        (folder / f"hostile_{name}.bin").write_bytes(archive(content))
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/pytorch_files.py", "seed": SEED, "versions": versions(),
        "conventions": {"expected.safetensors": "floats rounded to F32, integers as I32"}})
