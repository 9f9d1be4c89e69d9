"""Trains a character-level GPT-2 in PyTorch on one text file and reports the loss over the whole validation set.

    character_model.py tinyshakespeare.txt --context 128 --muon-learning-rate 0.02 ...

The first 90% of the characters are trained on, the rest is the validation set, read in consecutive windows of the
model's context. The model is Hugging Face's GPT-2 (biases, learned positions, gelu_new, dropout 0). Prints one JSON line
with the loss, the wall and processor time of training without evaluation, and the floating-point operations.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.heads = o.heads
        self.ln_1 = nn.LayerNorm(o.width, bias=not o.no_bias)
        self.c_attn = nn.Linear(o.width, 3 * o.width, bias=not o.no_bias)
        self.attn_proj = nn.Linear(o.width, o.width, bias=not o.no_bias)
        self.ln_2 = nn.LayerNorm(o.width, bias=not o.no_bias)
        self.c_fc = nn.Linear(o.width, o.inner, bias=not o.no_bias)
        self.mlp_proj = nn.Linear(o.inner, o.width, bias=not o.no_bias)
        self.gelu = "none" if o.gelu == "erf" else "tanh"

    def forward(self, x):
        batch, length, width = x.shape
        mixed = self.c_attn(self.ln_1(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = mixed.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn_proj(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate=self.gelu))


class Model(nn.Module):
    def __init__(self, o, vocabulary):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, o.width)
        self.wpe = nn.Embedding(o.context, o.width)
        self.h = nn.ModuleList(Block(o) for _ in range(o.layers))
        self.ln_f = nn.LayerNorm(o.width, bias=not o.no_bias)
        self.head = nn.Linear(o.width, vocabulary, bias=False) if o.untied else None
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() >= 2:
                residual = o.residual_scale / math.sqrt(2 * o.layers) if "proj" in name else 1
                nn.init.normal_(parameter, std=o.initializer_range * residual)

    def forward(self, inputs, targets):
        x = self.wte(inputs) + self.wpe.weight[: inputs.shape[1]]
        for block in self.h:
            x = block(x)
        weight = self.wte.weight if self.head is None else self.head.weight
        return F.cross_entropy(F.linear(self.ln_f(x), weight).flatten(0, 1), targets.flatten())


def orthogonalized(x, steps):
    """Newton-Schulz on a stack of matrices, with rows no more than columns while it iterates."""
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = 3.4445 * x + torch.baddbmm(gram, gram, gram, beta=-4.7750, alpha=2.0315) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; matrices of one shape are iterated together.

    The fused matrix of queries, keys and values (`parts` is 3) is three maps, each orthogonalised on its own.
    """

    def __init__(self, parameters, lr, momentum, weight_decay, steps):
        super().__init__(parameters, {
            "lr": lr, "momentum": momentum, "weight_decay": weight_decay, "steps": steps, "parts": 1})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            stacks = {}
            for parameter in group["params"]:
                buffer = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                buffer.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(buffer, group["momentum"])
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                for target, part in zip(parameter.chunk(group["parts"]), update.chunk(group["parts"])):
                    stacks.setdefault(part.shape, []).append((target, part))
            for (rows, columns), pairs in stacks.items():
                scale = math.sqrt(max(1, rows / columns)) * group["lr"]
                updates = orthogonalized(torch.stack([part for _, part in pairs]), group["steps"])
                for (target, _), update in zip(pairs, updates):
                    target.add_(update, alpha=-scale)


def muon_flops(rows, columns, steps):
    small, large = min(rows, columns), max(rows, columns)
    return steps * (4 * small * small * large + 2 * small**3)


def factor(o, step):
    """The learning rate's factor by step, counted from 0."""
    if step < o.warmup:
        return (step + 1) / (o.warmup + 1)
    if o.schedule == "cosine":
        progress = (step - o.warmup) / (o.steps - o.warmup)
        return o.final + (1 - o.final) * 0.5 * (1 + math.cos(math.pi * progress))
    decay = max(1, round(o.decay * (o.steps - o.warmup)))
    return o.final + (1 - o.final) * min(1.0, (o.steps - step) / decay)


def batches(o, data, generator):
    """Windows at random places, or every window once an epoch in random order, from a new offset each epoch."""
    span = torch.arange(o.context + 1)
    if o.sampling == "random":
        while True:
            yield data[torch.randint(len(data) - o.context, (o.batch, 1), generator=generator) + span]
    left = torch.empty(0, dtype=torch.long)
    while True:
        while len(left) < o.batch:
            offset = 0 if o.sampling == "fixed" else int(torch.randint(o.context, (1,), generator=generator))
            starts = torch.arange(offset, len(data) - o.context, o.context)
            left = torch.cat([left, starts[torch.randperm(len(starts), generator=generator)]])
        yield data[left[: o.batch, None] + span]
        left = left[o.batch:]


@torch.no_grad()
def validation_loss(model, data, context):
    """The mean over all targets of the validation set, each predicted once, the last window shorter."""
    whole = (len(data) - 1) // context
    windows = data[: whole * context + 1]
    inputs, targets = windows[:-1].view(whole, context), windows[1:].view(whole, context)
    total = sum(model(i, t).item() * t.numel() for i, t in zip(inputs.split(64), targets.split(64)))
    rest = data[whole * context:]
    if len(rest) > 1:
        total += model(rest[None, :-1], rest[None, 1:]).item() * (len(rest) - 1)
    return total / (len(data) - 1)


def save(model, o, folder):
    """Writes the model as a Hugging Face GPT-2, whose matrices are stored input by output."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=model.wte.weight.shape[0], n_positions=o.context, n_embd=o.width, n_layer=o.layers, n_head=o.heads,
        n_inner=o.inner, activation_function="gelu_new" if o.gelu == "tanh" else "gelu", resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, tie_word_embeddings=not o.untied, bos_token_id=0, eos_token_id=0)
    theirs = GPT2LMHeadModel(config)
    renamed = {"attn_proj": "attn.c_proj", "mlp_proj": "mlp.c_proj", "c_attn": "attn.c_attn", "c_fc": "mlp.c_fc"}
    tensors = {}
    for name, tensor in model.state_dict().items():
        parts = [renamed.get(part, part) for part in name.split(".")]
        is_linear = name.startswith("h.") and tensor.dim() == 2
        key = "lm_head.weight" if parts[0] == "head" else "transformer." + ".".join(parts)
        tensors[key] = tensor.T.contiguous() if is_linear else tensor
    if not o.untied:
        tensors["lm_head.weight"] = tensors["transformer.wte.weight"]
    if o.no_bias:
        tensors = {k: torch.zeros_like(v) for k, v in theirs.state_dict().items() if k.endswith("bias")} | tensors
    theirs.load_state_dict(tensors)
    theirs.save_pretrained(folder)


def options(arguments=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("text", type=Path)
    p.add_argument("--save", type=Path, help="a folder for the trained model in Hugging Face's layout")
    for name, default in [("layers", 4), ("heads", 4), ("width", 128), ("inner", 0), ("context", 64), ("batch", 12),
                          ("steps", 2000), ("warmup", 100), ("threads", 2), ("seed", 1), ("muon-steps", 5),
                          ("report-every", 0)]:
        p.add_argument(f"--{name}", type=int, default=default)
    for name, default in [
        ("learning-rate", 1e-3), ("beta1", 0.9), ("beta2", 0.99), ("epsilon", 1e-8), ("weight-decay", 0.1),
        ("clip", 1.0), ("decay", 1.0), ("final", 0.1), ("muon-learning-rate", 0.0), ("muon-momentum", 0.95),
        ("muon-weight-decay", 0.0), ("initializer-range", 0.02), ("residual-scale", 1.0), ("average", 0.0),
    ]:
        p.add_argument(f"--{name}", type=float, default=default)
    p.add_argument("--schedule", choices=["cosine", "linear"], default="cosine")
    p.add_argument("--sampling", choices=["random", "shuffled", "fixed"], default="random")
    p.add_argument("--gelu", choices=["tanh", "erf"], default="tanh")
    for flag in ("no-bias", "untied", "compile"):
        p.add_argument(f"--{flag}", action="store_true")
    o = p.parse_args(arguments)
    o.inner = o.inner or 4 * o.width
    return o


def train(o):
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    text = o.text.read_text(encoding="utf-8")
    alphabet = {character: index for index, character in enumerate(sorted(set(text)))}
    data = torch.tensor([alphabet[character] for character in text])
    training, validation = data.split([int(0.9 * len(data)), len(data) - int(0.9 * len(data))])

    model = Model(o, len(alphabet))
    names = dict(model.named_parameters())
    hidden = {n: p for n, p in names.items() if o.muon_learning_rate and n.startswith("h.") and p.dim() == 2}
    others = [p for n, p in names.items() if n not in hidden]
    optimizers = [torch.optim.AdamW(
        [{"params": [p for p in others if p.dim() >= 2], "weight_decay": o.weight_decay},
         {"params": [p for p in others if p.dim() < 2], "weight_decay": 0.0}],
        lr=o.learning_rate, betas=(o.beta1, o.beta2), eps=o.epsilon, fused=True)]
    if hidden:
        fused = [p for n, p in hidden.items() if "c_attn" in n]
        single = [p for n, p in hidden.items() if "c_attn" not in n]
        optimizers.append(Muon(
            [{"params": single, "parts": 1}, {"params": fused, "parts": 3}],
            o.muon_learning_rate, o.muon_momentum, o.muon_weight_decay, o.muon_steps))
    base = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    averaged = [p.detach().clone() for p in names.values()] if o.average else None

    loss_of = torch.compile(model) if o.compile else model
    supply = batches(o, training, torch.Generator().manual_seed(o.seed))
    tokens = o.batch * o.context
    matrices = o.layers * (4 * o.width**2 + 2 * o.width * o.inner) + len(alphabet) * o.width
    flops = o.steps * tokens * (6 * matrices + 12 * o.layers * o.width * o.context)
    parts = {n: 3 if "c_attn" in n else 1 for n in hidden}
    flops_muon = o.steps * sum(
        parts[n] * muon_flops(p.shape[0] // parts[n], p.shape[1], o.muon_steps) for n, p in hidden.items())

    wall, processor, load = time.perf_counter(), time.process_time(), os.getloadavg()[0]
    for step in range(o.steps):
        for optimizer, rates in zip(optimizers, base):
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * factor(o, step)
        batch = next(supply)
        loss = loss_of(batch[:, :-1], batch[:, 1:])
        loss.backward()
        if o.clip:
            nn.utils.clip_grad_norm_(model.parameters(), o.clip)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        if averaged:
            weight = max(1 - o.average, 1 / (step + 1))
            torch._foreach_lerp_(averaged, [p.detach() for p in names.values()], weight)
        if o.report_every and (step + 1) % o.report_every == 0:
            print(f"step {step + 1}: training loss {loss.item():.4f}", flush=True)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    result = {"validation_loss": validation_loss(model, validation, o.context), "last_training_loss": loss.item()}
    if averaged:
        with torch.no_grad():
            for parameter, average in zip(names.values(), averaged):
                parameter.copy_(average)
        result["validation_loss_averaged"] = validation_loss(model, validation, o.context)
    if o.save:
        save(model, o, o.save)
    result = {name: round(value, 4) for name, value in result.items()}
    return result | {
        "wall_seconds": round(wall, 1), "processor_seconds": round(processor, 1),
        "load_before_and_after": [round(load, 1), round(os.getloadavg()[0], 1)],
        "teraflops_model": round(flops / 1e12, 2), "teraflops_muon": round(flops_muon / 1e12, 2),
        "tokens": o.steps * tokens, "parameters": sum(p.numel() for p in names.values()), "torch": torch.__version__}


if __name__ == "__main__":
    chosen = options()
    settings = {k: str(v) if isinstance(v, Path) else v for k, v in vars(chosen).items()}
    print(json.dumps(train(chosen) | {"settings": settings}), flush=True)
