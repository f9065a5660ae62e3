r"""What of a subtitle or transcript line is speech: words stay, sounds become events, markup goes.

Markup: tags (`<font …>`, `<|zh|>`, `<v Ann>`), ASS overrides and drawings (`{\pos(1,2)}`, `{\p1}m 0 0 l 9 9{\p0}`),
karaoke times, MicroDVD codes, entities, invisible characters. Sounds: what stands in square brackets, between notes
(`♪`), in a recogniser's event tags (`<|Laughter|>`), or in round brackets where its words are words for sounds.
Speaker names at the beginning of a line are neither. Every pattern here is read in linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MOST_LINE = 4000
"""Characters of one line that are looked at; nobody says more within one cue."""
_DRAWING = re.compile(r"\{[^{}]*\\p[ ]?(\d+)")
_BLOCK = re.compile(r"\{([^{}]{0,2000})\}")
_MICRODVD = re.compile(r"[yYcCfFsSpPoOhH]:")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>|<\d{1,3}:[\d:.]{1,12}>|</?>")
_SPECIAL = re.compile(r"<\|([^|<>]{0,40})\|>")
_ASS_BREAK = re.compile(r"\\[Nnh]")
# Zero-width and direction marks, byte order marks inside the text, control characters, what could not be decoded.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd\ufe0e\ufe0f\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_NOTES = "♪♫♬♩🎵🎶🎼"
_SONG = re.compile(f"[{_NOTES}][^{_NOTES}]*[{_NOTES}]+")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u26ff\u2700-\u27bf\u2b00-\u2bff]")
_SQUARE = re.compile(r"\[([^\[\]]{0,200})\]|［([^［］]{0,200})］")
_ROUND = re.compile(r"\(([^()]{0,200})\)|（([^（）]{0,200})）|【([^【】]{0,200})】|\*([^*]{1,60})\*")
_HASHED = re.compile(r"#[^#]{1,300}#")
_EVENT_TAGS = {"bgm": "music", "music": "music", "applause": "applause", "laughter": "laughter", "cry": "crying"}
_EVENT_TAGS |= {"cough": "cough", "sneeze": "sneeze", "breath": "breath", "laugh": "laughter", "noise": "noise"}
_EVENT_EMOJI = {"👏": "applause", "🎼": "music", "😀": "laughter", "😭": "crying", "🤧": "sneeze", "😷": "cough"}
_ANGLED_SOUNDS = re.compile(
    r"<(laugh(?:ter)?|noise|music|cough|breath|cry(?:ing)?|applause|sigh|unk|sil|spn|nsn)/?>", re.I
)
_NO_SOUND = frozenset(
    [
        "unk",
        "sil",
        "spn",
        "nsn",
        "blank_audio",
        "silence",
        "inaudible",
        "unintelligible",
        "听不清",
        "聽不清",
        "无声",
        "静音",
    ]
)
_SOUND_ZH = re.compile(
    "声|聲|音乐|音樂|配乐|配樂|歌|笑|哭|泣|叹|嘆|喘|咳|喊|尖叫|掌|鼓|铃|鈴|响|響|枪|槍|敲|门|門|电话|電話|沉默|停顿|停頓|哽咽|抽|噪|背景|雷|雨|风|風|呼吸|吸气|呼气|吐|啜|惨叫|慘叫|低语|耳语|小声|大声|吹|口哨|打嗝|呻吟|轻|BGM"
)
_SENTENCE_ZH = re.compile("[我你您他她它咱]|[吗嗎呢吧了么麼的]")
_SOUND_EN = re.compile(
    r"\b(?:laugh|chuckl|giggl|sigh|sob|cr(?:y|ie)|weep|scream|shout|yell|whisper|mutter|mumbl|groan|moan|gasp|pant|cough|"
    r"sneez|sniff|snor|whistl|hum|sing|clap|applau|cheer|boo|music|song|theme|noise|sound|silence|beep|ring|buzz|knock|bang|"
    r"slam|thud|footstep|door|phone|bell|siren|engine|horn|gunshot|explo|thunder|rain|wind|bark|meow|chirp|growl|chatter|"
    r"crowd|audience|laughter|inaudible|indistinct|unintelligible|static|sharp|exhal|inhal|breath|clears?|throat|gulp|"
    r"grunt|snicker|squeal|shriek|wail|whimper|stammer|stutter|applause|ominous|dramatic|instrumental|playing|overlap|"
    r"speaks?|speaking|pause)\w*",
    re.I,
)
_SENTENCE_EN = re.compile(
    r"\b(?:i|you|we|he|she|it|they|is|are|was|am|do|don|will|can|my|your)\b|'(?:s|m|re|ll|t)\b", re.I
)
_TURN = re.compile(r"^\s*(?:[-–—•]\s+|>{1,3}\s*)")
_NUMBERED = re.compile(
    r"^\s*(?:[\[(【（]?\s{0,3}(?:speaker|spk|spkr|person|narrator|host|guest|interviewer|voice|说话人|說話人|发言人|發言人|讲者|嘉宾|嘉賓|主持人|"
    r"记者|記者|旁白|画外音|采访者|受访者|男声|女声|男|女)[\s_-]{0,4}[\dA-Z]{0,3}\s{0,3}[\])】）]?)\s{0,3}[:：]\s*",
    re.I,
)
_BRACKETED_NAME = re.compile(
    r"^\s*(?:\[[^\[\]:：]{1,40}\]|【[^【】:：]{1,20}】|\([^():：]{1,40}\)|（[^（）:：]{1,20}）)\s*[:：]\s*"
)
_SPEAKER_ALONE = re.compile(r"^\s*\[\s*(?:speaker|spk)[ _-]?\d{1,3}\s*\]\s*[:：]?\s*", re.I)
_CAPITALS = re.compile(r"^\s*(?=[A-Z])[A-Z][A-Z0-9 .'’&#-]{1,30}(?:\([^()]{1,30}\))?\s*[:：](?=\s|$)\s*")
_NAME = re.compile(r"^\s*([A-Z][\w.'’-]{0,20}(?:[ ][A-Z][\w.'’-]{0,20}){0,2}|[\u4e00-\u9fff·]{1,6})\s*[:：]\s*(?=\S)")
_NO_NAME = re.compile(
    "(?:说|說|道|问|問|喊|叫|是|想|为|為|觉得|覺得|有|意|如|例|知|因|所以|结果|結果|总之|总|最后|但|就|要|看|注|即|比|答|告诉|告訴|以下|其)$|^(?:我|你|他|她|它|这|那|這)"
)
_NO_NAME_EN = frozenset(
    [
        "I",
        "But",
        "And",
        "So",
        "Note",
        "Look",
        "Well",
        "Okay",
        "Ok",
        "Yes",
        "No",
        "Wait",
        "Listen",
        "Remember",
        "Because",
        "Question",
        "Answer",
        "Please",
    ]
)


@dataclass(frozen=True)
class Spoken:
    """A line: the words that are said in it, and the sounds that are described."""

    words: str
    sounds: tuple[str, ...] = ()


def without_markup(line: str) -> str:
    """A line without tags, overrides, drawings, entities and invisible characters; words and sounds are still in it."""
    text = _without_drawings(line[:MOST_LINE])
    text = _BLOCK.sub(_kept_block, text)
    text = _ASS_BREAK.sub(" ", text)
    text = _TAG.sub(_kept_tag, html.unescape(_TAG.sub(_kept_tag, text)))
    return " ".join(_INVISIBLE.sub("", text).split())


def spoken(text: str) -> Spoken:
    """What of one line (a cue's lines joined) without markup is said, and what is heard besides."""
    sounds: list[str] = []

    def sound(said: str) -> str:
        said = " ".join(said.split()).strip(" .。-–—")
        if said and said.lower() not in _NO_SOUND and said not in sounds:
            sounds.append(said)
        return " "

    text = _SPECIAL.sub(lambda m: sound(_EVENT_TAGS.get(m[1].lower(), "")), text)
    text = _ANGLED_SOUNDS.sub(lambda m: sound(m[1].lower()), text)
    text = _songs(text, sound)
    text = (
        _HASHED.sub(lambda m: sound(m[0].strip("# ")), text) if text.strip()[:1] == "#" == text.strip()[-1:] else text
    )
    text = _EMOJI.sub(lambda m: sound(_EVENT_EMOJI.get(m[0], "")), text)
    text = _without_speaker(text)
    text = _SQUARE.sub(lambda m: sound(m[1] or m[2] or ""), text)
    whole = text.strip()
    text = _ROUND.sub(lambda m: sound(_inner(m)) if _is_sound(m, m[0] == whole) else m[0], text)
    text = _without_speaker(text)
    words = " ".join(text.split())
    return Spoken(words if any(character.isalnum() for character in words) else "", tuple(sounds))


def without_names(lines: Sequence[str]) -> list[str]:
    """Lines without the names of their speakers, where the whole shows that it is written as a dialogue.

    A name in capitals, in brackets or numbered is told by itself (see `spoken`); `Ann: …` and `小明：…` are names only
    if at least two lines, and half of all, begin like that, since "我说：…" does as well.
    """
    names = [_name_of(line) for line in lines]
    count = sum(name is not None for name in names)
    if count < 2 or 2 * count < sum(1 for line in lines if line.strip()):
        return list(lines)
    return [line[name.end() :] if name else line for line, name in zip(lines, names, strict=True)]


def _name_of(line: str) -> re.Match[str] | None:
    found = _NAME.match(line)
    return found if found and not _NO_NAME.search(found[1]) and found[1].split()[0] not in _NO_NAME_EN else None


def all_spoken(lines: Iterable[str]) -> list[Spoken]:
    """`spoken` of each line of one transcript, names of speakers taken off first."""
    return [spoken(line) for line in without_names([_TURN.sub("", line) for line in lines])]


def _without_drawings(line: str) -> str:
    r"""A line without what stands between `{\p1}` and `{\p0}` (or its end): coordinates, not words."""
    if "\\p" not in line:
        return line
    kept, at, drawing = [], 0, False
    for match in _DRAWING.finditer(line):
        if not drawing:
            kept.append(line[at : match.start()])
        close = line.find("}", match.end())
        at = len(line) if close < 0 else close + 1
        drawing = int(match[1]) > 0
    return "".join(kept) + ("" if drawing else line[at:])


def _kept_block(match: re.Match[str]) -> str:
    inner = match[1]
    return "" if "\\" in inner or _MICRODVD.match(inner) else match[0]


def _kept_tag(match: re.Match[str]) -> str:
    return match[0] if _ANGLED_SOUNDS.fullmatch(match[0]) else ""


def _songs(text: str, sound: Callable[[str], str]) -> str:
    if not any(note in text for note in _NOTES):
        return text
    text = _SONG.sub(lambda m: sound(_sung(m[0])), text)
    first = next((i for i, character in enumerate(text) if character in _NOTES), -1)
    if first < 0:
        return text
    # A song that goes on in the next cue or began in the one before has one note only.
    before, after = text[:first], text[first:]
    if before.strip() and not after.strip(_NOTES + " "):
        return sound(_sung(before))
    sound(_sung(after))
    return before


def _sung(text: str) -> str:
    words = text.strip(_NOTES + " ")
    return f"♪ {words}" if words else "♪"


def _without_speaker(text: str) -> str:
    text = _TURN.sub("", text)
    for pattern in (_SPEAKER_ALONE, _NUMBERED, _BRACKETED_NAME, _CAPITALS):
        text = pattern.sub("", text, count=1)
    return text


def _inner(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group), "")


def _is_sound(match: re.Match[str], whole: bool) -> bool:
    """Whether a bracket describes a sound: its words are words for sounds, and no sentence of somebody."""
    inner = _inner(match)
    if not inner.strip():
        return True
    sentence = _SENTENCE_ZH.search(inner) or _SENTENCE_EN.search(inner)
    if _SOUND_ZH.search(inner) or _SOUND_EN.search(inner):
        return not sentence or whole
    # In English subtitles for the deaf a bracket that stands alone describes; in Chinese ones it may be an aside.
    return whole and not sentence and inner.isascii() and len(inner.split()) <= 6
