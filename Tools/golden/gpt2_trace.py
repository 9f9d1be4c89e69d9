"""A small random GPT-2 with its logits, gradients, ten training steps, greedy continuations and masked batches.

Weights are float32; everything else is computed in float64 from them and rounded once when it is stored. Biases and
layer norms are moved away from 0 and 1 so that forgetting any parameter, or swapping two, shows.
"""

import copy

import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from fixture_files import fill_parameters, versions, write_json, write_tensors

SEED = 20240917
STEPS, BATCH, LENGTH = 10, 3, 16
TRAINING = {
    "optimizer": "adamw",
    "learning_rate": 1e-3,
    "lr_scheduler_type": "constant",
    "adam_beta1": 0.9,
    "adam_beta2": 0.95,
    "adam_epsilon": 1e-8,
    "weight_decay": 0.1,
    # Between the norms of the ten steps, so that some are clipped and others are not.
    "max_grad_norm": 2.0,
}


def make_model():
    config = GPT2Config(
        vocab_size=61, n_positions=24, n_embd=32, n_layer=2, n_head=4, embd_pdrop=0.0, attn_pdrop=0.0,
        resid_pdrop=0.0, bos_token_id=0, eos_token_id=0, tie_word_embeddings=True)
    config._attn_implementation = "eager"
    model = GPT2LMHeadModel(config)
    fill_parameters(model, SEED, lambda name: 0.08 if "wte" in name else 0.2)
    return model.eval()


def mean_loss(logits, targets):
    """transformers' own loss rounds logits to float32, so the mean over targets other than -100 is taken here."""
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1).long(), ignore_index=-100)


def logits_of(model, tokens, **options):
    return model(input_ids=tokens.long(), use_cache=False, **options).logits


def gradients_of(model):
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def gradient_norm(model):
    return torch.sqrt(sum((parameter.grad ** 2).sum() for parameter in model.parameters())).item()


def train(model, batches):
    """Ten steps; returns the losses before each update and the gradient norms before clipping."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": TRAINING["weight_decay"]}, {"params": others, "weight_decay": 0.0}],
        lr=TRAINING["learning_rate"], betas=(TRAINING["adam_beta1"], TRAINING["adam_beta2"]),
        eps=TRAINING["adam_epsilon"], foreach=False)
    losses, norms = [], []
    for batch in batches:
        optimizer.zero_grad()
        loss = mean_loss(logits_of(model, batch[:, :-1]), batch[:, 1:])
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), TRAINING["max_grad_norm"]).item())
        losses.append(loss.item())
        optimizer.step()
    return losses, norms


def generate(model, prompts, count=20):
    """Greedy continuations by the full forward pass, and the smallest gap between the best and the second logit."""
    continuations, margin = [], float("inf")
    for prompt in prompts:
        tokens = list(prompt)
        for _ in range(count):
            with torch.no_grad():
                row = logits_of(model, torch.tensor([tokens]))[0, -1]
            best, second = row.topk(2).values.tolist()
            margin = min(margin, best - second)
            tokens.append(row.argmax().item())
        continuations.append(tokens[len(prompt):])
    return continuations, margin


def masked(model, generator):
    """Right-padded sequences with masked targets: one batch of four, and the same as micro-batches of three and one."""
    lengths = torch.tensor([LENGTH, 11, 5, 14])
    tokens = torch.randint(0, model.config.vocab_size, (4, LENGTH), generator=generator)
    targets = torch.randint(0, model.config.vocab_size, (4, LENGTH), generator=generator)
    valid = torch.arange(LENGTH)[None, :] < lengths[:, None]
    tokens[~valid] = 0
    targets[~valid] = -100
    targets[0, 3:7] = -100
    targets[3, 1:] = -100
    attention_mask = valid.long()

    def backward(rows, weight):
        logits = logits_of(model, tokens[rows], attention_mask=attention_mask[rows])
        loss = mean_loss(logits, targets[rows])
        (loss * weight).backward()
        return logits.detach(), loss.item()

    counts = [int((targets[:3] != -100).sum()), int((targets[3:] != -100).sum())]
    model.zero_grad()
    logits, loss = backward(slice(0, 4), 1.0)
    whole, norm = gradients_of(model), gradient_norm(model)
    model.zero_grad()
    micro = [backward(rows, count / sum(counts))[1] for rows, count in zip((slice(0, 3), slice(3, 4)), counts)]
    accumulated = gradients_of(model)
    for name, gradient in whole.items():
        torch.testing.assert_close(accumulated[name], gradient, rtol=1e-9, atol=1e-12)
    # The padding must not reach the rows that count: a shorter batch without any gives the same logits.
    alone = logits_of(model, tokens[1:2, :11])
    torch.testing.assert_close(logits[1:2, :11], alone.detach(), rtol=1e-9, atol=1e-12)

    kept = ["transformer.wte.weight", "transformer.wpe.weight", "transformer.h.0.attn.c_attn.bias",
            "transformer.h.1.mlp.c_fc.bias", "transformer.ln_f.weight", "transformer.ln_f.bias"]
    tensors = {"tokens": tokens, "targets": targets, "lengths": lengths, "logits": logits}
    tensors |= {f"gradient.{name}": whole[name] for name in kept}
    report = {"loss": loss, "gradient_norm": norm, "micro_batch_rows": [3, 1], "micro_batch_losses": micro,
              "micro_batch_target_counts": counts}
    return tensors, report


def comparable(name, parameter):
    """Which elements two precisions agree on after training: all but the key biases, see the manifest."""
    chosen = torch.ones_like(parameter, dtype=torch.bool)
    if name.endswith("c_attn.bias"):
        width = parameter.shape[0] // 3
        chosen[width:2 * width] = False
    return chosen


def write(folder):
    model32 = make_model()
    model32.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    initial = copy.deepcopy(model32).double()
    assert initial.lm_head.weight is initial.transformer.wte.weight

    generator = torch.Generator().manual_seed(SEED + 1)
    # A skewed alphabet, so that ten steps learn something and the losses move.
    weights = 1.0 / torch.arange(1, model32.config.vocab_size + 1)
    draws = torch.multinomial(weights, STEPS * BATCH * (LENGTH + 1), replacement=True, generator=generator)
    batches = draws.view(STEPS, BATCH, LENGTH + 1)

    logits = logits_of(initial, batches[0, :, :-1])
    assert logits.dtype == torch.float64
    mean_loss(logits, batches[0, :, 1:]).backward()
    gradients = gradients_of(initial)
    assert all(g.abs().max() > 1e-6 for g in gradients.values())
    initial.zero_grad()

    trained, trained32 = copy.deepcopy(initial), copy.deepcopy(model32)
    losses, norms = train(trained, batches)
    losses32, norms32 = train(trained32, batches)
    assert min(norms) < TRAINING["max_grad_norm"] < max(norms)
    final, final32 = dict(trained.named_parameters()), dict(trained32.named_parameters())

    prompts = [[5], [1, 2, 3], [60, 0, 17, 4]]
    continuations, margin = generate(initial, prompts)
    assert margin > 1e-3, "a near tie would make greedy generation depend on rounding"
    cached = [model32.generate(torch.tensor([p]), attention_mask=torch.ones(1, len(p), dtype=torch.long),
                               max_new_tokens=20, min_new_tokens=20, do_sample=False,
                               eos_token_id=None, pad_token_id=0)[0, len(p):].tolist() for p in prompts]
    assert cached == continuations, "transformers' cached generation disagrees"

    masked_tensors, masked_report = masked(copy.deepcopy(initial), torch.Generator().manual_seed(SEED + 2))

    write_tensors(folder / "first_step.safetensors",
                  {"batches": batches, "logits": logits} | {f"gradient.{n}": g for n, g in gradients.items()})
    write_tensors(folder / "final.safetensors", final)
    write_tensors(folder / "masked.safetensors", masked_tensors)
    write_json(folder / "manifest.json", {
        "generator": "Tools/golden/gpt2_trace.py",
        "seed": SEED,
        "precision": "weights float32; all results computed in float64 and stored as float32, scalars here in full",
        "versions": versions(),
        "training": TRAINING | {
            "weight_decay_applies_to": "parameters with two or more dimensions, embeddings included",
            "clipping": "gradients are multiplied by min(1, max_grad_norm / (norm + 1e-6))"},
        "steps": {
            "inputs": "first_step.safetensors batches[step, :, :-1]",
            "targets": "first_step.safetensors batches[step, :, 1:]",
            "losses": losses,
            "gradient_norms": norms},
        "final_weights_not_comparable":
            "columns 32 to 63 of c_attn.bias: a key bias moves all of a row's scores alike, so its gradient is 0 "
            "but for rounding, which AdamW then enlarges",
        "generation": {"prompts": prompts, "greedy": continuations},
        "masked": masked_report,
        "observed": {
            "float32_largest_relative_loss_difference":
                max(abs(a - b) / abs(a) for a, b in zip(losses, losses32)),
            "float32_largest_relative_gradient_norm_difference":
                max(abs(a - b) / abs(a) for a, b in zip(norms, norms32)),
            "float32_largest_final_weight_difference":
                max((final[n] - final32[n])[comparable(n, final[n])].abs().max().item() for n in final),
            "smallest_greedy_margin": margin},
    })
