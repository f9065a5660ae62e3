"""Real worker processes that really die, with stages that need no media."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from harness.engine.workers import Limits, Perceiver, WorkerSetup, perceive
from harness.faults import ConfigError
from harness.records.store import Store
from harness.records.types import Clip
from tests.support.fakes import no_decode, stages, stages_after_deaths, stages_here_alone

LIMITS = Limits(workers=2, seconds=2.0, recycle_after=3, attempts=2, bytes=4_000_000_000)


def clips(*names: str) -> list[Clip]:
    return [Clip(name, f"/nowhere/{name}", "sha", 1) for name in names]


def test_a_crash_and_a_hang_cost_one_stage_of_one_clip(tmp_path: Path) -> None:
    given = clips("a.mp4", "dies.mp4", "b.mp4", "hangs.mp4", "c.mp4", "d.mp4", "bad.mp4")
    done = {clip.id for clip in perceive(given, WorkerSetup(stages, no_decode, tmp_path), LIMITS)}
    assert done == {clip.id for clip in given}
    store = Store(tmp_path)
    for clip in given:
        record = store.get("moody", clip.id)
        assert record is not None
        expected = "error" if clip.id[:-4] in {"dies", "hangs", "bad"} else "ok"
        assert record.outcome == expected, record
        last = store.get("last", clip.id)
        assert last is not None
        assert last.data == 2 * len(clip.id)
    died, hung = store.get("moody", "dies.mp4"), store.get("moody", "hangs.mp4")
    assert died is not None and "ended its process" in died.reason
    assert hung is not None and "took longer than 2 s" in hung.reason


def test_a_death_is_laid_to_the_stage_that_died(tmp_path: Path) -> None:
    setup = WorkerSetup(stages, no_decode, tmp_path)
    for _ in range(2):  # the second run tries again, and the first one's failures do not mislead it
        assert len(list(perceive(clips("bad and late.mp4"), setup, LIMITS))) == 1
        store = Store(tmp_path)
        found = {name: store.get(name, "bad and late.mp4") for name in ("first", "moody", "last")}
        assert {name: r.outcome for name, r in found.items() if r} == {"first": "ok", "moody": "error", "last": "error"}
        assert "is bad" in found["moody"].reason  # type: ignore[union-attr]
        assert "ended its process" in found["last"].reason  # type: ignore[union-attr]


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    given = clips("a.mp4", "b.mp4")
    setup = WorkerSetup(stages, no_decode, tmp_path)
    assert len(list(perceive(given, setup, LIMITS))) == 2
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")}
    assert [clip.id for clip in perceive(given, setup, LIMITS)] == ["a.mp4", "b.mp4"]
    assert before == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")}


def test_stopping_half_way_leaves_whole_records(tmp_path: Path) -> None:
    given = clips(*(f"{i}.mp4" for i in range(12)))
    stream = perceive(given, WorkerSetup(stages, no_decode, tmp_path), LIMITS)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.rglob("*.set-aside"))
    assert {c.id for c in perceive(given, WorkerSetup(stages, no_decode, tmp_path), LIMITS)} == {c.id for c in given}


def test_a_worker_that_ends_before_its_first_task_costs_nothing(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    setup = WorkerSetup(partial(stages_after_deaths, 2, os.getpid(), marks), no_decode, tmp_path / "records")
    given = clips("a.mp4", "b.mp4", "bad.mp4")
    assert {clip.id for clip in perceive(given, setup, LIMITS)} == {clip.id for clip in given}
    assert len(list(marks.iterdir())) == 2
    found = [Store(tmp_path / "records").get("last", clip.id) for clip in given]
    assert [record.outcome if record else None for record in found] == ["ok"] * 3


def test_workers_that_never_begin_end_the_run_with_one_line(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    setup = WorkerSetup(partial(stages_after_deaths, 99, os.getpid(), marks), no_decode, tmp_path / "records")
    with pytest.raises(ConfigError, match="worker processes end before their first task"):
        list(perceive(clips("a.mp4", "b.mp4"), setup, LIMITS))


def test_stages_that_a_worker_cannot_make_are_said(tmp_path: Path) -> None:
    setup = WorkerSetup(partial(stages_here_alone, os.getpid()), no_decode, tmp_path)
    with pytest.raises(ConfigError, match="the weights are gone"):
        list(perceive(clips("a.mp4"), setup, LIMITS))


def test_workers_that_stay_leave_the_same_records_in_a_store_for_each_clip(tmp_path: Path) -> None:
    given = clips("a.mp4", "dies.mp4", "bad.mp4")
    assert len(list(perceive(given, WorkerSetup(stages, no_decode, tmp_path / "run"), LIMITS))) == 3
    staying = Perceiver(WorkerSetup(stages, no_decode, tmp_path / "unused"), LIMITS)
    try:
        for clip in given:
            staying.perceive(clip, tmp_path / clip.id)
    finally:
        staying.end()
    for clip in given:
        for stage in ("first", "moody", "last"):
            run, own = (Store(tmp_path / name).get(stage, clip.id) for name in ("run", clip.id))
            assert run is not None and own is not None
            assert (run.outcome, run.digest, run.fingerprint) == (own.outcome, own.digest, own.fingerprint)
    assert not (tmp_path / "unused").exists()
