"""What the embedded transcriber is made of, by what has been fetched, and what it says of the rest."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable
from harness.records.types import Clip, Media, MediaInfo
from models.fingerprint import file_sha256
from models.transcription import embedded, files, recognised, whisper_files
from models.transcription.picture import files as picture

PARTS = ("model.bin", "config.json", "tokenizer.json", "vocabulary.json")


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all packages were installed."""
    monkeypatch.setattr(whisper_files, "check_installed", lambda: None)
    monkeypatch.setattr(whisper_files, "check_simplified", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())


def folder_of_whisper(folder: Path, languages: int = 99, without: str = "") -> Path:
    folder.mkdir(parents=True)
    config = json.dumps({"lang_ids": list(range(languages))})
    for name in set(PARTS) - {without}:
        (folder / name).write_text(config, encoding="utf-8")
    return folder


def fetched(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files stand for the fetched ones, and count as the right ones."""
    base = folder_of_whisper(models / files.WHISPER)
    nets = models / picture.FOLDER
    nets.mkdir()
    for name in picture.SHA256:
        (nets / name).write_bytes(name.encode())
    monkeypatch.setattr(files, "WHISPER_BASE_AGAIN", {name: file_sha256(base / name) for name in PARTS})
    monkeypatch.setattr(picture, "SHA256", {name: file_sha256(nets / name) for name in picture.SHA256})


def test_with_nothing_fetched_a_run_goes_on_and_every_clip_says_what_mends_it(tmp_path: Path) -> None:
    chosen = embedded.spec({"models_dir": str(tmp_path)})
    assert chosen.name == "sidecar"
    assert files.COMMAND in chosen.lacks
    with pytest.raises(StageUnavailable, match="Whisper base has not been fetched") as caught:
        chosen.build().transcribe(Clip("a.mp4", "a.mp4", "0" * 64, 1), Media(MediaInfo("mp4", 1, None, None), None, ()))
    assert files.COMMAND in caught.value.remedy


def test_what_is_fetched_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: None) -> None:
    fetched(tmp_path, monkeypatch)
    settings = {"models_dir": str(tmp_path)}
    both = embedded.spec(settings)
    assert (both.name, both.lacks) == ("sidecar+whisper+picture", "")
    assert set(both.files) == {"model.bin", "config.json", "tokenizer.json", "vocabulary", *picture.SHA256}
    heard = embedded.spec({**settings, "read_picture": False})
    assert (heard.name, heard.lacks) == ("sidecar+whisper", "")
    assert len({both.fingerprint, heard.fingerprint, embedded.spec({"models_dir": "nowhere"}).fingerprint}) == 3
    for path in (tmp_path / picture.FOLDER).iterdir():
        path.unlink()
    (tmp_path / picture.FOLDER).rmdir()
    deaf = embedded.spec(settings)
    assert deaf.name == "sidecar+whisper"
    assert "subtitles in the picture have not been fetched" in deaf.lacks


def test_fetched_files_that_were_altered_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: None
) -> None:
    fetched(tmp_path, monkeypatch)
    net = tmp_path / picture.FOLDER / picture.RECOGNITION
    net.write_bytes(b"torn")
    with pytest.raises(ConfigError, match=f"{picture.RECOGNITION} has the wrong checksum") as caught:
        embedded.spec({"models_dir": str(tmp_path)})
    assert files.COMMAND in caught.value.remedy
    assert embedded.spec({"models_dir": str(tmp_path), "read_picture": False}).name == "sidecar+whisper"
    (tmp_path / files.WHISPER / "model.bin").write_bytes(b"torn")
    with pytest.raises(ConfigError, match="model.bin has the wrong checksum"):
        embedded.spec({"models_dir": str(tmp_path), "read_picture": False})


def test_what_is_asked_for_must_be_there(tmp_path: Path, packages: None) -> None:
    with pytest.raises(ConfigError, match="subtitles in the picture have not been fetched"):
        embedded.spec({"models_dir": str(tmp_path), "read_picture": True})
    with pytest.raises(ConfigError, match="read_picture is 'perhaps'"):
        embedded.spec({"models_dir": str(tmp_path), "read_picture": "perhaps"})
    with pytest.raises(ConfigError, match="is not there"):
        embedded.spec({"models_dir": str(tmp_path), "whisper_model": "mine"})
    with pytest.raises(ConfigError, match="large-v3-turbo is not there") as caught:
        recognised.spec({"models_dir": str(tmp_path)})
    assert "fetch whisper --size large-v3-turbo" in caught.value.remedy


@pytest.mark.parametrize("lacking", [*PARTS, ""])
def test_what_a_whisper_folder_lacks_is_named(tmp_path: Path, lacking: str) -> None:
    folder_of_whisper(tmp_path / "w", languages=100, without=lacking)
    with pytest.raises(ConfigError) as caught:
        embedded.spec({"whisper_model": "w", "models_dir": str(tmp_path)})
    assert (lacking or "preprocessor_config.json") in caught.value.message
    assert caught.value.remedy


def test_the_package_that_is_missing_is_named(tmp_path: Path) -> None:
    """A unit test sees neither faster-whisper nor onnxruntime; what is named must work, what is not is done without."""
    folder_of_whisper(tmp_path / "w")
    with pytest.raises(ConfigError, match="faster-whisper, which is not installed") as caught:
        embedded.spec({"whisper_model": str(tmp_path / "w")})
    assert caught.value.remedy == whisper_files.INSTALL
    folder_of_whisper(tmp_path / files.WHISPER)
    assert "faster-whisper, which is not installed" in embedded.spec({"models_dir": str(tmp_path)}).lacks
    with pytest.raises(ConfigError, match="whisper_compute"):
        embedded.spec({"whisper_model": str(tmp_path / "w"), "whisper_compute": "int3"})
    with pytest.raises(ConfigError, match="threads"):
        embedded.spec({"threads": -1})
