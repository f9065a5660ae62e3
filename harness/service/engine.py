"""One clip through the very stages of a run, and the files of a run over it: what the driver does, for a job."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.config import Config, load_profile, make_config
from harness.engine.decide import asks_a_model
from harness.engine.pipeline import Pipeline
from harness.engine.workers import Perceiver
from harness.faults import ConfigError, HarnessFault
from harness.ingest import ingest
from harness.output.export import export
from harness.records.types import Record
from harness.service.jobs import Job, JobFolders
from models.registry import choose


@dataclass(frozen=True)
class Profile:
    """A profile by name, with `key=value` changes on top, and where its models lie."""

    name: str
    overrides: tuple[str, ...]
    models_dir: Path

    def config(self, supplements: Path, *more: str) -> Config:
        """Its settings, for a run into `supplements`. Raises ConfigError."""
        settings = load_profile(self.name, [*self.overrides, *more])
        places = {"test_data": supplements, "results": supplements, "supplements": supplements}
        return make_config(settings, profile=self.name, models_dir=self.models_dir, **places)


class Engine:
    """A pipeline whose workers stay. `run_job` is for several threads."""

    def __init__(self, profile: Profile, folders: JobFolders) -> None:
        self._profile, self._folders = profile, folders
        self.config = profile.config(folders.root / "server")
        self.pipeline = Pipeline(self.config, choose)
        self._perceiver = self.pipeline.perceiver()
        self._alone = threading.Lock()
        self.stages = [*self.pipeline.stage_names()]

    @property
    def workers(self) -> int:
        """How many clips are looked at side by side."""
        return self._perceiver.workers

    @property
    def preload(self) -> tuple[str, ...]:
        """What every pool of the service has to preload: the first one to start decides it for all."""
        return self._perceiver.preload

    def run_job(self, job: Job) -> None:
        """Judge the job's clip and write the files of its run.

        Raises:
            HarnessFault: the service cannot work like this (ConfigError), or is ending (StageUnavailable).
            OSError: the disk is at fault.
        """
        if job.sample_frames is None or job.sample_frames == self.config.sections["media"]["max_frames"]:
            return self._judge(job, self.pipeline, self._perceiver, self.config)
        # Other settings mean other fingerprints, so stages of their own: they are made for this job and ended with it.
        with self._alone:
            config = self._profile.config(self._folders.root / "server", f"media.max_frames={job.sample_frames}")
            pipeline = Pipeline(replace(config, workers=1), choose)
            perceiver = pipeline.perceiver()
            try:
                self._judge(job, pipeline, perceiver, config)
            finally:
                perceiver.end()
                pipeline.close()

    def frames_can_be_chosen(self) -> bool:
        """Whether a job may say how many pictures are looked at: an omni model's server is started for one number."""
        return not asks_a_model(self.config)

    def end(self) -> None:
        """End workers and servers; jobs under way go on at the next start."""
        self._perceiver.end()
        self.pipeline.close()

    def _judge(self, job: Job, pipeline: Pipeline, perceiver: Perceiver, config: Config) -> None:
        supplements = self._folders.supplements(job.id)
        found = ingest(self._folders.clip_folder(job.id), ids="name", pairs="two")
        if len(found.clips) != 1:
            raise ConfigError(f"job {job.id} holds {len(found.clips)} clips", "erase it and upload the clip again")
        (clip,) = found.clips
        records = pipeline.judge_one(clip, perceiver, supplements / "records")
        job_config = replace(config, supplements=supplements, results=self._folders.results(job.id))
        export(job_config, [clip], {clip.id: records})


def result_of(records: Mapping[str, Record], default: str) -> dict[str, Any]:
    """Label, probabilities of all classes, contributions, status and reasons, from the records of a clip."""

    def data(stage: str) -> Mapping[str, Any]:
        record = records.get(stage)
        return record.data if record is not None and record.outcome == "ok" else {}

    prediction, attribution, emotions = data("fuse"), data("attribute"), data("emotions")
    labels, probabilities = prediction.get("labels") or (), prediction.get("probabilities")
    return {
        "label": prediction.get("label", default),
        "label_space": prediction.get("space"),
        "probabilities": dict(zip(labels, probabilities, strict=True)) if probabilities else None,
        "contributions": attribution.get("values"),
        "status": prediction.get("status", "fallback"),
        "reason": prediction.get("reason") or "",
        "emotion": emotions.get("label"),
        "language": data("transcribe").get("language"),
        "reasoning": data("reason").get("text", ""),
        "missing": [
            {"stage": r.stage, "outcome": r.outcome, "reason": r.reason, "remedy": r.remedy}
            for r in records.values()
            if r.outcome != "ok"
        ],
    }


def fault_words(fault: HarnessFault | OSError) -> tuple[str, str]:
    """What a job that failed says: what happened, and what mends it."""
    if isinstance(fault, HarnessFault):
        return fault.message, fault.remedy
    return str(fault), "free space or rights, then start the service again: it goes on"


def stage_list(names: Sequence[str], outcomes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every stage in its order, with its outcome once it has one."""
    return [{"name": name, "outcome": outcomes.get(name)} for name in names]
