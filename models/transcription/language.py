"""Which language a text is written in, told by its script."""

from __future__ import annotations

import re
import unicodedata

from harness.records.types import Language

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fd-\u30ff\uff66-\uff9d]")
_HANGUL = re.compile("[\uac00-\ud7af\u1100-\u11ff\u3131-\u318e]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)*")
# Kana that Chinese texts borrow as decoration stay below this share of the Han characters.
_KANA_SHARE = 0.1
UNDECIDED = 0.6
"""Below this share of the units, the text is too mixed to decide by itself."""


def detect_language(text: str) -> tuple[str, float]:
    """The language of a text by its script, and that script's share of the text's units.

    Units are Han characters, kana, and words of Hangul, Latin or any other script, so that one English word in a
    Chinese sentence counts as one and not by its letters. Latin script is called `en`: script alone cannot tell
    English from French.

    Returns:
        (`zh`, `en`, `ja`, `ko` or `und`, share in 0..1); (`und`, 0.0) for a text without any letter. `und` with a
        positive share stands for a text mostly in some other script.
    """
    text = unicodedata.normalize("NFKC", text)
    han, kana = len(_HAN.findall(text)), len(_KANA.findall(text))
    counts = {"ko": len(_HANGUL.findall(text)), "en": len(_LATIN.findall(text)), "und": _other_words(text)}
    if kana > 1 and kana >= _KANA_SHARE * (kana + han):
        counts["ja"] = kana + han
    else:
        counts["zh"] = han
    total = sum(counts.values())
    if not total:
        return "und", 0.0
    best = max(counts, key=lambda code: counts[code])
    return best, counts[best] / total


def processed_language(detected: str, share: float, hint: Language | None = None) -> Language | None:
    """The language a clip is worked on as: Chinese (and Cantonese) as zh, every other language as en.

    Args:
        detected: a language code, from `detect_language` or a recogniser.
        share: how sure that is, 0..1.
        hint: what the clip's folder says; it counts only when the text leaves the question open.

    Returns:
        None when there is nothing to tell the language by and no hint.
    """
    if hint is not None and (detected == "und" or share < UNDECIDED):
        return hint
    if detected == "und" and not share:
        return None
    return "zh" if detected in {"zh", "yue"} else "en"


def _other_words(text: str) -> int:
    """Number of words in scripts other than Han, kana, Hangul and Latin."""
    rest = _LATIN.sub(" ", _HANGUL.sub(" ", _KANA.sub(" ", _HAN.sub(" ", text))))
    marks = ("L", "M")
    words = "".join(c if unicodedata.category(c)[0] in marks else " " for c in rest).split()
    return sum(any(unicodedata.category(c)[0] == "L" for c in word) for word in words)
