from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.context import Context, Stage
from harness.engine.runner import LONGEST_REASON, first_pending, run_clip
from harness.faults import ClipError
from harness.records.store import Store
from harness.records.types import Clip
from tests.support.fakes import no_decode, stages

CLIP = Clip("one.mp4", "/nowhere/one.mp4", "sha", 1)


def deep() -> object:
    """Lists in lists, more of them than any reader goes into."""
    value: object = 1
    for _ in range(100_000):
        value = [value]
    return value


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


class Opaque:
    """Something that JSON has no form for."""


@pytest.mark.parametrize("result", [Opaque(), {1j: 1}, deep()], ids=["object", "key", "deep"])
def test_a_result_that_cannot_be_stored_is_the_stages_failure(tmp_path: Path, result: object) -> None:
    given = [Stage("odd", "fake", "k", lambda context: result), *stages()]
    context = Context(CLIP, no_decode)
    run_clip(given, context, Store(tmp_path))
    record = context.records["odd"]
    assert (record.outcome, record.data) == ("error", None)
    assert "cannot be stored" in record.reason and record.remedy
    assert context.records["last"].outcome == "ok"
    assert Store(tmp_path).get("odd", CLIP.id) == record


def test_a_failure_that_speaks_in_half_characters_is_kept(tmp_path: Path) -> None:
    def fail(context: Context) -> None:
        raise ClipError("it said \ud800", "ask \udfff")

    context = Context(CLIP, no_decode)
    run_clip([Stage("odd", "fake", "k", fail)], context, Store(tmp_path))
    assert context.records["odd"].reason == "it said \ufffd"


def test_a_failure_that_never_stops_speaking_is_cut(tmp_path: Path) -> None:
    def fail(context: Context) -> None:
        raise ValueError("x" * 1_000_000)

    context = Context(CLIP, no_decode)
    run_clip([Stage("odd", "fake", "k", fail)], context, Store(tmp_path))
    assert len(context.records["odd"].reason) < LONGEST_REASON + 50


def test_a_full_disk_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("harness.records.store.write_atomic", full)
    with pytest.raises(OSError, match="no space"):
        run(Store(tmp_path), CLIP)


def test_a_sidecar_with_a_broken_name_has_a_fingerprint(tmp_path: Path) -> None:
    odd = Stage("odd", "fake", "k", lambda context: 1, inputs=lambda clip: ["a\udcff.srt"])
    context = Context(CLIP, no_decode)
    run_clip([odd], context, Store(tmp_path))
    assert context.records["odd"].outcome == "ok"
