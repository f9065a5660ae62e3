"""Every file of a run, rebuilt from the records: atomic, read back, and compared."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.config import Config
from harness.faults import HarnessFault
from harness.output.transcript_log import transcript_log
from harness.records.atomic import write_atomic
from harness.records.clean import encodable, json_bytes
from harness.records.csv_rows import lists_of
from harness.records.labels import EMOTION7, SENTIMENT5, LabelSpace
from harness.records.names import ANSWER
from harness.records.payloads import payload
from harness.records.store import file_stem
from harness.records.types import MODALITIES, Clip, Record, Transcript

Records = Mapping[str, Mapping[str, Record]]
"""Clip id → stage → record."""

STORY_FOLDER = "video_emotion_results"
_QUOTED = re.compile('[,"\r\n]')
_FORMULA = frozenset("=+-@\t\r")


class ExportError(HarnessFault):
    """A file that was written did not read back as written."""


def export(config: Config, clips: Sequence[Clip], records: Records) -> list[Path]:
    """Write the submission and its supplements; returns the paths, the submission first.

    Every clip gets exactly one row, also one whose records are incomplete: it then carries the default label.
    """
    supplements = config.supplements
    outside = tuple(config.sections["opinions"])
    rows = [row_of(clip, records.get(clip.id, {}), config.default_label, config.space, outside) for clip in clips]
    submission = [["ID", "Label"], *([row["ID"], row["Label"]] for row in rows)]
    _write_csv(config.submission, submission, encoding="utf-8")
    _write_csv(supplements / "predictions.csv", [list(rows[0]), *(list(row.values()) for row in rows)])
    _write_csv(
        supplements / "transcription_results.csv",
        [
            ["文件名称", "语言", "字幕", "处理时间(秒)"],
            *(_transcription_row(clip, records.get(clip.id, {})) for clip in clips),
        ],
    )
    write_atomic(supplements / "transcription_log.txt", encodable(transcript_log(clips, records)).encode())
    stories = _write_stories(supplements / STORY_FOLDER, clips, records)
    written = ("predictions.csv", "transcription_results.csv", "transcription_log.txt")
    return [config.submission, *(supplements / name for name in written), stories]


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
    probabilities = prediction.get("probabilities") or [None] * len(space.labels)
    labels = zip(space.labels, probabilities, strict=True)
    said = head_of(clip, stages, default_label)
    return {
        "ID": said["ID"],
        "Label": said["Label"],
        **{f"p_{label}": _number(p) for label, p in labels},
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
    named = [("", emotions.get("probabilities")), *((f"{m}_", by.get(m)) for m in sources)]
    return {
        "emotion": emotions.get("label", ""),
        "intensity": _number(emotions.get("intensity")),
        "arousal": _number(emotions.get("arousal")),
        **{
            f"emotion_{of}{label}": _number(p)
            for of, values in named
            for label, p in zip(EMOTION7.labels, values or (None,) * len(EMOTION7.labels), strict=True)
        },
        "emotions.openset": "; ".join(f"{word['word']} ({', '.join(word['evidence'])})" for word in words),
    }


def _by_source(sources: Mapping[str, Sequence[float]], space: LabelSpace, names: Sequence[str]) -> dict[str, str]:
    """What each source said before it was pooled, as p_SOURCE_LABEL: what `models train fusion` learns from."""
    return {
        f"p_{source}_{label}": _number(p)
        for source in names
        for label, p in zip(space.labels, sources.get(source) or (None,) * len(space.labels), strict=True)
    }


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
            "path": os.path.relpath(clip.path, supplements),
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


def neutral_cell(text: str) -> str:
    """A cell that a spreadsheet would run as a formula, made plain by a leading apostrophe.

    Numbers stay numbers. Only for files that people open; the submission's IDs are never altered.
    """
    if text[:1] in _FORMULA and not _is_number(text):
        return "'" + text
    return text


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically."""
    write_atomic(path, _json(value))


def _json(value: Any) -> bytes:
    return msgspec.json.format(json_bytes(value), indent=1) + b"\n"


def _write_new(path: Path, content: bytes) -> None:
    """Write a file unless it holds these bytes: a run that goes on would wait for the disk once for every story."""
    with contextlib.suppress(OSError):  # what cannot be read is replaced
        if path.is_file() and path.read_bytes() == content:
            return
    write_atomic(path, content, wait=False)  # the next run compares it, or has it from before the disk was waited for


def _write_stories(folder: Path, clips: Sequence[Clip], records: Records) -> Path:
    """One JSON per clip. Stories of clips that are no longer in the run are removed; their records stay."""
    wanted = set()
    for clip in clips:
        path = folder / (file_stem(clip.id) + ".json")
        _write_new(path, _json(story_of(clip, records.get(clip.id, {}), folder.parent)))
        wanted.add(path.name)
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    return folder


def _write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> None:
    """Write rows with Unix line ends and read them back. With a BOM (for people) formula cells are neutralised."""
    if encoding != "utf-8":
        rows = [[cell if cell[:1] not in _FORMULA else neutral_cell(cell) for cell in row] for row in rows]
    text = "".join(map(csv_line, rows))
    written = encodable(text)
    write_atomic(path, written.encode(encoding))
    with path.open(encoding=encoding, newline="") as stream:
        back = list(lists_of(stream))
    if written is not text:
        rows = [[encodable(cell) for cell in row] for row in rows]
    if any(found != list(row) for found, row in zip(back, rows, strict=False)) or len(back) != len(rows):
        raise ExportError(f"{path} does not read back as it was written", "check the disk, then run the same command")


def csv_line(row: Sequence[str]) -> str:
    """A row as text. The csv module leaves a lone carriage return unquoted, and a reader takes it for the row's end."""
    if not _QUOTED.search("".join(row)):
        return ",".join(row) + "\n"
    return ",".join('"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in row) + "\n"


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


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
