"""Which transcript belongs to which clip, told by its name: `clip.srt`, `clip.mp4.srt`, `clip.zh-Hans.vtt`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

_LANGUAGES: Mapping[str, str] = {
    "zh": "zh zho chi chs cht cn cmn yue sc tc gb gbk big5 hans hant chn chinese mandarin cantonese "
    "中文 中字 汉语 国语 普通话 简体 繁体 繁體 简中 繁中 简 繁 中",
    "en": "en eng english 英文 英语 英語 英",
    "mul": "mul bilingual dual zh-en en-zh chs-eng cht-eng chi-eng cn-en 双语 雙語 中英 简英 繁英",
    "ja": "ja jpn jp japanese 日文 日语",
    "ko": "ko kor kr korean 韩文 韩语",
    "fr": "fr fra fre french",
    "de": "de deu ger german",
    "es": "es spa spanish",
    "it": "it ita italian",
    "pt": "pt por portuguese",
    "ru": "ru rus russian",
    "ar": "ar ara arabic",
    "th": "th tha thai",
    "vi": "vi vie vietnamese",
    "id": "id ind indonesian",
    "hi": "hin hindi",
}
_TAGS = {tag: language for language, tags in _LANGUAGES.items() for tag in tags.split()}
_QUALIFIERS = frozenset(
    [
        "forced",
        "sdh",
        "cc",
        "hi",
        "default",
        "auto",
        "asr",
        "orig",
        "original",
        "full",
        "whisper",
        "transcript",
        "subtitle",
        "subtitles",
        "sub",
        "subs",
        "caption",
        "captions",
        "hans",
        "hant",
        "cn",
        "tw",
        "hk",
        "sg",
        "us",
        "gb",
        "uk",
        "au",
        "ca",
        "br",
    ]
)
_END = re.compile(
    r"^(?P<stem>.+?)(?:[._ \-]|[._ \-]?(?P<open>[\[(（【]))(?P<tag>[^._ \[\]()（）【】]+)(?(open)[\])）】])$"
)
_PARTS = re.compile(r"[-_&+]")


@dataclass(frozen=True)
class Belongs:
    """What a transcript's name says: the clip's file name, the language (empty without a tag), how well it fits.

    `rank` is 0 for the clip's whole name, 1 for its stem, 2 for a name with a tag, 3 where only the case differs.
    """

    clip: str
    language: str
    rank: int


class ClipNames:
    """The clips of one folder by what a transcript of theirs may be called.

    Args:
        clips: their file names.
    """

    def __init__(self, clips: Iterable[str]) -> None:
        self.names: set[str] = set()
        self.stems: dict[str, list[str]] = {}
        self.folded: dict[str, list[str]] = {}
        for clip in clips:
            self.names.add(clip)
            stem = PurePath(clip).stem
            self.stems.setdefault(stem, []).append(clip)
            for key in {clip.casefold(), stem.casefold()}:
                self.folded.setdefault(key, []).append(clip)

    def called(self, base: str) -> list[str]:
        """The clip of this name, or those of this stem."""
        return [base] if base in self.names else self.stems.get(base, [])

    def resembling(self, name: str) -> str:
        """A clip whose stem a file's name begins with, the longest; empty when there is none."""
        folded = name.casefold()
        beginnings = (folded[:length] for length in range(len(folded), 0, -1))
        return next((self.folded[start][0] for start in beginnings if start in self.folded), "")


def owners(name: str, clips: ClipNames) -> list[Belongs]:
    """The clips of a folder that the transcript file `name` belongs to; the best fit alone counts."""
    base = PurePath(name).stem
    tagged = [("", base), *((language, stem) for stem, language in _without_tags(base))]
    # As few tags as need be: b.zh.en.srt is rather that of b.zh.mp4 than of b.mp4.
    for tags, (language, stem) in enumerate(tagged):
        if found := clips.called(stem):
            rank = 2 if tags else 0 if stem in clips.names else 1
            return [Belongs(clip, language, rank) for clip in found]
    for language, stem in tagged:
        if found := clips.folded.get(stem.casefold(), []):
            return [Belongs(clip, language, 3) for clip in found]
    return []


def _without_tags(base: str) -> list[tuple[str, str]]:
    """(name without its tags, language) for each number of tags that can be taken off the end."""
    found = []
    language = ""
    while (match := _END.match(base)) is not None:
        tag = match["tag"].lower()
        spoken = language_of_tag(tag)
        if not spoken and tag not in _QUALIFIERS:
            break
        language = "mul" if spoken and language and spoken != language else spoken or language
        base = match["stem"]
        found.append((base, language))
    return found


def language_of_tag(tag: str) -> str:
    """The language that a tag such as `zh-Hans`, `chs`, `eng` or `chs&eng` names (`mul`: several); empty for none."""
    tag = tag.lower()
    if tag in _TAGS:
        return _TAGS[tag]
    named = [_TAGS.get(part, "") for part in _PARTS.split(tag)]
    if not named[0] or any(not n and part not in _QUALIFIERS for n, part in zip(named, _PARTS.split(tag), strict=True)):
        return ""
    different = {n for n in named if n}
    return different.pop() if len(different) == 1 else "mul"
