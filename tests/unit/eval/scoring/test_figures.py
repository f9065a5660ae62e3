"""The figures: what they show, that Chinese has glyphs, and that they are the same each time."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from eval.scoring import figures
from eval.scoring.blocks import Scored, block
from harness.records.labels import SPACES


def result_of(space: str, with_chances: bool) -> tuple[dict[str, object], Scored]:
    rng = np.random.default_rng(0)
    labels = len(SPACES[space].labels)
    truth = rng.integers(0, labels, 200)
    predicted = np.where(rng.random(200) < 0.5, truth, rng.integers(0, labels + 1, 200))
    chances = rng.dirichlet(np.ones(labels), 200) if with_chances else None
    scored = Scored(truth, predicted, None, chances)
    return {"overall": block(scored, SPACES[space], 200, np.random.default_rng(0))}, scored


def texts(figure: object) -> str:
    return " ".join(text.get_text() for axes in figure.axes for text in axes.findobj(match=_is_text))  # type: ignore[attr-defined]


def _is_text(artist: object) -> bool:
    return hasattr(artist, "get_text")


def test_confusion_shows_shares_and_counts() -> None:
    result, scored = result_of("sentiment5", False)
    drawn = figures.draw_figures(result, scored)
    assert set(drawn) == {"confusion", "per_class_f1"}
    shown = texts(drawn["confusion"])
    rows = result["overall"]["confusion"]["rows_true_cols_pred"]  # type: ignore[index]
    for row in rows:
        for count in row:
            assert f"{count / sum(row):.0%}\n{count}" in shown
    assert "<INVALID>" in shown


def test_f1_with_intervals_and_reliability() -> None:
    result, scored = result_of("sentiment5", True)
    drawn = figures.draw_figures(result, scored)
    assert "95 % intervals" in texts(drawn["per_class_f1"])
    assert len(drawn["per_class_f1"].axes[0].containers) >= 10
    assert "ECE" in texts(drawn["reliability"])


@pytest.mark.parametrize("space", ["sentiment5", "mafw11", "mer6"])
def test_every_character_has_a_glyph(space: str) -> None:
    result, scored = result_of(space, True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in figures.draw_figures(result, scored).values():
            assert figures.render(figure, "png").startswith(b"\x89PNG")


def test_chinese_where_there_is_a_font(monkeypatch: pytest.MonkeyPatch) -> None:
    result, scored = result_of("sentiment5", False)
    monkeypatch.setattr(figures, "chinese_font", lambda: None)
    assert "强负面" not in texts(figures.draw_figures(result, scored)["confusion"])
    monkeypatch.undo()
    if figures.chinese_font() is None:
        pytest.skip("no font with Chinese characters is installed")
    assert "强负面" in texts(figures.draw_figures(result, scored)["confusion"])


def test_files_are_reproducible(tmp_path: Path) -> None:
    result, scored = result_of("sentiment5", True)
    first, again = (figures.write_figures(result, scored, tmp_path / name) for name in ("one", "two"))
    assert len(first) == 6
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
