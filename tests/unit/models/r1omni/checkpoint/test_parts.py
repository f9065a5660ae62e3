from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.r1omni.checkpoint.parts import find, missing, weight_files
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
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "preprocessor_config.json").write_text("{}", encoding="utf-8")
    (lacks,) = missing("vision", tmp_path)
    assert lacks == f"vision (google/siglip-base-patch16-224, about 0.8 GB): {tmp_path} lacks two.safetensors"
    (tmp_path / "two.safetensors").write_bytes(b"")
    assert missing("vision", tmp_path) == []
    assert [path.name for path in weight_files(tmp_path)] == ["one.safetensors", "two.safetensors"]
    (tmp_path / "model.safetensors.index.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ConfigError, match="index.json cannot be read"):
        missing("vision", tmp_path)


def test_folders_that_are_being_made_or_were_replaced_are_no_second_part(tmp_path: Path) -> None:
    whole(tmp_path)
    for name in ("ears.old-1", "eyes.partial"):
        shutil.copytree(tmp_path / name.partition(".")[0], tmp_path / name)
    assert find([tmp_path]).audio == tmp_path / "ears"


def test_weights_beside_the_model_stand_for_its_own(tmp_path: Path) -> None:
    whole(tmp_path)
    (tmp_path / "R1-Omni-tiny" / "model.safetensors").rename(tmp_path / "weights.safetensors")
    assert find([tmp_path], tmp_path / "weights.safetensors").weights == (tmp_path / "weights.safetensors",)
    with pytest.raises(ConfigError, match=r"model \(StarJiaxing.*R1-Omni-tiny lacks \*.safetensors"):
        find([tmp_path])
