#!/bin/sh
# Alternates Martlet and a peer on the same training step and prints the median of the ratios: see compare.py --help.
#   Benchmarks/compare.sh 6 384 6 256 8 8192 [--peer torch-compile] [--pairs 7]
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
if [ ! -x "$here/peers/.venv/bin/python" ]; then
  "$here/peers/setup.sh"
fi
exec "$here/peers/.venv/bin/python" "$here/compare.py" "$@"
