from __future__ import annotations

import tracemalloc
from pathlib import Path

from harness.config import load_profile, make_config
from harness.output.export import STORY_FOLDER, Exporter
from harness.output.summary import table
from harness.output.tally import Tally
from harness.records.types import Clip, Record


def records(clip: str, seconds: float, label: str = "NEUT", failed: bool = False) -> dict[str, Record]:
    fused = Record("fuse", clip, "p", "f", "ok", {"label": label, "status": "ok", "reason": ""}, seconds=seconds)
    if not failed:
        return {"fuse": fused}
    return {"face": Record("face", clip, "p", "f", "error", None, "it broke", "mend it", 1.0), "fuse": fused}


def test_what_is_told_of_a_run_does_not_depend_on_the_order() -> None:
    rows = [("b", 2.0, "WPOS", True), ("a", 2.0, "NEUT", True), ("d", 1.0, "NEUT", False), ("c", 9.0, "NEUT", False)]
    tallies = []
    for order in (rows, rows[::-1]):
        tally = Tally()
        for clip, seconds, label, failed in order:
            tally.add(Clip(clip, clip, "", 0), records(clip, seconds, label, failed))
        tallies.append(tally)
    assert table(tallies[0], 3.0) == table(tallies[1], 3.0)
    for tally in tallies:
        assert tally.slowest() == [("c", 9.0), ("a", 3.0), ("b", 3.0)]
        assert list(tally.errors().items()) == [(clip, "face: it broke (mend it)") for clip in ("a", "b")]
        assert tally.labels == {"NEUT": 3, "WPOS": 1} and tally.outcomes["face"] == {"error": 2}
        assert tally.seconds_by_stage() == {"face": 2.0, "fuse": 14.0}


def test_memory_of_a_run_does_not_hold_its_records(tmp_path: Path) -> None:
    """Each clip's records are 100 kB; what 100 clips leave behind is less than those of one."""
    folders = {key: tmp_path / key for key in ("models_dir", "test_data", "results", "supplements")}
    config = make_config(load_profile("embedded"), profile="embedded", **folders)
    clips = [Clip(f"{i:03}.mp4", f"/{i:03}.mp4", "", 0) for i in range(101)]
    exporter, tally = Exporter(config, clips), Tally()

    def add(clip: Clip) -> None:
        kept = records(clip.id, 1.0)
        kept["evidence"] = Record(
            "evidence", clip.id, "p", "f", "ok", {"items": [f"{clip.id} {n}" for n in range(2000)]}
        )
        exporter.add(clip, kept)
        tally.add(clip, kept)

    tracemalloc.start()
    try:
        add(clips[0])
        before, _ = tracemalloc.get_traced_memory()
        for clip in clips[1:]:
            add(clip)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
    exporter.finish()
    assert len(list((config.supplements / STORY_FOLDER).iterdir())) == len(clips)
