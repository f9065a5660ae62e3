"""One run over everything that a folder of clips may hold, beside clips that are in order."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.inputs.folder import printable
from tests.hostile import names
from tests.hostile.folders import write_folders
from tests.hostile.media import write_media
from tests.hostile.names import write_names, write_no_clips
from tests.hostile.sidecars import write_sidecars
from tests.hostile.watched import Watched, command
from tests.support.media_clips import times_at, tone, write_clip, write_wav

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (
    *("media.fps=1", "media.max_side=160", "transcribe.provider=written", "speech.normalise=training"),
    *("ids=path", "pairs=two", "clip_time_limit=20", "worker_memory=1.5", "attempts=1"),
)
"""Settings with which a clip is cheap, and a clip that takes too much is ended soon."""
GROUPS = ("media", "names", "words", "folders")
DEAR = ("rate-1.wav", "thirty-voices.mkv", "words-many-cues.wav", "words-many-lines.wav", "words-lrc-tags.wav")
"""Kinds that cost seconds each, left out of the short form."""
MOST_BYTES = 2_000_000_000
SECONDS = 900.0


@dataclass(frozen=True)
class Folder:
    """A folder of hostile files.

    Attributes:
        path: of it.
        rows: ID → group, of the clips that have to have a row.
        named: files that are no clips, which the log has to name.
        good: IDs of the clips that are in order.
    """

    path: Path
    rows: dict[str, str]
    named: tuple[str, ...]
    good: tuple[str, ...]


def fill(path: Path, every: int = 1) -> Folder:
    """Write every n-th kind of file of each group below `path`, and two clips that are in order. OSError as of writing.

    With `every` above 1 the kinds that cost most are left out too. A transcript may then lie there without its clip.
    """
    for name in (*GROUPS, "good"):
        (path / name).mkdir(parents=True)
    good = [
        write_clip(path / "good" / "seen.mp4", times_at(25, 1), [tone(1.0)]),
        write_wav(path / "good" / "heard.wav", tone(0.5, rate=16_000)),
    ]
    good[1].with_suffix(".txt").write_text("I am glad that you came.\n", encoding="utf-8")
    tiny = write_wav(path.parent / "tiny.wav", tone(0.2, rate=16_000)).read_bytes()
    found = {"media": write_media(path / "media", good[0])}
    found["names"] = list(write_names(path / "names", tiny))
    found["words"] = list(write_sidecars(path / "words", tiny))
    found["folders"] = list(write_folders(path / "folders", tiny))
    if every > 1:
        found = {group: _thinned(files, every) for group, files in found.items()}
    rows = {_id(path, file): group for group, files in found.items() for file in files}
    return Folder(path, rows, tuple(write_no_clips(path / "names")), tuple(_id(path, file) for file in good))


def _thinned(files: Sequence[Path], every: int) -> list[Path]:
    kept = [file for file in files[::every] if file.name not in DEAR]
    for file in set(files) - set(kept):
        file.unlink()
    return kept


def _id(root: Path, path: Path) -> str:
    return "/".join(printable(part) for part in path.relative_to(root).parts)


def carry_out(folder: Path, out: Path, models: Path, *extra: str) -> Watched:
    """A run over a folder, watched."""
    out.mkdir(parents=True, exist_ok=True)
    places = ["--test-data", str(folder), "--results", str(out / "results"), "--supplements", str(out / "supplements")]
    words = [str(ROOT / "run_submission.py"), *places, "--set", *SETTINGS, *extra, "--max-errors", "1000000"]
    environment = {"HARNESS_MODELS": str(models)}
    return command(words, environment, out / "said", SECONDS, MOST_BYTES, out)


def rows_of(out: Path) -> dict[str, list[dict[str, str]]]:
    """ID → its rows of predictions.csv, without seconds."""
    text = (out / "supplements" / "predictions.csv").read_text(encoding="utf-8-sig")
    found: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        told = {key: value for key, value in row.items() if key != "seconds"}
        found.setdefault(row["ID"].removeprefix("'"), []).append(told)
    return found


def submitted(out: Path) -> list[str]:
    """The IDs of the submission."""
    text = (out / "results" / "combined_results.csv").read_text(encoding="utf-8")
    return [row["ID"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def faults_of(folder: Folder, done: Watched, out: Path, alone: Path) -> list[str]:
    """What is not as it has to be after a run over `folder`; `alone` is a run over the clips that are in order."""
    if done.over or done.code != 0:
        return [f"the run ended with {done.code} {done.over}: {done.said[-600:]}"]
    wrong = ["a traceback was printed"] if "Traceback" in done.said else []
    rows, ids = rows_of(out), submitted(out)
    wrong += [f"{name} has {ids.count(name)} rows" for name in folder.rows if ids.count(name) != 1]
    wrong += [f"{name} is a row, and no clip" for name in ids if name not in folder.rows and name not in folder.good]
    for name in folder.rows:
        (row,) = rows.get(name, [{}])
        if row.get("status") == "fallback" and not row["reason"]:
            wrong.append(f"{name} was not judged, and no reason is given")
        if "Traceback" in row.get("reason", "") or "Error:" in row.get("reason", ""):
            wrong.append(f"{name}: the reason is a program's: {row['reason'][:200]}")
    wrong += [f"{name} is not named" for name in folder.named if f"names/{name} is no clip" not in done.said]
    wrong += [f"{name} is told of" for name in names.HIDDEN if f"names/{name} " in done.said]
    reference = rows_of(alone)
    for name in folder.good:
        if rows.get(name) != reference[name]:
            wrong.append(f"{name}, which is in order, was judged otherwise than alone")
    return wrong


def only_good(folder: Folder, path: Path) -> Path:
    """A folder with the clips that are in order, under the same IDs."""
    shutil.copytree(folder.path / "good", path / "good")
    return path
