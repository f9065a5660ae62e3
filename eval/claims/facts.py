"""What was measured of a clip, in the form that claims are held against.

Two sources. A story's `evidence` has the strongest six events of each modality; the run's records beside it
(`records/speech`, `records/face`) have all events, where there was speech, and in which frames the face was seen from
the front. A record is used only if its fingerprint is the story's, so that a record of another run never speaks. The
absence of an event can be told from the complete list alone: records, or evidence with fewer than six events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from eval.stories.form import transcript_of
from eval.stories.read import Story
from eval.tables.json_file import json_value
from harness.records.body import KINDS as BODY
from harness.records.store import SUFFIX, file_stem

MOST_EVENTS = 6
"""Events per modality that a story's evidence holds at most (harness/judging/evidence.py)."""
FRONTAL = 35.0
"""Yaw in degrees beyond which no shape of a face is measured (models/face/movements.py)."""
LEAST_SNR_DB = 10.0
LEAST_EYE_PX = 24.0
LEAST_SEEN = 0.9
"""Share of the pictures in which shoulders, or hands, are seen, from which their rest is evidence."""


@dataclass(frozen=True)
class Event:
    """A measured event; `value` in `unit` is its departure from the clip's own baseline."""

    kind: str
    start: float
    end: float
    value: float | None
    unit: str


@dataclass(frozen=True)
class Facts:
    """Everything claims are checked against.

    Attributes:
        seconds: the clip's length, 0 when it is not known.
        events: all that are known, by modality.
        complete: the modalities whose list of events is complete.
        numbers: measurements for the whole clip by name.
        missing: modality → why nothing was measured.
        said: the transcript; empty without one.
        speech: stretches of speech; None when they are not known.
        snr_db: signal over noise; None when it is not known.
        frames: (time, whether the face was seen from the front); None when they are not known.
        body: the kinds of movements of shoulders, trunk and hands that were looked for throughout; None where the body
            was not measured.
        brief: whether brief motions were looked for.
    """

    seconds: float = 0.0
    events: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    complete: frozenset[str] = frozenset()
    numbers: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    speech: tuple[tuple[float, float], ...] | None = None
    snr_db: float | None = None
    frames: tuple[tuple[float, bool], ...] | None = None
    body: frozenset[str] | None = None
    brief: bool = False


def facts_of(story: Story) -> Facts:
    """The facts of one clip, from its story and, where they are, from its records."""
    seconds = (story.part("media") or {}).get("seconds")
    facts = facts_of_evidence(
        story.part("evidence") or {}, transcript_of(story), seconds if isinstance(seconds, int | float) else 0.0
    )
    speech, face = record_data(story, "speech"), record_data(story, "face")
    events, complete = dict(facts.events), set(facts.complete)
    if speech is not None:
        events["audio"] = _events(speech.get("events"), "delta")
        complete.add("audio")
    if face is not None:
        events["video"] = _events(face.get("movements"), "delta")
        complete.add("video")
    body = record_data(story, "body")
    if body is not None:
        events["video"] = (*events.get("video", ()), *_events(body.get("movements"), "delta"))
    brief = record_data(story, "brief")
    if brief is not None:
        events["video"] = (*events.get("video", ()), *_events(brief.get("movements"), "delta"))
    return Facts(
        seconds=facts.seconds,
        events=events,
        complete=frozenset(complete),
        numbers=facts.numbers,
        missing=facts.missing,
        said=facts.said,
        speech=None if speech is None else _spans(speech.get("speech")),
        snr_db=facts.snr_db if speech is None else _number((speech.get("summary") or {}).get("snr_db")),
        frames=None if face is None else _frames(face),
        body=None if body is None else _looked_for(body),
        brief=brief is not None,
    )


def facts_of_evidence(evidence: Mapping[str, Any], said: str = "", seconds: float = 0.0) -> Facts:
    """The facts that a story's `evidence` object holds by itself (the form a reward function is given)."""
    items = [item for item in evidence.get("items") or () if isinstance(item, Mapping)]
    events: dict[str, tuple[Event, ...]] = {}
    for modality in ("audio", "video"):
        events[modality] = _events([i for i in items if i.get("modality") == modality], "value")
    numbers = {
        str(item["kind"]): float(item["value"])
        for item in items
        if item.get("start") is None and isinstance(item.get("value"), int | float) and item.get("kind") != "word"
    }
    missing = {str(k): str(v) for k, v in (evidence.get("missing") or {}).items()}
    for modality in ("audio", "video"):
        if not any(item.get("modality") == modality for item in items):
            missing.setdefault(modality, "nothing was measured")
    complete = frozenset(m for m in events if m not in missing and len(events[m]) < MOST_EVENTS)
    quoted = " ".join(str(item.get("quote", "")) for item in items if item.get("kind") == "said")
    return Facts(seconds, events, complete, numbers, missing, said or quoted, snr_db=_snr_of(evidence))


def record_data(story: Story, stage: str) -> dict[str, Any] | None:
    """The payload of a stage's record, if it is there and is the one that the story was made of."""
    path = story.path.parent.parent / "records" / stage / (file_stem(story.id) + SUFFIX)
    try:
        record = _record(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return None
    wanted = ((story.part("stages") or {}).get(stage) or {}).get("fingerprint")
    if not isinstance(record, dict) or record.get("fingerprint") != wanted or record.get("outcome") != "ok":
        return None
    data = record.get("data")
    return data if isinstance(data, dict) else None


@lru_cache(maxsize=4)
def _record(path: Path, changed: int) -> Any:
    """A record as it was at a time; claims and tracks of one clip ask for it one after the other."""
    return json_value(path.read_bytes())[0]


def _events(items: Any, value: str) -> tuple[Event, ...]:
    return tuple(
        Event(str(item.get("kind")), start, end, _number(item.get(value)), str(item.get("unit", "")))
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, Mapping)
        and (start := _number(item.get("start"))) is not None
        and (end := _number(item.get("end"))) is not None
    )


def _spans(spans: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(span["start"]), float(span["end"])) for span in spans or ())


def _frames(face: Mapping[str, Any]) -> tuple[tuple[float, bool], ...] | None:
    times, yaw = face.get("times"), (face.get("tracks") or {}).get("yaw")
    if not isinstance(times, Sequence) or not isinstance(yaw, Sequence) or len(times) != len(yaw):
        return None
    return tuple((float(t), y is not None and abs(y) <= FRONTAL) for t, y in zip(times, yaw, strict=True))


def _looked_for(body: Mapping[str, Any]) -> frozenset[str]:
    """The kinds whose absence says something: not withheld, and the shoulders were seen nearly throughout."""
    withheld, seen = body.get("withheld"), _number(body.get("seen_share")) or 0.0
    if seen < LEAST_SEEN:
        return frozenset()
    hands = {"gesture", "hand_near_face"} if (_number(body.get("hand_share")) or 0.0) < LEAST_SEEN else set()
    return frozenset(BODY) - set(withheld if isinstance(withheld, Mapping) else ()) - hands


def _snr_of(evidence: Mapping[str, Any]) -> float | None:
    """A lower bound of the SNR: the voice opinion's confidence is at most SNR / 20 dB (models/voice/measure.py)."""
    confidence = _number(((evidence.get("opinions") or {}).get("audio") or {}).get("confidence"))
    return None if confidence is None else 20.0 * confidence


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
