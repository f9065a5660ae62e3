"""Readers that are tried with values edited at random: what good values look like, and what is done with one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.config import load_profile
from harness.inputs.encoding import NotText, decode_text
from harness.inputs.spoken import spoken, without_markup
from harness.records.labels import SPACES
from tests.fuzz import documents, files, heads, texts


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        check: reads a value, and raises where it ends in anything but what the reader promises.
        good: values that it takes, all text or all bytes.
        pieces: what it looks for.
        given: (edited text or bytes, any number, a folder for files) → what `check` is given.
    """

    check: Callable[[Any], object]
    good: Sequence[Any]
    pieces: Sequence[Any] = ()
    given: Callable[[Any, int, Path], Any] = lambda made, number, at: made


GOOD_REPLIES = (
    "<think>The voice is low and the brows are drawn together.</think><answer>WNEG</answer>",
    '```json\n{"label": "SPOS", "reason": "she laughs"}\n```',
    "**Answer:** weakly positive\n\nBecause she smiles at 2.5 s.",
    "<think>他皱着眉头，声音很低。</think>\n最终答案：弱负面。",
    "\\boxed{neutral}",
    "I'm sorry, I cannot judge this.",
    "The sentiment is not negative but neutral.",
)
GOOD_CLAIMS = (
    "At 2.5 s the corners of the mouth rise, and the voice is 3 semitones higher; she does not pause.",
    "嘴角在第2秒上扬，没有停顿，音调升高了30 Hz。他说：“我太开心了”。",
    "Her lips might be pressed together from 1 to 3 seconds, or her brows are lowered. If she smiled, I would be glad.",
)
GOOD_TABLES = (
    b"ID,Label\na.mp4,SPOS\nb.mp4,SNEG\n",
    b"\xef\xbb\xbfID;Label;p_SNEG;p_WNEG;p_NEUT;p_WPOS;p_SPOS\r\na.mp4;SPOS;0.1;0.1;0.1;0.1;0.6\r\n",
    'ID,Label,Text\n"a,1.mp4",WPOS,"他说 ""好"""\n'.encode("utf-16"),
)
GOOD_SETTINGS = (
    *("fuse.weights.text=1.0", "media.fps=5", "language=zh", "seed=3", "opinions={net: {file: a.csv}}", "ids=path"),
    *("fuse.strategy=log_pool", "workers=2", "label_space=polarity3", "default_label=NEUT", "omni.frames=8"),
)
SETTING_PIECES = (
    *("fuse", "media", "omni", "opinions", "weights", "text", ".", "=", "{", "}", "[", "]", ": ", ", ", "null", "true"),
    *("1", "-1", "1e999", ".nan", "x", "label_space", "default_label", "&a ", "*a", "!!set ", "2024-13-45", "emotions"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-16", "gb18030", "big5", "cp1252", "shift_jis", "utf-32")


def _written(text: str, number: int, at: Path) -> tuple[str, bytes]:
    """A sidecar: its suffix, and the text in one of the encodings that they come in."""
    encoding = ENCODINGS[number // 8 % len(ENCODINGS)]
    data = text.encode("utf-8", "surrogatepass") if encoding == "utf-8" else text.encode(encoding, "replace")
    return texts.SUFFIXES[number % len(texts.SUFFIXES)], data


def _damaged(data: bytes, number: int, at: Path) -> tuple[str, bytes]:
    return texts.SUFFIXES[number % len(texts.SUFFIXES)], data


def _said(text: str) -> None:
    without_markup(text)
    spoken(text)


def _decoded(data: bytes) -> None:
    try:
        decode_text("x.srt", data)
    except NotText as fault:
        assert "x.srt" in fault.message and fault.remedy and len(fault.message) < documents.LONGEST_MESSAGE


def _asked(text: str, number: int, at: Path) -> tuple[str, str, str]:
    names = sorted(SPACES)
    return text, ("stop", "length")[number % 2], names[number // 2 % len(names)]


def _key_and_value(text: str, number: int, at: Path) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _with_folder(data: bytes, number: int, at: Path) -> tuple[bytes, Path]:
    return data, at


def _features(place: str) -> Target:
    good = files.good_features()[place]
    return Target(files.features, [good], given=lambda data, number, at: (place, data, at))


def _head(damaged: int) -> Target:
    good = files.good_head()

    def given(data: bytes, number: int, at: Path) -> tuple[bytes, bytes, Path]:
        return (data, good[1], at) if damaged == 0 else (good[0], data, at)

    return Target(files.head, [good[damaged]], given=given)


@cache
def _fuse_section() -> Any:
    return load_profile("embedded")["fuse"]


def _made(write: Callable[[Path], bytes]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder))


def _fusion(data: bytes, number: int, at: Path) -> tuple[bytes, Path, str, Any]:
    return data, at, ("joint", "learned")[number % 2], _fuse_section()


TARGETS: dict[str, tuple[int, Callable[[], Target]]] = {
    "answers": (300, lambda: Target(texts.answer, GOOD_REPLIES, texts.REPLY_PIECES, _asked)),
    "transcripts": (180, lambda: Target(texts.sidecar, texts.SIDECAR_TEXTS, texts.TIMED_PIECES, _written)),
    "transcripts, bytes": (60, lambda: Target(texts.sidecar, texts.GOOD_SIDECARS, (), _damaged)),
    "spoken": (120, lambda: Target(_said, texts.SIDECAR_TEXTS, texts.TIMED_PIECES)),
    "encodings": (60, lambda: Target(_decoded, [*texts.GOOD_SIDECARS, *GOOD_TABLES])),
    "claims": (70, lambda: Target(texts.claims, GOOD_CLAIMS, texts.CLAIM_PIECES)),
    "csv": (10, lambda: Target(texts.csv_file, GOOD_TABLES, _bytes(texts.TABLE_PIECES), _with_folder)),
    "settings": (3, lambda: Target(texts.setting, GOOD_SETTINGS, SETTING_PIECES, _key_and_value)),
    "profiles": (5, lambda: Target(files.profile, files.GOOD_PROFILES, documents.YAML_PIECES, _with_folder)),
    "label spaces": (
        12,
        lambda: Target(documents.space, documents.SPACES_OF_OWN, documents.YAML_PIECES, _with_folder),
    ),
    "records": (60, lambda: Target(files.record, [files.good_record()], (), _with_folder)),
    "heads": (40, lambda: _head(0)),
    "heads, tensors": (30, lambda: _head(1)),
    "voice heads": (20, lambda: Target(heads.voice, [_made(heads.good_voice_head)], (), _with_folder)),
    "sentence heads": (15, lambda: Target(heads.sentence, [_made(heads.good_sentence_head)], (), _with_folder)),
    "features": (15, lambda: _features("features.json")),
    "features, table": (15, lambda: _features("table.csv")),
    "scalers": (10, lambda: Target(files.scaler_file, [files.GOOD_SCALER], (), _with_folder)),
    "fusion": (8, lambda: Target(documents.fusion, documents.good_fusions(), (), _fusion)),
    "stories": (2, lambda: Target(documents.story, [documents.good_story()], (), _with_folder)),
}
"""Name → its share of the cases, of 1,000; and the reader."""


def _bytes(pieces: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(piece.encode() for piece in pieces)
