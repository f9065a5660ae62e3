from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from harness.faults import ConfigError
from harness.records.conversions import to_sentiment5
from harness.records.labels import get_space
from models.voice.emotion2vec_files import LABELS, SPACE, find, frame_samples, meanings, read_config, read_scores

TOKENS = ["吃惊/surprised", "生气/angry", "<unk>", "开心/happy", "unuse_7"]


def test_labels_go_by_their_text_never_by_their_place() -> None:
    assert meanings(TOKENS) == ("surprised", "angry", None, "happy", None)
    assert meanings(["angry", "难过"]) == ("angry", "sad")
    probabilities, unknown = read_scores(TOKENS, [0.1, 0.2, 0.5, 0.2, 0.0]) or ((), 0.0)
    assert dict(zip(LABELS, probabilities, strict=True)) == {
        **dict.fromkeys(LABELS, 0.0),
        "surprised": pytest.approx(0.2),
        "angry": pytest.approx(0.4),
        "happy": pytest.approx(0.4),
    }
    assert unknown == pytest.approx(0.5)
    assert read_scores(["<unk>", "生气/angry"], [1.0, 0.0]) is None


@pytest.mark.parametrize("tokens", [["生气/happy"], ["angry", "生气"], ["bored"], ["<unk>", "unuse_1"]])
def test_labels_that_cannot_be_told_are_refused(tokens: list[str]) -> None:
    with pytest.raises(ConfigError, match="tokens.txt"):
        meanings(tokens)


def test_the_label_space_is_known_and_other_has_no_polarity() -> None:
    space = get_space(SPACE)
    assert space.labels == LABELS
    only_other = [float(label == "other") for label in LABELS]
    assert to_sentiment5(space, only_other) == (0.2,) * 5
    happy = to_sentiment5(space, [0.5 if label in ("happy", "other") else 0.0 for label in LABELS])
    assert happy == (0, 0, 0, 0.5, 0.5)


def test_a_table_of_numbers_is_read_and_code_is_refused() -> None:
    assert frame_samples("[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]") == 320
    for code in ("__import__('os').getcwd()", "[(1, 2, open('x'))]", "[(9, 9, 9)] * 10 ** 9", "[", "[(1, 2)]", 7):
        with pytest.raises(ConfigError, match="no table of numbers"):
            frame_samples(code)


def config(path: Path, **changes: object) -> Path:
    audio = {"feature_encoder_spec": "[(8, 10, 5)]", "decoder": {"decoder_dim": 3}}
    content = {"model": "Emotion2vec", "model_conf": {"norm_eps": "1e-05", "modalities": {"audio": audio}}, **changes}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_settings_are_read_without_the_decoder(tmp_path: Path) -> None:
    found = read_config(config(tmp_path / "config.yaml"))
    assert found["norm_eps"] == 1e-05
    assert found["modalities"]["audio"] == {"feature_encoder_spec": "[(8, 10, 5)]", "decoder": None}
    for wrong in ({"model": "Paraformer"}, {"model_conf": {}}):
        with pytest.raises(ConfigError, match=r"config.yaml"):
            read_config(config(tmp_path / "config.yaml", **wrong))


def test_files_are_found_as_configuration_json_names_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        find(tmp_path / "none")
    with pytest.raises(ConfigError, match="lacks config.yaml"):
        find(tmp_path)
    config(tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match="lacks model.pt"):
        find(tmp_path)
    (tmp_path / "emotion2vec_base.pt").write_bytes(b"x")
    metas = {"init_param": "emotion2vec_base.pt", "config": "../elsewhere/config.yaml"}
    (tmp_path / "configuration.json").write_text(json.dumps({"file_path_metas": metas}), encoding="utf-8")
    found = find(tmp_path)
    assert found.weights.name == "emotion2vec_base.pt"
    assert found.config == tmp_path / "config.yaml", "a name that leads out of the folder is not followed"
    assert (found.tokens, set(found.files)) == (None, {"config", "weights"})
