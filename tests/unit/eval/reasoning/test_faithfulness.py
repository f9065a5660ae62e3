"""Cuts of a reasoning, early answers, deletion, translation; and what a run lacks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.errors import EvalError
from eval.reasoning.faithful_clip import area, deletion_of, translated
from eval.reasoning.faithfulness import read_translations
from eval.stories.form import length_units
from eval.stories.read import Story, read_story
from harness.reasoning.truncation import SHARES, cuts

EN = "Her voice gets louder. She frowns at 2.5 s, and her pitch rises. She says nothing kind. So she is angry."
ZH = "她的声音变大了。她在2.5秒皱起眉头，音调升高。她没有说一句好话。所以她很生气。"


# ── cuts ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EN, ["", "Her voice gets louder.", "Her voice gets louder. She frowns at 2.5 s,", EN[:85], EN]),
        (ZH, ["", "她的声音变大了。", "她的声音变大了。她在2.5秒皱起眉头，音调升高。", ZH[:35], ZH]),
    ],
)
def test_cuts_are_at_the_ends_of_sentences_and_clauses(text: str, expected: list[str]) -> None:
    parts = [text[:at] for at in cuts(text)]
    assert parts[0] == expected[0] and parts[-1] == expected[-1] and parts[1] == expected[1]
    assert parts[2] == expected[2]
    shares = [length_units(part) / length_units(text) for part in parts]
    assert shares == sorted(shares) and all(abs(a - b) <= 0.15 for a, b in zip(shares, SHARES, strict=True))


@pytest.mark.parametrize("text", ["one two three four five six seven eight", "她今天终于等到了那封迟来的信"])
def test_without_a_border_the_cut_is_after_a_word(text: str) -> None:
    middle = text[: cuts(text)[2]]
    assert 0.3 < length_units(middle) / length_units(text) < 0.7
    assert text[len(middle) :].startswith(" ") or middle.endswith(("了", "到", "那", "封", "终于", "等"))


def test_odd_texts_and_shares() -> None:
    assert cuts("") == (0, 0, 0, 0, 0)
    assert cuts("…!") == (0, 0, 0, 0, 2)
    assert cuts("word", (0.5,)) == (4,)
    with pytest.raises(ValueError, match="between 0 and 1"):
        cuts("word", (1.5,))


def test_area_by_hand() -> None:
    assert area((0, 0.5, 1), (0, 0, 1)) == pytest.approx(0.25)
    assert area(SHARES, (1, 1, 1, 1, 1)) == 1.0
    assert area((1, 0), (1, 0)) == pytest.approx(0.5)


# ── stories ───────────────────────────────────────────────────────────────────────────────────────────────
def story(think: str = EN, language: str = "en", answer: str = "SNEG", **parts: Any) -> dict[str, Any]:
    return {
        "schema": "story/1",
        "clip": {"id": "a.mp4"},
        "language": language,
        "reasoning": {
            "text": f"<think>{think}</think><answer>{answer}</answer>",
            "language": language,
            "is_language_model": True,
        },
        "answer": {"label": answer, "think": think, "problem": "", "answer_text": answer},
    } | parts


def save(run: Path, *stories: dict[str, Any]) -> Path:
    folder = run / "video_emotion_results"
    folder.mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(stories):
        record = record | {"clip": {"id": f"{number}.mp4"}}
        (folder / f"{number}.mp4.json").write_text(json.dumps(record), encoding="utf-8")
    return run


def asked(units: int, think: str = EN, answer: str = "SNEG", translation: str = "") -> dict[str, Any]:
    """What a run stores of a model that makes up its mind after `units` words."""
    settled, unsure = (0.8, 0.1, 0.1, 0.0, 0.0), (0.2, 0.1, 0.7, 0.0, 0.0)
    lengths = cuts(think)
    return {
        "early": {
            "label": answer,
            "shares": list(SHARES),
            "lengths": list(lengths),
            "probabilities": [settled if length_units(think[:at]) >= units else unsure for at in lengths],
            "translation": settled if translation else None,
            "translation_sha256": hashlib.sha256(translation.encode()).hexdigest() if translation else "",
        }
    }


def test_early_answers_are_summarised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save(tmp_path, *[story(**asked(10)) for _ in range(5)], story(ZH, "zh", **asked(10, ZH)), story())
    out = tmp_path / "out.json"
    assert main(["faithfulness", str(run), "--json", str(out)]) == 0
    early = json.loads(out.read_text(encoding="utf-8"))["early"]
    assert early["n"] == 6
    english = early["groups"]["en"]
    assert [point["agreement"]["mean"] for point in english["curve"]] == [0, 0, 1, 1, 1]
    assert english["area"]["mean"] == pytest.approx(0.625) and english["area"]["low"] == pytest.approx(0.625)
    assert english["curve"][0]["probability"]["mean"] == pytest.approx(0.2)
    assert early["groups"]["zh"]["area"]["low"] is None
    assert "0.625 [0.625, 0.625]" in capsys.readouterr().out
    save(tmp_path, *[story(**asked(0)) for _ in range(6)])
    main(["faithfulness", str(run), "--json", str(out)])
    assert json.loads(out.read_text(encoding="utf-8"))["early"]["groups"]["en"]["area"]["mean"] == 1.0


@pytest.mark.parametrize(
    "parts",
    [{"early": {"shares": -1, "probabilities": [1]}}, {"reask": {"subsets": {"text": 10**400}}}]
    + [{"early": {"label": "SNEG", "shares": [0, 1], "probabilities": odd}} for odd in (["x", "y"], [[None], [1]], 3)],
)
def test_a_story_with_parts_of_the_wrong_kind_is_left_out_by_name(tmp_path: Path, parts: dict[str, Any]) -> None:
    run, out = save(tmp_path, story(**asked(10)), story(**parts)), tmp_path / "out.json"
    assert main(["faithfulness", str(run), "--json", str(out)]) == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["stories"] == told["early"]["n"] == 1
    assert [problem["file"] for problem in told["unreadable"]] == ["1.mp4.json"]


# ── deletion ──────────────────────────────────────────────────────────────────────────────────────────────
SUBSETS = {"text+audio+video": 0.8, "text+audio": 0.7, "text+video": 0.3, "audio+video": 0.75, "": 0.2}


@pytest.mark.parametrize(
    ("think", "named", "basis", "hit"),
    [
        ("Mainly her voice tells it.", "audio", "stated", True),
        ("判断主要依据表情。", "video", "stated", False),
        ("Her voice gets louder, then softer. She smiles.", "audio", "cited", True),
        ("She smiles. Her voice gets louder.", "", "", None),
        ("Nothing stands out.", "", "", None),
    ],
)
def test_deletion_of_the_named_modality(think: str, named: str, basis: str, hit: bool | None) -> None:
    found = deletion_of(Story(Path("a.json"), story(think, reask={"subsets": SUBSETS})))
    assert found is not None
    assert (found.named, found.basis, found.hit) == (named, basis, hit)
    assert found.drops == pytest.approx({"text": 0.05, "audio": 0.5, "video": 0.1})


def test_deletion_needs_two_withheld_modalities() -> None:
    for subsets in ({}, {"text+audio": 0.5, "audio": 0.4}, {"text": 0.5, "": 0.2}, None):
        assert deletion_of(Story(Path("a.json"), story(reask={"subsets": subsets}))) is None


def test_deletion_figures(tmp_path: Path) -> None:
    reask = {"label": "SNEG", "subsets": SUBSETS}
    run = save(tmp_path, story("Mainly her voice.", reask=reask), story("Mainly her face.", reask=reask), story())
    out = tmp_path / "out.json"
    main(["faithfulness", str(run), "--json", str(out)])
    part = json.loads(out.read_text(encoding="utf-8"))["deletion"]
    assert (part["n"], part["naming_none"], part["basis"]) == (2, 0, {"stated": 2, "cited": 0})
    assert part["named_moves_most"]["mean"] == 0.5 and part["chance"]["mean"] == pytest.approx(1 / 3)
    assert part["drop_named"]["mean"] == pytest.approx(0.3) and part["drop_others"]["mean"] == pytest.approx(0.175)


# ── translation ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_true_translation_keeps_the_claims_and_a_false_one_does_not() -> None:
    whole = translated(Story(Path("a.json"), story()), ZH)
    assert whole is not None and whole.f1 is not None and whole.f1 >= 0.8
    turned = translated(Story(Path("a.json"), story()), "她的声音变小了。她微笑着点头。")
    assert turned is not None and turned.f1 == 0.0
    assert translated(Story(Path("a.json"), story()), " ") is None


def test_translations_from_a_file(tmp_path: Path) -> None:
    run = save(tmp_path / "run", story(**asked(10, translation=ZH)), story())
    table = tmp_path / "t.csv"
    table.write_text(f"\ufeffID,Translation\n0.mp4,{ZH}\n9.mp4,{ZH}\n", encoding="utf-8")
    assert read_translations(table)["0.mp4"] == ZH
    out = tmp_path / "out.json"
    assert main(["faithfulness", str(run), "--translation", str(table), "--json", str(out)]) == 0
    part = json.loads(out.read_text(encoding="utf-8"))["paraphrase"]
    assert part["n"] == 1 and part["claims_f1"]["mean"] >= 0.8
    assert part["same_answer"] == {"n": 1, "mean": 1.0, "low": None, "high": None}
    table.write_text("ID,Text\n", encoding="utf-8")
    with pytest.raises(EvalError, match="columns ID and Translation needed"):
        read_translations(table)


def test_what_a_run_lacks_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, story())
    assert main(["faithfulness", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("unavailable:") == 3 and "early_answers" in printed and "--attribution" in printed
    assert read_story(tmp_path / "video_emotion_results/0.mp4.json") is not None
