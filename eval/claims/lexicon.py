"""The words by which a chain of thought asserts something about voice, face or speech, in English and Chinese.

A cue is one wording of one kind of claim; they are listed in `claim_cues/en.txt` and `zh.txt`. Its manner says what
the wording asserts: a `change` against the person's own usual (“raises her voice”, 挑眉) or a `state` (“a loud voice”,
眉头紧锁). Measurements against the clip's own baseline can refute a change, but not every state: a brow that is
furrowed throughout has no other level in the clip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "cues"
_LETTERS = {"en": re.compile(r"[A-Za-z]{2}"), "zh": re.compile(r"[\u3400-\u9fff]")}

MODALITY: Mapping[str, str] = {
    **dict.fromkeys(("louder", "softer", "higher", "lower", "faster", "slower", "trembling", "pause", "sigh"), "audio"),
    **dict.fromkeys(("pitch_wide", "pitch_narrow"), "audio"),
    **dict.fromkeys(("head_still", "face_still"), "video"),
    **dict.fromkeys(("smile", "mouth_corners_down", "brows_down", "brows_up", "mouth_open"), "video"),
    **dict.fromkeys(("head_nod", "head_shake", "head_turn", "head_tilt", "gaze_down", "gaze_away"), "video"),
    **dict.fromkeys(("shoulders_up", "lean_in", "lean_back", "hand_near_face", "gesture"), "video"),
    "brief_motion": "video",
    **dict.fromkeys(("quote", "said"), "text"),
}
"""Kind of claim → modality. `MEASURES` has the kinds that are a number for the whole clip."""

MEASURES: Mapping[str, str] = {
    "f0_median_hz": "audio",
    "f0_range_semitones": "audio",
    "speech_seconds": "audio",
    "speaking_rate_syllables_per_s": "audio",
    "level_range_db": "audio",
    "pause_count": "audio",
    "faces": "video",
    "found_share": "video",
    "eye_distance": "video",
}
_N = r"(?P<n>\d+(?:\.\d+)?)"
COUNTS: Mapping[str, float] = {
    **{word: float(n) for n, word in enumerate(("no", "one", "two", "three", "four", "five", "six"))},
    **{word: float(n) for n, word in enumerate("零一二三四五六") if n},
    "a single": 1.0,
    "两": 2.0,
}
"""Number words beside digits, where faces are counted."""
_COUNT = r"(?P<n>\d+|one|two|three|four|five|six|a single)"
_COUNT_ZH = r"(?P<n>\d+|[一二两三四五六])"
_SEEN = (
    r"(?:(?:is|are|was|were|can be) (?:\w+ly )?)?(?:visible|seen|shown"
    r"|in (?:the )?(?:view|frame|picture|shot|video|image|clip))"
    r"|(?:appears?|on (?:the )?screen)"
)
_MEASURE_WORDS = (
    ("f0_median_hz", rf"(?:median|mean|average) (?:pitch|f0)(?: (?:of|is|was|at|around|about))* {_N} ?Hz"),
    ("f0_median_hz", rf"基频(?:的)?中位数(?:为|是|约)?\s*{_N} ?(?:Hz|赫兹)"),
    ("f0_range_semitones", rf"pitch range(?: (?:of|is|was|about))* {_N} ?semitones"),
    ("f0_range_semitones", rf"音高范围(?:为|是|约)?\s*{_N} ?个?半音"),
    ("speech_seconds", rf"{_N} ?s(?:econds)? of speech"),
    ("speech_seconds", rf"(?:语音|说话时长)(?:共|为|约)?\s*{_N} ?秒"),
    ("speaking_rate_syllables_per_s", rf"{_N} ?syllables ?(?:/ ?s|per second|a second)"),
    ("speaking_rate_syllables_per_s", rf"(?:语速)?每秒\s*(?:约)?{_N} ?个?音节"),
    ("level_range_db", rf"(?:level|loudness|volume) range(?: (?:of|is|was|about))* {_N} ?dB"),
    ("level_range_db", rf"音量范围(?:为|是|约)?\s*{_N} ?dB"),
    ("pause_count", rf"(?<![\d.]){_N} pauses?\b"),
    ("pause_count", rf"停顿(?:了)?\s*{_N} ?次"),
    ("faces", rf"at most {_N} faces?"),
    ("faces", rf"最多(?:有)?\s*{_N} ?张脸"),
    ("faces", rf"\b{_COUNT} (?:\w+ )?(?:faces?|people|persons?)\b(?= (?:\w+ )?(?:{_SEEN}))"),
    (
        "faces",
        rf"(?:画面|镜头|视频)(?:中|里|上)?(?:一共|共|总共|只|仅)?(?:能)?(?:有|出现|看到|可见)(?:了)?{_COUNT_ZH}(?:个人|张脸|名|位)",
    ),
    ("found_share", rf"face found in {_N} ?% of"),
    ("found_share", rf"{_N} ?% ?的帧中找到"),
    ("eye_distance", rf"outer-eye distance(?: (?:of|is))* {_N} ?px"),
    ("eye_distance", rf"外眼角间距(?:为|是|约)?\s*{_N} ?像素"),
)
_VOICE = re.compile(
    r"\b(?:voices?|vocal\w*|speech|speak\w*|spoke|talk\w*|say\w*|said|tone|volume|pitch|intonation|deliver\w*|words?"
    r"|tempo|pace|utter\w*)\b|声|音|嗓|说|讲|话|语",
    re.IGNORECASE,
)
_NO_CHANGE = re.compile(
    r"(?:no|without(?: any)?|little) (?:\w+ )?(?:change|variation|shift|difference) in (?:\w+ )?(loudness|volume|pitch)"
    r"|(音量|响度|音高|音调|语调)(?:(?:也|都|较为|比较|很|十分)?(?:平稳|平缓|平淡|平直|单调)[，,]?)?(?:几乎|基本上?|始终|一直|也|都)*(?:没有|没什么|毫?无|没)(?:明显|任何|太大|多大|什么)?"
    r"的?(?:变化|起伏|波动)",
    re.IGNORECASE,
)
_PITCH_WORDS = ("pitch", "音高", "音调", "语调")
_CUE_LINE = re.compile(r"(\w+) (change|state)([+!]?) (.+)")


@dataclass(frozen=True)
class Cue:
    """One wording: where `pattern` is found in a sentence, `kind` is asserted, or denied if `denies`.

    With `needs_voice` it counts only beside a word of speech; `manner` is change or state.
    """

    kind: str
    manner: str
    pattern: re.Pattern[str]
    needs_voice: bool
    denies: bool


@cache
def cues(language: str) -> tuple[Cue, ...]:
    """All wordings of a language."""
    return tuple(_read(language))


def cues_for(sentence: str) -> Iterator[Cue]:
    """The wordings that can occur in a sentence: rationales mix the languages, most sentences do not."""
    for language, letters in _LETTERS.items():
        if letters.search(sentence) is not None:
            yield from cues(language)


@cache
def measure_cues() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(measure, pattern with the group `n`) for numbers that hold for the whole clip."""
    return tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _MEASURE_WORDS)


def speaks_of_voice(sentence: str) -> bool:
    """Whether a sentence has a word of voice or speech."""
    return _VOICE.search(sentence) is not None


def no_change(sentence: str) -> Iterator[tuple[re.Match[str], tuple[str, str]]]:
    """Wordings that deny both directions at once: “no change in loudness” is neither louder nor softer."""
    for match in _NO_CHANGE.finditer(sentence):
        word = (match.group(1) or match.group(2)).lower()
        yield match, ("higher", "lower") if word in _PITCH_WORDS else ("louder", "softer")


def _read(language: str) -> Iterator[Cue]:
    macros: dict[str, str] = {}
    edge = r"\b" if language == "en" else ""
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition(" = ")
        for known, words in macros.items():
            line, value = line.replace(f"<{known}>", words), value.replace(f"<{known}>", words)
        if equals and name.isupper():
            macros[name] = value
            continue
        match = _CUE_LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{FOLDER / language}.txt: not a cue: {line}")
        kind, manner, mark, pattern = match.groups()
        yield Cue(kind, manner, re.compile(f"{edge}(?:{pattern})", re.IGNORECASE), mark == "+", mark == "!")
