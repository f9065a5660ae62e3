from __future__ import annotations

import time
from pathlib import Path

import pytest

from models.__main__ import main


@pytest.mark.parametrize(
    ("what", "variable"),
    [
        (["whisper", "--size", "large-v3-turbo"], "HF_ENDPOINT"),
        (["emotion2vec", "--name", "plus_base"], "MODELSCOPE_ENDPOINT"),
        (["emotion2vec", "--name", "base", "--hub", "hf"], "HF_ENDPOINT"),
    ],
)
def test_a_hub_out_of_reach_fails_at_once_and_says_what_to_copy(
    what: list[str], variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    started = time.perf_counter()
    assert main(["fetch", *what, "--models-dir", str(tmp_path)]) == 2
    assert time.perf_counter() - started < 5
    said = capsys.readouterr().err
    assert "cannot be reached" in said
    assert str(tmp_path / what[0] / what[2]) in said
    assert variable in said
    assert list(tmp_path.iterdir()) == []
