"""Times Hugging Face's tokenizers: `tokenizing.py --serve <file of JSON lines> <vocabulary>`, see serving.py."""

import json
import os
import sys
import time

import serving


def main():
    _, path, vocabulary = sys.argv[1:]
    os.environ["RAYON_NUM_THREADS"] = str(serving.threads())
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    try:
        import tokenizers
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    except ImportError as error:
        serving.missing(error)
    with open(path, encoding="utf-8") as file:
        documents = [json.loads(line)["text"] for line in file]
    megabytes = sum(len(document.encode()) for document in documents) / 1e6

    def timed(work):
        start = time.perf_counter()
        result = work()
        return megabytes / (time.perf_counter() - start), result

    def measure():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=int(vocabulary), min_frequency=2, special_tokens=["<|endoftext|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
        train, _ = timed(lambda: tokenizer.train_from_iterator(documents, trainer, length=len(documents)))
        one, count = timed(lambda: sum(len(tokenizer.encode(document).ids) for document in documents))
        everything, _ = timed(lambda: sum(len(encoding.ids) for encoding in tokenizer.encode_batch(documents)))
        return {"train": train, "encode, one thread": one, "encode, all threads": everything, "tokens": count}

    serving.serve(tokenizers.__version__, measure)


if __name__ == "__main__":
    main()
