"""One run over several starts: begun, disturbed, begun again, and at last held against an undisturbed run."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.records.store import Store, read_record
from tests.chaos.clips import settings
from tests.chaos.watched import MARK, kill, marked, seconds_until_gone

ROOT = Path(__file__).resolve().parents[2]
LIVES_ON = 10.0
"""Seconds after which no process of a killed run may be left."""
PATIENCE = 900.0


class Lost(Exception):
    """A row, a record, a file or a process that is not as it has to be."""


@dataclass(frozen=True)
class Place:
    """Where runs are tried: the clips, the fetched models, a scratch folder, and further settings of the profile."""

    data: Path
    models: Path
    scratch: Path
    extra: Sequence[str] = ()

    def run(self, name: str) -> Run:
        """A run that has not begun, in a folder of its own."""
        return Run(self, self.scratch / name)


@dataclass
class Run:
    """A run's folder, and how it is started."""

    place: Place
    folder: Path
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def out(self) -> Path:
        """What holds results, supplements and notes."""
        return self.folder / "out"

    @property
    def temporary(self) -> Path:
        """The run's folder for temporary files."""
        return self.folder / "tmp"

    def start(self, fault: str = "", before: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
        """Begin it, or go on with it; `before` is called in the new process. What it says lies in `said`."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        script = "tests/chaos/wrapped.py" if fault else "run_submission.py"
        places = ["--results", str(self.out / "results"), "--supplements", str(self.out / "supplements")]
        command = [sys.executable, str(ROOT / script), "--test-data", str(self.place.data), *places]
        wanted = {MARK: self.token, "TMPDIR": str(self.temporary), "HARNESS_MODELS": str(self.place.models)}
        wanted |= {"CHAOS_FAULT": fault, "CHAOS_NOTES": str(self.folder / "notes")}
        with (self.folder / "said").open("wb") as said:
            process = subprocess.Popen(
                [*command, *settings(self.place.extra), "--max-errors", "1000000"],
                stdout=said,
                stderr=said,
                env={**os.environ, **wanted},
                start_new_session=True,
                preexec_fn=before,
            )
        self.started.append(process)
        return process

    def said(self) -> str:
        """What the last start printed."""
        return (self.folder / "said").read_text(encoding="utf-8", errors="replace")

    def kill_all(self) -> None:
        """End every process of the run at once, like a machine that loses power."""
        for pid in marked(self.token):
            kill(pid)
        self.started[-1].wait()

    def gone(self) -> float:
        """Seconds until the last process had ended. Lost when one lives on; it is ended then."""
        seconds = seconds_until_gone(self.token, LIVES_ON)
        if seconds is None:
            left = marked(self.token)
            self.kill_all()
            raise Lost(f"{len(left)} processes live on after {LIVES_ON:g} s: {sorted(left.values())[0][:80]}")
        return seconds

    def finished(self) -> Run:
        """Go on undisturbed to the end. Lost when that is no success."""
        code = self.start().wait(PATIENCE)
        if code != 0 or "Traceback" in self.said():
            raise Lost(f"the resumed run ended with {code}: {self.said()[-400:]}")
        self.gone()
        return self

    def submission(self) -> bytes:
        """The csv to be submitted; empty where there is none."""
        path = self.out / "results" / "combined_results.csv"
        return path.read_bytes() if path.exists() else b""

    def predictions(self) -> list[dict[str, str]]:
        """The rows of predictions.csv, without seconds."""
        text = (self.out / "supplements" / "predictions.csv").read_text(encoding="utf-8-sig")
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(io.StringIO(text))]

    def torn(self) -> list[str]:
        """Records that are not whole, or not of their name: none may ever stand under a record's name."""
        store = Store(self.out / "supplements" / "records")
        wrong = []
        for path in store.root.glob("*/*.json") if store.root.is_dir() else ():
            if not path.name.startswith(".tmp-"):
                try:
                    record = read_record(path)
                    whole = store.path(record.stage, record.clip) == path
                except ValueError:
                    whole = False
                wrong += [] if whole else [str(path)]
        return wrong

    def check(self, reference: Run) -> None:
        """Lost where the finished run differs from the undisturbed one, or left something behind."""
        names = [line.partition(",")[0] for line in self.submission().decode().splitlines()[1:]]
        wanted = [line.partition(",")[0] for line in reference.submission().decode().splitlines()[1:]]
        if names != wanted:
            raise Lost(f"{len(wanted)} clips, {len(names)} rows, {len(set(names))} of them different")
        if self.submission() != reference.submission():
            raise Lost("the submission is not that of the undisturbed run, to the byte")
        if self.predictions() != reference.predictions():
            raise Lost("predictions.csv differs in more than seconds")
        if torn := self.torn():
            raise Lost(f"{len(torn)} torn records, such as {torn[0]}")
        left = [path for path in self.out.rglob("*") if path.name.startswith(".tmp-") or ".set-aside" in path.name]
        left += list(self.temporary.iterdir())
        if left:
            raise Lost(f"{len(left)} files were left behind, such as {left[0]}")
