from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from harness.faults import ConfigError
from models.hub import fetch_r1omni
from models.hub.fetch_hub import Source
from tests.support.tiny_r1omni import write_small


def flags(models_dir: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    fetch_r1omni.configure(parser)
    return parser.parse_args([*words, "--models-dir", str(models_dir)])


def whole(folder: Path) -> Path:
    write_small(folder)
    for name in ("R1-Omni-tiny", "eyes", "ears"):
        (folder / name / "model.safetensors").write_bytes(name.encode())
    return folder


def test_folders_of_the_users_are_put_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = whole(tmp_path / "own")
    assert fetch_r1omni.run(flags(tmp_path / "models", "--from", str(own))) == 0
    placed = tmp_path / "models" / "r1-omni"
    assert sorted(path.name for path in placed.iterdir()) == ["bert", "model", "siglip", "whisper"]
    assert (placed / "whisper" / "model.safetensors").read_bytes() == b"ears"
    assert (placed / "bert" / "vocab.txt").is_file()
    assert fetch_r1omni.run(flags(tmp_path / "models", "--from", str(own))) == 0
    assert "already in" in capsys.readouterr().out


def test_only_what_the_folders_lack_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = whole(tmp_path / "own")
    asked: list[tuple[Source, str]] = []

    def fetch(source: Source, target: Path, check: Any, fresh: bool = False) -> None:
        asked.append((source, target.name))
        fetch_r1omni._take("audio", own / "ears", target, fresh)

    monkeypatch.setattr(fetch_r1omni, "fetch", fetch)
    given = [str(own / name) for name in ("R1-Omni-tiny", "eyes", "words")]
    words = flags(tmp_path / "models", "--from", *given, "--revision", "audio=abc")
    assert fetch_r1omni.run(words) == 0
    ((source, name),) = asked
    assert (source.hub, source.repository, source.revision, name) == ("hf", "openai/whisper-large-v3", "abc", "whisper")


def test_what_is_not_known_on_modelscope_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_r1omni, "fetch", lambda *_: None)
    with pytest.raises(ConfigError, match="no repository of google/siglip.*--repository vision=OWNER/NAME"):
        fetch_r1omni.run(flags(tmp_path, "--hub", "ms"))


def test_folders_and_pairs_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no part"):
        fetch_r1omni.run(flags(tmp_path, "--from", str(tmp_path)))
    with pytest.raises(ConfigError, match="is not PART=VALUE"):
        fetch_r1omni.run(flags(tmp_path, "--revision", "ears=x"))


def test_a_part_without_weights_is_refused(tmp_path: Path) -> None:
    own = whole(tmp_path / "own")
    (own / "eyes" / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"eyes holds no \*.safetensors"):
        fetch_r1omni.run(flags(tmp_path / "models", "--from", str(own)))
    assert not (tmp_path / "models" / "r1-omni" / "siglip").exists()
