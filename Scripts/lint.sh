#!/bin/sh
# Checks the style of every Swift file, and that library and command code never traps on purpose.
set -eu

folders=
for folder in Sources Tests Benchmarks Examples; do
  [ -d "$folder" ] && folders="$folders $folder"
done
# shellcheck disable=SC2086  # the folders are words
find Package.swift $folders -name .build -prune -o -name '*.swift' -print0 |
  xargs -0 swift format lint --strict --parallel

# What a person, a file or the system can cause must be a MartletError, not the end of the process.
if grep -rnE --include='*.swift' '\btry!|\bas!|\bfatalError\(|\bpreconditionFailure\(' Sources; then
  echo "lint: the lines above trap; throw a MartletError instead" >&2
  exit 1
fi
echo "lint: clean"
