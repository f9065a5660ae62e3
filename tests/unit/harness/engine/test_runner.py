from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.context import Context
from harness.engine.runner import first_pending, run_clip
from harness.records.store import Store
from harness.records.types import Clip
from tests.support.fakes import no_decode, stages

CLIP = Clip("one.mp4", "/nowhere/one.mp4", "sha", 1)


def run(store: Store, clip: Clip, key: str = "k") -> Context:
    context = Context(clip, no_decode)
    run_clip(stages(key), context, store)
    return context


def test_results_flow_and_are_not_repeated(tmp_path: Path) -> None:
    store = Store(tmp_path)
    context = run(store, CLIP)
    assert [context.records[s].data for s in ("first", "moody", "last")] == [7, 1, 14]
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")}
    run(store, CLIP)
    assert before == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")}


@pytest.mark.parametrize(
    ("name", "outcome"), [("bad", "error"), ("gone", "unavailable"), ("none", "absent"), ("bug", "error")]
)
def test_every_failure_is_a_record_and_costs_one_stage(tmp_path: Path, name: str, outcome: str) -> None:
    context = run(Store(tmp_path), replace(CLIP, id=f"{name}.mp4"))
    record = context.records["moody"]
    assert record.outcome == outcome
    assert record.reason
    assert record.data is None
    assert context.records["last"].outcome == "ok"


def test_a_defect_names_where_it_happened(tmp_path: Path) -> None:
    context = run(Store(tmp_path), replace(CLIP, id="bug.mp4"))
    assert "fakes.py" in context.records["moody"].reason


def test_errors_are_tried_again_but_absence_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name, pending in (("bad.mp4", "moody"), ("none.mp4", None), ("gone.mp4", None)):
        clip = replace(CLIP, id=name)
        run(store, clip)
        found = first_pending(stages(), clip, store)
        assert (found.name if found else None) == pending


def test_a_changed_clip_or_setting_redoes_what_depends_on_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run(store, CLIP)
    changed = replace(CLIP, sha256="other")
    pending = first_pending(stages(), changed, store)
    assert pending is not None
    assert pending.name == "first"
    run(store, changed)
    assert first_pending(stages(), changed, store) is None
    pending = first_pending(stages("new settings"), changed, store)
    assert pending is not None
    assert pending.name == "first"


def test_an_equal_upstream_result_spares_what_follows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run(store, CLIP)
    before = store.path("last", CLIP.id).stat().st_mtime_ns
    run(store, replace(CLIP, sha256="other"))  # first is redone and gives the same, so last stands
    assert store.path("last", CLIP.id).stat().st_mtime_ns == before
