"""The two READMEs hold the same commands, tables and headings, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eval.__main__ import VERBS

NAMES = ("README.md", "README.zh.md")
MOST_BYTES = 200_000


def read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[list[str]]:
    """The code blocks, line by line, without what explains a command: it stands behind two blanks or a #."""
    found = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [[re.split(r"\s{2,}|\s+#\s", line.strip())[0] for line in block.splitlines()] for block in found]


def commands(text: str) -> list[list[str]]:
    return [[line for line in block if line.startswith((".venv", "make", "python", "for "))] for block in blocks(text)]


def outline(text: str) -> list[tuple[str, int]]:
    """The headings' levels in order, each with the rows of the tables below it."""
    found: list[tuple[str, int]] = []
    for line in text.splitlines():
        if re.match(r"#+ ", line) and not line.startswith("# sets"):
            found.append((line.split()[0], 0))
        elif line.startswith("|") and found:
            found[-1] = (found[-1][0], found[-1][1] + 1)
    return found


def code_words(text: str) -> set[str]:
    """Commands and files in backticks that are the same in every language."""
    prose = re.sub(r"^```\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return {word for word in re.findall(r"`([^`\n]+)`", prose) if re.fullmatch(r"[\x20-\x7e]+", word)}


def test_both_have_the_same_commands(root: Path) -> None:
    english, chinese = (commands(read(root, name)) for name in NAMES)
    assert sum(map(len, english)) > 20
    assert english == chinese


def test_both_have_the_same_headings_and_tables(root: Path) -> None:
    english, chinese = (outline(read(root, name)) for name in NAMES)
    assert len(english) >= 8
    assert english == chinese


def test_both_name_the_same_settings_and_files(root: Path) -> None:
    english, chinese = (code_words(read(root, name)) for name in NAMES)
    assert english - chinese == set() and chinese - english == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_and_every_file_that_is_named_exists(root: Path, name: str) -> None:
    text = read(root, name)
    verbs = set(re.findall(r"python -m eval (\w+)", text))
    assert "explanation" in verbs and verbs <= set(VERBS)
    paths = re.findall(r"`((?:harness|eval|models|docs|benchmarks|requirements|Test_Data)/[\w./-]+\.\w+)`", text)
    assert paths and [path for path in paths if not (root / path).is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_first_screen_shows_what_comes_out(root: Path, name: str) -> None:
    text = read(root, name)
    alt, target = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text)[0]
    assert len(alt) > 20 and text.index(alt) < text.index("\n## ")
    picture = (root / target).read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) <= MOST_BYTES
    assert all((root / link).exists() for link in re.findall(r"\]\(([^)#]+)\)", text))


def test_the_columns_are_those_that_a_run_writes(root: Path) -> None:
    from harness.output.export import row_of
    from harness.records.types import Clip

    columns = list(row_of(Clip("a.mp4", "a.mp4", "", 0), {}, "NEUT"))
    row = next(line for line in read(root, "README.md").splitlines() if line.startswith("| `predictions.csv` |"))
    named = [word for word in re.findall(r"`(\w+)`", row) if word != "predictions"]
    assert [name for name in named if name not in columns] == []
    assert named == sorted(named, key=columns.index)
