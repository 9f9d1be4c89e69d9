#!/bin/sh
# Trains a small GPT on the King James Bible with the given martlet, lets it write, and exports it.
set -eu

martlet=$1
run=runs/quickstart
text=data/bible.jsonl

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

if [ ! -f "$text" ]; then
  say "1. Text: the King James Bible from the Debian package bible-kjv"
  Scripts/quickstart-text.sh "$text"
else
  say "1. Text: $text is there"
fi

say "2. Train: $martlet train recipes/quickstart.yaml"
resume=
[ -d "$run/checkpoints" ] && resume=--resume
# shellcheck disable=SC2086  # an empty word must vanish
"$martlet" train recipes/quickstart.yaml $resume

say "3. Write: $martlet generate --model $run --prompt 'In the beginning' --max-new-tokens 120"
"$martlet" generate --model "$run" --prompt 'In the beginning' --max-new-tokens 120 --temperature 0.8 --seed 1

say "4. Export: $martlet export --format hf --from $run --to $run/hf"
"$martlet" export --format hf --from "$run" --to "$run/hf"

say "Done. What you have now:"
cat <<END
  $run/report.html   the training report: open it in a browser
  $run/hf            the model for Hugging Face transformers: AutoModelForCausalLM.from_pretrained("$run/hf")
  $run/checkpoints   where training can go on: $martlet train recipes/quickstart.yaml --resume --set train.max_steps=2000

Try another prompt:
  $martlet generate --model $run --prompt 'And the king said'
Train on your own text:
  $martlet new text-generation my-model
END
