"""What the measuring heads argue, as evidence in a question, and an answer beside it."""

from __future__ import annotations

import pytest

from harness.reasoning.argument import argue
from harness.reasoning.measured import ALIKE, compared, measured_argument
from harness.records.labels import SENTIMENT5, get_space
from harness.records.types import ClipEvidence, Language, Opinion, Reason

WORDS = Opinion(
    "sentiment5", SENTIMENT5.labels, (0.7, 0.2, 0.05, 0.03, 0.02), reasons=(Reason("</think><answer>SPOS", 1.0, 1.9),)
)
FACE = Opinion(
    "fer7",
    get_space("fer7").labels,
    (0.02, 0.02, 0.02, 0.8, 0.1, 0.02, 0.02),
    reasons=(Reason("expression in the pictures", 0.8, 3.0),),
)
EVIDENCE = ClipEvidence(
    "en", (), {}, {"text": WORDS, "video": FACE}, {"text": 1.0, "video": 1.0}, {"audio": "no sound"}
)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Words alone SNEG (0.70)", "Words and Face disagree", "Counted alike they give SNEG", "against it"]),
        ("zh", ["话语单独为 SNEG（0.70）", "话语与面部不一致", "同等看待时结果为 SNEG", "反对：脸上带着笑意"]),
    ],
)
def test_opinions_cues_and_conflicts_are_in_it_and_nothing_that_closes_a_tag(
    language: Language, said: list[str]
) -> None:
    told = measured_argument(EVIDENCE, ("text", "audio", "video"), language)
    assert [part for part in said if part not in told] == []
    assert not set("<>\n") & set(told)


def test_what_is_withheld_is_neither_told_nor_pooled() -> None:
    told = measured_argument(EVIDENCE, ("video", "audio"), "en")
    assert "Words" not in told and "SNEG" not in told and "Face alone WPOS" in told
    assert measured_argument(EVIDENCE, ("audio",), "en") == ""


def test_an_answer_beside_the_measurement() -> None:
    argument = argue(EVIDENCE, ALIKE)
    assert argument is not None
    found = compared("WPOS", argument)
    assert (found.label, found.steps, found.with_answer, found.against_answer) == ("SNEG", 3, ("video",), ("text",))
    assert compared("NEUT", argument).against_answer == ()
    assert compared(argument.label, argument).steps == 0
