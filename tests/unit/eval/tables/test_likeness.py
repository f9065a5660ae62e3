"""IDs that went wrong: told apart, explained, and never scored as if they had been meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.__main__ import main
from eval.errors import EvalError
from eval.scoring.score import score_files
from eval.tables.likeness import difference, likely_cause, likeness

LABELS = [f"{n:05d}.mp4" for n in range(1, 11)]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1", "00001.mp4"),
        ("1.0", "00001.mp4"),
        ("00001", "00001.mp4"),
        ("A.MP4", "a.mp4"),
        ("clips/a.mp4", "a.mp4"),
        ("clips\\a.mp4", "a"),
        (" a.mp4 ", "a.mp4"),
        ("1E+05", "100000.mp4"),
        ("ａ.mp4", "a.mp4"),
        ("\ufeffa.mp4", "a.mp4"),
        ("a\u200b.mp4", "a.mp4"),
    ],
)
def test_alike(said: str, meant: str) -> None:
    assert likeness(said) == likeness(meant)
    assert difference(said, meant)


@pytest.mark.parametrize(("one", "other"), [("1", "10"), ("v1.5", "v1"), ("a_01", "a_1"), ("a.b.mp4", "a.mp4")])
def test_not_alike(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([str(n) for n in range(1, 11)], ["leading zeros", "suffix", "1 → 00001.mp4"]),
        ([f"{n}.0" for n in range(1, 11)], ["leading zeros", "suffix", "1.0 → 00001.mp4"]),
        ([f"{n:05d}" for n in range(1, 11)], ["suffix"]),
        ([name.upper() for name in LABELS], ["upper and lower case"]),
        ([f"test/{name}" for name in LABELS], ["folder"]),
        ([f"TEST\\{name[:-4]}" for name in LABELS], ["folder", "suffix"]),
        ([f'"{name}"' for name in LABELS], ["quotation marks"]),
        ([f"\u200e{name}" for name in LABELS], ["invisible characters"]),
        (["x.mp4", "y.mp4"], []),
    ],
)
def test_the_cause_is_named(said: list[str], words: list[str]) -> None:
    cause = likely_cause(said, LABELS)
    assert all(word in cause for word in words)
    assert bool(cause) == bool(words)


def test_other_separators() -> None:
    assert "separators" in likely_cause(["video_0001$_$0001.mp4"], ["video_0001_0001.mp4"])
    assert "separators" in likely_cause(["video_0001/0001.mp4"], ["video_0001_0001.mp4"])


def test_nothing_in_common_is_no_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels, said = tmp_path / "labels.csv", tmp_path / "said.csv"
    labels.write_text("ID,Label\n" + "".join(f"{name},WPOS\n" for name in LABELS), encoding="utf-8")
    said.write_text("ID,Label\n" + "".join(f"{n},WPOS\n" for n in range(1, 11)), encoding="utf-8")
    for verb in (["score"], ["compare", str(said)]):
        out = tmp_path / "out.json"
        assert main([*verb, str(said), str(labels), "--json", str(out)]) == 2
        assert not out.exists()
    shown = capsys.readouterr()
    assert "accuracy" not in shown.out
    assert "none of the 10 IDs of the labels is in the predictions" in shown.err
    assert "'00001.mp4'" in shown.err and "'1'" in shown.err
    assert "leading zeros" in shown.err and "1 → 00001.mp4" in shown.err
    said.write_text("ID,Label\n", encoding="utf-8")
    with pytest.raises(EvalError, match="no prediction"):
        score_files(said, labels)
