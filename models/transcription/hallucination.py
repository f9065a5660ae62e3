"""Words that a recogniser makes up where nobody speaks: what gives them away. Pure.

Whisper writes fluent text over music, noise and silence: loops, more words than fit the time, closing lines of
subtitles, the signatures of channels. Such a segment is left out, with the reason.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

MAX_COMPRESSION = 2.4
"""Bytes over deflated bytes above which Whisper itself takes text for a loop (Radford et al., 2022, section 4.5)."""
MAX_NO_SPEECH, MIN_LOGPROB = 0.6, -1.0
"""Silence in Whisper's own judgement: its no-speech probability above, its mean log-probability below (same place)."""
MAX_REPEATS = 8
"""Times in a row that people still say the same thing (no no no no …)."""
MAX_REPEATS_UNSURE = 4
"""The same where the recogniser is unsure of the words."""
UNSURE = 0.5
MAX_STRETCH = 7
"""Times that a letter stands in a row in a word that is drawn out (nooooo)."""
MAX_RATE = 14.0
"""Han characters or words per second; fast speech has about 8 characters, or 5 words."""
MIN_UNITS = 6
"""Below this many characters or words a rate says nothing: segment borders are rough."""
_LONGEST_UNIT = 12
_HAN = "\u2e80"
"""From here on a letter is a syllable or word of its own."""
_CHANNEL_LINES = (
    "amara.org",
    "优优独播剧场",
    "yoyo television series exclusive",
    "明镜与点点",
    "明镜需要您的支持",
    "字幕志愿者",
    "字幕由",
    "字幕提供",
    "字幕制作",
    "字幕组",
    "社群提供",
    "社区提供",
    "不吝点赞",
    "点赞订阅转发",
    "订阅转发打赏",
    "打赏支持",
    "mingpaocanada",
    "mingpaotoronto",
    "transcription outsourcing",
    "transcribed by",
    "subtitles by",
    "captions by",
)
"""Parts of lines by which channels and subtitle groups sign. Whisper learned them from their videos and writes them
over music and silence; nobody says them in a clip."""
_CLOSING_LINES = (
    "please subscribe",
    "please subscribe to my channel",
    "like and subscribe",
    "dont forget to subscribe",
    "see you next time",
    "see you in the next video",
    "谢谢观看",
    "感谢观看",
    "谢谢大家观看",
    "谢谢收看",
    "感谢收看",
    "谢谢大家收看",
    "感谢您的观看",
    "感谢您的收看",
    "谢谢您的观看",
    "谢谢大家",
    "请订阅",
    "欢迎订阅",
    "请订阅我的频道",
    "欢迎订阅我的频道",
    "记得订阅",
    "下期再见",
    "下集再见",
    "我们下期再见",
    "我们下次再见",
    "未完待续",
    "字幕",
    "中文字幕",
    "词曲李宗盛",
    "作词李宗盛",
    "作曲李宗盛",
    "作词作曲李宗盛",
)
"""Whole lines with which videos end. People do say them, so they count as made up only where they are doubtful."""
_CLOSING_STARTS = ("thanks for watching", "thank you for watching", "thank you so much for watching")
"""With these a closing line begins, whatever follows (… and I'll see you next time)."""
_TRADITIONAL = str.maketrans(
    "優獨劇場鏡與點願製組區贊讚訂閱轉發賞請謝觀頻記見們詞續歡",
    "优独剧场镜与点愿制组区赞赞订阅转发赏请谢观频记见们词续欢",
)
"""The traditional characters of the lines above: they are found in either script, converted or not."""


@dataclass(frozen=True)
class Heard:
    """A segment as the recogniser gives it.

    Attributes:
        text: its words; Chinese in either script.
        seconds: its length.
        no_speech: Whisper's probability that there is no speech.
        logprob: mean log-probability of its tokens.
        certainty: mean probability of its words; None without word times.
    """

    text: str
    seconds: float
    no_speech: float
    logprob: float
    certainty: float | None = None


def doubt(heard: Heard) -> str:
    """Why a segment is taken for made up; empty when it is believed."""
    if heard.no_speech > MAX_NO_SPEECH and heard.logprob < MIN_LOGPROB:
        return f"no speech ({heard.no_speech:.2f}) and unsure words ({heard.logprob:.2f})"
    ratio = compression(heard.text)
    if ratio > MAX_COMPRESSION:
        return f"repeats itself (compresses {ratio:.1f} times)"
    unit, times = longest_loop(units(heard.text))
    unsure = heard.certainty is not None and heard.certainty < UNSURE
    if times > (MAX_REPEATS_UNSURE if unsure else MAX_REPEATS):
        return f"says {' '.join(unit)!r} {times} times in a row"
    letter, times = longest_loop(tuple(heard.text.casefold()))
    if len(letter) == 1 and letter[0].isalpha() and letter[0] < _HAN and times > MAX_STRETCH:
        return f"says {letter[0]!r} {times} times in a row"
    count = len(units(heard.text))
    if count >= MIN_UNITS and count > MAX_RATE * heard.seconds:
        return f"{count} words in {heard.seconds:.1f} s"
    return _closing_line(heard, unsure)


def _closing_line(heard: Heard, unsure: bool) -> str:
    """Whether it is a line by which a channel signs, or one that ends videos and is doubtful besides."""
    bare = _bare(heard.text)
    if any(_bare(part) in bare for part in _CHANNEL_LINES):
        return "a line by which a channel signs"
    closes = bare in {_bare(line) for line in _CLOSING_LINES} or bare.startswith(tuple(map(_bare, _CLOSING_STARTS)))
    if closes and (unsure or heard.no_speech > UNSURE):
        return "a closing line of subtitles, said with little certainty"
    return ""


def compression(text: str) -> float:
    """Bytes of the text over its deflated bytes; 0 for empty text."""
    data = text.strip().encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def units(text: str) -> tuple[str, ...]:
    """The words of a text, each Han character for itself, without punctuation, folded."""
    found: list[str] = []
    word = ""
    for letter in text.casefold():
        han = "\u4e00" <= letter <= "\u9fff"
        if (han or not (letter.isalnum() or letter == "'")) and word:
            found.append(word)
            word = ""
        if han:
            found.append(letter)
        elif letter.isalnum() or letter == "'":
            word += letter
    return (*found, word) if word else tuple(found)


def longest_loop(words: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The unit of up to 12 words that comes most often in a row, and how often (1 when nothing is repeated)."""
    best: tuple[tuple[str, ...], int] = (tuple(words[:1]), min(1, len(words)))
    for size in range(1, min(_LONGEST_UNIT, len(words) // 2) + 1):
        run = 0
        for place in range(size, len(words)):
            # `size` words in a row that equal those `size` places before them are one more repetition.
            run = run + 1 if words[place] == words[place - size] else 0
            if run and 1 + run // size > best[1]:
                best = tuple(words[place - size + 1 : place + 1]), 1 + run // size
    return best


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold().translate(_TRADITIONAL) if letter.isalnum())
