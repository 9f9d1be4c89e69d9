"""Times generation with another program: `generation.py --serve llama|transformers <folder> <texts>`, see serving.py.

The folder is of gpt2_files.py. A request has the tokens of the prompt and the number of new ones; each text gets the same
prompt, and the likeliest token is taken each time.
"""

import sys
import time
from pathlib import Path

import serving


def prompt_tokens(count, vocabulary=50257):
    """The same as `martlet bench generate` has."""
    return [(index * 7919 + 11) % vocabulary for index in range(count)]


def timed(read_prompt, read_next, texts, prompt, new):
    """Tokens a second of both phases, and what the first text was given. `read_...` give the likeliest next tokens."""
    start = time.perf_counter()
    following = read_prompt(prompt_tokens(prompt))
    middle = time.perf_counter()
    written = []
    for step in range(new):
        written.append(int(following[0]))
        following = read_next(following, prompt + step)
    end = time.perf_counter()
    return {"prompt": texts * prompt / (middle - start), "decode": texts * new / (end - middle), "tokens": written[:16]}


def transformers_measure(folder, texts):
    import torch
    import transformers
    torch.set_num_threads(serving.threads())
    model = transformers.GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    cache = None

    def read(tokens):
        nonlocal cache
        output = model(tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = output.past_key_values
        return output.logits[:, -1].argmax(-1)

    def read_prompt(prompt):
        nonlocal cache
        cache = None
        return read(torch.tensor([prompt] * texts))

    @torch.inference_mode()
    def measure(prompt, new):
        return timed(read_prompt, lambda following, _: read(following[:, None]), texts, prompt, new)

    return measure, transformers.__version__


def llama_measure(folder, texts):
    import ctypes

    import llama_cpp as llama
    import numpy
    file = Path(folder) / "model.gguf"
    if not file.exists():
        serving.missing(f"{file}; gpt2_files.py writes it where the package gguf is installed")
    ignore = llama.llama_log_callback(lambda *_: None)
    llama.llama_log_set(ignore, ctypes.c_void_p(0))
    llama.llama_backend_init()
    model = llama.llama_model_load_from_file(str(file).encode(), llama.llama_model_default_params())
    settings = llama.llama_context_default_params()
    settings.n_ctx = 1024 * texts
    settings.n_batch = settings.n_ubatch = 512
    settings.n_seq_max = texts
    settings.n_threads = settings.n_threads_batch = serving.threads()
    settings.type_k = settings.type_v = llama.GGML_TYPE_F32
    context = llama.llama_init_from_model(model, settings)
    if not context:
        serving.missing("llama.cpp cannot make a context of this size")
    vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    batch = llama.llama_batch_init(512, 0, 1)

    def decode(entries):
        """Reads (token, position, text, wants logits) and gives the likeliest token behind those that want logits."""
        for index, (token, position, text, wants) in enumerate(entries):
            batch.token[index], batch.pos[index], batch.logits[index] = token, position, wants
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, text
        batch.n_tokens = len(entries)
        if llama.llama_decode(context, batch) != 0:
            sys.exit("llama_decode failed")
        return [likeliest(index) for index, entry in enumerate(entries) if entry[3]]

    def likeliest(index):
        logits = llama.llama_get_logits_ith(context, index)
        return int(numpy.ctypeslib.as_array(logits, (vocabulary,)).argmax())

    def read_prompt(prompt):
        llama.llama_memory_clear(llama.llama_get_memory(context), True)
        last = len(prompt) - 1
        entries = [(token, position, text, position == last) for text in range(texts)
                   for position, token in enumerate(prompt)]
        following = []
        for start in range(0, len(entries), 512):
            following += decode(entries[start:start + 512])
        return following

    def read_next(following, position):
        return decode([(token, position, text, True) for text, token in enumerate(following)])

    return lambda prompt, new: timed(read_prompt, read_next, texts, prompt, new), llama.__version__


def main():
    _, framework, folder, texts = sys.argv[1:]
    try:
        make = {"llama": llama_measure, "transformers": transformers_measure}[framework]
        measure, version = make(folder, int(texts))
    except ImportError as error:
        serving.missing(error)
    measure(16, 2)
    serving.serve(version, measure)


if __name__ == "__main__":
    main()
