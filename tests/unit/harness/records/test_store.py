from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from harness.records.store import Store, exclusive, file_stem, require_told_apart
from harness.records.types import Opinion, ProsodyTrack, Reason, Record, SpeechFeatures
from models.attach import attachment


def record(**changes: object) -> Record:
    values = {"stage": "speech", "clip": 'é 1,"x".mp4', "provider": "p", "fingerprint": "f", "outcome": "ok", "data": 1}
    return Record(**{**values, **changes})  # type: ignore[arg-type]


def test_what_is_put_comes_back_equal(tmp_path: Path) -> None:
    store = Store(tmp_path)
    payload = Opinion("s", ("a", "b"), (0.25, float("nan")), 1.0, (Reason("f", 1.0, 2.0),))
    stored = store.put(record(data=payload))
    assert store.get("speech", stored.clip) == stored
    assert stored.data["probabilities"] == [0.25, None]
    assert store.get("speech", "other.mp4") is None


def test_clips_that_a_folder_does_not_tell_apart_are_refused(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def tells_no_case(folder: Path, name: str, other: str) -> bool:
        asked.append((name, other))
        return True

    with pytest.raises(ConfigError, match=r"Clip\.mp4 and clip\.mp4 would be one file in"):
        require_told_apart(tmp_path, ["Clip.mp4", "other.mp4", "clip.mp4"], tells_no_case)
    require_told_apart(tmp_path, ["a.mp4", "b.mp4"], tells_no_case)
    assert asked == [("Clip.mp4", "clip.mp4")]  # a folder is asked about names that look alike alone
    require_told_apart(tmp_path / "new", ["Clip.mp4", "clip.mp4", "caf\u00e9.mp4", "cafe\u0301.mp4"])
    assert list((tmp_path / "new").iterdir()) == []


DEEP = b'{"stage": "speech", "clip": "x", "data": ' + b"[" * 5000 + b"]" * 5000 + b"}"
GOOD = b'{"stage": "speech", "clip": "x", "provider": "p", "fingerprint": "f", "outcome": "ok", "data": "%s"}'


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b'{"stage": 1}',
        b"\xff\xfe",
        b"[" * 1000 + b"]" * 1000,
        DEEP,
        GOOD % b"\xff",
        GOOD % b"\\ud800",
        b"\0" * 99,
    ],
)
def test_torn_files_are_set_aside(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    path = store.path("speech", store.put(record()).clip)
    path.write_bytes(damage)
    assert store.get("speech", record().clip) is None
    assert path.with_name(path.name + ".set-aside").read_bytes() == damage


@pytest.mark.parametrize("kind", ["folder", "full folder", "pipe", "link to itself", "broken link"])
def test_what_is_no_file_is_set_aside(tmp_path: Path, kind: str) -> None:
    store = Store(tmp_path)
    path = store.path("speech", store.put(record()).clip)
    for round_ in range(2):
        path.unlink()
        if kind in ("folder", "full folder"):
            path.mkdir()
            if kind == "full folder":
                (path / "x").write_bytes(b"")
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to(path if kind == "link to itself" else tmp_path / "nowhere")
        assert store.get("speech", record().clip) is None, f"round {round_}"
        assert store.put(record()) == store.get("speech", record().clip)


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is denied to root")
def test_a_denied_record_is_set_aside(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.path("speech", store.put(record()).clip)
    path.chmod(0)
    assert store.get("speech", record().clip) is None and not path.exists()


def test_text_that_no_file_can_hold_is_made_so(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = store.put(record(data={"a\ud800": ["\udfff"]}, reason="x\ud800", remedy="\udc80"))
    assert (stored.data, stored.reason, stored.remedy) == ({"a\ufffd": ["\ufffd"]}, "x\ufffd", "\ufffd")
    assert store.get("speech", stored.clip) == stored


def test_altered_and_foreign_files_are_set_aside(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.path("speech", store.put(record()).clip)
    path.write_text(path.read_text(encoding="utf-8").replace('"data": 1', '"data": 2'), encoding="utf-8")
    assert store.get("speech", record().clip) is None
    stored = store.put(record(clip="other.mp4"))
    store.path("speech", stored.clip).rename(path)
    assert store.get("speech", record().clip) is None


def test_the_digest_sees_result_and_reason_but_not_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.put(record(seconds=1.0)).digest == store.put(record(seconds=2.0)).digest
    assert store.put(record(data=2)).digest != store.put(record()).digest
    assert store.put(record(outcome="error", reason="x")).digest != store.put(record(outcome="error")).digest


def test_long_names_fit_a_file_system() -> None:
    name = "很" * 85 + ".mp4"
    assert len(file_stem(name).encode()) <= 200
    assert file_stem(name) != file_stem("很" * 84 + "x.mp4")
    assert file_stem("short.mp4") == "short.mp4"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.json"
    write_atomic(target, b"old")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_fresh_moves_aside_and_never_over_another(tmp_path: Path) -> None:
    store = Store(tmp_path / "records")
    assert store.set_aside_all("x") is None
    moved = set()
    for _ in range(3):
        store.put(record())
        moved.add(store.set_aside_all("x"))
    assert len(moved) == 3
    assert all(path is not None and any(path.rglob("*.json")) for path in moved)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(ConfigError, match=f"another run .*: process {os.getpid()} on "):
        exclusive(tmp_path)
    exclusive(tmp_path).close()


def heard(values: list[float]) -> SpeechFeatures:
    array = attachment("embedding", np.array(values, np.float32))
    return SpeechFeatures((), ProsodyTrack(0.02, (), ()), (), {}, {}, None, array)


def test_arrays_lie_beside_the_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = store.put(record(data=heard([1.0, 0.1])))
    path = store.attachment("speech", stored.clip, "embedding")
    assert np.load(path, allow_pickle=False).tolist() == [1.0, pytest.approx(0.1, abs=1e-3)]
    assert stored.data["embedding"]["content"] == "", "the bytes are not in the record as well"
    assert store.get("speech", stored.clip) == stored
    read = msgspec.convert(stored.data, SpeechFeatures).embedding
    assert read is not None
    assert (read.shape, read.dtype, read.content) == ((2,), "float16", b"")
    assert store.put(record(data=heard([1.0, 0.2]))).digest != stored.digest


@pytest.mark.parametrize("damage", [None, b"", b"x"])
def test_a_record_without_its_array_is_set_aside(tmp_path: Path, damage: bytes | None) -> None:
    store = Store(tmp_path)
    path = store.attachment("speech", store.put(record(data=heard([1.0]))).clip, "embedding")
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    assert store.get("speech", record().clip) is None
