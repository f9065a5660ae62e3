"""Bytes that somebody wrote as text → text and encoding: one reader for subtitles, csv files and data sets.

A byte order mark or sound UTF-8 decides at once. Everything else is decided by evidence: each encoding that can read
the bytes is given the log-probability of what it reads, by a coarse model of Chinese, English, Japanese and Korean
writing (`han.txt` beside this file holds the most frequent Chinese characters in order, simplified and traditional,
ranked by word frequencies and subtitles). GB18030 reads nearly anything, so that it *can* read a file is no evidence.
Where no reading is plausible, or two are about equally so, the file is refused and not guessed.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from harness.faults import HarnessFault
from harness.inputs.binary import binary_kind

MAX_SIDECAR_BYTES = 8_000_000
"""No transcript of a clip is larger than this."""

SAVE = "save it as UTF-8"
# Longest first: the UTF-32 mark starts with the bytes of the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Codec → (name for people, log of how much less likely a file is in it before it has been looked at).
_CANDIDATES = {
    "gb18030": ("GBK", 0.0),
    "big5hkscs": ("Big5", -1.0),
    "cp1252": ("Windows-1252", -1.0),
    "cp932": ("Shift-JIS", -3.0),
    "euc_jp": ("EUC-JP", -4.0),
    "cp949": ("EUC-KR", -3.0),
}
_UNICODE = {
    "utf-8": ("UTF-8", 6.0),
    "utf-16-le": ("UTF-16 without a mark", -2.0),
    "utf-16-be": ("UTF-16 without a mark", -3.0),
}
_ERRORS = {"utf-8": "replace"}
_UTF8_CHANCE = 2.0
"""Natural logarithm of how seldom a character of a two-byte encoding is sound UTF-8 by chance: about one in seven."""
_UTF8_SURE = 8
"""Characters beyond ASCII from which on sound UTF-8 is no chance."""
_BEYOND = re.compile("[^\x00-\x7f]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_PLAUSIBLE = -9.6
"""Mean log-probability of a character beyond ASCII below which a reading is not believed."""
_MARGIN = 2.0
"""By how much (natural logarithm) the best reading must lead the second that reads something else."""
_SAMPLE = 40_000
"""Bytes that are weighed; the lines beyond ASCII of a longer file."""
_TYPOGRAPHY = frozenset("‘’“”–—…•€£©®°·«»¿¡´½¼¾×")
_CJK_MARKS = frozenset("，。！？、；：「」『』（）《》〈〉【】…—～·“”‘’　")


class NotText(HarnessFault):
    """Bytes that are no text, or text of which it cannot be told how it is written."""


@dataclass(frozen=True)
class Decoded:
    """Text, and how it was read.

    Attributes:
        text: without a byte order mark; line ends as they were.
        encoding: for people: `UTF-8`, `UTF-16`, `GBK`, `Big5`, `Windows-1252`, `damaged UTF-8` …
        damage: number of places that could not be decoded and stand as U+FFFD; 0 but for `damaged UTF-8`.
    """

    text: str
    encoding: str
    damage: int = 0


def read_text(path: Path, most_bytes: int | None = None) -> Decoded:
    """The text of a file; its size is looked at before it is read.

    Raises:
        NotText: larger than `most_bytes`, a binary file, or an encoding that cannot be told.
        OSError: it cannot be read.
    """
    if most_bytes is not None and path.stat().st_size > most_bytes:
        raise NotText(
            f"{path.name} is {path.stat().st_size} bytes, more than the {most_bytes} that are read",
            "name a smaller file",
        )
    return decode_text(path.name, path.read_bytes())


def decode_text(name: str, data: bytes) -> Decoded:
    """The text of `data`; `name` is for messages.

    Raises:
        NotText: a binary file (named by its kind), or an encoding that cannot be told.
    """
    kind = binary_kind(data)
    if kind:
        raise NotText(f"{name} is {kind.what}, whatever its name says", kind.remedy)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(name, data, encoding)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _by_evidence(name, data)
    beyond = sum(1 for _ in islice(_BEYOND.finditer(text), _UTF8_SURE))
    # A few Chinese characters in GBK can be sound UTF-8 by chance, and so can UTF-16; many cannot.
    if not _CONTROL.search(text) and (not beyond or beyond >= _UTF8_SURE or "\ufffd" in text):
        return Decoded(text, "UTF-8")
    return _by_evidence(name, data)


def _marked(name: str, data: bytes, encoding: str) -> Decoded:
    shown = encoding.removesuffix("-sig").upper()
    try:
        return Decoded(data.decode(encoding), shown)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
    damage = text.count("\ufffd")
    if damage > max(1, len(text) // 20):
        raise NotText(f"{name} begins with the mark of {shown} and is not written in it", SAVE)
    return Decoded(text, f"damaged {shown}", damage)


def _by_evidence(name: str, data: bytes) -> Decoded:
    sample = _sample(data)
    readings: list[tuple[float, str, str, str]] = []
    for codec, (shown, prior) in {**_UNICODE, **_CANDIDATES}.items():
        wide = codec.startswith("utf-16")
        if wide and len(data) % 2:
            continue
        try:
            # UTF-16 has no lines of bytes that could be picked out.
            text = (data[: _SAMPLE // 2 * 2] if wide else sample).decode(codec, _ERRORS.get(codec, "strict"))
        except UnicodeDecodeError:
            continue
        score, mean = _weigh(text, codec)
        if codec == "utf-8":
            score += _UTF8_CHANCE * min(sum(character > "\x7f" for character in text), _UTF8_SURE)
        if _sound_utf8(text) if codec == "utf-8" else mean >= _PLAUSIBLE:
            readings.append((score + prior, codec, shown, text))
    readings.sort(reverse=True)
    rivals = [score for score, _, _, text in readings[1:] if text != readings[0][3]]
    if not readings or (rivals and readings[0][0] - rivals[0] < _MARGIN):
        said = " or ".join(shown for _, _, shown, _ in readings[:2])
        raise NotText(f"{name}: it cannot be told how it is encoded{f' ({said})' if said else ''}", SAVE)
    _, codec, shown, _ = readings[0]
    if codec == "utf-8":
        text = data.decode("utf-8", errors="replace")
        damage = text.count("\ufffd") - data.count("\ufffd".encode())
        return Decoded(text, "damaged UTF-8" if damage else "UTF-8", damage)
    try:
        return Decoded(data.decode(codec), shown)
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise NotText(f"{name} is {shown} in part, and line {line} is not", SAVE) from None


def _sound_utf8(text: str) -> bool:
    """Whether more characters beyond ASCII are sound than broken."""
    damage = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - damage > damage or not damage


def _sample(data: bytes) -> bytes:
    """The lines with bytes beyond ASCII, as many as are weighed; all of a short file."""
    if len(data) <= _SAMPLE:
        return data
    kept, size = [], 0
    for line in data.split(b"\n"):
        if not line.isascii():
            kept.append(line)
            size += len(line)
        if size > _SAMPLE:
            break
    return b"\n".join(kept)


# ── how likely a reading is ───────────────────────────────────────────────────────────────────────────────
@cache
def _ranks() -> dict[str, int]:
    """Character → rank by frequency, from 0; a traditional form has the rank of its simplified one."""
    lines = Path(__file__).with_name("han.txt").read_text(encoding="utf-8").split("\n")
    ranks: dict[str, int] = {}
    for line in lines[:2]:
        for rank, character in enumerate(line):
            ranks.setdefault(character, rank)
    return ranks


def _weigh(text: str, codec: str) -> tuple[float, float]:
    """Sum of the characters' log-probabilities, and their mean over the characters beyond ASCII."""
    chinese = codec in ("gb18030", "big5hkscs")
    total = beyond = 0.0
    count = 0
    for before, character, after in _with_neighbours(text):
        value = _log_probability(before, character, after)
        if codec == "utf-8" and "\x80" <= character <= "\x9f":
            value = -10.0  # Windows-1252 punctuation that was taken for Latin-1, as in MELD's tables
        total += value
        if character > "\x7f":
            beyond += value
            count += 1
            if chinese and "\u3041" <= character <= "\u30ff":
                # Chinese encodings hold kana as well, but those who write kana use another.
                total, beyond = total - 3.0, beyond - 3.0
    return total, beyond / count if count else 0.0


def _with_neighbours(text: str) -> Iterator[tuple[str, str, str]]:
    if text:
        yield from zip(" " + text[:-1], text, text[1:] + " ", strict=True)


def _log_probability(before: str, character: str, after: str) -> float:
    """Log-probability of a character between its neighbours: classes, coarse on purpose."""
    if character <= "\x7f":
        return -3.0 if character in "\t\n\r" or " " <= character <= "~" else -20.0
    if "\u4e00" <= character <= "\u9fff":
        return _han(character) - (3.0 if _lower(before) or _lower(after) else 0.0)
    if character in _TYPOGRAPHY and (before.isascii() or after.isascii()):
        return -6.0
    if character in _CJK_MARKS:
        return -5.0 if not (before.isascii() and after.isascii()) else -8.0
    joined = 3.0 if _lower(before) or _lower(after) else 0.0
    if "\u3041" <= character <= "\u3096":
        return -4.5 - joined
    if "\u30a1" <= character <= "\u30fe":
        return -6.0 - joined
    if "\uac00" <= character <= "\ud7a3":
        return (-4.8 if character in _FREQUENT_HANGUL else -8.5) - joined
    if "\uff01" <= character <= "\uff5e":
        return -7.5
    if "\u00c0" <= character <= "\u024f":
        return -6.5 if (before + after).isascii() and (_letter(before) or _letter(after)) else -12.0
    return -13.0 if character != "\ufffd" and unicodedata.category(character)[0] in "LNPS" else -25.0


def _han(character: str) -> float:
    rank = _ranks().get(character)
    if rank is not None:
        return -4.6 if rank < 100 else -5.6 if rank < 300 else -6.6 if rank < 600 else -7.6
    return -9.5 if _common(character) else -13.0


@cache
def _common(character: str) -> bool:
    """Whether a standard counts it among the common characters: level 1 of GB 2312, or of Big5."""
    for codec, first, last in (("gb2312", 0xB0A1, 0xD7F9), ("big5", 0xA440, 0xC67E)):
        try:
            if first <= int.from_bytes(character.encode(codec), "big") <= last:
                return True
        except UnicodeEncodeError:
            continue
    return False


_FREQUENT_HANGUL = frozenset(
    "이다는에을가의고하지은를사로기한도그리나자서인어아대시라해일요있게들만정수부전상면여주것니보안내장구원거마우제없과말오습네"
    "무비조성소신진저러모세와까국야생않너경잘스연분더좋문싶했됐었았겠"
)


def _letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _lower(character: str) -> bool:
    return character.isascii() and character.islower()


LINE_END = re.compile(r"\r\r\n|\r\n|\r|\n")
"""All the line ends that text files come with."""
