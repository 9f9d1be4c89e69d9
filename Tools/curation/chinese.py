"""Writes Tests/Fixtures/curation/chinese.json: sentences and what the program `opencc` makes of them both ways.

    apt-get install opencc
    python Tools/curation/chinese.py
"""

import json
import pathlib
import subprocess

TARGET = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/curation/chinese.json"
TEXTS = [
    "漢字轉換測試，頭髮與發展，乾燥與幹部，乾隆皇帝。",
    "后来皇后在后面等候，里程碑在公里之内，面条与面子。",
    "他喝了一杯干红，干净的树干，干涉内政，天干地支。",
    "理发店里的头发发现了发票，发展很快。",
    "電腦軟體與網路連線，滑鼠與鍵盤，資訊安全。",
    "Plain English with 汉字 in the middle and 漢字 at the end",
    "松下问童子，松树很松。制造与制度，准备与批准。",
    "餘下的時間我與余先生共餐，剩余价值。",
    "台湾、臺灣、颱風、台风、舞台、檯面。",
    "著名的作者看著書，着急地等着。",
    "周而復始，週末，周圍，周先生。恢复、复杂、重复、覆盖。",
    "𠮷野家の漢字、𪚥𪚥、㐀㐁",
    "钟表、钟情、闹钟；鐘錶、鍾情。",
    "",
    "只有一只猫。隻身前往。",
    "系统、关系、联系、系鞋带。",
    "谷物与山谷，稻穀；五谷丰登。",
    "沈阳与沉重，瀋陽、沈先生。",
]


def convert(text, configuration):
    return subprocess.run(["opencc", "-c", configuration], input=text, capture_output=True, text=True, check=True).stdout


TARGET.write_text(
    json.dumps([[text, convert(text, "t2s.json"), convert(text, "s2t.json")] for text in TEXTS], indent=0) + "\n"
)
