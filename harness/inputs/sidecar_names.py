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


def owners(name: str, clips: Iterable[str]) -> list[Belongs]:
    """The clips of a folder that the transcript file `name` belongs to; the best fit alone counts.

    Args:
        name: the transcript's file name.
        clips: file names of the clips in the same folder.
    """
    clips = list(clips)
    base = PurePath(name).stem
    tagged = _without_tags(base)
    fits: list[list[Belongs]] = [
        [Belongs(clip, "", 0) for clip in clips if clip == base],
        [Belongs(clip, "", 1) for clip in clips if PurePath(clip).stem == base],
        # As few tags as need be: b.zh.en.srt is rather that of b.zh.mp4 than of b.mp4.
        *([Belongs(c, said, 2) for c in clips if stem in (c, PurePath(c).stem)] for stem, said in tagged),
    ]
    folded = [("", base), *((language, stem) for stem, language in tagged)]
    fits.append(
        [
            Belongs(clip, language, 3)
            for clip in clips
            for language, stem in folded
            if stem.casefold() in (clip.casefold(), PurePath(clip).stem.casefold())
        ]
    )
    return next((found for found in fits if found), [])


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
