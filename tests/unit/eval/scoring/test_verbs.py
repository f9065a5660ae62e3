"""`compare`, `calibration`, `retention` and `score-regression` on files, against other routes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from eval.errors import EvalError
from eval.scoring.calibration import calibration_files
from eval.scoring.compare import CompareOptions, compare_files
from eval.scoring.retention import retention_files
from eval.scoring.score_regression import score_regression_files
from eval.tables.output import encode

LABELS = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"]


def write(path: Path, head: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def answers(folder: Path, name: str, codes: list[int] | np.ndarray) -> Path:
    """A file of answers; 5 stands for an invalid label, 6 for no row at all."""
    rows: list[list[object]] = [
        [f"片段{i}.mp4", "junk" if code == 5 else LABELS[code]] for i, code in enumerate(codes) if code != 6
    ]
    return write(folder / f"{name}.csv", ["ID", "Label"], rows)


def three(folder: Path, rows: int = 300) -> tuple[np.ndarray, list[np.ndarray], list[Path], Path]:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 5, rows)
    said = [np.where(rng.random(rows) < share, truth, rng.integers(0, 7, rows)) for share in (0.6, 0.5, 0.3)]
    paths = [answers(folder, name, codes) for name, codes in zip("abc", said, strict=True)]
    return truth, [np.minimum(codes, 5) for codes in said], paths, answers(folder, "labels", truth)


def test_compare_two(tmp_path: Path) -> None:
    truth, said, paths, labels = three(tmp_path)
    result = compare_files(paths[:2], labels, CompareOptions(bootstrap=4000))
    right = [codes == truth for codes in said]
    assert result["schema"] == "compare/1" and result["n"] == 300
    assert result["difference"] == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-9)
    for side, codes in zip("ab", said, strict=False):
        assert result[f"accuracy_{side}"] == pytest.approx(sk.accuracy_score(truth, codes), abs=1e-9)
        wanted = sk.f1_score(truth, codes, labels=range(5), average="macro", zero_division=0)
        assert result[f"macro_f1_{side}"] == pytest.approx(wanted, abs=1e-9)
    b, c = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    assert (result["mcnemar"]["b"], result["mcnemar"]["c"]) == (b, c)
    assert result["mcnemar"]["p_exact"] == pytest.approx(mcnemar([[0, b], [c, 0]], exact=True).pvalue, abs=1e-9)
    assert result["permutation"]["metric"] == "macro_f1" and result["permutation"]["resamples"] == 4000
    assert result["agreement"]["rate"] == pytest.approx((said[0] == said[1]).mean(), abs=1e-9)
    assert result["agreement"]["kappa"] == pytest.approx(sk.cohen_kappa_score(said[0], said[1]), abs=1e-9)
    assert [row["id"] for row in result["changed"]] == [f"片段{i}.mp4" for i in np.flatnonzero(said[0] != said[1])]
    assert {row["right"] for row in result["changed"]} <= {"a", "b", "neither"}
    assert sum(row["right"] == "a" for row in result["changed"]) == b
    rng = np.random.default_rng(1)
    draws = [rng.integers(0, 300, 300) for _ in range(4000)]
    wanted_span = np.percentile([right[0][d].mean() - right[1][d].mean() for d in draws], [2.5, 97.5])
    found = result["bootstrap"]["accuracy"]
    assert [found["low"], found["high"]] == pytest.approx(wanted_span, abs=0.01)
    assert found["difference"] == result["difference"]
    assert encode(result)


def test_compare_is_antisymmetric(tmp_path: Path) -> None:
    _, _, paths, labels = three(tmp_path)
    one, other = (compare_files(order, labels, CompareOptions(bootstrap=200)) for order in (paths[:2], paths[1::-1]))
    assert one["difference"] == -other["difference"]
    assert one["mcnemar"]["p_exact"] == other["mcnemar"]["p_exact"]
    assert one["agreement"] == other["agreement"]


def test_compare_three_corrects_by_holm(tmp_path: Path) -> None:
    _, _, paths, labels = three(tmp_path)
    result = compare_files(paths, labels, CompareOptions(bootstrap=200))
    pairs = result["pairs"]
    assert [(Path(p["a"]).stem, Path(p["b"]).stem) for p in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    for test, key in (("mcnemar", "p_exact"), ("permutation", "p")):
        wanted = multipletests([pair[test][key] for pair in pairs], method="holm")[1]
        assert [pair[test]["p_holm"] for pair in pairs] == pytest.approx(wanted, abs=1e-9)


def test_compare_with_itself_and_errors(tmp_path: Path) -> None:
    _, _, paths, labels = three(tmp_path)
    same = compare_files([paths[0], paths[0]], labels, CompareOptions(bootstrap=100))
    assert same["difference"] == 0 and same["changed"] == [] and same["agreement"]["rate"] == 1
    assert same["mcnemar"]["p_exact"] == same["permutation"]["p"] == 1
    with pytest.raises(EvalError, match="at least two"):
        compare_files([paths[0]], labels)
    with pytest.raises(EvalError, match="different clips"):
        compare_files(paths[:2], labels, CompareOptions(invalid="drop"))
    untested = compare_files(paths[:2], labels, CompareOptions(bootstrap=0))
    assert untested["permutation"]["p"] is None and untested["bootstrap"] == {}


def test_calibration(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    truth, chances = rng.integers(0, 5, 200), rng.dirichlet(np.ones(5), 200)
    rows: list[list[object]] = [[f"{i}.mp4", *map(float, p)] for i, p in enumerate(chances)]
    rows[3][1] = "oops"
    rows[4][1] = 0.9
    rows[4][2] = 0.9
    for head in ([f"p_{label}" for label in LABELS], LABELS):
        said = write(tmp_path / "p.csv", ["ID", *head], rows[:-1])
        labels = write(tmp_path / "l.csv", ["ID", "Label"], [[f"{i}.mp4", LABELS[t]] for i, t in enumerate(truth)])
        result = calibration_files(said, labels)
        used = [i for i in range(199) if i not in (3, 4)]
        assert result["n"] == len(used) == 197
        wanted = sk.log_loss(truth[used], chances[used], labels=range(5))
        assert result["log_loss"] == pytest.approx(wanted, abs=1e-9)
        wanted = sk.brier_score_loss(truth[used], chances[used], labels=range(5), scale_by_half=False)
        assert result["brier"] == pytest.approx(wanted, abs=1e-9)
        assert sum(result["bins"]["counts"]) == 197
        kinds = sorted((p.kind, p.line) for p in result["problems"] if p.kind != "missing")
        assert kinds == [("probability", 5), ("probability", 6)]
        assert result["counts"]["missing"] == 1
        assert encode(result)
    with pytest.raises(EvalError, match="p_SNEG"):
        calibration_files(labels, labels)


def test_retention(tmp_path: Path) -> None:
    truth, said, paths, labels = three(tmp_path)
    result = retention_files((paths[0], labels), (paths[2], labels), bootstrap=3000)
    row = result["metrics"]["accuracy"]
    home, away = (float((codes == truth).mean()) for codes in (said[0], said[2]))
    assert (row["in_language"], row["cross"]) == (pytest.approx(home), pytest.approx(away))
    assert row["retention"] == pytest.approx(away / home, abs=1e-9) and row["denominator"] == row["in_language"]
    assert result["same_clips"] is True
    rng = np.random.default_rng(3)
    ratios = []
    for _ in range(3000):
        draw = rng.integers(0, 300, 300)
        ratios.append((said[2] == truth)[draw].mean() / (said[0] == truth)[draw].mean())
    low, high = np.percentile(ratios, [2.5, 97.5])
    assert [row["ci"]["low"], row["ci"]["high"]] == pytest.approx([low, high], abs=0.02)


def test_retention_on_different_clips_and_without_denominator(tmp_path: Path) -> None:
    labels_a, labels_b = answers(tmp_path, "la", [0, 1]), answers(tmp_path, "lb", [0, 1, 2])
    wrong, right = answers(tmp_path, "w", [4, 4]), answers(tmp_path, "r", [0, 1, 4])
    result = retention_files((wrong, labels_a), (right, labels_b), bootstrap=50)
    assert result["same_clips"] is False
    assert result["metrics"]["accuracy"]["retention"] is None
    assert "denominator" in result["notes"]["accuracy"]
    assert (result["metrics"]["accuracy"]["in_language"], result["metrics"]["accuracy"]["cross"]) == (
        0,
        pytest.approx(2 / 3),
    )
    other = retention_files((right, labels_b), (wrong, labels_a), bootstrap=50)
    assert other["metrics"]["accuracy"]["retention"] == 0
    assert "ci" in other["metrics"]["accuracy"]
    assert encode(result)


def test_score_regression(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    truth = np.round(rng.uniform(-1, 1, 120), 1)
    said = truth + rng.normal(0, 0.3, 120)
    labels = write(tmp_path / "l.csv", ["ID", "Score"], [[f"-{i}", float(t)] for i, t in enumerate(truth)])
    rows: list[list[object]] = [[f"-{i}", float(p)] for i, p in enumerate(said)]
    rows[7][1] = "n/a"
    predictions = write(tmp_path / "p.csv", ["ID", "score"], rows[1:][::-1])
    result = score_regression_files(predictions, labels, "simsv2")
    used = [i for i in range(1, 120) if i != 7]
    assert result["schema"] == "regression/1" and result["dataset"] == "simsv2" and result["n"] == len(used)
    t, p = (np.clip(side[used].astype(np.float32), -1, 1) for side in (truth, said))
    assert result["metrics"]["MAE"] == pytest.approx(float(np.mean(np.abs(p - t))), abs=1e-7)
    assert result["metrics"]["Corr"] == pytest.approx(float(np.corrcoef(p, t)[0, 1]), abs=1e-9)
    assert result["metrics_rounded"]["Corr"] == round(result["metrics"]["Corr"], 4)
    assert result["counts"]["missing"] == 1 and result["counts"]["unreadable"] == 1
    one = score_regression_files(labels, labels, "mosi")
    assert one["metrics"]["MAE"] == 0 and one["metrics"]["Corr"] == pytest.approx(1)
    zero = write(tmp_path / "z.csv", ["ID", "score"], [["a", 0]])
    undefined = score_regression_files(zero, zero, "mosei")
    assert undefined["metrics"]["Non0_acc_2"] is None and "not 0" in undefined["notes"]["Non0_acc_2"]
    with pytest.raises(EvalError, match="no row with a readable score"):
        score_regression_files(zero, write(tmp_path / "e.csv", ["ID", "score"], []), "mosei")
