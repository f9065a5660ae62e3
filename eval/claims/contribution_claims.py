"""What a chain of thought says about the weight of the modalities. A claim, never a measurement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.stories.form import QUOTE

_NAMES = {
    "text": r"words?\b|text(?:ual)?\b|transcript\b|verbal\b|linguistic\b|what (?:he|she|they) says?|spoken content"
    r"|话语|文本|文字|台词|字幕|言语|语义|说话内容",
    "audio": r"voice|audio|vocal\w*|tone\b|prosod\w+|acoustic\w*|intonation|声音|语音|音频|语调|语气|声学|嗓音",
    "video": r"fac(?:e|ial)\b|video|visual\w*|expressions?\b|gestures?|body language"
    r"|面部|表情|视频|画面|视觉|神态|动作",
}
_NAME = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _NAMES.items()), re.IGNORECASE)
_WEIGHING = re.compile(
    r"contribut\w*|weigh\w*|accounts? for|share\b|influence|import\w+|rel(?:y|ies|ied) |based on"
    r"|贡献|权重|占|比重|依据|影响",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(?<!\d)(\d{1,6}(?:\.\d+)?)\s*(?:%|％|percent)")
_SENTENCE = re.compile(r"[^。！？!?；;\n.]*(?:\.\d[^。！？!?；;\n.]*)*")
_GROUND = r"(?:cue|evidence|factor|signal|clue|basis|source|ground)s?"
_BEFORE = re.compile(
    r"(?<!not )\b(?:mainly|mostly|primarily|chiefly|largely|above all|predominantly)\b[^,;]{0,40}$"
    rf"|\b(?:strongest|main|primary|most important|decisive) {_GROUND}\b[^,;]{{0,30}}$"
    r"|(?<!不是)(?<!并非)(?:主要|首要|最重要的|最关键的|决定性的)[^，；]{0,15}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^[^,;]{0,30}\b(?:is|was|are|were|carr\w+|plays?|has|have|had)\b(?! not)[^,;]{0,20}"
    r"\b(?:decisive|main|primary|strongest|most important|dominant|most weight|leading)"
    r"|^[^，；]{0,12}(?:起主要|起决定|最关键|最重要|是主要|占主导|为主|贡献最大|影响最大|权重最大)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claimed:
    """What a text says of the modalities' weight: the main one, and percentages; both may be absent."""

    main: str
    percent: Mapping[str, float]


def claimed_by(text: str) -> Claimed:
    """What a text says of the modalities' weight; quoted words say nothing of it."""
    main = ""
    percent: dict[str, float] = {}
    for sentence in _SENTENCE.findall(QUOTE.sub(" ", text)):
        names = list(_NAME.finditer(sentence))
        for name in names:
            before, after = sentence[: name.start()], sentence[name.end() :]
            if not main and (_BEFORE.search(before) or _AFTER.search(after)):
                main = str(name.lastgroup)
        if _WEIGHING.search(sentence):
            percent |= _percentages(sentence, names)
    if not main and len(percent) > 1:
        top = sorted(percent.items(), key=lambda item: -item[1])
        main = top[0][0] if top[0][1] > top[1][1] else ""
    return Claimed(main, percent)


def _percentages(sentence: str, names: Sequence[re.Match[str]]) -> dict[str, float]:
    """Each percentage with the nearest modality: names before their numbers, unless the first number leads."""
    numbers = list(_PERCENT.finditer(sentence))
    if not numbers or not names:
        return {}
    leads = numbers[0].start() < names[0].start()
    found: dict[str, float] = {}
    for number in numbers:
        near = [n for n in names if (n.start() >= number.end()) == leads]
        if near:
            name = near[0] if leads else max((n for n in near if n.end() <= number.start()), key=lambda n: n.end())
            found.setdefault(str(name.lastgroup), float(number.group(1)))
    return found
