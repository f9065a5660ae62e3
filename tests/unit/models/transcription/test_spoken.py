"""Which language is spoken: raw belief, never renormalised over the two that are wanted."""

from __future__ import annotations

import pytest

from harness.records.types import Language
from models.transcription.spoken import belief


@pytest.mark.parametrize(
    ("heard", "folder", "language", "mass", "foreign"),
    [
        ({"zh": 0.99, "en": 0.01}, None, "zh", 1.0, False),
        ({"en": 0.7, "zh": 0.1, "de": 0.2}, None, "en", 0.8, False),
        (
            {"ko": 0.83, "zh": 0.051, "en": 0.025},
            None,
            None,
            0.076,
            False,
        ),  # neither is believed
        ({"ko": 0.83, "zh": 0.025, "en": 0.051}, "zh", "zh", 0.076, False),
        ({"de": 0.97, "en": 0.02}, None, None, 0.02, True),
        ({"yue": 0.6, "zh": 0.3, "en": 0.1}, None, "zh", 1.0, False),
        ({"zh": 0.45, "en": 0.5}, "zh", "zh", 0.95, False),  # open: the folder decides
        ({"zh": 0.1, "en": 0.85}, "zh", "en", 0.95, False),
        ({}, None, None, 0.0, False),
    ],
)
def test_belief(
    heard: dict[str, float], folder: Language | None, language: Language | None, mass: float, foreign: bool
) -> None:
    found = belief(heard, folder)
    assert (found.language, found.foreign) == (language, foreign)
    assert found.mass == pytest.approx(mass)
    assert found.detected == (max(heard, key=lambda code: heard[code]) if heard else "und")
