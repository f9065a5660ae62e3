"""Every file of a run, rebuilt from the records: atomic, read back, and compared."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from harness.config import Config
from harness.output.spool import Spool
from harness.output.tables import Table, write_tables
from harness.output.transcript_log import paragraph
from harness.records.atomic import atomic_file, write_atomic
from harness.records.clean import json_bytes
from harness.records.labels import EMOTION7, SENTIMENT5, LabelSpace
from harness.records.names import ANSWER
from harness.records.payloads import payload
from harness.records.store import file_stem, plain_bytes
from harness.records.types import MODALITIES, Clip, Record, Transcript

Records = Mapping[str, Mapping[str, Record]]
"""Clip id → stage → record."""

STORY_FOLDER = "video_emotion_results"


class Exporter:
    """The files of a run, from clips that come in any order: rows are kept on disk, stories are written as they come.

    Args:
        config: the run's settings.
        clips: all of them, in the order of the files. Every one gets exactly one row, also one that never comes or
            whose records are incomplete: it then carries the default label.
    """

    def __init__(self, config: Config, clips: Sequence[Clip]) -> None:
        self._config, self._clips = config, clips
        self._places = {clip.id: place for place, clip in enumerate(clips)}
        self._outside = tuple(config.sections["opinions"])
        self._stories = config.supplements / STORY_FOLDER
        self._rows = Spool(config.supplements, len(clips))

    def add(self, clip: Clip, stages: Mapping[str, Record]) -> None:
        """Write a clip's story, and keep its rows.

        Raises:
            OSError: it cannot be written.
        """
        row = row_of(clip, stages, self._config.default_label, self._config.space, self._outside)
        _write_new(f"{self._stories}/{_story_name(clip)}", _json(story_of(clip, stages, self._config.supplements)))
        told = paragraph(clip, stages.get("transcribe"))
        self._rows.put(self._places[clip.id], [list(row.values()), _transcription_row(clip, stages), told])

    def finish(self) -> list[Path]:
        """Write the submission and its supplements; returns the paths, the submission first.

        Raises:
            OSError: one cannot be written.
            ExportError: one does not read back as it was written.
        """
        for place in self._rows.empty():
            self.add(self._clips[place], {})
        columns = list(row_of(self._clips[0], {}, self._config.default_label, self._config.space, self._outside))
        supplements = self._config.supplements
        words, log = ["文件名称", "语言", "字幕", "处理时间(秒)"], supplements / "transcription_log.txt"
        tables = [
            Table(self._config.submission, ["ID", "Label"], lambda kept: kept[0][:2], for_people=False),
            Table(supplements / "predictions.csv", columns, lambda kept: kept[0]),
            Table(supplements / "transcription_results.csv", words, lambda kept: kept[1]),
        ]
        write_tables(tables, self._rows)
        with atomic_file(log) as stream:
            for i, kept in enumerate(self._rows):
                stream.write((("\n" if i else "") + kept[2]).encode())
        self._rows.close()
        self._forget_stories()
        return [*(table.path for table in tables), log, self._stories]

    def _forget_stories(self) -> None:
        """Remove the stories of clips that are no longer in the run; their records stay."""
        wanted = set(map(_story_name, self._clips))
        for path in self._stories.glob("*.json"):
            if path.name not in wanted:
                path.unlink()


def export(config: Config, clips: Sequence[Clip], records: Records) -> list[Path]:
    """The files of clips whose records are in memory; see `Exporter`."""
    exporter = Exporter(config, clips)
    for clip in clips:
        exporter.add(clip, records.get(clip.id, {}))
    return exporter.finish()


def row_of(
    clip: Clip,
    stages: Mapping[str, Record],
    default_label: str,
    space: LabelSpace = SENTIMENT5,
    outside: Sequence[str] = (),
) -> dict[str, str]:
    """The row of predictions.csv for one clip, as text; `outside` are the run's sources that are no modality."""
    named = (*MODALITIES, *outside)
    prediction = _data(stages, "fuse")
    values = _data(stages, "attribute").get("values", {})
    said = head_of(clip, stages, default_label)
    return {
        "ID": said["ID"],
        "Label": said["Label"],
        **_numbers("p_", space, prediction.get("probabilities")),
        "status": said["status"],
        **{f"contribution_{m}": _number(values.get(m)) for m in named},
        "language": said["language"],
        "seconds": said["seconds"],
        "reason": said["reason"],
        **_by_source(prediction.get("sources") or {}, space, (*MODALITIES, ANSWER, *outside)),
        **_felt(_data(stages, "emotions"), named),
        "label_space": space.name,
    }


def head_of(clip: Clip, stages: Mapping[str, Record], default_label: str) -> dict[str, str]:
    """Of the row of a clip what a run tells of it while it goes: ID, Label, status, language, seconds, reason."""
    prediction = _data(stages, "fuse")
    return {
        "ID": clip.id,
        "Label": prediction.get("label", default_label),
        "status": prediction.get("status", "fallback"),
        "language": language_of(stages),
        "seconds": _number(sum(r.seconds for r in stages.values()), 3),
        "reason": prediction.get("reason", "") if prediction else _why_nothing(stages),
    }


def _felt(emotions: Mapping[str, Any], sources: Sequence[str]) -> dict[str, str]:
    """The emotions of a clip: the most probable of the seven, each pooled and by modality, and open words."""
    by = emotions.get("by_modality") or {}
    words = emotions.get("words") or ()
    cells = _numbers("emotion_", EMOTION7, emotions.get("probabilities"))
    for modality in sources:
        cells |= _numbers(f"emotion_{modality}_", EMOTION7, by.get(modality))
    return {
        "emotion": emotions.get("label", ""),
        "intensity": _number(emotions.get("intensity")),
        "arousal": _number(emotions.get("arousal")),
        **cells,
        "emotions.openset": "; ".join(f"{word['word']} ({', '.join(word['evidence'])})" for word in words),
    }


def _by_source(sources: Mapping[str, Sequence[float]], space: LabelSpace, names: Sequence[str]) -> dict[str, str]:
    """What each source said before it was pooled, as p_SOURCE_LABEL: what `models train fusion` learns from."""
    cells: dict[str, str] = {}
    for name in names:
        cells |= _numbers(f"p_{name}_", space, sources.get(name))
    return cells


def _numbers(before: str, space: LabelSpace, values: Sequence[float | None] | None) -> dict[str, str]:
    """A cell for each label, empty where there are no values; ValueError where their number is another."""
    columns = _columns(before, space.labels)
    return dict(zip(columns, map(_number, values), strict=True)) if values else dict.fromkeys(columns, "")


@cache
def _columns(before: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(before + label for label in labels)


def _path_from(folder: Path, path: str) -> str:
    """A file as seen from a folder: `os.path.relpath`, worked out once for all files of one folder."""
    beside, name = os.path.split(path)
    return os.path.join(_folder_from(os.getcwd(), folder, beside or "."), name).removeprefix("./")


@lru_cache(64)
def _folder_from(here: str, folder: Path, other: str) -> str:
    """As seen while working in `here`, on which both depend where they are relative."""
    return os.path.relpath(other, folder)


def language_of(stages: Mapping[str, Record]) -> str:
    """Zh or en as the transcript has it; empty when no transcript tells."""
    return _data(stages, "transcribe").get("language") or ""


def _reasoning(reasoning: Any, argument: Any) -> Any:
    """The chain of thought beside the measured argument, also where a model made its own."""
    if reasoning is None and argument is None:
        return None
    return {**(reasoning or {}), "argument": argument}


def story_of(clip: Clip, stages: Mapping[str, Record], supplements: Path) -> dict[str, Any]:
    """The whole story of a clip: what was perceived, asked, said, parsed, fused, and how much each part weighed.

    The clip's path is given as seen from `supplements`, so that a run can be moved and tells nothing of its machine.
    """

    def part(stage: str) -> Any:
        return stages[stage].data if stage in stages else None

    transcript = part("transcribe")
    if transcript is not None:
        transcript = {"text": payload(transcript, Transcript).text, **transcript}
    return {
        "schema": "story/1",
        "clip": {
            "id": clip.id,
            "path": _path_from(supplements, clip.path),
            "sha256": clip.sha256,
            "size": clip.size,
            "problem": clip.problem,
        },
        "language": language_of(stages) or None,
        "media": part("media"),
        "transcript": transcript,
        "evidence": part("evidence"),
        "reasoning": _reasoning(part("reason"), part("argue")),
        "answer": part("parse"),
        "prediction": part("fuse"),
        "emotions": part("emotions"),
        "attribution": part("attribute"),
        "reask": part("reask"),
        "early": part("early"),
        "stages": {
            name: {
                "provider": record.provider,
                "outcome": record.outcome,
                "reason": record.reason,
                "remedy": record.remedy,
                "seconds": record.seconds,
                "fingerprint": record.fingerprint,
            }
            for name, record in stages.items()
        },
    }


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically."""
    write_atomic(path, _json(value))


def _json(value: Any) -> bytes:
    return msgspec.json.format(json_bytes(value), indent=1) + b"\n"


def _write_new(path: str, content: bytes) -> None:
    """Write a file unless it holds these bytes: a run that goes on would wait for the disk once for every story."""
    with contextlib.suppress(OSError):  # what is not there, or cannot be read, is replaced
        if plain_bytes(path) == content:
            return
    write_atomic(path, content, wait=False)  # the next run compares it, or has it from before the disk was waited for


def _story_name(clip: Clip) -> str:
    return file_stem(clip.id) + ".json"


def _transcription_row(clip: Clip, stages: Mapping[str, Record]) -> list[str]:
    transcript = _data(stages, "transcribe")
    text = payload(transcript, Transcript).text if transcript else ""
    seconds = stages["transcribe"].seconds if "transcribe" in stages else 0.0
    return [clip.id, language_of(stages), text, _number(seconds, 3)]


def _data(stages: Mapping[str, Record], stage: str) -> dict[str, Any]:
    record = stages.get(stage)
    return record.data if record is not None and record.outcome == "ok" else {}


def _why_nothing(stages: Mapping[str, Record]) -> str:
    return "; ".join(f"{r.stage}: {r.reason}" for r in stages.values() if r.outcome == "error") or "not processed"


def _number(value: float | None, digits: int = 6) -> str:
    return "" if value is None else f"{value:.{digits}f}"
