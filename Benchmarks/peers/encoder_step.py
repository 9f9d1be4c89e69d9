"""Times training steps of BERT and T5 in PyTorch with `transformers`: forward, backward, gradient-norm clipping, AdamW, float32.

    encoder_step.py torch words 6 384 12 128 32 30522       task, layers, hidden size, heads, length, batch, vocabulary
    encoder_step.py torch-compile texts 6 384 12 64 32 30522
    encoder_step.py --serve torch words 4 256 4 128 32 8192

`words` hides 15% of the tokens of full texts; `texts` gives each text, from a quarter of the length to all of it, one of two
labels; `pairs` lets T5 write targets as long as their sources. Prints one JSON line; with --serve it answers requests: see serving.py.
"""

import argparse
import os
import statistics

import serving
import steps_timing

SIZES = ["layers", "width", "heads", "length", "batch", "vocabulary"]
FIRST_WORD = 5


def make_step(framework, task, sizes, threads):
    import torch
    import transformers
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layers, width, heads, length, batch, vocabulary = sizes
    if task == "pairs":
        cls = transformers.T5ForConditionalGeneration
        config = transformers.T5Config(
            num_layers=layers, d_model=width, num_heads=heads, d_kv=width // heads, d_ff=4 * width, vocab_size=vocabulary,
            decoder_start_token_id=0)
    else:
        cls = transformers.BertForMaskedLM if task == "words" else transformers.BertForSequenceClassification
        config = transformers.BertConfig(
            num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads, intermediate_size=4 * width,
            max_position_embeddings=length, vocab_size=vocabulary)
    model = cls(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    tokens = torch.randint(FIRST_WORD, vocabulary, (batch, length))
    mask = torch.ones_like(tokens)
    if task == "pairs":
        labels = torch.randint(FIRST_WORD, vocabulary, (batch, length))
    elif task == "words":
        hidden = torch.rand(batch, length).argsort(1) < max(1, length * 15 // 100)
        labels = tokens.masked_fill(~hidden, -100)
        tokens = tokens.masked_fill(hidden, 4)
    else:
        used = torch.tensor([max(1, length // 4 + row * (length - length // 4) // max(1, batch - 1))
                             for row in range(batch)])
        mask = (torch.arange(length)[None] < used[:, None]).long()
        tokens, labels = tokens * mask, torch.arange(batch) % 2
    call = torch.compile(model) if framework == "torch-compile" else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = call(input_ids=tokens, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step, f"{torch.__version__}, transformers {transformers.__version__}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("framework", choices=["torch", "torch-compile"])
    parser.add_argument("task", choices=["words", "texts", "pairs"])
    for name in SIZES:
        parser.add_argument(name, type=int)
    parser.add_argument("--steps", type=int, default=10, help="steps in a measurement")
    parser.add_argument("--warmup", type=int, default=2, help="steps before the first measurement")
    parser.add_argument("--threads", type=int, default=serving.threads())
    parser.add_argument("--serve", action="store_true")
    arguments = parser.parse_args()
    sizes = [getattr(arguments, name) for name in SIZES]
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    try:
        step, version = make_step(arguments.framework, arguments.task, sizes, arguments.threads)
    except ImportError as error:
        serving.missing(error)
    steps_timing.timed(step, arguments.warmup)

    def measure(steps):
        times, loss = steps_timing.timed(step, steps)
        median = statistics.median(times)
        return {
            "framework": arguments.framework, "version": version, "steps": steps,
            "milliseconds_per_step": round(median, 3), "loss": round(loss, 3),
            "tokens_per_second": round(1e3 * sizes[4] * sizes[3] / median),
            "peak_memory_megabytes": steps_timing.peak_memory_megabytes(),
        }

    if arguments.serve:
        serving.serve(version, measure)
    else:
        serving.say(measure(arguments.steps))


if __name__ == "__main__":
    main()
