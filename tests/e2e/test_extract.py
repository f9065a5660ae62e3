"""Features of a data set from real files, and a head that is trained on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.__main__ import main
from models.features import read_about, read_arrays, read_table

TEST_DATA = Path(__file__).resolve().parents[2] / "Test_Data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A csv of three demo clips and a file that is none."""
    folder = tmp_path / "data"
    folder.mkdir()
    names = ["demo_en_angry.mp4", "demo_en_happy.mp4", "demo_zh_sad.mp4"]
    for name in names:
        (folder / name).write_bytes((TEST_DATA / name).read_bytes())
    (folder / "torn.mp4").write_bytes(b"no clip")
    rows = "\n".join(["path,speaker", *(f"{name},a" for name in (*names, "torn.mp4", "absent.mp4"))])
    (folder / "list.csv").write_text(rows + "\n", encoding="utf-8-sig")
    return folder


def test_every_item_is_listed_and_nothing_is_measured_twice(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "features"
    command = ["extract", "speech", "--provider", "prosody", "--out", str(out), "--shard", "2"]
    assert main([*command, "--data", str(data / "list.csv")]) == 0
    about, table = read_about(out), {row["id"]: row for row in read_table(out)}
    assert set(table) == {"demo_en_angry.mp4", "demo_en_happy.mp4", "demo_zh_sad.mp4", "torn.mp4", "absent.mp4"}
    assert table["torn.mp4"]["problem"]
    assert table["absent.mp4"]["problem"]
    arrays = dict(read_arrays(out))
    assert set(arrays) == {"demo_en_angry.mp4", "demo_en_happy.mp4", "demo_zh_sad.mp4"}
    assert all(array.shape == (len(about.names),) and np.isfinite(array).mean() > 0.9 for array in arrays.values())
    assert not np.array_equal(arrays["demo_en_angry.mp4"], arrays["demo_en_happy.mp4"])
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("shard-*")}
    assert main([*command, "--data", str(data / "list.csv")]) == 0
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("shard-*")} == before


def test_a_folder_of_clips_will_do(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["extract", "speech", "--provider", "prosody", "--out", str(tmp_path / "f")]
    assert main([*command, "--data", str(data)]) == 0
    assert len(dict(read_arrays(tmp_path / "f"))) == 3
    assert main([*command, "--data", str(data / "list.csv"), "--path-column", "file"]) == 2
    assert "no column file" in capsys.readouterr().err
    assert main([*command, "--data", str(tmp_path / "nothing")]) == 2
