"""The verbs as a user calls them: exit codes, files, messages."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eval.__main__ import VERBS, module_name
from tests.support.run_command import python

GOOD = "ID,Label,Language\na.mp4,WPOS,zh\nb.mp4,NEUT,en\nc.mp4,SNEG,en\n"


def call(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return python(["-m", "eval", *map(str, arguments)], root)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    labels, predictions = tmp_path / "标签.csv", tmp_path / "-pred.csv"
    labels.write_text(GOOD, encoding="utf-8")
    predictions.write_text(GOOD.replace("SNEG", "oops"), encoding="utf-8")
    return predictions, labels


def test_help_is_quick_and_lists_the_verbs(root: Path) -> None:
    times = []
    for _ in range(3):
        start = os.times()
        shown = python(["-m", "eval", "--help"], root, PYTHONHASHSEED="0")  # started anew
        end = os.times()
        times.append(end.children_user - start.children_user + end.children_system - start.children_system)
        assert shown.returncode == 0 and "score-regression" in shown.stdout and "codabench" in shown.stdout
    # CPU seconds, stated as < 0.3 on an idle machine; the margin is for a busy one.
    assert min(times) < 1.0
    assert call(root).returncode == 2
    assert call(root, "scores").returncode == 2


def test_score_writes_what_was_asked_for(root: Path, files: tuple[Path, Path], tmp_path: Path) -> None:
    predictions, labels = files
    out, page, figures = tmp_path / "o.json", tmp_path / "o.md", tmp_path / "figures"
    done = call(
        root, "score", predictions, labels, "--by", "language", "--json", out, "--markdown", page,
        "--figures", figures, "--bootstrap", "200", "--seed", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text("utf-8"))
    assert result["overall"]["accuracy"] == pytest.approx(2 / 3)
    assert set(result["by"]["language"]) == {"zh", "en"}
    assert "accuracy" in done.stdout and "0.6667" in done.stdout
    assert "line 4: c.mp4: 'oops'" in done.stderr
    assert "| accuracy" in page.read_text("utf-8")
    assert sorted(path.name for path in figures.iterdir()) == [
        f"{name}.{kind}" for name in ("confusion", "per_class_f1") for kind in ("png", "svg")
    ]
    again = tmp_path / "again.json"
    call(root, "score", predictions, labels, "--by", "language", "--json", again, "--bootstrap", "200", "--seed", "3")
    assert again.read_bytes() == out.read_bytes()


def test_json_to_stdout_is_json_alone(root: Path, files: tuple[Path, Path]) -> None:
    done = call(root, "score", *files, "--json", "-", "--bootstrap", "0")
    assert json.loads(done.stdout)["schema"] == "score/1"


def test_imputing_warns(root: Path, files: tuple[Path, Path]) -> None:
    done = call(root, "score", *files, "--invalid", "neut", "--bootstrap", "0")
    assert done.returncode == 0 and "1 invalid or missing predictions count as NEUT" in done.stderr


@pytest.mark.parametrize(
    "verb",
    [["score"], ["score-regression", "--dataset", "mosi"], ["compare"], ["calibration"]],
    ids=lambda verb: verb[0],
)
def test_missing_file_is_one_clear_message(
    root: Path, files: tuple[Path, Path], tmp_path: Path, verb: list[str]
) -> None:
    paths = [tmp_path / "none.csv", files[1], files[1]][: 3 if verb == ["compare"] else 2]
    done = call(root, *verb, *paths)
    assert done.returncode == 2
    assert "none.csv" in done.stderr and "Traceback" not in done.stderr and "→" in done.stderr


def test_regression_needs_its_data_set(root: Path, files: tuple[Path, Path]) -> None:
    assert call(root, "score-regression", *files).returncode == 2
    done = call(root, "score-regression", *files, "--dataset", "mosi")
    assert done.returncode == 2 and "no column score" in done.stderr


def test_compare_and_retention(root: Path, files: tuple[Path, Path], tmp_path: Path) -> None:
    predictions, labels = files
    out = tmp_path / "c.json"
    done = call(root, "compare", predictions, labels, labels, "--bootstrap", "100", "--json", out)
    assert done.returncode == 0 and "McNemar" in done.stdout and "c.mp4" in done.stdout
    assert json.loads(out.read_text("utf-8"))["mcnemar"] == {"b": 0, "c": 1, "p_exact": 1.0}
    done = call(
        root, "retention", "--in-language", labels, labels, "--cross", predictions, labels, "--bootstrap", "100"
    )
    assert done.returncode == 0 and "in-language (denominator)" in done.stdout and "0.6667" in done.stdout


def test_validate_exit_codes(root: Path, files: tuple[Path, Path], tmp_path: Path) -> None:
    predictions, labels = files
    good = call(root, "validate", labels, "--ids", labels)
    assert (good.returncode, "no problems" in good.stdout) == (0, True)
    bad = call(root, "validate", predictions, "--json", tmp_path / "v.json")
    assert bad.returncode == 1 and "line 4" in bad.stdout
    written = json.loads((tmp_path / "v.json").read_text("utf-8"))
    assert written["ok"] is False and written["problems"][0]["line"] == 4
    assert call(root, "validate", tmp_path / "none.csv").returncode == 1
    assert call(root, "validate", labels, "--ids", tmp_path / "none.csv").returncode == 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_module(verb: str) -> None:
    module = importlib.import_module(module_name(verb))
    parser = argparse.ArgumentParser()
    module.configure(parser)
    assert parser.format_help() and callable(module.run)


def test_importing_a_verb_loads_no_drawing_and_no_models(root: Path) -> None:
    code = (
        "import sys, eval.scoring.score, eval.scoring.compare; "
        "print([m for m in ('matplotlib', 'torch', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_that_has_seen_enough_is_no_error(root: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("ID,Label\n" + "".join(f"{n},NEUT\n" for n in range(9)), encoding="utf-8")
    command = f"{sys.executable} -m eval score {tmp_path}/p.csv {tmp_path}/p.csv | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=root, check=False)
    assert done.stderr == ""
