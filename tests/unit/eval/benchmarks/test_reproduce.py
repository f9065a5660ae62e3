"""Every benchmark against its fixture: reference, estimate, and figures computed apart from this code."""

from __future__ import annotations

import csv
import doctest
import importlib
import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.benchmarks.base import Given
from eval.benchmarks.registry import benchmark_named, benchmarks
from eval.benchmarks.reproduce import reproduce
from eval.benchmarks.task import read_task
from eval.errors import EvalError
from eval.tables.signature import parts_of

DATA = Path(__file__).resolve().parents[3] / "data" / "benchmarks"
FIXTURES = sorted(folder.name for folder in DATA.iterdir())
ROOM = Path(__file__).resolve().parents[4] / "eval" / "benchmarks"
BESIDES = {"__init__", "base", "counts", "registry", "reproduce", "rows", "task"}
FILES = sorted(path.stem for path in ROOM.glob("*.py") if path.stem not in BESIDES)


@pytest.mark.parametrize("name", FIXTURES)
def test_both_forms_to_nine_digits(name: str) -> None:
    result = reproduce([DATA / name / "estimate.csv"], DATA / name / "reference.csv", benchmark_named(name), Given())
    expected = json.loads((DATA / name / "expected.json").read_text(encoding="utf-8"))
    for form in ("as_published", "corrected"):
        assert result[form].keys() == expected[form].keys()
        for figure, value in expected[form].items():
            wanted = None if value is None else pytest.approx(value, abs=1e-9 if "mos" not in name else 1e-6)
            assert result[form][figure] == wanted, (form, figure)
    assert result["moves"].keys() == {"all", *result["quirks"]}
    assert parts_of(result["signature"])["task"] == f"reproduce/{benchmark_named(name).name}"


def test_every_file_has_a_fixture_a_source_and_named_quirks() -> None:
    tested = {benchmark_named(name).score.__module__ for name in FIXTURES}
    assert {f"eval.benchmarks.{name}" for name in FILES} - tested <= {"eval.benchmarks.mer_open"}
    for benchmark in benchmarks().values():
        assert benchmark.quirks and benchmark.source and benchmark.version


@pytest.mark.parametrize("name", [*FILES, "counts"])
def test_files_are_short_and_their_examples_hold(name: str) -> None:
    assert len((ROOM / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 80
    assert doctest.testmod(importlib.import_module(f"eval.benchmarks.{name}")).failed == 0


def test_quirks_move_what_they_say() -> None:
    folder = DATA / "emorealm"
    result = reproduce([folder / "estimate.csv"], folder / "reference.csv", benchmark_named("EmoReAlM"), Given())
    assert result["missing"] == 1
    assert result["moves"]["article-a"]["visual_reasoning_accuracy"] != 0
    assert result["moves"]["missing-dropped"]["visual_reasoning_accuracy"] > 0
    assert result["moves"]["all"]["average_accuracy"] == pytest.approx(
        result["as_published"]["average_accuracy"] - result["corrected"]["average_accuracy"]
    )


def write(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def test_open_words_at_two_levels(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    write(wheels / "format.csv", ("name", "format"), ("joy", "joyful"), ("bliss", ""), ("fear", "afraid"))
    head = ("word_run1", "synonym_run1")
    write(wheels / "synonym.csv", head, ("joy", ""), ("bliss", ""), ("delight", ""), ("fear", ""), ("panic", ""))
    for number in range(1, 6):
        levels = ("joy", "delight", "thrill"), ("joy", "bliss", "bliss"), ("fear", "panic", "panic")
        write(wheels / f"wheel{number}.csv", ("level1", "level2", "level3"), *levels)
    labels = write(tmp_path / "l.csv", ("name", "openset"), ("a", "joyful"), ("b", "afraid"))
    said = write(tmp_path / "p.csv", ("name", "openset"), ("a", "bliss、joy"), ("b", "fear"))
    found = reproduce([said], labels, benchmark_named("mer2025-ov"), Given(wheels))
    # Published: the Chinese comma makes one unknown word of two. Level 2: {bliss} and {bliss, delight}? joy → bliss.
    assert found["as_published"] == {"f1": 0.5, "f1_level1": 0.5, "f1_level2": 0.5}
    assert found["corrected"] == {"f1": 1.0, "f1_level1": 1.0, "f1_level2": 1.0}
    none = write(tmp_path / "n.csv", ("name", "openset"), ("a", "fear"), ("b", "joy"))
    both = [reproduce([none], labels, benchmark_named(f"mer{year}-ov"), Given(wheels)) for year in (2025, 2026)]
    assert [result["as_published"]["f1"] for result in both] == [None, 0.0]
    with pytest.raises(EvalError, match="wheels are needed"):
        reproduce([said], labels, benchmark_named("mer2026-ov"), Given())


def test_five_runs_of_a_judge_give_the_mean_of_the_middle_three(tmp_path: Path) -> None:
    labels = write(tmp_path / "l.csv", ("id", "truth"), *((str(i), "happy") for i in range(10)))
    runs = [
        write(
            tmp_path / f"run{right}.csv",
            ("id", "score"),
            *((str(i), f"<score>Step 1: {int(i < right)}/1</score>") for i in range(10)),
        )
        for right in (10, 0, 4, 5, 9)
    ]
    out = tmp_path / "out.json"
    files = [str(runs[0]), str(labels), "--runs", *map(str, runs[1:])]
    assert main(["reproduce", "mme-emotion", *files, "--json", str(out)]) == 0
    assert json.loads(out.read_text())["corrected"]["recognition"] == pytest.approx(60.0)
    assert main(["reproduce", "mme-emotion", str(runs[0]), str(labels), "--runs", str(runs[1])]) == 2


def test_a_task_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = tmp_path / "mine.yaml"
    task.write_text("name: mine\nlabels: [glad, low]\naliases: {joy: glad}\nheadline: uar\n", encoding="utf-8")
    labels = write(tmp_path / "l.csv", ("ID", "Label"), ("a", "glad"), ("b", "low"), ("c", "low"))
    said = write(tmp_path / "p.csv", ("ID", "Label"), ("a", "<answer>Joy</answer>"), ("b", "low"))
    assert main(["reproduce", "--task", str(task), str(said), str(labels)]) == 0
    assert "0.7500" in capsys.readouterr().out
    task.write_text("name: mine\ncolour: red\n", encoding="utf-8")
    with pytest.raises(EvalError, match="unknown key colour"):
        read_task(task)
    own = tmp_path / "own.py"
    own.write_text("from eval.benchmarks.erv import BENCHMARKS\n", encoding="utf-8")
    assert read_task(own).name == "erv"


def test_json_lines_are_read_and_what_does_not_fit_is_said(tmp_path: Path) -> None:
    labels = tmp_path / "l.jsonl"
    labels.write_text('{"id": "1", "answer": "B", "choices": ["(A) a frown", "(B) a smile"]}\n', encoding="utf-8")
    said = tmp_path / "p.jsonl"
    said.write_text('{"id": 1, "response": "a smile"}\n{"id": 2, "response": "A"}\n', encoding="utf-8")
    result = reproduce([said], labels, benchmark_named("emorealm"), Given())
    assert result["corrected"]["average_accuracy"] == 100.0
    assert [problem["kind"] for problem in result["problems"]] == ["extra"]
    with pytest.raises(EvalError, match="no such benchmark"):
        benchmark_named("imagenet")


def story(run: Path, name: str, **parts: object) -> None:
    folder = run / "video_emotion_results"
    folder.mkdir(parents=True, exist_ok=True)
    content = {"schema": "story/1", "clip": {"id": name}, **parts}
    (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def reasoned(text: str, asked: bool = True) -> dict[str, object]:
    return {"text": text, "is_language_model": asked}


def test_a_runs_replies_are_scored_as_they_came_and_a_stand_in_is_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("a.mp4", "<think>x</think><answer>Angry</answer>"), ("b.mp4", "sad")):
        story(tmp_path, name, reasoning=reasoned(text), prediction={"label": "neutral", "status": "partial"})
    story(tmp_path, "c.mp4", prediction={"label": "neutral", "status": "fallback"})
    (tmp_path / "video_emotion_results" / "d.json").write_text("{", encoding="utf-8")
    head = ("ID", "Label", "Emotion")  # as `labels convert` writes them: Label is a polarity
    rows = [("a.mp4", "negative", "angry"), ("b.mp4", "negative", "sad"), ("c.mp4", "neutral", "neutral")]
    labels = write(tmp_path / "labels.csv", head, *rows)
    result = reproduce([tmp_path], labels, benchmark_named("dfew"), Given())
    assert result["corrected"]["WAR"] == pytest.approx(200 / 3) and result["missing"] == 1
    assert [problem["kind"] for problem in result["problems"]] == ["no-story", "missing"]
    assert main(["reproduce", "dfew", str(tmp_path), str(labels)]) == 0
    shown = capsys.readouterr().out
    assert "R1-Omni" in shown and "65.83" in shown and "56.27" in shown, "the paper's figures stand beside"


def test_a_run_without_a_language_model_is_scored_by_its_labels(tmp_path: Path) -> None:
    rule = reasoned("<think>x</think><answer>angry</answer>", asked=False)
    story(tmp_path, "a.mp4", reasoning=rule, prediction={"label": "sad", "status": "ok"})
    story(tmp_path, "b.mp4", reasoning=rule, prediction={"label": "neutral", "status": "fallback"})
    labels = write(tmp_path / "labels.csv", ("ID", "Label"), ("a.mp4", "sad"), ("b.mp4", "neutral"))
    assert reproduce([tmp_path], labels, benchmark_named("ravdess"), Given())["corrected"]["WAR"] == 50.0
    (tmp_path / "empty").mkdir()
    with pytest.raises(EvalError, match="no story of a clip"):
        reproduce([tmp_path / "empty"], labels, benchmark_named("ravdess"), Given())


def test_a_true_label_that_the_space_does_not_have_is_refused(tmp_path: Path) -> None:
    labels = write(tmp_path / "l.csv", ("ID", "Label"), ("a.mp4", "positive"))
    said = write(tmp_path / "p.csv", ("ID", "Label"), ("a.mp4", "happy"))
    with pytest.raises(EvalError, match=r"a\.mp4: the label 'positive' is none of happy"):
        reproduce([said], labels, benchmark_named("dfew"), Given())
