#!/bin/sh
# Runs the tests of the CPU backend, which must have been built, with each instruction set that this machine has besides
# the one that `swift test` takes by itself.
set -eu
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
sets=$(.build/release/martlet doctor | sed -n 's/^ok *kernels .*(available: \(.*\))$/\1/p' | tr -d ,)
[ -n "$sets" ] || {
  echo "martlet doctor names no instruction set" >&2
  exit 1
}
for set in ${sets#* }; do
  [ "$set" = "$sets" ] && break
  echo "CPUBackendTests with the instruction set $set"
  MARTLET_INSTRUCTION_SET=$set $swift test -c release --skip-build --filter CPUBackendTests
done
