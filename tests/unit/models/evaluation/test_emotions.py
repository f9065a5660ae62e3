from __future__ import annotations

import pytest

from harness.faults import ConfigError
from harness.records.labels import EMOTION7, SPACES
from models.evaluation.emotions import evaluate, space_named
from models.text.head import HEAD, TextHeadReader


@pytest.fixture(scope="module")
def reader() -> TextHeadReader:
    return TextHeadReader(HEAD)


ROWS = [
    {"id": "dia0_utt0", "language": "en", "text": "That's great, I love it!", "emotion": "Joy"},
    {"id": "dia0_utt1", "language": "en", "text": "!!", "emotion": "Anger"},
    {"id": "v1_1", "language": "zh", "text": "你给我滚！", "emotion": "Anger"},
    {"id": "v1_2", "language": "zh", "text": "好", "emotion": ""},
]


def test_every_row_is_judged_in_its_language(reader: TextHeadReader) -> None:
    found = evaluate(ROWS, reader, EMOTION7, None)
    assert [(case.truth, case.group) for case in found.cases] == [("joy", "dia0"), ("anger", "dia0"), ("anger", "v1")]
    assert found.left_out == {"no emotion": 1}
    assert found.cases[1].probabilities is None, "no words, no opinion"
    said = found.cases[2].probabilities
    assert said is not None and said.index(max(said)) == EMOTION7.rank("anger")


def test_one_language_alone_and_another_space(reader: TextHeadReader) -> None:
    found = evaluate(ROWS, reader, SPACES["mer6"], "zh")
    assert [case.truth for case in found.cases] == ["angry"]
    assert found.left_out == {"language en": 2, "no emotion": 1}
    assert found.space == "mer6" and found.cases[0].probabilities is not None
    assert len(found.cases[0].probabilities) == 6 and sum(found.cases[0].probabilities) == pytest.approx(1)


def test_what_does_not_fit_is_named(reader: TextHeadReader) -> None:
    with pytest.raises(ConfigError, match="no space of emotions"):
        space_named("polarity3")
    with pytest.raises(ConfigError, match="row 1, column emotion: 'SNEG', a label of sentiment5"):
        evaluate([{**ROWS[0], "emotion": "SNEG"}], reader, EMOTION7, None)
    with pytest.raises(ConfigError, match="no column feeling"):
        evaluate(ROWS, reader, EMOTION7, None, "feeling")
    with pytest.raises(ConfigError, match="no language is given"):
        evaluate([{"text": "a", "emotion": "joy"}], reader, EMOTION7, None)
