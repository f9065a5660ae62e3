"""What the words of an answer mean: a label of the space that is asked for, or why none. Pure, and never guessing.

Here stands how the five sentiments are read; any other space is read by `space_words.py`.

Read in this order, each only when the one before finds nothing: a label or an alias by itself; the labels' own names
within other words; phrases such as "strongly negative" or 略微消极; a polarity alone ("positive", 负面) or emotions,
which give the weak class, since a word alone tells no strength. What is negated or set against ("not SPOS", 而非积极)
is not the answer. Two different labels are none.
"""

from __future__ import annotations

import re

from harness.records.labels import EMOTION_POLARITY, SENTIMENT5, LabelSpace, emotion_stem, fold
from harness.records.space_words import is_label_of, label_in

LONGEST = 2000
"""Characters of an answer that are read; a label is a word or two, and what is longer is reasoning."""

_TOKEN = re.compile(r"(?<![A-Za-z])(" + "|".join(SENTIMENT5.labels) + r")(?![A-Za-z])", re.IGNORECASE)
_STRONG_EN = (
    "strongly|strong|very|highly|extremely|intensely|intense|deeply|overwhelmingly|severely|heavily|quite strongly"
)
_WEAK_EN = "weakly|weak|slightly|slight|mildly|mild|somewhat|moderately|faintly|a bit|a little|a little bit"
_STRONG_ZH = "极其强烈|非常强烈|强烈|非常|极度|极其|极为|十分|高度|特别|很|强"
_WEAK_ZH = "轻微|略微|稍微|些微|轻度|微弱|较弱|有些|有点|一点|略带|略|稍|偏|弱|微"
_PHRASE = re.compile(
    rf"\b(?:(?P<strong_en>{_STRONG_EN})|(?P<weak_en>{_WEAK_EN}))[\s-]+(?P<polar_en>negative|positive)(?:ly)?\b"
    r"|\b(?P<bare_en>negative|positive)(?:ly)?\b"
    r"|\b(?P<neutral_en>neutral)(?:ly)?\b"
    rf"|(?:(?P<strong_zh>{_STRONG_ZH})|(?P<weak_zh>{_WEAK_ZH}))的?(?P<polar_zh>负面|消极|负向|负性|正面|积极|正向|正性)"
    r"|(?P<bare_zh>负面|消极|负向|负性|正面|积极|正向|正性)"
    r"|(?P<neutral_zh>中性|中立)",
)
_SHORT_ZH = {"强负": "SNEG", "弱负": "WNEG", "强正": "SPOS", "弱正": "WPOS"}
_NEGATIVE = frozenset(("negative", "负面", "消极", "负向", "负性"))
# What stands directly before a mention, in the same clause, and takes it back.
_DENIED = re.compile(
    r"(?:\bnot\b|n[’']t\b|\bnever\b|\bno longer\b|\bneither\b|\bnor\b|\bno\b|\bwithout\b|\bnon\b|\brather than\b"
    r"|\binstead of\b|\bother than\b|\bexcept\b|\brul(?:e|ed|es|ing) out\b|\bcannot\b|\bunlikely\b|\bhardly\b"
    r"|并非|并不|而非|不是|不算|不属于|不太|不够|不能|不应|没有|绝非|而不|排除|除了|无法|不|非|无)"
    r"(?:[\s-]*(?:[a-z’']+[\s-]+){0,4}|(?!.*[是而])[\u3400-\u9fff]{0,4})$"
)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely)\b|不仅|不只|不但|无疑|无非|毫无疑问|\bno doubt\b")
_CLAUSE = re.compile(r"[.;!?\n,，。；！？、]|\bbut\b|\bthough\b|\balthough\b|而是|但")
_PARTS = re.compile(r"[,，、;；/|\n&+]| and | or |和|或|与")
_GLOSS = re.compile(r"\([^()]{0,60}\)|（[^（）]{0,60}）")
_NOUN = re.compile(r"\s?(?:sentiment|emotion|feeling|的?(?:情感|情绪))$")
_TAGS = re.compile(r"<[^<>]{0,60}>|[*`~#]{1,12}|\\text(?:bf|rm|it)?")
_POLAR = {-1: "WNEG", 0: "NEUT", 1: "WPOS"}


def label_of(answer: str, space: LabelSpace = SENTIMENT5) -> tuple[str | None, str]:
    """The label of `space` that an answer's text means, or None and why."""
    text = _TAGS.sub(" ", answer[:LONGEST]).strip()
    if not text:
        return None, "empty answer"
    if space != SENTIMENT5:
        return label_in(text, space, _is_denied, lambda words: label_of(words)[0])
    label = SENTIMENT5.normalise(text) or _SHORT_ZH.get(fold(text))
    if label:
        return label, ""
    named = {found.group(1).upper(): _is_denied(text, found.start()) for found in _TOKEN.finditer(text)}
    given = {name for name, denied in named.items() if not denied}
    if not given:
        parts = [part for part in _PARTS.split(text) if part.strip()]
        given = {found for part in parts if (found := SENTIMENT5.normalise(part) or _SHORT_ZH.get(fold(part)))}
        denied, phrases, polarities = _phrases(fold(text))
        given = phrases or given
        if not given and polarities:
            given = {_POLAR[polarity] for polarity in polarities}
        if not given and (denied or named):
            return None, f"says only what it is not: {fold(text)[:60]}"
        if not given:
            return _from_emotions(parts)
    if len(given) == 1:
        return given.pop(), ""
    return None, "several labels: " + ", ".join(sorted(given, key=SENTIMENT5.rank))


def is_label(text: str, space: LabelSpace = SENTIMENT5) -> bool:
    """Whether a text is a label and nothing else: its name, an alias or a phrase, with a gloss in brackets at most."""
    folded = fold(_GLOSS.sub("", _TAGS.sub(" ", text)))
    if space != SENTIMENT5:
        return is_label_of(_NOUN.sub("", folded), space)
    if SENTIMENT5.normalise(folded) or folded in _SHORT_ZH or _TOKEN.fullmatch(folded):
        return True
    return _PHRASE.fullmatch(_NOUN.sub("", folded)) is not None


def _phrases(text: str) -> tuple[bool, set[str], set[int]]:
    """Of a folded text: whether a mention is denied, the labels that phrases name, the polarities named alone."""
    denied, labels, polarities = False, set[str](), set[int]()
    for found in _PHRASE.finditer(text):
        if _is_denied(text, found.start()):
            denied = True
            continue
        groups = {name: word for name, word in found.groupdict().items() if word}
        if "neutral_en" in groups or "neutral_zh" in groups:
            labels.add("NEUT")
        elif bare := groups.get("bare_en") or groups.get("bare_zh"):
            polarities.add(-1 if bare in _NEGATIVE else 1)
        else:
            polar = groups.get("polar_en") or groups["polar_zh"]
            strength = "S" if "strong_en" in groups or "strong_zh" in groups else "W"
            labels.add(strength + ("NEG" if polar in _NEGATIVE else "POS"))
    return denied, labels, polarities


def _is_denied(text: str, place: int) -> bool:
    """Whether what stands right before `place`, within its clause, takes the mention back."""
    before = text[max(0, place - 60) : place].lower()
    clause = _CLAUSE.split(before)[-1]
    return bool(_DENIED.search(clause)) and not _NOT_ONLY.search(clause)


def _from_emotions(parts: list[str]) -> tuple[str | None, str]:
    polarities = set()
    for part in parts:
        try:
            polarities.add(EMOTION_POLARITY[emotion_stem(part)])
        except KeyError:
            return None, f"not in the label set: {fold(part)[:60]}"
    if polarities == {None}:
        return None, "surprise has no polarity of its own"
    known = {p for p in polarities if p is not None}
    if len(known) != 1:
        return None, "emotions of different polarity"
    return _POLAR[known.pop()], ""
