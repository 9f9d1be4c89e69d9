#!/bin/sh
# Writes the King James Bible, which the Debian package bible-kjv holds, as JSON lines with one chapter each:
#
#   Scripts/quickstart-text.sh data/bible.jsonl
#
# Verses stand on lines of their own, without their numbers. The file is complete or not there.
set -eu

output=$1
mkdir -p "$(dirname "$output")"
if ! command -v bible >/dev/null 2>&1; then
  echo "quickstart: there is no 'bible' command; run Scripts/setup.sh quickstart (package bible-kjv)" >&2
  exit 1
fi

bible -f gen1:1-rev22:21 | awk '
  # A line is "Ge1:1 In the beginning ...": the book and the chapter before the colon are the document.
  {
    space = index($0, " ")
    split(substr($0, 1, space - 1), place, ":")
    text = substr($0, space + 1)
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    gsub(/\t/, " ", text)
    if (place[1] != chapter) {
      if (chapter != "") print "\"}"
      printf "{\"text\": \""
      chapter = place[1]
    } else {
      printf "\\n"
    }
    printf "%s", text
  }
  END { if (chapter != "") print "\"}" }
' >"$output.part"
# The whole text has 1189 chapters; fewer mean that the command failed half-way.
chapters=$(wc -l <"$output.part")
if [ "$chapters" -ne 1189 ]; then
  rm -f "$output.part"
  echo "quickstart: expected 1189 chapters from 'bible' and got $chapters" >&2
  exit 1
fi
mv "$output.part" "$output"
