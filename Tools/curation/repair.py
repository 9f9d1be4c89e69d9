"""Writes Tests/Fixtures/curation/repair.json: lines that were decoded wrongly, and what ftfy makes of them.

    pip install ftfy==6.3.1
    python Tools/curation/repair.py
"""

import json
import pathlib

import ftfy
from ftfy import TextFixerConfig

TARGET = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/curation/repair.json"
CONFIG = TextFixerConfig(
    unescape_html=False, remove_terminal_escapes=False, fix_latin_ligatures=False, fix_character_width=False,
    uncurl_quotes=False, fix_line_breaks=False, fix_surrogates=False, remove_control_chars=False, normalization=None,
    explain=False,
)
TEXTS = [
    "The café on the corner doesn’t open before ten.",
    "“We’ll see,” she said — and left…",
    "Größe, Straße, Äpfel und Öl für 5 €",
    "L’été à la plage, où l’on déjeunait à côté du château.",
    "El niño comió piñas en el jardín de mi señora.",
    "São Paulo não é a capital, mas é a maior cidade.",
    "Žluťoučký kůň úpěl ďábelské ódy.",
    "Zażółć gęślą jaźń",
    "Привет, как дела? Всё хорошо.",
    "Καλημέρα σας, τι κάνετε;",
    "مرحبا بالعالم",
    "שלום עולם",
    "今天天气很好，我们去公园吧。",
    "日本語のテキストです。",
    "한국어 문장입니다.",
    "สวัสดีครับ",
    "नमस्ते दुनिया",
    "Smile 😀 and 👩‍💻 work",
    "10 °C ± 2 µm, ½ cup, x² × y³",
    "© 2020 Firma® Ltd™ • all rights",
    "I’m sure it’s “fine” – really.",
    "naïve façade, coöperation, rôle",
    "£20 or ¥300 or 15 ¢",
    "¿Qué? ¡Nada!",
    "à",
    "voilà le travail, à quelle heure ?",
    "Åse og Øystein på fjellet",
    "İstanbul’da güneş",
    "Tiếng Việt có dấu",
    "plain ASCII stays as it is",
]
CLEAN = [
    "C'est l'été à Paris; ÇA VA TRÈS BIEN",
    "ÜBER ALLE MASSEN SCHÖN",
    "Der Preis: 12,50 € (inkl. MwSt.)",
    "ESPAÑA, CAFÉ, PINGÜINO, ¡OLÉ!",
    "“CAFÉ” and ‘RÔLE’…",
    "(╯°□°)╯︵ ┻━┻ and ¯\\_(ツ)_/¯",
    "ÃO não; MAÇÃ, MÃE e IRMÃ",
    "À l'aide! Â, Ê, Î, Ô, Û",
    "SÃO PAULO, JOÃO, PÃO",
    "Ø, Å, Æ are letters; Ångström",
    "5 µm, 10 Å, 3 × 4 = 12",
    "Œuvre, œuf, cœur; Œ and œ",
    "Ý, ý, þ, ÿ",
    "Smörgåsbord för två",
    "l’“école” à «Paris»…",
    "à² is not a word",
    "It cost £5½",
    "Temperature 20°C – 25°C",
]


def encoded(text):
    """A text as wrong decoding shows it, in the ways that happen."""
    data = text.encode("utf-8")
    latin = data.decode("latin-1")
    sloppy = data.decode("sloppy-windows-1252")
    yield latin
    yield sloppy
    yield sloppy.encode("utf-8").decode("sloppy-windows-1252")
    yield latin.encode("utf-8").decode("latin-1")
    yield sloppy.replace("\u00a0", " ")
    yield data.decode("windows-1252", errors="replace")
    yield text + " and " + sloppy
    yield "价格：" + sloppy
    try:
        yield text.encode("windows-1252").decode("latin-1")
    except UnicodeEncodeError:
        pass


cases, seen = [], set()
for text in TEXTS:
    for broken in [text, *encoded(text)]:
        if "\n" in broken or "\x85" in broken or broken in seen:
            continue
        seen.add(broken)
        cases.append([broken, ftfy.fix_text(broken, CONFIG)])
for text in CLEAN:
    cases.append([text, ftfy.fix_text(text, CONFIG)])
TARGET.write_text(json.dumps(cases, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")
print(len(cases), "lines,", sum(a != b for a, b in cases), "of them repaired")
