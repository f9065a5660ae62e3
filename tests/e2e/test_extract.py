"""Features of a data set from real files, and a head that is trained on them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.media.decode import MediaSettings, decode
from models.__main__ import main
from models.features.face import TRACKS, summary
from models.features.pictures import pictures
from models.features.table import read_about, read_arrays, read_table
from models.fingerprint import file_sha256
from models.folders import WEIGHTS

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


def test_what_had_no_features_is_tried_again(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "features"
    command = ["extract", "speech", "--provider", "prosody", "--out", str(out), "--data", str(data / "list.csv")]
    assert main(command) == 0
    shutil.copy(data / "demo_zh_sad.mp4", data / "torn.mp4")
    assert main(command) == 0
    table = {row["id"]: row for row in read_table(out)}
    assert len(read_table(out)) == len(table) == 5, "one row an item, however often it was tried"
    assert not table["torn.mp4"]["problem"]
    assert table["absent.mp4"]["problem"]
    arrays = dict(read_arrays(out))
    np.testing.assert_array_equal(arrays["torn.mp4"], arrays["demo_zh_sad.mp4"])


@pytest.mark.parametrize("name", ["demo_en_happy.mp4", "demo_zh_mute.mp4"])
def test_extraction_sees_the_pictures_that_a_run_sees(name: str) -> None:
    theirs = decode(TEST_DATA / name, MediaSettings(backend="pyav")).frames
    ours = pictures(TEST_DATA / name)
    assert [frame.time for frame in ours] == pytest.approx([frame.time for frame in theirs])
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)


def test_odd_pictures_are_turned_and_scaled_as_in_a_run(shared: Path) -> None:
    seen = 0
    for path in [
        *sorted((shared / "clips" / "odd").glob("*.mp4")),
        *sorted((shared / "clips" / "mer").glob("*.mp4"))[:3],
    ]:
        theirs = decode(path, MediaSettings(backend="pyav")).frames
        if not theirs:
            continue
        ours = pictures(path)
        assert [frame.time for frame in ours] == pytest.approx([frame.time for frame in theirs]), path.name
        np.testing.assert_array_equal(ours[-1].rgb, theirs[-1].rgb)
        seen += 1
    assert seen >= 4


def test_faces_become_tracks_and_statistics(data: Path, models: Path, tmp_path: Path) -> None:
    command = ["extract", "face", "--data", str(data / "list.csv"), "--models-dir", str(models)]
    assert main([*command, "--out", str(tmp_path / "frames"), "--granularity", "frame"]) == 0
    assert main([*command, "--out", str(tmp_path / "clips")]) == 0
    frames, clips = dict(read_arrays(tmp_path / "frames")), dict(read_arrays(tmp_path / "clips"))
    about = read_about(tmp_path / "clips")
    assert (about.modality, about.granularity, about.rate) == ("video", "utterance", None)
    assert read_about(tmp_path / "frames").rate == 12.5
    for name in ("demo_en_angry.mp4", "demo_en_happy.mp4", "demo_zh_sad.mp4"):
        assert frames[name].shape[1] == len(TRACKS)
        row = dict(zip(about.names, clips[name], strict=True))
        opening = frames[name][:, TRACKS.index("mouth_opening")]
        assert row["mouth_opening_median"] == pytest.approx(float(np.nanmedian(opening)), abs=1e-6)
        assert row["found_share"] > 0.9
        assert sum(value for key, value in row.items() if key.startswith("p_")) == pytest.approx(1, abs=1e-4)
    happy, angry = clips["demo_en_happy.mp4"], clips["demo_en_angry.mp4"]
    lift = about.names.index("corner_lift_median")
    assert happy[lift] > angry[lift], "a drawn smile lifts the corners of the mouth"
    assert {row["id"] for row in read_table(tmp_path / "clips") if row["problem"]} == {"torn.mp4", "absent.mp4"}


def test_statistics_of_a_track_bear_gaps() -> None:
    track = np.array([[0.0], [1.0], [np.nan], [3.0], [5.0]], dtype=np.float32)
    median, low, high, speed = summary(track, 10.0)
    assert (median, speed) == (2.0, 15.0)
    assert 0 < low < 1 < 3 < high < 5
    assert np.isnan(summary(np.full((3, 1), np.nan, np.float32), 10.0)).all()


def test_words_become_what_the_text_head_says_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "texts.csv"
    rows = ["文件名称,语言,字幕", "a.mp4,英文,I love this wonderful film!", "b.mp4,中文,真难过，太可怕了", "c.mp4,,..."]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    command = ["extract", "text", "--data", str(table), "--path-column", "文件名称", "--text-column", "字幕"]
    command += ["--language-column", "语言", "--out", str(tmp_path / "f")]
    assert main(command) == 0
    about, arrays = read_about(tmp_path / "f"), dict(read_arrays(tmp_path / "f"))
    assert about.modality == "text"
    glad, sad = (dict(zip(about.names, arrays[name], strict=True)) for name in ("a.mp4", "b.mp4"))
    assert glad["log_SPOS"] > glad["log_SNEG"] and sad["log_SNEG"] > sad["log_SPOS"]
    assert (glad["exclaims"], sad["exclaims"]) == (1, 0)
    assert [row["id"] for row in read_table(tmp_path / "f") if row["problem"]] == ["c.mp4"]
    own = tmp_path / "head"
    shutil.copytree(WEIGHTS / "text", own)
    (own / "data.json").write_text(json.dumps({"texts.csv": file_sha256(table)}), encoding="utf-8")
    assert main([*command, "--head", str(own)]) == 2
    assert "was trained on texts.csv" in capsys.readouterr().err
