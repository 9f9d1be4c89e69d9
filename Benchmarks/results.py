"""The results of each section: rows by name, in results/<section>.json."""

import json
import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "results"


def load(section):
    try:
        return json.loads((FOLDER / f"{section}.json").read_text())
    except FileNotFoundError:
        return []


def keep(section, row):
    """Puts a row in the place of the one of the same name and peer, or behind the others."""
    rows = load(section)
    same = [index for index, old in enumerate(rows) if (old["name"], old["peer"]) == (row["name"], row["peer"])]
    if same:
        rows[same[0]] = row
    else:
        rows.append(row)
    FOLDER.mkdir(exist_ok=True)
    new = FOLDER / f".{section}.json"
    new.write_text(json.dumps(rows, indent=1) + "\n")
    os.replace(new, FOLDER / f"{section}.json")
