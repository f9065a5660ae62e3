"""Jobs as folders: an upload becomes one only when it is whole, and what a kill leaves is found at the next start.

`jobs/<id>/` holds `job.json`, the clip below `clip/`, and the files of a run over it in `results/` and `supplements/`.
Uploads lie in `incoming/` and are renamed into place; erased jobs are renamed to `erased/` and removed there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from harness.records.atomic import write_atomic

State = Literal["queued", "running", "finished", "failed", "erased"]
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Job:
    """One upload.

    Attributes:
        id: 32 hexadecimal digits.
        name: the clip's file name, which is its ID in the records.
        created: UTC, ISO 8601.
        state: `failed` is a fault of the service; a clip that cannot be read is `finished`, as a `fallback`.
        language: `zh` or `en` where the user said so.
        sample_frames: at most so many pictures are looked at; None as in the profile.
        problem, remedy: why it failed, and what mends it.
    """

    id: str
    name: str
    created: str
    state: State = "queued"
    language: Literal["zh", "en"] | None = None
    sample_frames: int | None = None
    problem: str = ""
    remedy: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("finished", "failed")


class JobFolders:
    """The jobs below a folder that this process holds alone. `new_id` gives 32 hexadecimal digits."""

    def __init__(self, root: Path, new_id: Callable[[], str]) -> None:
        self.root, self._new_id = root, new_id
        self._jobs, self._incoming, self._erased = (root / name for name in ("jobs", "incoming", "erased"))
        for folder in (self._incoming, self._erased):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self._jobs, self._incoming, self._erased):
            folder.mkdir(parents=True, exist_ok=True)
        for job in list(self._all()):
            if job.state == "erased":
                self.remove(job.id)

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Path]:
        """An empty folder for an upload; what is still there afterwards is removed."""
        folder = self._incoming / self._new_id()
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def admit(self, folder: Path, job: Job) -> Job:
        """Make a whole upload a job: written beside its clip, then renamed into place."""
        write_atomic(folder / "job.json", msgspec.json.encode(job))
        os.rename(folder, self.folder(job.id))
        return job

    def new(self, name: str, created: str) -> Job:
        """A job for a clip of this name, not stored yet."""
        return Job(self._new_id(), name, created)

    def folder(self, job_id: str) -> Path:
        """Where a job lies. KeyError for what is no job's id."""
        if not _ID.fullmatch(job_id):
            raise KeyError(job_id)
        return self._jobs / job_id

    def get(self, job_id: str) -> Job | None:
        """The job as stored; None when there is none."""
        try:
            return msgspec.json.decode((self.folder(job_id) / "job.json").read_bytes(), type=Job)
        except (KeyError, OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def put(self, job: Job, **changed: str) -> Job:
        """Store what has become of a job; returns it."""
        stored = replace(job, **changed)  # type: ignore[arg-type]
        write_atomic(self.folder(job.id) / "job.json", msgspec.json.encode(stored))
        return stored

    def clip_folder(self, job_id: str) -> Path:
        """Where the clip lies, in a subfolder where its language was said."""
        return self.folder(job_id) / "clip"

    def supplements(self, job_id: str) -> Path:
        """Everything that a run over the clip writes beside the submission."""
        return self.folder(job_id) / "supplements"

    def results(self, job_id: str) -> Path:
        """The submission of a run over the clip."""
        return self.folder(job_id) / "results"

    def unfinished(self) -> list[Job]:
        """The jobs that still have to be done, the oldest first."""
        return sorted((job for job in self._all() if not job.over), key=lambda job: (job.created, job.id))

    def recent(self, most: int) -> list[Job]:
        """The latest jobs, the newest first."""
        return sorted(self._all(), key=lambda job: (job.created, job.id), reverse=True)[:most]

    def remove(self, job_id: str) -> None:
        """Erase a job and everything of its clip; it is gone at once, also when this is killed half-way."""
        with contextlib.suppress(FileNotFoundError):
            os.rename(self.folder(job_id), self._erased / job_id)
        shutil.rmtree(self._erased / job_id, ignore_errors=True)

    def _all(self) -> Iterator[Job]:
        for folder in self._jobs.iterdir():
            job = self.get(folder.name)
            if job is not None:
                yield job
