"""A run of `run_submission.py` as seen from outside: its records, as they come, and its report when it is complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eval.report.view import Site
from harness.records.store import SUFFIX, UnreadableRecord, read_record
from harness.records.types import Record

JUDGED = "fuse"
MANIFEST = "run_manifest.json"
MOST_SHOWN = 300
"""Clips in one answer: those that came last."""


class WatchedRun:
    """A supplements folder that another process may be writing to. Nothing in it is changed, and it is not locked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site(folder)
        self._read: dict[Path, tuple[int, dict[str, Any]]] = {}

    def state(self) -> dict[str, Any]:
        """How far it is: clips begun and finished, and the latest of them with label, status and reason.

        How many there will be is known to the run alone until its manifest is there. `complete` follows from the
        manifest being younger than every judgement: an older one is that of an earlier run, now going on.
        """
        begun = _files(self.folder / "records" / "media")
        judged = _files(self.folder / "records" / JUDGED)
        written = _changed(self.folder / MANIFEST)
        newest = sorted(judged, key=lambda path: judged[path])
        complete = bool(judged) and written >= max(judged.values())
        clips = [one for path in reversed(newest[-MOST_SHOWN:]) if (one := self._clip(path, judged[path]))]
        if not complete:
            names = {path.name for path in judged}
            under_way = [path for path in begun if path.name not in names]
            clips = [self._under_way(path) for path in under_way[:MOST_SHOWN]] + clips
        return {
            "watched": True,
            "name": self.folder.name,
            "complete": complete,
            "begun": len(begun),
            "finished": len(judged),
            "clips": clips,
        }

    def _clip(self, path: Path, changed: int) -> dict[str, Any] | None:
        kept = self._read.get(path)
        if kept is not None and kept[0] == changed:
            return kept[1]
        record = _record(path)
        if record is None:
            return None
        data = record.data if record.outcome == "ok" else {}
        label, status = data.get("label", ""), data.get("status", record.outcome)
        found = {"id": record.clip, "label": label, "status": status, "reason": data.get("reason") or record.reason}
        self._read[path] = changed, found
        return found

    def _under_way(self, path: Path) -> dict[str, Any]:
        record = _record(path)
        name = record.clip if record is not None else path.name.removesuffix(SUFFIX)
        reason = record.reason if record is not None else ""
        stages = [s for s in ("transcribe", "speech", "face") if not (path.parent.parent / s / path.name).is_file()]
        return {"id": name, "label": "", "status": "", "reason": reason, "stage": stages[0] if stages else "evidence"}


def _files(folder: Path) -> dict[Path, int]:
    """The records of a stage, each with the time of its last change."""
    return {path: _changed(path) for path in folder.glob("*" + SUFFIX)}


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1


def _record(path: Path) -> Record | None:
    try:
        return read_record(path)
    except (FileNotFoundError, UnreadableRecord):
        return None
