from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.__main__ import main
from models.omni.server.files import check_folder
from tests.support.omni_parts import weights, write_checkpoint

Spoil = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint of two weight files and their index."""
    folder = tmp_path / "omni"
    write_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    names = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for name in names:
        (folder / name).write_bytes(weights(8))
    index = {"weight_map": dict(zip(("thinker.a", "thinker.b"), names, strict=True))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def test_a_whole_folder(folder: Path) -> None:
    check_folder(folder)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "config.json").unlink(), "lacks config.json"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json or vocab.json"),
        (lambda f: (f / "tokenizer_config.json").unlink(), "tokenizer_config.json"),
        (lambda f: (f / "preprocessor_config.json").unlink(), "preprocessor_config.json"),
        (lambda f: (f / "model-00002-of-00002.safetensors").unlink(), "lacks model-00002-of-00002.safetensors"),
        (
            lambda f: cut(f / "model-00001-of-00002.safetensors"),
            r"model-00001-of-00002.safetensors \(it is cut short\)",
        ),
        (lambda f: (f / "model-00001-of-00002.safetensors").write_bytes(b"\xff" * 32), "lacks model-00001"),
        (lambda f: (f / "config.json").write_text("{}"), "names no architecture"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read"),
        (lambda f: [p.unlink() for p in f.glob("model*")], r"lacks \*.safetensors"),
    ],
)
def test_what_is_missing_is_named(folder: Path, spoil: Spoil, said: str) -> None:
    spoil(folder)
    with pytest.raises(ConfigError, match=said) as caught:
        check_folder(folder)
    assert "python -m models fetch omni" in caught.value.remedy


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        check_folder(tmp_path / "none")


def test_fetch_leaves_a_whole_folder_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.parent.joinpath("m", "omni").mkdir(parents=True)
    folder.rename(target := folder.parent / "m" / "omni" / "Qwen2.5-Omni-3B")
    assert main(["fetch", "omni", "--size", "3B", "--models-dir", str(folder.parent / "m")]) == 0
    assert f"already in {target}, whole" in capsys.readouterr().out
    cut(target / "model-00002-of-00002.safetensors")
    assert main(["fetch", "omni", "--size", "3B", "--models-dir", str(folder.parent / "m")]) == 2
    assert "lacks model-00002" in capsys.readouterr().err


def test_fetch_out_of_reach_says_what_to_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert main(["fetch", "omni", "--models-dir", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "127.0.0.1:9/Qwen/Qwen2.5-Omni-7B" in said and str(tmp_path / "omni" / "Qwen2.5-Omni-7B") in said
    assert list(tmp_path.iterdir()) == []
