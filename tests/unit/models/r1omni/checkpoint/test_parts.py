from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.r1omni.checkpoint.parts import find, weight_files
from tests.support.tiny_r1omni import write_small


def whole(folder: Path) -> Path:
    write_small(folder)
    for name in ("R1-Omni-tiny", "eyes", "ears"):
        (folder / name / "model.safetensors").write_bytes(b"")
    return folder


def test_parts_are_known_by_their_config_and_not_by_their_name(tmp_path: Path) -> None:
    parts = find([whole(tmp_path)])
    assert {part: folder.name for part, folder in parts.folders().items()} == {
        "model": "R1-Omni-tiny", "vision": "eyes", "audio": "ears", "bert": "words",
    }  # fmt: skip
    assert parts.weights == (tmp_path / "R1-Omni-tiny" / "model.safetensors",)


def test_what_is_missing_is_named_with_its_size(tmp_path: Path) -> None:
    whole(tmp_path)
    (tmp_path / "ears" / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"audio \(openai/whisper-large-v3, about 3.1 GB\).*fetch r1-omni"):
        find([tmp_path])


def test_a_part_without_its_files_is_named(tmp_path: Path) -> None:
    whole(tmp_path)
    (tmp_path / "words" / "vocab.txt").unlink()
    with pytest.raises(ConfigError, match=r"words lacks tokenizer.json or vocab.txt"):
        find([tmp_path])


def test_two_of_a_kind_are_refused(tmp_path: Path) -> None:
    whole(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"model_type": "whisper"}), encoding="utf-8")
    with pytest.raises(ConfigError, match="both the audio part"):
        find([tmp_path])


def test_an_earlier_folder_goes_before_a_later_one(tmp_path: Path) -> None:
    first = whole(tmp_path / "a")
    assert find([first / "ears", whole(tmp_path / "b")]).audio == first / "ears"


def test_an_index_names_the_weights(tmp_path: Path) -> None:
    index = {"weight_map": {"x": "one.safetensors", "y": "two.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (tmp_path / "one.safetensors").write_bytes(b"")
    with pytest.raises(ConfigError, match="lacks two.safetensors"):
        weight_files(tmp_path)
    (tmp_path / "two.safetensors").write_bytes(b"")
    assert [path.name for path in weight_files(tmp_path)] == ["one.safetensors", "two.safetensors"]
