"""`schemas`: hold every record of a run against its type, or write the types as JSON Schema for other programs."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from eval.errors import EvalError
from eval.tables.output import deliver
from harness.records.argument import Argument
from harness.records.atomic import write_atomic
from harness.records.emotions import Emotions
from harness.records.payloads import payload
from harness.records.store import SUFFIX, Store, UnreadableRecord, digest_of, read_record
from harness.records.types import (
    ClipEvidence,
    FaceTrack,
    MediaInfo,
    SpeechFeatures,
    TextFeatures,
    Transcript,
)
from harness.records.verdicts import Answer, Attribution, EarlyAnswers, Prediction, Reasoning
from harness.records.voices import NormalisedVoice

SCHEMA = "schemas/1"
PAYLOADS: Mapping[str, type] = {
    "media": MediaInfo,
    "transcribe": Transcript,
    "speech": SpeechFeatures,
    "voice": NormalisedVoice,
    "face": FaceTrack,
    "text": TextFeatures,
    "evidence": ClipEvidence,
    "argue": Argument,
    "reason": Reasoning,
    "parse": Answer,
    "emotions": Emotions,
    "fuse": Prediction,
    "attribute": Attribution,
    "reask": Attribution,
    "early": EarlyAnswers,
}
"""Stage → type of its payload."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `schemas`."""
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("Test_Supplements"), help="a run's supplements")
    parser.add_argument("--write", metavar="DIR", type=Path, help="write one JSON Schema per stage there instead")
    parser.add_argument("--json", metavar="OUT", help="write what was found; - prints it")


def run(args: argparse.Namespace) -> int:
    """Check and print, exit 0 when every record is sound, 1 when one is not; or write the schemas."""
    if args.write is not None:
        for stage, kind in PAYLOADS.items():
            text = msgspec.json.format(msgspec.json.encode(msgspec.json.schema(kind)), indent=1) + b"\n"
            write_atomic(args.write / f"{stage}.schema.json", text)
        print(f"{len(PAYLOADS)} schemas written to {args.write}")
        return 0
    root = args.run_dir / "records"
    if not root.is_dir():
        raise EvalError(f"{root} is not there", "name the supplements folder of a run")
    counts: Counter[str] = Counter()
    faults = []
    for path in sorted(root.glob(f"*/[!.]*{SUFFIX}")):
        counts[path.parent.name] += 1
        faults += [{"file": str(path.relative_to(root)), "fault": fault} for fault in faults_of(path, Store(root))]
    total = sum(counts.values())
    lines = [f"{total} records of {len(counts)} stages, {len(faults)} faults"]
    lines += [f"  {fault['file']}: {fault['fault']}" for fault in faults]
    deliver({"schema": SCHEMA, "records": dict(counts), "faults": faults}, args.json, "\n".join(lines))
    return 1 if faults else 0


def faults_of(path: Path, store: Store) -> Iterator[str]:
    """What is wrong with one record file: its form, its place, its digest, its payload."""
    try:
        record = read_record(path)
    except (OSError, UnreadableRecord) as error:
        yield f"no record: {error}"
        return
    if path != store.path(record.stage, record.clip):
        yield f"says that it is {record.stage} of {record.clip}"
    if record.digest != digest_of(record.outcome, record.data, record.reason):
        yield "was altered: the digest does not fit"
    if record.outcome != "ok":
        if record.data is not None or not record.reason:
            yield f"outcome {record.outcome} needs a reason and no data"
        return
    kind = PAYLOADS.get(record.stage)
    if kind is None:
        yield f"no stage is called {record.stage}"
        return
    try:
        typed: Any = payload(record.data, kind)
    except msgspec.ValidationError as error:
        yield f"payload: {error}"
        return
    if foreign := _foreign(record.data, msgspec.to_builtins(typed)):
        yield f"payload holds {foreign}, which its type does not know"


def _foreign(stored: Any, known: Any, place: str = "$") -> str:
    """The first key in `stored` that `known` lacks; empty when there is none."""
    if isinstance(stored, dict) and isinstance(known, dict):
        for key, value in stored.items():
            if key not in known:
                return f"{place}.{key}"
            if found := _foreign(value, known[key], f"{place}.{key}"):
                return found
    if isinstance(stored, list) and isinstance(known, list | tuple):
        for index, (left, right) in enumerate(zip(stored, known, strict=False)):
            if found := _foreign(left, right, f"{place}[{index}]"):
                return found
    return ""
