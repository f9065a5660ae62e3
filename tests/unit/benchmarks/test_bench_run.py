"""What `make bench` measures with, and how it compares: clips, costs of processes, queues, tables."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def bench(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import bench_run

    return bench_run


def test_clips_are_distinct_files_with_the_same_film(bench: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.mp4").write_bytes(b"film of " + name.encode())
    sources = bench.sources_in(tmp_path, tmp_path / "none")
    assert [path.name for path in sources] == ["a.mp4", "b.mp4"]
    total = bench.make_clips(sources, tmp_path / "out", 5)
    made = sorted((tmp_path / "out").iterdir())
    contents = [path.read_bytes() for path in made]
    assert len(set(contents)) == 5 and sum(map(len, contents)) == total
    assert [content[:9] for content in contents] == [b"film of a", b"film of b"] * 2 + [b"film of a"]
    box = contents[3][9:]
    assert int.from_bytes(box[:4], "big") == len(box) and box[4:8] == b"free"
    with pytest.raises(ValueError, match="mp4"):
        bench.make_clips([], tmp_path / "other", 1)


def test_cost_is_of_the_processes_that_were_started(bench: ModuleType, tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.write_bytes(bytes(3_000_000))
    code = f"import time\nopen({str(held)!r}, 'rb').read()\nx = bytearray(60_000_000)\nt = time.process_time() + 1.2\n"
    code += "while time.process_time() < t: pass"
    cost = bench.cost_of(lambda: subprocess.run([sys.executable, "-S", "-c", code], check=True))
    assert 1.2 <= cost.cpu < 4 and cost.wall >= 1.2
    assert cost.read >= 3_000_000
    assert cost.peak > 60_000_000


def test_queue_is_what_lies_between_two_records(bench: ModuleType, tmp_path: Path) -> None:
    manifest = {"run": {"started": "1970-01-01T00:16:40+00:00"}}
    (tmp_path / "run_manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for stage, written, seconds in (("media", 1003.0, 1.0), ("face", 1004.0, 1.0), ("text", 1007.0, 0.5)):
        path = tmp_path / "records" / stage / "a.mp4.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"seconds": seconds}), encoding="utf-8")
        os.utime(path, (written, written))
    assert bench.busy_and_queue(tmp_path) == {
        "media": {"busy": 1.0, "queue": 2.0},
        "face": {"busy": 1.0, "queue": 0.0},
        "text": {"busy": 0.5, "queue": 2.5},
    }


def test_worse_figures_fail_and_are_not_kept(
    bench: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = argparse.Namespace(compare=True, kept=tmp_path / "run.json")

    def figures(cpu: float) -> dict[str, object]:
        rows = {"ours": [{"wall": 1.0, "cpu": cpu, "peak": 1, "read": 1}]}
        return {"rows": rows, "stages": [], "media_seconds": 10.0, "clips": 2, "settings": [], "sources": ["a.mp4"]}

    kept: dict[str, object] = {}
    assert bench.held_against(kept, "embedded", figures(10.0), flags) == 0
    assert bench.held_against(kept, "embedded", figures(10.9), flags) == 0
    assert bench.held_against(kept, "embedded", figures(12.1), flags) == 1
    assert "1.210 CPU s a second of film, last time 1.090 (+11.0 %): worse" in capsys.readouterr().out
    stored = json.loads(flags.kept.read_text(encoding="utf-8"))
    assert stored["embedded"]["rows"]["ours"][0]["cpu"] == 10.9
    other = {**figures(99.0), "clips": 3}
    assert bench.held_against(kept, "embedded", other, flags) == 0
    assert "nothing to compare with" in capsys.readouterr().out


def test_the_table_has_every_row_and_says_what_is_missing(bench: ModuleType) -> None:
    rows = {name: [bench.Cost(w, 2 * w, 5_000_000, 1_000_000) for w in (1.0, 3.0, 2.0)] for name in ("ours",)}
    rows["sequential"] = [bench.Cost(6.0, 6.0, 0, 0)]
    told = bench.rows_table(rows, ("sequential", "ours", "ours, Ray"), {"ours, Ray": "unavailable: pip"}, 8.0, 4, 0.9)
    lines = told.splitlines()
    assert lines[2].startswith("| sequential | 6.0 | 6.0 | 0.750 | 0.67 |") and lines[2].endswith("| 3.00 |")
    assert lines[3].startswith("| ours | 2.0 (1.0–3.0) | 4.0 (2.0–6.0) | 0.500 | 2.00 | 5 | 1 | 0.250 | 1.00 |")
    assert lines[4].startswith("| ours, Ray | unavailable: pip |")
    assert bench.stages_table([{"face": {"cpu": 1.0, "busy": 2.0}}, {"face": {"cpu": 3.0}}]).splitlines()[2] == (
        "| face | 2.0 |  | 2.0 |  |"
    )
