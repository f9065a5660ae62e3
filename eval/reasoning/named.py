"""Which modalities and cues a text names, and whether it tells them as support or as contrast."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from eval.claims.find import find_claims
from eval.reasoning.lexicon import judge
from eval.stories.form import QUOTE

_MODALITIES: Mapping[str, str] = {
    "text": r"\b(?:words?|wording|(?:speaker|he|she|they) (?:says?|said)|transcripts?"
    r"|speech content|utterances?|lines?|language|textual"
    r"|verbal(?:ly)?|what is said)\b|话语|台词|字幕|文字|文本|内容|言语|措辞|用词|说的",
    "audio": r"\b(?:voices?|vocal(?:ly)?|tones?|pitch(?:ed)?|prosod\w+|intonation|loud\w*|volume|audio|acoustic\w*"
    r"|speaking rate|sounds?)\b|声音|语气|语调|音调|音高|音量|语速|嗓音|听起来|音频",
    "video": r"\b(?:faces?|facial(?:ly)?|express(?:ion|ions)|smil\w+|frown\w*|brows?|eyebrows?|mouth|eyes?|gaze"
    r"|visual\w*|picture|video|look(?:s|ed)? (?:happy|sad|angry|afraid|surprised))\b"
    r"|表情|面部|脸|画面|微笑|嘴角|眉|眼神|视线|神情",
}
_CONTRAST = re.compile(
    r"\b(?:against|but|however|although|though|while|whereas|despite|yet|contrary|contrast\w*|conflict\w*|disagree\w*"
    r"|oppos\w+|contradict\w*|off the probability|outweigh\w*|other way|mismatch\w*|instead|nevertheless)\b"
    r"|相反|但|不过|然而|虽然|尽管|却|冲突|矛盾|不一致|反对|降低了|抵消|而非",
    re.IGNORECASE,
)
_SUPPORT = re.compile(
    r"\b(?:support\w*|back(?:s|ed)?|confirm\w*|agree\w*|reinforc\w*|consistent|underlin\w*|in line|match\w*"
    r"|carr(?:y|ies)|points? the same way)\b|支持|印证|一致|佐证|加强|吻合|主要依据",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(r"\bif\b|如果|假如", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\d)[^.!?。！？\n]*)*[.!?。！？\n]*")
_PATTERNS = {modality: re.compile(words, re.IGNORECASE) for modality, words in _MODALITIES.items()}


def sentences(text: str) -> list[str]:
    """The sentences of a text; what stands in quotation marks is kept and parts none."""
    masked = QUOTE.sub(lambda match: "□" * len(match.group()), text)
    return [text[m.start() : m.end()].strip() for m in _SENTENCE.finditer(masked) if m.group().strip()]


def names(text: str, modality: str) -> bool:
    """Whether a text speaks of a modality, outside what it quotes. A quotation of the clip counts for the words."""
    if modality == "text" and QUOTE.search(text):
        return True
    plain = QUOTE.sub(" ", text)
    if modality not in _PATTERNS:  # a net from outside is called by its name
        return modality in re.findall(r"[a-z0-9_]+", plain)
    return bool(_PATTERNS[modality].search(plain))


def contrasts(text: str) -> bool:
    """Whether a text sets something against something else."""
    return bool(_CONTRAST.search(QUOTE.sub(" ", text)))


def told_as_support(text: str, modality: str, side: int, language: str) -> str:
    """The first sentence that tells a modality as support of a label on `side` (−1, 0, 1); empty when none does.

    A sentence does when it names the modality without any contrast or supposition, and either says that it supports,
    or argues for the polarity of the label.
    """
    for sentence in sentences(text):
        if not names(sentence, modality) or contrasts(sentence) or _SUPPOSED.search(sentence):
            continue
        verdict = judge(sentence, language)
        if _SUPPORT.search(QUOTE.sub(" ", sentence)) or (verdict is not None and side and verdict.polarity == side):
            return sentence
    return ""


def named_cues(text: str, views: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The cues of an argument that a text names: by the argument's own wording, by the word itself, or by a claim.

    `views` are those of a story's `reasoning.argument`.
    """
    flat = _flat(text)
    claimed = {(claim.modality, claim.kind) for claim in find_claims(text)}
    found = []
    for view in views:
        for cue in view.get("cues") or ():
            told = [str(words) for words in (cue.get("told") or {}).values()]
            worded = any(_flat(re.split(r" at \d| \(|（", words)[0]) in flat for words in told if words)
            if worded or (view.get("modality"), cue.get("feature")) in claimed or _word_of(cue) in flat.split():
                found.append(cue)
    return found


def _word_of(cue: Mapping[str, Any]) -> str:
    return _flat(str(cue.get("feature"))) if cue.get("kind") in ("word", "expression") else "\0"


def _flat(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
