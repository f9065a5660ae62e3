"""Joints with known movements: found where they are, with their size; nothing where there is only camera or noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.body.camera import IDENTITY, Step, background, chained
from models.body.movements import Joints, find, merged

STEP, SECONDS = 0.24, 9.6
TIMES = np.arange(0, SECONDS, STEP)
WIDTH = 240.0
FACE = np.array([260.0, 60.0, 380.0, 200.0])
SHOULDERS = np.array([[200.0, 330.0], [440.0, 330.0]])
MOVED = slice(15, 25)
"""Pictures in which something happens: 3.6 to 5.8 s."""


def person(noise: float = 1.0, seed: int = 0) -> Joints:
    """Somebody who keeps still, measured with an error of `noise` px; no wrist is seen."""
    random, n = np.random.default_rng(seed), len(TIMES)
    return Joints(
        TIMES,
        SHOULDERS + random.normal(0, noise, (n, 2, 2)),
        np.full((n, 2, 2), np.nan),
        np.zeros((n, 2), bool),
        FACE + random.normal(0, noise, (n, 4)),
        np.repeat(IDENTITY[None], n, axis=0),
        np.ones(n, bool),
    )


def kinds(joints: Joints) -> list[str]:
    return [m.kind for m in merged(find(joints)[1])]


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0])
def test_somebody_still_does_nothing_but_keep_still(noise: float) -> None:
    for seed in range(5):
        assert kinds(person(noise, seed)) in (["body_still"], [])
    assert kinds(person(noise)) == ["body_still"]


@pytest.mark.parametrize("seed", range(3))
def test_a_shrug_is_found_with_its_size_and_time(seed: int) -> None:
    joints = person(seed=seed)
    joints.shoulders[MOVED, :, 1] -= 0.2 * WIDTH
    (shrug,) = [m for m in find(joints)[1] if m.kind == "shoulders_up"]
    assert shrug.delta == pytest.approx(0.2, abs=0.03) and shrug.unit == "shoulder widths"
    assert (shrug.start, shrug.end) == (pytest.approx(TIMES[15], abs=STEP), pytest.approx(TIMES[24], abs=STEP))
    assert not [m for m in find(joints)[1] if m.kind in ("lean_in", "lean_back", "shoulder_tilt")]


def test_a_bowed_head_and_a_person_who_stands_up_do_not_shrug() -> None:
    bowed, rising = person(), person()
    bowed.faces[MOVED, 1::2] += 0.25 * WIDTH
    rising.faces[MOVED, 1::2] -= 0.25 * WIDTH
    rising.shoulders[MOVED, :, 1] -= 0.25 * WIDTH
    assert "shoulders_up" not in kinds(bowed) and "shoulders_up" not in kinds(rising)


@pytest.mark.parametrize("degrees", [9.0, -9.0])
def test_a_tilt(degrees: float) -> None:
    joints = person()
    joints.shoulders[MOVED, 1, 1] += np.tan(np.radians(degrees)) * WIDTH
    (tilt,) = [m for m in find(joints)[1] if m.kind == "shoulder_tilt"]
    assert tilt.delta == pytest.approx(degrees, abs=1.5)


def test_the_person_who_turns_the_back_to_left_and_right_names_no_tilt() -> None:
    joints = person()
    turned = replace(joints, shoulders=joints.shoulders[:, ::-1].copy())
    assert [m.kind for m in find(turned)[1]] == [m.kind for m in find(joints)[1]]


@pytest.mark.parametrize(("factor", "kind"), [(1.2, "lean_in"), (1 / 1.2, "lean_back")])
def test_leaning_makes_face_and_shoulders_grow_together(factor: float, kind: str) -> None:
    joints, turned = person(), person()
    middle = joints.shoulders[MOVED].mean(axis=1, keepdims=True)
    joints.shoulders[MOVED] = middle + factor * (joints.shoulders[MOVED] - middle)
    turned.shoulders[MOVED] = joints.shoulders[MOVED]  # a turned trunk changes its width alone
    top = joints.faces[MOVED, 1]
    joints.faces[MOVED, 3] = top + factor * (joints.faces[MOVED, 3] - top)
    found = [m for m in find(joints)[1] if m.kind.startswith("lean")]
    assert [m.kind for m in found] == [kind] and abs(found[0].delta) == pytest.approx(np.log(1.2), abs=0.04)
    assert not [m for m in find(turned)[1] if m.kind.startswith("lean")]


def shaken(joints: Joints, known: bool = True) -> Joints:
    """The same person, filmed by a camera that pans, sinks and zooms by much more than any threshold."""
    n = len(TIMES)
    zoom = 1 + 0.3 * np.sin(np.linspace(0, 3, n))
    camera = np.zeros((n, 2, 3))
    camera[:, 0, 0] = camera[:, 1, 1] = zoom
    camera[:, 0, 2], camera[:, 1, 2] = np.linspace(0, 200, n), 90 * np.sin(np.linspace(0, 9, n))

    def seen(points: np.ndarray) -> np.ndarray:
        return (points - camera[:, None, :, 2]) / zoom[:, None, None]

    return replace(
        joints,
        shoulders=seen(joints.shoulders),
        wrists=seen(joints.wrists),
        faces=seen(joints.faces.reshape(-1, 2, 2)).reshape(-1, 4),
        camera=camera,
        known=np.full(n, known),
    )


def test_the_cameras_own_movement_is_taken_out() -> None:
    assert kinds(shaken(person())) == ["body_still"]
    moved = person()
    moved.shoulders[MOVED, :, 1] -= 0.2 * WIDTH
    (shrug,) = [m for m in find(shaken(moved))[1] if m.kind == "shoulders_up"]
    assert shrug.delta == pytest.approx(0.2, abs=0.03)


def test_where_the_camera_is_not_known_nothing_is_said_but_of_a_confirmed_hand() -> None:
    joints = shaken(person(), known=False)
    joints.shoulders[MOVED, :, 1] -= 0.2 * WIDTH
    joints.hands[MOVED, 0] = True
    joints.wrists[MOVED, 0] = joints.faces[MOVED].reshape(-1, 2, 2).mean(axis=1)
    _, found, withheld = find(joints)
    assert [m.kind for m in found] == ["hand_near_face"]
    assert "shoulders_up" in withheld and "background" in withheld["gesture"]


def test_hands_gesture_by_their_speed_and_are_near_the_face_only_where_confirmed() -> None:
    joints = person()
    joints.wrists[:, 0] = np.array([220.0, 420.0])
    beats = np.arange(10)
    joints.wrists[MOVED, 0, 0] += np.where(beats % 2, 0.5 * WIDTH, 0.0)
    assert "gesture" not in kinds(joints), "a wrist that is guessed is no hand"
    joints.hands[:, 0] = True
    gesture = next(m for m in find(joints)[1] if m.kind == "gesture")
    assert gesture.delta == pytest.approx(0.5 / STEP, rel=0.1)
    assert gesture.start == pytest.approx(TIMES[15], abs=2 * STEP) and gesture.end == pytest.approx(
        TIMES[25], abs=2 * STEP
    )
    joints.wrists[MOVED, 0] = [320.0, 190.0]
    joints.hands[MOVED, 0] = False
    assert "hand_near_face" not in kinds(joints)
    joints.hands[MOVED, 0] = True
    near = next(m for m in find(joints)[1] if m.kind == "hand_near_face")
    assert (near.start, near.end) == (pytest.approx(TIMES[15], abs=1e-3), pytest.approx(TIMES[24], abs=1e-3))
    single = person()
    single.hands[20, 0], single.wrists[20, 0] = True, (320.0, 190.0)
    assert "hand_near_face" not in kinds(single), "one picture is no evidence"


def test_a_shrug_of_one_side_more_than_the_other_is_told_once() -> None:
    joints = person()
    joints.shoulders[MOVED, 0, 1] -= 0.3 * WIDTH
    joints.shoulders[MOVED, 1, 1] -= 0.15 * WIDTH
    assert kinds(joints).count("shoulders_up") == 1 and "shoulder_tilt" not in kinds(joints)


def test_steps_of_the_camera_are_chained_and_end_where_one_is_unknown() -> None:
    right = Step(np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]))
    matrices, known = chained([right, right, Step(None), right])
    assert known.tolist() == [True, True, True, False, False]
    assert matrices[2] @ np.array([0.0, 0.0, 1.0]) == pytest.approx([6.0, 0.0])


def test_the_person_is_no_background() -> None:
    mask = background((180, 320), (140.0, 40.0, 180.0, 90.0))
    assert mask[60, 160] == 0 and mask[170, 160] == 0 and mask[20, 10] == 255 and 0.3 < (mask > 0).mean() < 0.8
