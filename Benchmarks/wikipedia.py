"""Compares wikipedia-bench with wikiextractor, gensim and mwparserfromhell on a dump: throughput and what is left of markup.

    python Benchmarks/wikipedia.py dump.xml.bz2 [--pairs 3] [--copies 4]

Ours and a peer's are measured alternately on the same plain XML, a number of copies of the dump's pages, each with two
processes or threads; the figure to quote is the median of the ratios. The peers are pip packages: wikiextractor, gensim,
mwparserfromhell (with lxml for the XML). A peer that is missing is said to be.
"""

import argparse
import bz2
import importlib.util
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("MARTLET_BUILD", os.path.join(os.path.dirname(__file__), "..", ".build", "release"))
SIGNS = ["{{", "}}", "[[", "]]", "{|", "|}", "\n|", "<ref", "'''", "()", "( ,", "(,", "(;", " ,", "&nbsp;", "</", "thumb|", "style="]
FORMULA = re.compile(r"\$[^$\n]*\$")


def repeated(path, copies, out):
    """Writes a dump's pages `copies` times, as plain XML."""
    with (bz2.open if path.endswith(".bz2") else open)(path, "rt", encoding="utf-8") as file:
        text = file.read()
    first, last = text.index("  <page>"), text.rindex("</page>") + len("</page>\n")
    with open(out, "w", encoding="utf-8") as file:
        file.write(text[:first] + text[first:last] * copies + "</mediawiki>\n")


def ours(xml, folder):
    out = os.path.join(folder, "ours.jsonl")
    program = os.path.join(BUILD, "wikipedia-bench")
    subprocess.run([program, xml, "--threads", "2", "--jsonl", out], check=True, stdout=subprocess.DEVNULL)
    return out


def wikiextractor(xml, folder):
    """Templates are not expanded: the dump has none, and looking for them is slower."""
    out = os.path.join(folder, "wikiextractor")
    # Python 3.11 and newer refuse flags in the middle of two of its patterns (3.0.6); 3.1 is right.
    command = [sys.executable, "-m", "wikiextractor.WikiExtractor", xml, "-o", out, "--json", "--processes", "2", "--no-templates", "-q", "-b", "1G"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return os.path.join(out, "AA", "wiki_00")


def gensim(xml, folder):
    out = os.path.join(folder, "gensim.jsonl")
    command = [sys.executable, "-m", "gensim.scripts.segment_wiki", "-f", xml, "-o", out, "-w", "2"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return out


def strip(page):
    import mwparserfromhell

    title, text = page
    return title, mwparserfromhell.parse(text).strip_code()


def pages(xml):
    from lxml import etree

    name = "{http://www.mediawiki.org/xml/export-0.10/}"
    for _, page in etree.iterparse(xml, tag=name + "page"):
        if page.findtext(name + "ns") == "0" and page.find(name + "redirect") is None:
            yield page.findtext(name + "title"), page.findtext(f"{name}revision/{name}text") or ""
        page.clear()


def mwparserfromhell(xml, folder):
    out = os.path.join(folder, "mwparserfromhell.jsonl")
    with multiprocessing.Pool(2) as pool, open(out, "w", encoding="utf-8") as file:
        for title, text in pool.imap(strip, pages(xml), chunksize=8):
            file.write(json.dumps({"title": title, "text": text}) + "\n")
    return out


def texts(path):
    """The texts of an output by title, formulas (in our notation) left out: braces are right in them."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            text = row["text"] if "text" in row else "\n".join(row["section_texts"])
            found[row["title"]] = FORMULA.sub("", text)
    return found


def seconds(run, xml, folder):
    start = time.perf_counter()
    out = run(xml, folder)
    return time.perf_counter() - start, out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dump")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--only", choices=["wikiextractor", "gensim", "mwparserfromhell"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        xml = os.path.join(folder, "dump.xml")
        repeated(arguments.dump, arguments.copies, xml)
        size = os.path.getsize(xml) / 1e6
        print(f"{size:.1f} MB of XML, two threads or processes each, {arguments.pairs} pairs, alternately", flush=True)
        outputs = {}
        for name, run in [("wikiextractor", wikiextractor), ("gensim", gensim), ("mwparserfromhell", mwparserfromhell)]:
            if arguments.only not in (None, name):
                continue
            if importlib.util.find_spec(name) is None:
                print(f"{name}: not installed")
                continue
            pairs = []
            for _ in range(arguments.pairs):
                mine, outputs["ours"] = seconds(ours, xml, folder)
                theirs, outputs[name] = seconds(run, xml, folder)
                pairs.append((mine, theirs))
            ratio = statistics.median(theirs / mine for mine, theirs in pairs)
            rates = [size / statistics.median(column) for column in zip(*pairs)]
            print(f"{name}: ours {rates[0]:.1f} MB/s, theirs {rates[1]:.2f} MB/s, ratio {ratio:.1f}", flush=True)
        print("articles with leftovers, of all articles:")
        for name, path in outputs.items():
            found = texts(path)
            counts = {sign: sum(sign in text for text in found.values()) for sign in SIGNS}
            rest = ", ".join(f"{sign!r} {count}" for sign, count in counts.items() if count)
            print(f"  {name} ({len(found)} articles, {sum(map(len, found.values())) / 1e6:.2f} million characters): {rest or 'none'}")


if __name__ == "__main__":
    main()
