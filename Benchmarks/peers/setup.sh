#!/bin/sh
# Makes Benchmarks/peers/.venv with the pinned frameworks that Martlet is measured against. `setup.sh jax` adds JAX.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
python=${PYTHON:-python3}
[ -x "$here/.venv/bin/python" ] || "$python" -m venv "$here/.venv"
# Only PyTorch's processor build is on its own index; asking that index for every other package is slow.
torch=$(grep '^torch==' "$here/requirements.txt")
"$here/.venv/bin/pip" install --quiet --no-deps --extra-index-url https://download.pytorch.org/whl/cpu "$torch"
"$here/.venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
if [ "${1:-}" = jax ]; then
  "$here/.venv/bin/pip" install --quiet --requirement "$here/requirements-jax.txt"
fi
"$here/.venv/bin/python" -c 'import torch; print("PyTorch", torch.__version__, "is ready in Benchmarks/peers/.venv")'
