"""Questions of a user's own: read, asked once, failed alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.engine.ask import OwnQuestion, answered_before, ask, read_questions
from harness.faults import ClipError, ConfigError
from harness.records.types import Clip
from harness.records.verdicts import Reasoning, ReasonRequest

CLIPS = {name: Clip(name, name, "0" * 64, 1) for name in ("a.mp4", "b.mp4")}


class Loader:
    def loader(self, clip: Clip) -> Any:
        return lambda: clip.id


class Reasoner:
    """Says yes of a.mp4 and has trouble with b.mp4."""

    def __init__(self) -> None:
        self.requests: list[ReasonRequest] = []

    def reason(self, request: ReasonRequest, load_media: Any) -> Reasoning:
        self.requests.append(request)
        assert load_media() == request.clip_id
        if request.clip_id == "b.mp4":
            raise ClipError("b.mp4: refused")
        return Reasoning("<answer>yes</answer>", request.language, "", "", request.messages, True, "stop")


def asked(*questions: OwnQuestion) -> tuple[dict[str, dict[str, Any]], Reasoner]:
    reasoner = Reasoner()
    return {row["id"]: row for row in ask(reasoner, Loader(), CLIPS, questions, 2)}, reasoner  # type: ignore[arg-type]


def test_a_question_that_fails_costs_itself() -> None:
    rows, reasoner = asked(
        OwnQuestion("1", "a.mp4", "Is it loud?", answers=("yes", "no")),
        OwnQuestion("2", "b.mp4", "Is it loud?"),
        OwnQuestion("3", "c.mp4", "Is it loud?"),
        OwnQuestion("4", "a.mp4", "说了什么？", "zh"),
    )
    assert rows["1"]["reply"] == "<answer>yes</answer>" and rows["1"]["answer"] == "yes"
    assert "refused" in rows["2"]["problem"] and "no clip c.mp4 among 2" in rows["3"]["problem"]
    assert rows["4"]["answer"] is None and len(reasoner.requests) == 3
    assert all(request.messages[-1]["content"] and request.answer_only for request in reasoner.requests)


def test_only_what_has_a_reply_to_the_same_question_counts_as_answered(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    rows: list[Any] = [
        {"id": "1", "clip": "a", "question": "q", "reply": "yes"},
        {"id": "2", "clip": "a", "question": "q", "problem": "no server"},
        {"id": "3", "clip": "a", "question": "another", "reply": "yes"},
    ]
    out.write_text("\n".join(map(json.dumps, rows)) + '\n{"id": "4", "cli', encoding="utf-8")
    questions = [OwnQuestion(str(number), "a", "q") for number in range(1, 5)]
    assert set(answered_before(out, questions)) == {"1"}
    assert answered_before(tmp_path / "none.jsonl", questions) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no question"),
        ("[1]\n", "line 1 is no JSON object"),
        ('{"id": 1, "clip": "a"}\n', "row 1: there is no 'question'"),
        ('{"id": 1, "clip": "a", "question": "q"}\n' * 2, "the id 1 stands there twice"),
    ],
)
def test_a_file_that_is_no_list_of_questions_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_questions(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")
