"""The pure parts of the face head and its training: facts, trust, near-duplicates, split, weights."""

from __future__ import annotations

import argparse
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from models.face.expression import detail, facing, inputs, size_trust, stretched
from models.face.reader import HeadFacts
from models.training import train_face
from models.training.face_curves import knots_of
from models.training.face_data import LABELS, Faces, held_out_rows, picture_groups, read_pictures
from models.training.face_net import class_weights, schedule

FACTS = HeadFacts("fer7", LABELS, 48, 1.2, 0.5, ((0.1, 0.0), (1.0, 1.0)), "a", "b")


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Smooth random pictures (count, 48, 48) of full contrast."""
    coarse = np.random.default_rng(seed).normal(size=(count, 8, 8))
    fine = np.repeat(np.repeat(coarse, 6, axis=1), 6, axis=2)
    fine += 0.2 * np.random.default_rng(seed + 1).normal(size=fine.shape)
    return stretched(np.clip(128 + 50 * fine, 0, 255).astype(np.uint8))


def test_facts_come_back_as_they_were(tmp_path: Path) -> None:
    FACTS.save(tmp_path)
    assert HeadFacts.load(tmp_path) == FACTS


@pytest.mark.parametrize(
    ("name", "value"), [("schema", "face-appearance/1"), ("side", 64), ("reliability", [[0.5, 1.0], [0.5, 1.0]])]
)
def test_other_facts_are_refused(tmp_path: Path, name: str, value: object) -> None:
    FACTS.save(tmp_path)
    found = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    (tmp_path / "head.json").write_text(json.dumps(found | {name: value}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"head\.json"):
        HeadFacts.load(tmp_path)


def test_smoothing_lowers_trust() -> None:
    sharp = pictures(20)
    soft = sharp.astype(float)
    trust = []
    facts = replace(FACTS, usual_detail=float(np.median(detail(sharp))))
    for _ in range(4):
        trust.append(float(facts.sharpness_trust(soft.astype(np.uint8)).mean()))
        soft = (soft + np.roll(soft, 1, 1) + np.roll(soft, 1, 2) + np.roll(soft, (1, 1), (1, 2))) / 4
    assert trust[0] > 0.8 and all(b < a for a, b in zip(trust, trust[1:], strict=False))


def test_turned_and_small_faces_count_less() -> None:
    assert facing(np.array([0.0, -22.5, 45.0, 80.0, np.nan])) == pytest.approx([1.0, 0.5, 0.0, 0.0, 0.0])
    assert size_trust(np.array([30.0, 60.0, 200.0])) == pytest.approx([0.5, 1.0, 1.0])


def test_brightness_and_contrast_drop_out() -> None:
    one = pictures(3)
    dim = (one.astype(float) * 0.4 + 40).astype(np.uint8)
    assert np.abs(inputs(stretched(one)) - inputs(stretched(dim))).max() < 0.06


def test_knots_rise_with_the_accuracy() -> None:
    random = np.random.default_rng(0)
    ratio = random.uniform(0, 1.5, 4000)
    hit = random.uniform(size=4000) < np.where(ratio < 1, 0.25 + 0.4 * ratio, 0.65)
    knots = np.array(knots_of(ratio, hit, 0.25))
    assert knots[-1] == pytest.approx([1.0, 1.0]) and np.all(np.diff(knots[:, 0]) > 0)
    assert np.all(np.diff(knots[:, 1]) >= 0) and knots[0, 1] < 0.25
    assert np.interp(0.5, knots[:, 0], knots[:, 1]) == pytest.approx(0.5, abs=0.12)


def test_near_duplicates_stay_together() -> None:
    images = pictures(60)
    images[10], images[20] = images[3][:, ::-1], images[3] // 2
    images[30] = np.clip(images[20].astype(int) + np.random.default_rng(5).integers(-3, 4, (48, 48)), 0, 255)
    groups = picture_groups(images)
    assert len({int(groups[i]) for i in (3, 10, 20, 30)}) == 1 and len(set(groups.tolist())) == 57
    for seed in range(8):
        held = held_out_rows(groups, 0.3, seed)
        assert 10 <= held.sum() <= 18 and len({bool(held[i]) for i in (3, 10, 20, 30)}) == 1
        assert np.array_equal(held, held_out_rows(groups, 0.3, seed))


def test_faces_are_kept_whole(tmp_path: Path) -> None:
    faces = Faces(pictures(2), pictures(2, 3), np.array([1.0, np.nan]), np.array([25.0, np.nan]), np.array([0, 6]))
    faces.save(tmp_path / "kept.npz")
    again = Faces.load(tmp_path / "kept.npz")
    assert np.array_equal(again.crops, faces.crops) and again.found.tolist() == [True, False]
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npz"]


def test_what_is_no_set_of_faces_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", images=pictures(2))
    with pytest.raises(ConfigError, match="lacks classes, labels"):
        read_pictures(tmp_path / "few.npz")
    np.savez(tmp_path / "other.npz", images=pictures(2), labels=[0, 1], classes=["cat", "dog"])
    with pytest.raises(ConfigError, match="expected"):
        read_pictures(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("no npz", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_pictures(tmp_path / "text.npz")


def test_rare_classes_weigh_a_little_more() -> None:
    target = np.repeat([0, 1], [900, 100])
    weights = class_weights(target, 2, 0.25)
    assert weights[target].mean() == pytest.approx(1.0, abs=1e-5)
    assert weights[1] / weights[0] == pytest.approx(9**0.25, rel=1e-4)
    assert class_weights(target, 2, 0.0) == pytest.approx([1.0, 1.0])


def test_learning_rate_rises_and_falls() -> None:
    rates = [schedule(x, 0.1) for x in np.linspace(0, 1, 101)]
    assert rates[0] == 0 and max(rates) == rates[10] == pytest.approx(1.0) and rates[-1] == pytest.approx(0.0)


def test_training_without_torch_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"requirements/train\.txt"):
        train_face.run(argparse.Namespace(keep_net=False))
