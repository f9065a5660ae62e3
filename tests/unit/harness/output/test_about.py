"""What a folder says of its clips."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.output.about import MOST_CHARACTERS, read_about


def test_the_texts_of_both_languages(tmp_path: Path) -> None:
    said = {"en": "drawn", "zh": "画的", "fr": "dessiné"}
    (tmp_path / "about.json").write_text(json.dumps(said), encoding="utf-8")
    assert read_about(tmp_path) == {"en": "drawn", "zh": "画的"}
    (tmp_path / "about.json").write_text(json.dumps({"en": "x" * 5000}), encoding="utf-8")
    assert len(read_about(tmp_path)["en"]) == MOST_CHARACTERS


@pytest.mark.parametrize("content", ["", "[]", "{", '{"en": 3}', '{"other": "file"}'])
def test_other_files_of_that_name_say_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "about.json").write_text(content, encoding="utf-8")
    assert read_about(tmp_path) == {} and read_about(tmp_path / "about.json") == {}


def test_the_demo_says_that_it_is_made(root: Path) -> None:
    said = read_about(root / "Test_Data")
    assert "drawn faces" in said["en"] and "合成" in said["zh"]
