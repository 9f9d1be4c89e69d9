"""Our reading of structured sources beside Python's and Pillow's, one thread each, alternately.

    python Benchmarks/sources.py <folder for the data> [pairs]

The folder gets about 300 MB of made-up data. Needs Pillow, numpy and orjson. Prints a table in Markdown.
"""

import csv
import io
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy
import orjson
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".build" / "release" / "source-bench"
LETTERS = "etaoinshrdlcumwfgypbvk"


def words(generator, count):
    return " ".join("".join(generator.choices(LETTERS, k=generator.randint(2, 9))) for _ in range(count))


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    generator = random.Random(3)
    pages = [
        "\n\n".join(words(generator, generator.randint(20, 120)) + ', "so" it was.' for _ in range(generator.randint(3, 25)))
        for _ in range(500)]
    chinese = ["".join(chr(generator.randint(0x4E00, 0x9FA5)) for _ in range(2000)) + "。\n" for _ in range(100)]

    def lines(name, size, line):
        path = folder / name
        if path.exists():
            return
        with open(path, "w", encoding="utf-8") as file:
            while file.tell() < size:
                file.write(line(generator) + "\n")

    def dump(value):
        return json.dumps(value, ensure_ascii=False)

    lines("long.jsonl", 100 << 20, lambda g: dump({"id": g.randint(0, 1 << 40), "text": g.choice(pages), "url": "http://example.org/a"}))
    lines("chinese.jsonl", 50 << 20, lambda g: dump({"text": g.choice(chinese)}))
    lines("short.jsonl", 20 << 20, lambda g: dump({"text": words(g, 12), "label": g.randint(0, 1)}))
    lines("chat.jsonl", 20 << 20, lambda g: dump({"messages": [
        {"role": role, "content": words(g, 40)} for role in ["user", "assistant", "user", "assistant"]]}))
    path = folder / "table.csv"
    if not path.exists():
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "text", "label"])
            while file.tell() < 50 << 20:
                writer.writerow([generator.randint(0, 99), generator.choice(pages)[:400], "x"])
    images = folder / "images"
    if not images.exists():
        images.mkdir()
        noise = numpy.random.default_rng(4)
        for index in range(200):
            small = Image.fromarray(noise.integers(0, 256, (24, 32, 3), numpy.uint8)).resize((640, 480), Image.Resampling.BICUBIC)
            grain = noise.normal(0, 6, (480, 640, 1))
            Image.fromarray((numpy.asarray(small) + grain).clip(0, 255).astype(numpy.uint8)).save(
                images / f"{index:03}.jpg", quality=90)


def ours(kind, *arguments):
    found = json.loads(subprocess.run([PROGRAM, kind, *map(str, arguments)], check=True, capture_output=True).stdout)
    return found.get("images a second") or found["whole, MB/s"]


def timed(work, amount):
    start = time.perf_counter()
    work()
    return amount / (time.perf_counter() - start)


def read_lines(parse, path):
    data = path.read_bytes()
    return timed(lambda: [parse(line).get("text") for line in io.BytesIO(data)], len(data) / 1e6)


def read_csv(path):
    data = path.read_text(encoding="utf-8")
    return timed(lambda: [row["text"] for row in csv.DictReader(io.StringIO(data, newline=""))], len(data) / 1e6)


def read_images(folder, size):
    files = [path.read_bytes() for path in sorted(folder.iterdir())]

    def work():
        for data in files:
            image = Image.open(io.BytesIO(data))
            # As ours: a smaller decoding where it has at least twice the size that is wanted.
            image.draft("RGB", (2 * size, 2 * size))
            ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (size, size), Image.Resampling.BICUBIC)

    return timed(work, len(files))


def main():
    folder = Path(sys.argv[1])
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    make(folder)
    rows = []
    for name in ["long", "chinese", "short", "chat"]:
        path = folder / f"{name}.jsonl"
        kind = "chat" if name == "chat" else "json"
        rows.append((f"JSON lines, {name}, MB/s", "orjson", lambda k=kind, p=path: ours(k, p), lambda p=path: read_lines(orjson.loads, p)))
    rows.append(("JSON lines, long, MB/s", "json", lambda: ours("json", folder / "long.jsonl"),
                 lambda: read_lines(json.loads, folder / "long.jsonl")))
    rows.append(("CSV, MB/s", "csv", lambda: ours("csv", folder / "table.csv"), lambda: read_csv(folder / "table.csv")))
    for size in [112, 224]:
        rows.append((f"JPEG 640 x 480 to {size}, images/s", "Pillow", lambda s=size: ours("images", folder / "images", s),
                     lambda s=size: read_images(folder / "images", s)))
    print("| what | Martlet | peer | | ratio |\n| --- | --- | --- | --- | --- |")
    for what, peer, our, their in rows:
        measured = [(our(), their()) for _ in range(pairs)]
        ratio = statistics.median(a / b for a, b in measured)
        a, b = (statistics.median(column) for column in zip(*measured))
        print(f"| {what} | {a:.0f} | {b:.0f} | {peer} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
