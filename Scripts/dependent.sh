#!/bin/sh
# Builds and runs a program in a package that depends on Martlet by version, as people's packages do, and checks that
#   - it builds, though the package manager refuses unsafe flags there,
#   - it would run on any processor of its kind: no wide instruction stands outside of the functions that are chosen
#     when a program starts,
#   - it is about as fast as this folder's own build.
# Needs `make build` before. The version is a git tag, in a temporary repository, of this folder's files as they are.
set -eu
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

mkdir -p "$work/martlet" "$work/dependent/Sources/dependent"
git ls-files -co --exclude-standard | while read -r file; do
  if [ -e "$file" ]; then echo "$file"; fi
done | tar -cf - -T - | tar -xf - -C "$work/martlet"
git -C "$work/martlet" init -q
git -C "$work/martlet" add -A
git -C "$work/martlet" -c user.name=martlet -c user.email=martlet@localhost commit -qm "Everything"
git -C "$work/martlet" tag 0.1.0

cat >"$work/dependent/Package.swift" <<END
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "dependent",
  dependencies: [.package(url: "file://$work/martlet", from: "0.1.0")],
  targets: [.executableTarget(name: "dependent", dependencies: [.product(name: "Martlet", package: "martlet")])])
END
cat >"$work/dependent/Sources/dependent/main.swift" <<'END'
import CPUBackend
import Core
import Training

let benchmark = StepBenchmark(
  layers: 4, hiddenSize: 128, heads: 4, contextLength: 64, batchSize: 12, vocabularySize: 65, steps: 60)
print(JSONValue.object(try benchmark.run(on: CPU()).figures).text())
END

$swift build -c release --disable-dependency-cache --package-path "$work/dependent"
program=$work/dependent/.build/release/dependent

Scripts/wide-instructions.sh "$program"

milliseconds() { sed -n 's/.*"milliseconds_per_step":\([0-9.]*\).*/\1/p'; }

echo "milliseconds a step, dependent and root by turns:"
for round in 1 2 3; do
  theirs=$("$program" | milliseconds)
  ours=$(.build/release/martlet bench step 4 128 4 64 12 65 --steps 60 | milliseconds)
  echo "  $theirs  $ours"
  echo "$theirs $ours" >>"$work/times"
done
# Timings vary; a dependent without its kernels would take several times as long.
awk '{ r[NR] = $1 / $2 } END { best = r[1]; for (i in r) if (r[i] < best) best = r[i]; exit best > 1.5 }' "$work/times" || {
  echo "a program that depends on Martlet by version is far slower than this folder's own build" >&2
  exit 1
}
echo "a dependent by version builds, runs anywhere, and is fast"
