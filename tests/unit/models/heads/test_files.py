"""A head's two files: what does not fit is refused, and a folder says which languages its heads are for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from harness.faults import ConfigError
from models.heads.files import Input
from models.heads.linear import LinearHead
from models.heads.load import head_files, head_folders, load_head, open_head

NAMES = ("a", "b", "c")
LABELS = ("negative", "neutral", "positive")


def saved(folder: Path, key: str = "key") -> LinearHead:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = [LABELS[int(row[0] > 0) + int(row[0] > 1)] for row in x]
    head = LinearHead("polarity3", LABELS, NAMES, feature_key=key).fit(x, y)
    head.save(folder)
    return head


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    head = saved(tmp_path)
    read = load_head(tmp_path, "key", 3)
    x = np.random.default_rng(1).normal(size=(5, 3))
    np.testing.assert_allclose(read.predict_proba(x), head.predict_proba(x), atol=1e-6)
    assert (read.labels, read.space, read.inputs) == (LABELS, "polarity3", (Input("", "key", 3),))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["head.json", "head.safetensors"]


@pytest.mark.parametrize("name", ["mean", "scale", "weights", "bias"])
def test_a_missing_or_misshapen_tensor_is_named(tmp_path: Path, name: str) -> None:
    saved(tmp_path)
    whole = load_file(tmp_path / "head.safetensors")
    save_file({key: value for key, value in whole.items() if key != name}, tmp_path / "head.safetensors")
    with pytest.raises(ConfigError, match=f"{name} None instead of"):
        open_head(tmp_path)
    save_file({**whole, name: whole[name][..., :2].copy()}, tmp_path / "head.safetensors")
    with pytest.raises(ConfigError, match=rf"{name} \("):
        open_head(tmp_path)


@pytest.mark.parametrize("temperature", [{}, {"zh": 1.0}, None, "x", [1.0], 0, 10**400])
def test_a_temperature_that_is_no_number_is_refused_when_it_is_read(tmp_path: Path, temperature: object) -> None:
    saved(tmp_path)
    config = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    (tmp_path / "head.json").write_text(json.dumps({**config, "temperature": temperature}), encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        open_head(tmp_path)


def test_no_weights_other_labels_or_another_schema_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    config = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    (tmp_path / "head.json").write_text(json.dumps({**config, "labels": LABELS[:2]}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bias \(3,\) instead of \(2,\)"):
        open_head(tmp_path)
    (tmp_path / "head.json").write_text(json.dumps({**config, "schema": "other/1"}), encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        open_head(tmp_path)
    (tmp_path / "head.json").write_text(json.dumps(config), encoding="utf-8")
    save_file({}, tmp_path / "head.safetensors")
    with pytest.raises(ConfigError, match="do not fit the head"):
        open_head(tmp_path)
    (tmp_path / "head.safetensors").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be read"):
        open_head(tmp_path)


def test_features_of_another_model_or_width_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    with pytest.raises(ConfigError, match="another model"):
        load_head(tmp_path, "other", 3)
    with pytest.raises(ConfigError, match="takes 3 features, not 4"):
        load_head(tmp_path, "key", 4)


def test_a_folder_holds_one_head_or_one_for_each_language(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    saved(one)
    saved(two / "zh")
    assert head_folders(one, "") == {"any": one}
    assert head_folders(two, "") == {"zh": two / "zh"}
    saved(two / "en")
    assert set(head_files(two, "")) == {
        f"head/{c}/{n}" for c in ("zh", "en") for n in ("head.json", "head.safetensors")
    }
    saved(two)
    with pytest.raises(ConfigError, match="also zh, en"):
        head_folders(two, "")
    with pytest.raises(ConfigError, match=r"no head in .*train one"):
        head_folders(tmp_path, "train one")
