#!/bin/sh
# Measures Martlet against its peers and writes docs/BENCHMARKS.md: see bench.py --help.
#   Benchmarks/bench.sh                                  every section
#   Benchmarks/bench.sh training --only 6/384 --pairs 7  some rows of one; the others stay as they were
# MARTLET_PEERS_PYTHON names a Python that has the peers; without it, peers/setup.sh makes one.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
python=${MARTLET_PEERS_PYTHON:-$here/peers/.venv/bin/python}
if [ ! -x "$python" ]; then
  "$here/peers/setup.sh"
fi
exec "$python" "$here/bench.py" "$@"
