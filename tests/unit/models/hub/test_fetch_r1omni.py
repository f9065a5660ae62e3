from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from harness.faults import ConfigError
from models.hub import fetch_r1omni
from models.hub.fetch_hub import Source, check_sums, origin_of
from models.hub.pins import known_sums
from models.r1omni.checkpoint.parts import FOLDERS, ORIGINS, find
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


@pytest.mark.parametrize(
    ("words", "repository"),
    [
        ((), "StarJiaxing/R1-Omni-0.5B"),
        (("--base",), "StarJiaxing/HumanOmni-0.5B"),
        (("--hub", "ms"), "iic/R1-Omni-0.5B"),
        (("--hub", "ms", "--base"), "iic/HumanOmni-0.5B"),
    ],
)
def test_each_hub_has_its_own_name_for_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], repository: str
) -> None:
    asked: list[str] = []

    def fetch(source: Source, *_: Any) -> None:
        asked.append(source.repository)
        raise ConfigError("enough")

    monkeypatch.setattr(fetch_r1omni, "fetch", fetch)
    with pytest.raises(ConfigError, match="enough"):
        fetch_r1omni.run(flags(tmp_path, *words))
    assert asked == [repository]


def test_folders_and_pairs_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no part"):
        fetch_r1omni.run(flags(tmp_path, "--from", str(tmp_path)))
    with pytest.raises(ConfigError, match="is not PART=VALUE"):
        fetch_r1omni.run(flags(tmp_path, "--revision", "ears=x"))


def test_a_part_without_weights_is_refused(tmp_path: Path) -> None:
    own = whole(tmp_path / "own")
    (own / "eyes" / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"vision .*eyes lacks \*.safetensors"):
        fetch_r1omni.run(flags(tmp_path / "models", "--from", str(own)))
    assert not (tmp_path / "models" / "r1-omni" / "siglip").exists()


def test_a_fresh_folder_takes_the_place_of_the_old_one_which_stays_aside(tmp_path: Path) -> None:
    first, second = whole(tmp_path / "first"), whole(tmp_path / "second")
    (second / "ears" / "model.safetensors").write_bytes(b"others")
    assert fetch_r1omni.run(flags(tmp_path / "models", "--from", str(first))) == 0
    assert fetch_r1omni.run(flags(tmp_path / "models", "--from", str(second), "--fresh")) == 0
    placed = tmp_path / "models" / "r1-omni"
    assert (placed / "whisper" / "model.safetensors").read_bytes() == b"others"
    assert (placed / "whisper.old-1" / "model.safetensors").read_bytes() == b"ears"


def test_an_old_folder_stands_until_its_successor_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = whole(tmp_path / "first"), whole(tmp_path / "second")
    assert fetch_r1omni.run(flags(tmp_path / "models", "--from", str(first))) == 0

    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(fetch_r1omni.os, "link", full)
    monkeypatch.setattr(fetch_r1omni.shutil, "copyfile", full)
    with pytest.raises(OSError, match="no space"):
        fetch_r1omni.run(flags(tmp_path / "models", "--from", str(second), "--fresh"))
    placed = tmp_path / "models" / "r1-omni"
    assert find([placed]).folders().keys() == {"model", "vision", "audio", "bert"}


def test_a_folder_of_the_users_is_held_against_pins_and_its_sums_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = whole(tmp_path / "own")
    assert fetch_r1omni.run(flags(tmp_path / "models", "--from", str(own))) == 0
    assert "not as google/siglip-base-patch16-224 has them: config.json" in capsys.readouterr().out
    placed = tmp_path / "models" / "r1-omni" / "siglip"
    assert origin_of(placed) == {"hub": "your folder", "repository": "eyes", "revision": ""}
    check_sums(placed)
    (placed / "model.safetensors").unlink()
    (placed / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ConfigError, match="not as fetched: model.safetensors"):
        fetch_r1omni.run(flags(tmp_path / "models", "--from", str(own)))


def test_three_parts_are_pinned_and_the_fourth_is_said_not_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = whole(tmp_path / "own")
    asked: dict[str, str] = {}

    def fetch(source: Source, target: Path, check: Any, fresh: bool = False) -> None:
        asked[source.repository] = source.revision
        part = next(part for part, name in FOLDERS.items() if name == target.name)
        fetch_r1omni._take(part, find([own]).folders()[part], target, fresh)

    monkeypatch.setattr(fetch_r1omni, "fetch", fetch)
    assert fetch_r1omni.run(flags(tmp_path / "models")) == 0
    assert asked.pop("StarJiaxing/R1-Omni-0.5B") == "main"
    assert sorted(asked) == sorted(set(ORIGINS.values()) - {"StarJiaxing/R1-Omni-0.5B"})
    assert all(len(revision) == 40 and known_sums(name, revision) for name, revision in asked.items())
    assert capsys.readouterr().out.count("no commit of") == 1
