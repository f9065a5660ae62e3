"""One stage on one clip: skip what is done, run what is not, and turn every failure into a record."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from harness.context import Context, Stage
from harness.faults import Absent, ConfigError, HarnessFault, StageUnavailable
from harness.records.clean import json_bytes
from harness.records.store import Store
from harness.records.types import Clip, Outcome, Record

DEFECT = "this is a defect of the harness or of a package; please report it with the clip"
LONGEST_REASON = 2000


def settings_key(stage: str, version: int, settings: Any) -> str:
    """A stage's fingerprint from the version of its code and its settings (plain values or records)."""
    return hashlib.sha256(msgspec.json.encode([stage, version, settings], order="sorted")).hexdigest()


def fingerprint_of(stage: Stage, clip: Clip, records: Mapping[str, Record]) -> str:
    """SHA-256 over all that the result of `stage` on `clip` depends on."""
    upstream = [records[name].digest for name in stage.needs]
    parts = [stage.name, stage.fingerprint, stage.inputs(clip), upstream]
    return hashlib.sha256(json_bytes(parts, order="sorted")).hexdigest()


def done(stage: Stage, clip: Clip, records: Mapping[str, Record], store: Store) -> Record | None:
    """The stored record, if it is of this very input and not a failure that is worth another try."""
    record = store.get(stage.name, clip.id)
    if record is None or record.outcome == "error" or record.fingerprint != fingerprint_of(stage, clip, records):
        return None
    return record


def first_pending(stages: Sequence[Stage], clip: Clip, store: Store) -> Stage | None:
    """The first of `stages` that still has to run on `clip`, or None."""
    records: dict[str, Record] = {}
    for stage in stages:
        record = done(stage, clip, records, store)
        if record is None:
            return stage
        records[stage.name] = record
    return None


def first_without_record(stages: Sequence[Stage], clip: Clip, store: Store) -> Stage | None:
    """The first of `stages` that has no record of this very input, be it a result or a failure."""
    records: dict[str, Record] = {}
    for stage in stages:
        record = store.get(stage.name, clip.id)
        if record is None or record.fingerprint != fingerprint_of(stage, clip, records):
            return stage
        records[stage.name] = record
    return None


def forget_errors(stages: Sequence[Stage], clip: Clip, store: Store) -> None:
    """Remove the failures of an earlier run, which this run is about to try again."""
    for stage in stages:
        record = store.get(stage.name, clip.id)
        if record is not None and record.outcome == "error":
            store.drop(stage.name, clip.id)


def run_clip(stages: Sequence[Stage], context: Context, store: Store, skip: Sequence[str] = ()) -> None:
    """Run what is not done of `stages` in order; results land in the store and in `context.records`."""
    for stage in stages:
        kept = store.get(stage.name, context.clip.id) if stage.name in skip else None
        record = kept or done(stage, context.clip, context.records, store)
        context.records[stage.name] = record or _kept(run_stage(stage, context), store)


def _kept(record: Record, store: Store) -> Record:
    """Store a record; a result that no file can hold is recorded as the stage's failure, like any other.

    Raises:
        OSError: the disk is at fault, not the clip; the run ends, and what is done is kept.
    """
    try:
        return store.put(record)
    except (TypeError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        reason = f"its result cannot be stored: {type(error).__name__}: {error}"
        return store.put(replace(record, outcome="error", data=None, reason=_short(reason), remedy=DEFECT))


def run_stage(stage: Stage, context: Context) -> Record:
    """Run one stage; whatever goes wrong costs this stage of this clip only. The one broad `except` stands here."""
    started = time.perf_counter()
    outcome: Outcome = "ok"
    data, reason, remedy = None, "", ""
    try:
        data = stage.run(context)
    except ConfigError:
        raise  # no clip can be worked on like this: the run ends, and what is done is kept
    except HarnessFault as fault:
        outcome, reason, remedy = _outcome(fault), fault.message, fault.remedy
    except Exception as error:  # a stage's unforeseen failure must not cost another clip
        outcome, reason = "error", f"{type(error).__name__}: {error} [{_where(error)}]"
        remedy = DEFECT
    return Record(
        stage.name,
        context.clip.id,
        stage.provider,
        fingerprint_of(stage, context.clip, context.records),
        outcome,
        data,
        _short(reason),
        remedy,
        round(time.perf_counter() - started, 4),
    )


def failed(stage: Stage, clip: Clip, store: Store, stages: Sequence[Stage], reason: str, remedy: str) -> Record:
    """Record that `stage` failed on `clip` from outside (its process died or hung), all before it having records."""
    records = {s.name: r for s in stages if (r := store.get(s.name, clip.id)) is not None}
    fingerprint = fingerprint_of(stage, clip, records)
    return store.put(Record(stage.name, clip.id, stage.provider, fingerprint, "error", None, reason, remedy))


def _short(reason: str) -> str:
    """A reason that a reader can take in, whatever a server or a library had to say."""
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}… ({len(reason)} characters)"


def _outcome(fault: HarnessFault) -> Outcome:
    if isinstance(fault, Absent):
        return "absent"
    return "unavailable" if isinstance(fault, StageUnavailable) else "error"


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
