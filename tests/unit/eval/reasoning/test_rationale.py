"""Checks of chains of thought: each rate by hand."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from eval.errors import EvalError
from eval.reasoning import lexicon, rationale
from eval.reasoning.chain import check_story, flaws_of
from eval.reasoning.judges import default_judge, head_judge, judge_named, polarity_of, with_head
from eval.reasoning.lexicon import Verdict
from eval.stories.form import Quote, language_of, quotes_of, think_of
from eval.stories.read import Story, read_stories


def story(clip: str, raw: str, label: str | None, language: str = "en", said: str = "", finish: str = "stop") -> Story:
    data: dict[str, Any] = {
        "schema": "story/1",
        "clip": {"id": clip},
        "language": language,
        "transcript": {"text": said} if said else None,
        "reasoning": {"text": raw, "is_language_model": True, "finish_reason": finish},
        "answer": {"label": label, "problem": "", "think": "", "answer_text": ""},
        "prediction": {"label": label or "NEUT", "status": "ok"},
    }
    return Story(Path(f"{clip}.json"), data)


@pytest.mark.parametrize(
    ("raw", "finish", "parsed", "flaws"),
    [
        ("<think>a</think><answer>WPOS</answer>", "stop", True, ()),
        ("a</think><answer>WPOS</answer>", "stop", True, ()),
        ("", "stop", False, ("empty",)),
        (" \n ", "length", False, ("empty",)),
        ("<think>a</think><answer> </answer>", "stop", False, ("empty",)),
        ("<think>a</think> WPOS", "stop", False, ("no_answer",)),
        ("<think>a <answer>WPOS</answer> b</think>", "stop", False, ("no_answer",)),
        ("<think>a</think><answer>joyous</answer>", "stop", False, ("out_of_vocabulary",)),
        ("<think>a and then", "length", False, ("no_answer", "truncated")),
        ("<think>a and then", "stop", False, ("no_answer", "truncated")),
        ("<think>a</think><answer>WP", "stop", False, ("out_of_vocabulary", "truncated")),
        ("<think>a</think><answer>WPOS</answer>", "length", True, ("truncated",)),
        ("<think>a</think><answer>WPOS</answer><answer>SPOS</answer>", "stop", True, ("duplicate_answer",)),
        (
            "<think>a</think><answer>x</answer><answer>y</answer>",
            "stop",
            False,
            ("out_of_vocabulary", "duplicate_answer"),
        ),
    ],
)
def test_flaws(raw: str, finish: str, parsed: bool, flaws: tuple[str, ...]) -> None:
    assert flaws_of(raw, finish, parsed) == flaws


@pytest.mark.parametrize(
    ("raw", "think"),
    [
        ("<think> a </think><answer>b</answer>", "a"),
        ("a</think><answer>b</answer>", "a"),
        ("a<answer>b</answer>", "a"),
        ("<think>a</think>b</think><answer>c</answer>", "a b"),
        ("plain", "plain"),
    ],
)
def test_think(raw: str, think: str) -> None:
    assert think_of(raw) == think


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("她的声音在发抖。", "zh"),
        ("Her voice trembles at the end.", "en"),
        ("他说 OK，然后笑了笑，看起来很高兴", "zh"),
        ("She says 你好 and smiles at the camera", "en"),
        ("好", ""),
        ("12.5 dB", ""),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_quotes() -> None:
    said = "It's over, I can't go on. 我不想嫁给李茶！"
    think = (
        "He says “it’s over” and \"I can't  go on!\", then 「不想嫁给李茶」 and 'never mind'; "
        "he doesn't mean “it's ... go on” nor “go … over”. So it is “negative”, “SNEG” and “愤怒”."
    )
    assert quotes_of(think, said) == [
        Quote("it’s over", True),
        Quote("I can't  go on!", True),
        Quote("不想嫁给李茶", True),
        Quote("never mind", False),
        Quote("it's ... go on", True),
        Quote("go … over", True),
    ]
    assert [quote.found for quote in quotes_of("“hello”", "")] == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The words are positive but the voice is flat, so overall weakly negative.", Verdict(-1, "stated")),
        ("综合来看，因此判断为弱正面。", Verdict(1, "stated")),
        ("This is not negative; it is neutral in tone, not positive.", Verdict(0, "stated")),
        ("这不是负面的。", None),
        ("SNEG 0.10, WNEG 0.62, NEUT 0.08, WPOS 0.15, SPOS 0.05.", Verdict(-1, "stated")),
        ("概率：SNEG 0.10, WNEG 0.02, NEUT 0.08, WPOS 0.75, SPOS 0.05。", Verdict(1, "stated")),
        ("P(SNEG): 60%、P(SPOS): 40%", Verdict(1, "stated")),
        ("She smiles and laughs; nobody is angry? She is not sad.", Verdict(1, "words")),
        ("She smiles. She frowns.", None),
        ("她皱眉，声音颤抖，没有笑容。", Verdict(-1, "words")),
        ("He speaks in a calm, steady voice without any joy.", Verdict(0, "words")),
        ("He says “this is so negative, I hate being sad”.", None),
        ("", None),
    ],
)
def test_lexicon(text: str, expected: Verdict | None) -> None:
    assert lexicon.judge(text, "en") == expected


def test_judges_together() -> None:
    both = with_head(lambda text, language: Verdict(1, "head"))
    assert both("She smiles.", "en") == Verdict(1, "words+head")
    assert both("She cries.", "en") is None
    assert both("She smiles and cries.", "en") == Verdict(1, "head")
    assert both("Louder by 3 dB at 1.2 s.", "en") is None
    assert both("It is negative.", "en") == Verdict(-1, "stated")
    assert with_head(lambda text, language: None)("She cries.", "en") == Verdict(-1, "words")
    assert [polarity_of(label) for label in ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS", "hm")] == [
        "negative",
        "negative",
        "neutral",
        "positive",
        "positive",
        "",
    ]


def test_a_missing_head_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="--judge lexicon"):
        head_judge(tmp_path / "nothing")


@pytest.mark.skipif(default_judge() == "lexicon", reason="the text head's weights are not there")
def test_the_shipped_head_judges() -> None:
    head = judge_named("head")
    verdict = head("This is terrible, the worst and most boring film I have ever seen.", "en")
    assert verdict == Verdict(-1, "head")
    assert head("", "en") is None


def run_of(tmp_path: Path, *stories: Story) -> Path:
    folder = tmp_path / "video_emotion_results"
    folder.mkdir()
    for each in stories:
        (folder / each.path.name).write_text(json.dumps(each.data), encoding="utf-8")
    return tmp_path


def mixed_run(tmp_path: Path) -> Path:
    silent = story("e.mp4", "", None)
    no_reasoning = Story(Path("f.mp4.json"), {"schema": "story/1", "clip": {"id": "f.mp4"}, "reasoning": None})
    return run_of(
        tmp_path,
        story("a.mp4", "<think>She smiles, it is all positive.</think><answer>WPOS</answer>", "WPOS", said="hi"),
        story("b.mp4", "<think>他皱眉，声音颤抖，“我走了”</think><answer>SPOS</answer>\n", "SPOS", "zh", "我走了。"),
        story(
            "c.mp4",
            "<think>The face is calm and “he left” was never said.</think><answer>NEUT</answer>",
            "NEUT",
            "zh",
            "hm",
        ),
        story("d.mp4", "<think>Odd words here now.</think><answer>SNEG</answer>", "SNEG"),
        silent,
        no_reasoning,
    )


def test_a_run_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = mixed_run(tmp_path)
    labels = tmp_path / "labels.csv"
    labels.write_text("ID,Label\na.mp4,WPOS\nb.mp4,SNEG\nc.mp4,WNEG\nd.mp4,SNEG\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    rationale.configure(parser)
    out = tmp_path / "r.json"
    argv = [str(run), "--labels", str(labels), "--json", str(out), "--judge", "lexicon"]
    assert rationale.run(parser.parse_args(argv)) == 0
    assert "5 chains of thought in 6 stories" in capsys.readouterr().out
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["schema"] == "rationale/1"
    assert (result["stories"], result["reasoned"]) == (6, 5)
    rates = {name: (rate["count"], rate["n"]) for name, rate in result["rates"].items()}
    assert rates == {
        "parse": (4, 5),
        "empty": (1, 5),
        "no_answer": (0, 5),
        "out_of_vocabulary": (0, 5),
        "truncated": (0, 5),
        "duplicate_answer": (0, 5),
        "format": (4, 5),
        "format_strict": (3, 5),
        "answer_is_submitted": (4, 4),
    }
    assert (result["language"]["count"], result["language"]["n"], result["language"]["not_told"]) == (3, 4, 1)
    consistency = result["consistency"]
    # a and c argue for their answers, b argues against its own, d says nothing: the judge abstains
    assert (consistency["count"], consistency["n"], consistency["abstained"]) == (2, 3, 1)
    # answered +,+,0 and argued +,−,0: chance agreement 1/3
    assert consistency["kappa"] == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))
    assert consistency["table"] == {
        "right_consistent": 1,
        "right_inconsistent": 0,
        "wrong_consistent": 1,
        "wrong_inconsistent": 1,
    }
    assert (consistency["eea"]["count"], consistency["eea"]["n"]) == (2, 3)
    assert (result["quotes"]["quoted"], result["quotes"]["found"]["count"]) == (2, 1)
    assert result["quotes"]["clips_with_invented_quotes"] == 1


def test_nothing_to_check(tmp_path: Path) -> None:
    result = rationale.check(read_stories(run_of(tmp_path)), lexicon.judge)
    assert result["rates"]["parse"] == {"count": 0, "n": 0, "rate": None}
    assert result["consistency"]["kappa"] is None and result["consistency"]["table"] is None
    assert "0 chains of thought" in rationale.as_text(result)


def test_a_story_without_parts_is_checked() -> None:
    bare = check_story(Story(Path("x.json"), {"reasoning": {}}), lexicon.judge)
    assert bare.flaws == ("empty",) and bare.argues == "" and bare.quotes == ()


def test_no_run(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    rationale.configure(parser)
    with pytest.raises(EvalError, match="no such folder"):
        rationale.run(parser.parse_args([str(tmp_path / "none")]))
