"""nanoGPT's setting for character-level Shakespeare on a CPU, in PyTorch; published validation loss 1.88.

    nanogpt_char.py tinyshakespeare.txt [--biases] [--threads 2] [--seed 1]

The published figure is an estimate on 20 batches; here the loss is over the whole validation set, in consecutive windows
of 64. nanoGPT has no biases by default and uses the erf form of GELU; --biases gives Hugging Face's GPT-2 (biases,
gelu_new) under the same setting.
"""

import argparse
import json

from character_model import options, train

SETTING = """
    --layers 4 --heads 4 --width 128 --context 64 --batch 12 --steps 2000 --learning-rate 1e-3 --schedule cosine --final 0.1
    --warmup 100 --beta1 0.9 --beta2 0.99 --weight-decay 0.1 --clip 1.0 --sampling random
""".split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--biases", action="store_true")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--seed", default="1")
    a = parser.parse_args()
    variant = ["--gelu", "tanh"] if a.biases else ["--gelu", "erf", "--no-bias"]
    result = train(options([a.text, *SETTING, *variant, "--threads", a.threads, "--seed", a.seed]))
    print(json.dumps({"biases": a.biases, "seed": int(a.seed), "threads": int(a.threads)} | result))


if __name__ == "__main__":
    main()
