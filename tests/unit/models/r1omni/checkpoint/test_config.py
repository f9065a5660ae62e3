from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.r1omni.checkpoint.config import audio_config, read_config, vision_config
from tests.support.tiny_r1omni import write_small


def test_what_decides_is_read(tmp_path: Path) -> None:
    config = read_config(write_small(tmp_path) / "R1-Omni-tiny")
    assert (config.hidden, config.vision_hidden, config.audio_hidden, config.frames) == (128, 32, 32, 4)
    assert (config.select_layer, config.start_end, config.eos, config.dtype) == (-2, True, 258, "float32")


@pytest.mark.parametrize(
    ("field", "value"),
    [("mm_projector_type", "all_in_one"), ("model_type", "qwen2"), ("mm_audio_projector_type", "linear")],
)
def test_another_architecture_is_refused(tmp_path: Path, field: str, value: str) -> None:
    write_small(tmp_path, model={field: value})
    with pytest.raises(ConfigError, match=f"{field} is '{value}'"):
        read_config(tmp_path / "R1-Omni-tiny")


def test_large_v3_turbo_is_told_from_large_v3(tmp_path: Path) -> None:
    large = {"encoder_layers": 32, "decoder_layers": 32}
    config = read_config(write_small(tmp_path / "a", audio=large) / "R1-Omni-tiny")
    assert audio_config(tmp_path / "a" / "ears", config)["decoder_layers"] == 32
    write_small(tmp_path / "b", audio={"encoder_layers": 32, "decoder_layers": 4})
    with pytest.raises(ConfigError, match="large-v3-turbo"):
        audio_config(tmp_path / "b" / "ears", config)


def test_towers_of_another_width_are_refused(tmp_path: Path) -> None:
    write_small(tmp_path, vision={"hidden_size": 48}, audio={"d_model": 48})
    config = read_config(tmp_path / "R1-Omni-tiny")
    with pytest.raises(ConfigError, match="hidden_size 48"):
        vision_config(tmp_path / "eyes", config)
    with pytest.raises(ConfigError, match="d_model 48"):
        audio_config(tmp_path / "ears", config)


def test_the_vision_part_of_a_whole_siglip_is_taken(tmp_path: Path) -> None:
    nested = {"model_type": "siglip", "vision_config": {"hidden_size": 32, "image_size": 64}, "hidden_size": None}
    write_small(tmp_path, vision=nested)
    found = vision_config(tmp_path / "eyes", read_config(tmp_path / "R1-Omni-tiny"))
    assert (found["hidden_size"], found["image_size"], found["patch_size"]) == (32, 64, 16)


def test_an_odd_grid_is_refused(tmp_path: Path) -> None:
    write_small(tmp_path, vision={"image_size": 80})
    with pytest.raises(ConfigError, match="odd grid"):
        vision_config(tmp_path / "eyes", read_config(tmp_path / "R1-Omni-tiny"))
