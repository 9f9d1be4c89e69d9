"""safetensors files as the Python library writes them, and what they hold."""

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import save_file

from fixture_files import versions, write_json

SPECIAL = [0.0, -0.0, 1.0, -2.5, 65504.0, 6.103515625e-05, 5.960464477539063e-08, -5.960464477539063e-07]


def every_type():
    """A tensor of each type that PyTorch and the library share, with the ends of the types' ranges."""
    return {
        "f64": torch.tensor([1.0, 1e300, -1e-300, 0.1], dtype=torch.float64),
        "f32": torch.tensor(SPECIAL + [3.4028234663852886e38, 1e-45], dtype=torch.float32),
        "f16": torch.tensor(SPECIAL, dtype=torch.float16),
        "bf16": torch.tensor(SPECIAL + [3.3895313892515355e38], dtype=torch.bfloat16),
        "i64": torch.tensor([-(2**63), 2**63 - 1, 0], dtype=torch.int64),
        "i32": torch.tensor([-(2**31), 2**31 - 1, 0], dtype=torch.int32),
        "i16": torch.tensor([-(2**15), 2**15 - 1, 0], dtype=torch.int16),
        "i8": torch.tensor([-128, 127, 0], dtype=torch.int8),
        "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
        "u16": torch.tensor([0, 2**16 - 1], dtype=torch.uint16),
        "u32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
        "bool": torch.tensor([[True, False, True]]),
        "scalar": torch.tensor(42.0),
        "empty": torch.zeros(0, 3),
        "matrix.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "名前 \"é\"\n": torch.tensor([[[1, 2]]], dtype=torch.int32),
    }


def values(tensor):
    """Elements as JSON has them: numbers beyond float32's range become null, truth values 0 and 1."""
    if tensor.dtype.is_floating_point:
        numbers = tensor.to(torch.float32).flatten().double().tolist()
        return [None if abs(x) == float("inf") else x for x in numbers]
    return [int(x) for x in tensor.flatten().tolist()]


def write(folder):
    (folder / "sharded").mkdir(parents=True)
    tensors = every_type()
    save_file(tensors, str(folder / "types.safetensors"), metadata={"format": "pt"})
    sharded = {f"layer.{i}.weight": torch.arange(i * 100, i * 100 + 30, dtype=torch.float32).reshape(5, 6) for i in range(4)}
    save_torch_state_dict(sharded, str(folder / "sharded"), filename_pattern="model{suffix}.safetensors",
                          max_shard_size=250)
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/safetensors_files.py",
        "versions": versions(),
        "tensors": {name: {"shape": list(t.shape), "values": values(t)} for name, t in tensors.items()},
    })
