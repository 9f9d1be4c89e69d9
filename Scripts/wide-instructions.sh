#!/bin/sh
# Checks that a program compiled for any x86-64 processor has AVX instructions only in functions that are chosen when a
# program starts: those whose names end in the name of an instruction set, as compilers name clones of functions too.
#   Scripts/wide-instructions.sh <program>
set -eu
case "$(uname -m)" in x86_64 | amd64) ;; *) exit 0 ;; esac
disassemble=$(command -v objdump || command -v llvm-objdump) || {
  echo "neither objdump nor llvm-objdump is on the PATH" >&2
  exit 1
}
"$disassemble" -d --no-show-raw-insn "$1" | awk '
  /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); chosen = name ~ /_(avx512|avx2)$|\.avx2\.[0-9]+$/; functions += chosen; next }
  # Every AVX instruction begins with a v; verr and verw are old, and virtual machines have their own.
  !chosen && $2 ~ /^v/ && $2 !~ /^(verr|verw|vm[a-z]*)$/ || !chosen && /%[yz]mm/ { wide[name]++ }
  !chosen && $2 ~ /^vm(ov|ul|ax|in|pt)/ { wide[name]++ }
  END {
    for (name in wide) { print name ": " wide[name] " wide instructions"; bad = 1 }
    if (!functions) { print "no function for a wide instruction set was found: is the program stripped?"; bad = 1 }
    exit bad
  }' >&2
