from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from harness.judging.fuse_settings import read_prior
from harness.records.labels import SPACES
from models.heads.linear import softmax
from models.training.fusion.prior import fit, run

SPACE = SPACES["mer6"]


def flags(tmp_path: Path, goal: str, space: str = "mer6") -> argparse.Namespace:
    return argparse.Namespace(
        predictions=tmp_path / "predictions.csv",
        labels=tmp_path / "labels.csv",
        label_space=space,
        goal=goal,
        l2=0.01,
        out=tmp_path / f"{goal}.json",
    )


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A run that says `neutral` too often, in words that can be mended by a number for each label."""
    draw = np.random.default_rng(0)
    target = draw.choice(6, 300, p=(0.7, 0.1, 0.05, 0.05, 0.05, 0.05))
    logits = draw.normal(size=(300, 6)) + 1.5 * np.eye(6)[target]
    logits[:, 0] += 3.0
    p = softmax(logits)
    head = ["ID", "label_space", *(f"p_{label}" for label in SPACE.labels)]
    rows = [",".join([f"{i}.mp4", "mer6", *(f"{v:.6f}" for v in row)]) for i, row in enumerate(p)]
    (tmp_path / "predictions.csv").write_text("\n".join([",".join(head), *rows]) + "\n", encoding="utf-8-sig")
    truth = [f"{i}.mp4,{SPACE.labels[y]}" for i, y in enumerate(target)]
    (tmp_path / "labels.csv").write_text("\n".join(["ID,Label", *truth]) + "\n", encoding="utf-8")
    return tmp_path


def test_each_goal_is_better_served_by_its_own_numbers(labelled: Path) -> None:
    found = {}
    for goal in ("macro", "weighted"):
        assert run(flags(labelled, goal)) == 0
        found[goal] = json.loads((labelled / f"{goal}.json").read_text(encoding="utf-8"))
        assert (found[goal]["goal"], found[goal]["space"]) == (goal, "mer6")
    macro, weighted = (found[goal]["figures"] for goal in ("macro", "weighted"))
    assert macro["five_fold"]["uar"] > macro["without"]["uar"] + 0.1
    assert weighted["five_fold"]["accuracy"] > weighted["without"]["accuracy"]
    assert macro["five_fold"]["uar"] > weighted["five_fold"]["uar"]
    assert weighted["five_fold"]["accuracy"] > macro["five_fold"]["accuracy"]
    offsets = read_prior(str(labelled / "macro.json"), SPACE)
    assert len(offsets) == 6 and offsets[0] == min(offsets)


def test_a_label_that_no_clip_has_is_left_where_it_is() -> None:
    logs = np.log(np.array([[0.5, 0.3, 0.2]] * 8))
    assert fit(logs, np.array([0, 0, 0, 0, 1, 1, 1, 1]), "macro", 0.01)[2] == 0


def test_another_space_names_both(labelled: Path) -> None:
    with pytest.raises(ConfigError, match="answered in mer6, not in dfew7"):
        run(flags(labelled, "macro", "dfew7"))
    (labelled / "labels.csv").write_text("ID,Label\n0.mp4,SNEG\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="sentiment5") as caught:
        run(flags(labelled, "macro"))
    assert "mer6" in caught.value.remedy
