"""What the routes work with: jobs, their runner, the look into uploads, the report over a job."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from eval.report.view import Site
from harness.faults import ClipError
from harness.output.export import STORY_FOLDER
from harness.processes import Processes, ProcessLimits
from harness.records.store import file_stem
from harness.service.engine import Engine
from harness.service.jobs import Job, JobFolders
from harness.service.problems import Problem
from harness.service.settings import Settings
from harness.service.uploads import PROBE_BYTES, PROBE_SECONDS, clip_name, look_into, place, transcript_fits
from harness.service.watch import WatchedRun
from harness.service.work import JobRunner

BLOCK = 1 << 20


@dataclass(frozen=True)
class Wanted:
    """What a form says beside the clip."""

    name: str
    language: Literal["zh", "en"] | None
    sample_frames: int | None
    profile: str


class Service:
    """The parts of a running service. `now` gives the time in UTC."""

    def __init__(self, settings: Settings, folders: JobFolders, engine: Engine, now: Callable[[], datetime]) -> None:
        self.settings, self.folders, self.engine, self._now = settings, folders, engine, now
        self.runner = JobRunner(folders, engine, settings.queue)
        self.watched = WatchedRun(settings.watch) if settings.watch is not None else None
        self._probing = Processes(ProcessLimits(1, PROBE_SECONDS, 200, PROBE_BYTES), preload=engine.preload)

    def admit(self, upload: BinaryIO, wanted: Wanted, transcript: tuple[str, BinaryIO] | None) -> Job:
        """Store an upload, look into it, and put it in line.

        Raises:
            Full: the queue has no room.
            ClipError: it is no clip.
            Problem: a limit, or something that this service does not offer.
        """
        self.runner.check_room()
        self._check(wanted)
        with self.folders.incoming() as folder:
            file = folder / "upload"
            if _stored(upload, file) > self.settings.most_bytes:
                most = f"{self.settings.most_bytes / 1e6:g} MB"
                raise Problem(413, "too-large", f"the clip is larger than {most}", "shorten or re-encode it")
            if file.stat().st_size == 0:
                raise ClipError("the file is empty (0 bytes)", "send the clip as the form's field `file`")
            found = look_into(file, self._probing)
            if found.seconds is not None and found.seconds > self.settings.most_seconds:
                longest = f"{self.settings.most_seconds:g} s"
                raise Problem(
                    413, "too-long", f"{found.seconds:.1f} s, and {longest} at most are taken", "cut the clip"
                )
            words = None
            if transcript is not None:
                words = transcript[0], folder / "words"
                if not transcript_fits(_stored(transcript[1], words[1])):
                    raise Problem(413, "too-large", "no transcript is that large", "send srt, vtt, ass, lrc or txt")
            job = self.folders.new(clip_name(wanted.name, found), self._now().isoformat())
            job = replace(job, language=wanted.language, sample_frames=wanted.sample_frames)
            place(folder, file, job.name, words, wanted.language)
            return self.runner.submit(folder, job)

    def story(self, job: Job) -> Path | None:
        """The story's file; None before it is written."""
        path = self.folders.supplements(job.id) / STORY_FOLDER / (file_stem(job.name) + ".json")
        return path if job.state == "finished" and path.is_file() else None

    def site(self, job: Job) -> Site:
        """The report over a job. Raises Problem before it is finished."""
        if job.state != "finished":
            raise Problem(409, "unfinished", f"the job is {job.state}", f"GET /v1/jobs/{job.id}/events")
        return Site(self.folders.supplements(job.id))

    def end(self) -> None:
        """End everything."""
        self.runner.end()
        self._probing.end(wait=False)

    def _check(self, wanted: Wanted) -> None:
        served = self.engine.config.profile
        if wanted.profile not in ("", served):
            remedy = f"leave profile out, or start another service with --profile {wanted.profile[:40]}"
            raise Problem(422, "profile", f"the profile that is served is {served}", remedy)
        if wanted.sample_frames is not None and not self.engine.frames_can_be_chosen():
            remedy = "leave sample_frames out, or start the service with --set omni.frames=N"
            raise Problem(422, "sample-frames", "the omni model is asked with a number of pictures of its own", remedy)


def _stored(source: BinaryIO, target: Path) -> int:
    """Copy a stream to a file, piece by piece; returns its bytes."""
    with target.open("wb") as stream:
        shutil.copyfileobj(source, stream, BLOCK)
        stream.flush()
        os.fsync(stream.fileno())
    return target.stat().st_size
