"""Documents with every fault that the published rules look for, from a seed: the same as Tests/CurationTests makes."""

import pathlib

WORDS = (
    (pathlib.Path(__file__).parents[2] / "Tests/Fixtures/curation/words.txt").read_text(encoding="utf-8").split(" ")
)
WORDS = [word for part in WORDS for word in part.split("\n") if word]
ENDS = [".", ".", ".", ".", "!", "?", '."', "...", "…", "", "’", ".)", "."]
GAPS = [" ", " ", " ", " ", " ", " ", " ", " ", "  ", "\t", "\u00a0", "\u2003", "\u3000", "\x1f"]
FIXED = [
    "Please enable JavaScript to view the comments.",
    "This site uses cookies to give you a better time here.",
    "Read our Privacy Policy and the Terms of Use before you go on.",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
    "function main() { return 0; }",
    "The battle [12] was lost [citation needed] in the end.[3]",
    "History[edit]",
    "Dr. Smith met Mr. Jones at 5 p.m. in St. Louis. They talked about J. R. Clark etc. and left.",
    "Share this",
    "Home",
    "Next page",
    "我们 met 在 the station yesterday evening.",
    "W" * 1001 + " is a long word.",
    "#one #two #three #four",
    "1 2 3 4 5 6 7 8 9 10",
    "?! ... -- *** && 123 456",
    "The set {1, 2} is small.",
    "It is so, as I do or we go on, if it is to be up to me.",
]
BREAKS = ["\n"] * 20 + ["\r\n", "\r", "\u2028", "\x0b", "\u0085", "\n\n\n"]
MASK = (1 << 64) - 1


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, count):
        return self.next() % count

    def choice(self, items):
        return items[self.below(len(items))]


def word(random, rare):
    # Common words come first in the list; the last three dozen are odd ones.
    common = len(WORDS) - 40
    if random.below(100) < rare:
        return WORDS[common + random.below(40)]
    return WORDS[min(random.below(common), random.below(common))]


def sentence(random, rare, length):
    parts = []
    for index in range(length):
        if index:
            parts.append(random.choice(GAPS))
        text = word(random, rare)
        if index == 0 and text[0] < "\x7f":
            text = text[0].upper() + text[1:]
        parts.append(text)
    return "".join(parts) + random.choice(ENDS)


def line(random, rare, style):
    kind = random.below(100)
    if style == 1 and kind < 92:
        return random.choice(["- ", "• ", "  - "]) + sentence(random, rare, 1 + random.below(9))
    if style == 2 and kind < 70:
        return sentence(random, rare, 1 + random.below(4))
    if style == 3 and kind < 40:
        return sentence(random, rare, 4 + random.below(9)) + random.choice(["...", "…", "... "])
    if style == 4 and kind < 30:
        phrase = sentence(random, rare, 2 + random.below(5))
        return " ".join([phrase] * (2 + random.below(6)))
    if style == 5 and kind < 30:
        return random.choice(FIXED)
    if style == 6 and kind < 80:
        return random.choice([FIXED[-1], FIXED[-5], "Oh, no, it is I.", "# a # b # c # the and."])
    if kind < 4:
        return random.choice(FIXED)
    return " ".join(sentence(random, rare, 3 + random.below(20)) for _ in range(1 + random.below(4)))


def document(number):
    random = Random(number * 7919 + 1)
    style = random.below(8)
    rare = [2, 2, 2, 5, 10, 40, 80][random.below(7)]
    count = [1, 2, 4, 6, 10, 16, 24][random.below(7)]
    repeats = [0, 0, 0, 2, 10, 35][random.below(6)]
    paragraphs = random.below(3) == 0
    lines = []
    for _ in range(count):
        if lines and random.below(100) < repeats:
            lines.append(random.choice(lines))
        else:
            lines.append(line(random, rare, style))
    text = ""
    for index, part in enumerate(lines):
        if index:
            text += "\n\n" if paragraphs and random.below(2) else random.choice(BREAKS)
        text += part
    if random.below(12) == 0:
        text = random.choice([" ", "\n", "\n\n"]) + text + random.choice([" ", "\n", "\n\n "])
    return text
