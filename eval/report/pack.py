"""The report's data as it stands in the page: columns for the list at once, everything else packed and read on demand.

A page of twenty thousand clips must open in seconds. So the page carries plainly only what the list and the overview
need, one array per column. The details of clips stand in blocks of `CLIPS_PER_CHUNK` as gzip in base64, which a
browser unpacks when a clip of the block is opened; the texts to search in stand in blocks of their own.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from eval.report.argued import is_number
from harness.records.labels import SENTIMENT5

CLIPS_PER_CHUNK = 40
TEXTS_PER_CHUNK = 2000
LARGE = 1 << 23
"""Bytes of blocks that are kept in memory."""
SHOWN_WORDS = 90
"""Characters of the transcript that a row of the list shows."""


class Packing:
    """The clips of a page, one after the other: columns in memory, blocks of details and of texts on disk."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.details, self.texts = Blocks(CLIPS_PER_CHUNK), Blocks(TEXTS_PER_CHUNK)

    def add(self, clip: Mapping[str, Any]) -> None:
        """Pack a clip's payload."""
        for name, value in _row(clip).items():
            self.columns.setdefault(name, []).append(value)
        self.details.add(clip)
        self.texts.add(searched(clip))


class Blocks:
    """Values packed `size` at a time; what is packed waits on disk when it is large."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: list[Any] = []
        self._packed = tempfile.SpooledTemporaryFile(LARGE, "w+", encoding="ascii")  # noqa: SIM115 - open while it lives

    def add(self, value: Any) -> None:
        """Take one more."""
        self._waiting.append(value)
        if len(self._waiting) == self._size:
            self._pack()

    def __iter__(self) -> Iterator[str]:
        """The blocks; nothing can be added afterwards."""
        if self._waiting:
            self._pack()
        self._packed.seek(0)
        return (line.rstrip("\n") for line in self._packed)

    def _pack(self) -> None:
        self._packed.write(packed(self._waiting) + "\n")
        self._waiting = []


def packed(value: Any) -> str:
    """JSON, gzip, base64; the same value always gives the same text."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 6, mtime=0)).decode("ascii")


def unpacked(text: str) -> Any:
    """What `packed` was given."""
    return json.loads(gzip.decompress(base64.b64decode(text)))


def _row(clip: Mapping[str, Any]) -> dict[str, Any]:
    prediction, answer = _part(clip, "prediction"), _part(clip, "answer")
    verdicts = [claim.get("verdict") for claim in _part(clip, "claims").get("checked") or ()]
    return {
        "id": clip["id"],
        "label": _text(prediction.get("label")),
        "answer": _text(answer.get("label")),
        "truth": clip.get("truth"),
        "status": _text(prediction.get("status")),
        "language": clip.get("language") or "",
        "parse": clip.get("parse"),
        "confidence": _confidence(prediction),
        "margin": _number(_part(clip, "judgement").get("margin")),
        "flags": list(_part(clip, "judgement").get("flags") or ()),
        "failing": [name for name, why in _part(clip, "checks").items() if why],
        "agreement": _number(answer.get("agreement")),
        "seconds": _number(clip.get("seconds")),
        "spent": _spent(_part(clip, "stages")),
        "claims": len(verdicts) if clip.get("claims") else None,
        "contradicted": verdicts.count("contradicted"),
        "supported": verdicts.count("supported"),
        "other": _text(_part(_part(clip, "other"), "prediction").get("label")) if clip.get("other") else None,
        "said": said_of(clip)[:SHOWN_WORDS],
        "note": _digest(clip),
    }


def _digest(clip: Mapping[str, Any]) -> str:
    """What a reader's note belongs to: this text with this label, and not the clip's story in another run."""
    text = f"{clip.get('think')}\n{_part(clip, 'prediction').get('label')}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:10]


def searched(clip: Mapping[str, Any]) -> str:
    """The lower-case text that a search looks through: name, transcript, reasoning."""
    texts = [clip["id"], said_of(clip), _part(clip, "reasoning").get("text"), clip.get("think")]
    # The raw text has the reasoning in it almost always; twice would double the page.
    kept = [text for i, text in enumerate(texts) if isinstance(text, str) and not (i == 3 and text in str(texts[2]))]
    return "\n".join(kept).lower()


def said_of(clip: Mapping[str, Any]) -> str:
    """The transcript of a clip's payload, empty without one."""
    transcript = _part(clip, "transcript")
    segments = transcript.get("segments")
    lines = [line for line in segments if isinstance(line, dict)] if isinstance(segments, list) else []
    return _text(transcript.get("text")) or " ".join(_text(line.get("text")) for line in lines)


def _confidence(prediction: Mapping[str, Any]) -> float | None:
    values, label = prediction.get("probabilities"), prediction.get("label")
    labels = prediction.get("labels", list(SENTIMENT5.labels))
    if not isinstance(labels, list) or not isinstance(values, list) or len(values) != len(labels):
        return None
    return _number(values[labels.index(label)]) if label in labels else None


def _spent(stages: Mapping[str, Any]) -> float | None:
    seconds = [_number(stage.get("seconds")) for stage in stages.values() if isinstance(stage, dict)]
    known = [value for value in seconds if value is not None]
    return round(sum(known), 3) if known else None


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return round(value, 4) if is_number(value) else None
