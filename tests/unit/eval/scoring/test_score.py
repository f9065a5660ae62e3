"""`score` on random files, joined and scored by another route."""

from __future__ import annotations

import csv
import json
import math
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from eval.errors import EvalError
from eval.scoring.score import ScoreOptions, score_files
from eval.scoring.scoretext import as_markdown, as_text
from eval.tables.output import encode

LABELS = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"]
JUNK = ["happy", "", "3", "WPOS.", "positive", "弱正面"]


def write(path: Path, head: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def random_files(folder: Path, seed: int) -> tuple[Path, Path]:
    """Missing, extra, repeated, unknown, one or absent classes, Chinese IDs, IDs that begin with a minus sign."""
    rng = random.Random(seed)
    rows = rng.choice([1, 2, 5, 60, 900, 5000])
    names = [rng.choice(["clip_", "-", "片段 ", "--x="]) + f"{i}.mp4" for i in range(rows)]
    present = rng.sample(LABELS, rng.randint(1, 5))
    truth = [[name, rng.choice(present), rng.choice(["zh", "en"]), f"v{rng.randint(0, 9)}"] for name in names]
    said = []
    for name, label, *_ in truth:
        if rng.random() < 0.05:
            continue
        answer = label if rng.random() < 0.5 else rng.choice(LABELS)
        if rng.random() < 0.1:
            answer = rng.choice([f" {answer} ", answer.lower(), *JUNK])
        said.append([name, answer])
        if rng.random() < 0.05:
            said.append([name, rng.choice([*LABELS, "junk"])])
    said += [[f"extra_{i}.mp4", rng.choice(LABELS)] for i in range(rng.randint(0, 3))]
    rng.shuffle(said)
    head = ["ID", "Label", "Language", "video"]
    return write(folder / "pred.csv", ["ID", "Label"], said), write(folder / "labels.csv", head, truth)


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))[1:]


def joined(predictions: Path, labels: Path, last: bool = True) -> tuple[list[list[str]], list[str | None]]:
    """Truth rows and what was answered, by a plain dictionary."""
    answers: dict[str, str] = {}
    for name, label in read(predictions):
        if last or name not in answers:
            answers[name] = label
    truth = read(labels)
    return truth, [answers.get(row[0]) for row in truth]


def lenient(text: str | None) -> str:
    folded = (text or "").strip().casefold()
    return next((label for label in LABELS if label.casefold() == folded), "<INVALID>")


def check_block(block: dict[str, Any], truth: list[str], predicted: list[str]) -> None:
    """Every figure of a block against scikit-learn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        p, r, f, s = sk.precision_recall_fscore_support(truth, predicted, labels=LABELS, zero_division=0)
        present = sorted(set(truth))
        wanted = {
            "accuracy": sk.accuracy_score(truth, predicted),
            "war": sk.accuracy_score(truth, predicted),
            "uar": sk.recall_score(truth, predicted, labels=present, average="macro", zero_division=0),
            "uar_all_labels": float(np.mean(r)),
            "macro_f1": sk.f1_score(truth, predicted, labels=LABELS, average="macro", zero_division=0),
            "macro_f1_present": sk.f1_score(truth, predicted, labels=present, average="macro", zero_division=0),
        }
        for name in ("f1", "precision", "recall"):
            score = getattr(sk, f"{name}_score")
            wanted[f"weighted_{name}"] = score(truth, predicted, labels=LABELS, average="weighted", zero_division=0)
        valid = [(LABELS.index(t), LABELS.index(q)) for t, q in zip(truth, predicted, strict=True) if q in LABELS]
        ranks = {}
        if valid:
            t, q = zip(*valid, strict=True)
            ranks["qwk"] = sk.cohen_kappa_score(t, q, weights="quadratic", labels=range(5))
            ranks["mae_rank"] = sk.mean_absolute_error(t, q)
            ranks["rps"] = ranks["mae_rank"] / 4
    assert block["n"] == len(truth)
    for name, value in wanted.items():
        assert block[name] == pytest.approx(value, abs=1e-9), name
    for name, value in ranks.items():
        found = block["ordinal"][name]
        assert (
            (found is None and name in block["notes"]) if math.isnan(value) else found == pytest.approx(value, abs=1e-9)
        )
    assert block["ordinal"]["n"] == len(valid)
    for i, label in enumerate(LABELS):
        row = block["per_class"][label]
        assert [row["precision"], row["recall"], row["f1"]] == pytest.approx([p[i], r[i], f[i]], abs=1e-9)
        assert row["support"] == s[i]
    whole = sk.confusion_matrix(truth, predicted, labels=[*LABELS, "<INVALID>"])
    assert block["confusion"]["labels"] == [*LABELS, "<INVALID>"]
    assert block["confusion"]["rows_true_cols_pred"] == whole[:5].tolist()


@pytest.mark.parametrize("seed", range(24))
def test_random_files(tmp_path: Path, seed: int) -> None:
    predictions, labels = random_files(tmp_path, seed)
    result = score_files(predictions, labels, ScoreOptions(bootstrap=0, by=("language",))).result
    truth, answers = joined(predictions, labels)
    said = [lenient(answer) for answer in answers]
    check_block(result["overall"], [row[1] for row in truth], said)
    assert set(result["by"]["language"]) == {row[2] for row in truth}
    for value, block in result["by"]["language"].items():
        chosen = [(row[1], answer) for row, answer in zip(truth, said, strict=True) if row[2] == value]
        check_block(block, *map(list, zip(*chosen, strict=True)))
    rows = read(predictions)
    names = {name for name, _ in rows}
    counts = result["counts"]
    assert counts["labels"] == len(truth) == counts["scored"]
    assert (counts["prediction_rows"], counts["unique_ids"]) == (len(rows), len(names))
    assert counts["missing"] == sum(answer is None for answer in answers)
    assert counts["extra"] == len(names - {row[0] for row in truth})
    assert counts["duplicates"] == len(rows) - len(names)
    assert counts["unknown_labels"] == sum(lenient(label) == "<INVALID>" for _, label in rows)
    kinds = [problem.kind for problem in result["problems"]]
    assert kinds.count("missing") == counts["missing"]
    assert kinds.count("extra") == counts["extra"]
    assert kinds.count("duplicate") == counts["duplicates"]
    unknown = ("unknown-label", "empty-label", "integer-label")
    assert sum(kind in unknown for kind in kinds) == counts["unknown_labels"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("policy", ["drop", "NEUT", "strict", "first"])
def test_policies(tmp_path: Path, seed: int, policy: str) -> None:
    predictions, labels = random_files(tmp_path, seed)
    first = policy == "first"
    truth, answers = joined(predictions, labels, last=not first)
    read_as: Callable[[str | None], str] = lenient
    if policy == "strict":
        read_as = lambda text: text if text in LABELS else "<INVALID>"  # noqa: E731
    pairs = [(row[1], read_as(answer)) for row, answer in zip(truth, answers, strict=True)]
    if policy == "drop":
        pairs = [pair for pair in pairs if pair[1] != "<INVALID>"]
    if policy == "NEUT":
        pairs = [(t, "NEUT" if p == "<INVALID>" else p) for t, p in pairs]
    options = ScoreOptions(bootstrap=0, invalid="wrong" if first else policy, duplicates="first" if first else "last")
    result = score_files(predictions, labels, options).result
    assert result["policy"] == options.invalid
    assert result["counts"]["scored"] == len(pairs)
    if pairs:
        check_block(result["overall"], [t for t, _ in pairs], [p for _, p in pairs])


def test_schema_and_no_nan_in_json(tmp_path: Path) -> None:
    predictions = write(tmp_path / "p.csv", ["ID", "Label"], [["a.mp4", "NEUT"]])
    labels = write(tmp_path / "l.csv", ["ID", "Label"], [["a.mp4", "NEUT"]])
    text = encode(score_files(predictions, labels, ScoreOptions(bootstrap=200)).result).decode()

    def refuse(name: str) -> None:
        raise AssertionError(name)

    result = json.loads(text, parse_constant=refuse)
    top = ["schema", "label_space", "labels", "policy", "signature", "counts", "overall", "by", "baselines", "problems"]
    assert list(result) == top
    assert result["schema"] == "score/1" and result["labels"] == LABELS
    for name in ("mcc",):
        assert result["overall"][name] is None and "undefined" in result["overall"]["notes"][name]
    for name in ("qwk", "kappa", "linear_kappa", "spearman", "kendall_tau_b"):
        assert result["overall"]["ordinal"][name] is None and "undefined" in result["overall"]["notes"][name]
    assert result["overall"]["accuracy"] == 1
    assert set(result["overall"]["ci"]["accuracy"]) == {"low", "high", "method", "level"}
    assert result["overall"]["ci"]["accuracy"]["method"] == "wilson"


def test_many_problems_are_written_in_full(tmp_path: Path) -> None:
    labels = write(tmp_path / "l.csv", ["ID", "Label"], [[f"{i}.mp4", "NEUT"] for i in range(1500)])
    said = write(tmp_path / "p.csv", ["ID", "Label"], [[f"{i}.mp4", "想"] for i in range(1500)])
    result = score_files(said, labels, ScoreOptions(bootstrap=0)).result
    assert len(json.loads(encode(result))["problems"]) == 1500
    assert list(json.loads(encode(result))) == list(result)


def test_intervals_on_request(tmp_path: Path) -> None:
    predictions, labels = random_files(tmp_path, 4)
    assert score_files(predictions, labels, ScoreOptions(bootstrap=0)).result["overall"]["ci"] == {}
    first, again, other = (
        score_files(predictions, labels, ScoreOptions(bootstrap=300, seed=seed, cluster=cluster)).result["overall"]
        for seed, cluster in ((0, None), (0, None), (0, "video"))
    )
    assert first == again
    assert first["ci"]["macro_f1"]["method"] == "bootstrap-percentile"
    assert other["ci"]["accuracy"]["method"] == "cluster-bootstrap-percentile"
    for name, interval in first["ci"].items():
        assert interval["low"] <= interval["high"], name


def test_baselines(tmp_path: Path) -> None:
    rows = [[f"{i}.mp4", LABELS[min(i % 7, 3)]] for i in range(140)]
    labels = write(tmp_path / "l.csv", ["ID", "Label"], rows)
    result = score_files(labels, labels, ScoreOptions(bootstrap=0)).result["baselines"]
    truth = [row[1] for row in rows]
    assert result["majority"]["label"] == "WPOS"
    majority = ["WPOS"] * len(truth)
    assert result["majority"]["macro_f1"] == pytest.approx(
        sk.f1_score(truth, majority, labels=LABELS, average="macro", zero_division=0), abs=1e-9
    )
    uniform = result["uniform"]
    assert (uniform["n"], uniform["accuracy"], uniform["uar"]) == (140, pytest.approx(0.2), pytest.approx(0.2))
    ranks = np.array([LABELS.index(label) for label in truth])
    expected = np.abs(ranks[:, None] - np.arange(5)).mean()
    assert uniform["ordinal"]["mae_rank"] == pytest.approx(expected, abs=1e-9)


def test_probabilities_give_the_ranked_score(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(5), 50)
    truth = rng.integers(0, 5, 50)
    said = [[f"{i}.mp4", LABELS[int(p.argmax())], *map(repr, map(float, p))] for i, p in enumerate(chances)]
    predictions = write(tmp_path / "p.csv", ["ID", "Label", *(f"p_{label}" for label in LABELS)], said)
    labels = write(tmp_path / "l.csv", ["ID", "Label"], [[f"{i}.mp4", LABELS[t]] for i, t in enumerate(truth)])
    found = score_files(predictions, labels, ScoreOptions(bootstrap=100)).result["overall"]
    steps = np.cumsum(chances, 1) - (np.arange(5) >= truth[:, None])
    assert found["ordinal"]["rps"] == pytest.approx((steps[:, :-1] ** 2).sum(1).mean() / 4, abs=1e-9)
    assert "rps" not in found["ci"]


def test_spaces_without_order(tmp_path: Path) -> None:
    labels = write(tmp_path / "l.csv", ["ID", "Label"], [["a", "fear"], ["b", "happy"]])
    predictions = write(tmp_path / "p.csv", ["ID", "Label"], [["a", "Fear "], ["b", "sad"]])
    result = score_files(predictions, labels, ScoreOptions(label_space="dfew7", bootstrap=50)).result
    assert result["overall"]["ordinal"] is None and result["overall"]["accuracy"] == 0.5
    assert "no order" in result["overall"]["notes"]["ordinal"]
    assert as_text(result) and as_markdown(result)


def test_errors_name_the_line_and_the_remedy(tmp_path: Path) -> None:
    good = write(tmp_path / "g.csv", ["ID", "Label"], [["a", "NEUT"]])
    bad = write(tmp_path / "b.csv", ["ID", "Label"], [["a", "NEUT"], ["b", "happy"]])
    with pytest.raises(EvalError, match=r"line 3.*'happy'(.|\n)*write one of SNEG"):
        score_files(good, bad)
    with pytest.raises(EvalError, match="no column 'speaker'"):
        score_files(good, good, ScoreOptions(by=("speaker",)))
    with pytest.raises(EvalError, match="only a header"):
        score_files(good, write(tmp_path / "h.csv", ["ID", "Label"], []))
    with pytest.raises(EvalError, match="no such policy"):
        score_files(good, good, ScoreOptions(invalid="zero"))


def test_predictions_without_rows_are_no_score(tmp_path: Path) -> None:
    labels = write(tmp_path / "l.csv", ["ID", "Label"], [["a", "NEUT"], ["b", "SPOS"]])
    nothing = write(tmp_path / "p.csv", ["ID", "Label"], [])
    with pytest.raises(EvalError, match=r"p\.csv holds no prediction"):
        score_files(nothing, labels, ScoreOptions(bootstrap=100))


def test_predictions_without_a_valid_label_are_all_wrong(tmp_path: Path) -> None:
    labels = write(tmp_path / "l.csv", ["ID", "Label"], [["a", "NEUT"], ["b", "SPOS"]])
    invalid = write(tmp_path / "p.csv", ["ID", "Label"], [["a", "?"]])
    result = score_files(invalid, labels, ScoreOptions(bootstrap=100)).result
    assert result["overall"]["accuracy"] == 0 and result["counts"]["missing"] == 1
    assert [row[-1] for row in result["overall"]["confusion"]["rows_true_cols_pred"]] == [0, 0, 1, 0, 1]
    dropped = score_files(invalid, labels, ScoreOptions(invalid="drop")).result
    assert dropped["overall"]["accuracy"] is None and dropped["overall"]["n"] == 0


def test_missing_and_similar_ids_are_explained(tmp_path: Path) -> None:
    true = [["a.mp4", "NEUT"], ["b.mp4", "SPOS"], ["c.mp4", "SPOS"], ["same.mp4", "SPOS"]]
    labels = write(tmp_path / "l.csv", ["ID", "Label"], true)
    predicted = [["a", "NEUT"], ["Test_Data/zh/b.mp4", "SPOS"], ["d.mp4", "SPOS"], ["same.mp4", "SPOS"]]
    said = write(tmp_path / "p.csv", ["ID", "Label"], predicted)
    result = score_files(said, labels, ScoreOptions(bootstrap=0)).result
    messages = {problem.id: (problem.line, problem.message) for problem in result["problems"]}
    assert messages["a"][0] == 2 and "extension" in messages["a"][1] and "'a.mp4'" in messages["a"][1]
    assert messages["Test_Data/zh/b.mp4"][0] == 3 and "folder" in messages["Test_Data/zh/b.mp4"][1]
    assert messages["d.mp4"][0] == 4
    assert messages["c.mp4"][0] is None


def test_a_clip_without_a_cluster_stands_alone(tmp_path: Path) -> None:
    rows = [[f"{i}.mp4", LABELS[i % 5], "v1" if i < 5 else ""] for i in range(10)]
    labels = write(tmp_path / "l.csv", ["ID", "Label", "video"], rows)
    score = score_files(labels, labels, ScoreOptions(bootstrap=20, cluster="video"))
    assert score.scored.clusters is not None and len(set(score.scored.clusters.tolist())) == 6
    assert [problem.kind for problem in score.result["problems"]] == ["cluster"]
