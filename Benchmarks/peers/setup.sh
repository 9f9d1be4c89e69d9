#!/bin/sh
# Makes Benchmarks/peers/.venv with the pinned programs that Martlet is measured against: PyTorch, transformers,
# tokenizers, JAX, and llama.cpp, which is built for this machine. `setup.sh torch` stops after the first three.
#
# llm.c is not installed here: build its CPU program train_gpt2 and name it in LLM_C_TRAIN_GPT2.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
python=${PYTHON:-python3}
[ -x "$here/.venv/bin/python" ] || "$python" -m venv "$here/.venv"
pip() { "$here/.venv/bin/pip" install --quiet "$@"; }
# Only PyTorch's processor build is on its own index; asking that index for every other package is slow.
pip --no-deps --extra-index-url https://download.pytorch.org/whl/cpu "$(grep '^torch==' "$here/requirements.txt")"
pip --requirement "$here/requirements.txt"
if [ "${1:-}" != torch ]; then
  pip --requirement "$here/requirements-jax.txt"
  # A wheel would be for any processor: compile it for this one.
  CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF" pip --no-binary llama-cpp-python \
    --requirement "$here/requirements-llama.txt" ||
    echo "setup: llama.cpp could not be built; its rows will be missing" >&2
fi
"$here/.venv/bin/python" -c 'import torch; print("PyTorch", torch.__version__, "is ready in Benchmarks/peers/.venv")'
