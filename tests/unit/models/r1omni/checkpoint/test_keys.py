from __future__ import annotations

import pytest

from harness.faults import ConfigError
from models.r1omni.checkpoint.keys import held_against, refuse_unread, split, tower_names


def test_names_are_parted() -> None:
    names = [
        "model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight", "lm_head.weight",
        "model.mm_projector.s1_video.b1.conv1.conv.weight", "model.bert_gate.0.bias",
        "model.vision_tower.vision_tower.vision_model.post_layernorm.bias", "model.face_tower.x",
    ]  # fmt: skip
    found = split(names)
    assert found.parts["projector"] == {"s1_video.b1.conv1.conv.weight": names[3]}
    assert found.parts["gate"] == {"0.bias": names[4]}
    assert set(found.parts["language"]) == set(names[:3])
    assert found.unknown == ("model.face_tower.x",)


def test_a_towers_names_whatever_stands_before_them() -> None:
    assert tower_names(
        ["model.encoder.conv1.weight", "model.decoder.layers.0.encoder_attn.k_proj.weight"], "encoder."
    ) == {"conv1.weight": "model.encoder.conv1.weight"}
    names = ["vision_model.encoder.layers.0.a", "text_model.encoder.layers.0.a", "logit_scale"]
    assert tower_names(names, "vision_model.") == {"encoder.layers.0.a": "vision_model.encoder.layers.0.a"}


def test_missing_other_and_unread_tensors_are_named() -> None:
    assert held_against("gate", {"a": (1, 2)}, {"a": (1, 2), "b": (3,)}) == ["b"]
    with pytest.raises(ConfigError, match="gate: not loaded, since the file lacks a"):
        held_against("gate", {"a": (1, 2)}, {})
    with pytest.raises(ConfigError, match=r"a \[2, 1\], not \[1, 2\]"):
        held_against("gate", {"a": (1, 2)}, {"a": (2, 1)})
    assert refuse_unread("bert", ["embeddings.position_ids"]) == ["embeddings.position_ids"]
    with pytest.raises(ConfigError, match="b, which this code does not compute"):
        refuse_unread("gate", ["b"])
