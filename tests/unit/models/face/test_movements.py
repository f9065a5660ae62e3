"""Movements from tracks alone: what was planted is found at its time, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.movements import find_movements, lower_band, quick_spread, resting, running_median

Array = NDArray[np.float64]
STEP = 0.08
SEEDS = range(5)


def clip(seconds: float = 6.0, seed: int = 0) -> tuple[Array, dict[str, Array]]:
    """A still face under measurement noise and slow drift, at 12.5 frames a second."""
    random = np.random.default_rng(seed)
    times = np.arange(0.0, seconds, STEP)
    drift = (times / seconds - 0.5) * random.choice([-1, 1])

    def track(level: float, noise: float, wander: float) -> Array:
        return level + random.normal(0, noise, len(times)) + wander * drift

    return times, {
        "yaw": track(4.0, 0.4, 4.0),
        "pitch": track(-18.0, 0.4, 3.0),
        "roll": track(-2.0, 0.3, 3.0),
        "corner_lift": track(-0.2, 0.004, 0.012),
        "mouth_opening": np.abs(track(0.02, 0.004, 0.005)),
        "mouth_width": track(0.55, 0.005, 0.01),
        "brow_height": track(0.22, 0.003, 0.008),
        "eye_opening": track(0.09, 0.004, 0.0),
        "gaze_across": track(0.02, 0.015, 0.03),
        "gaze_down": track(0.0, 0.015, 0.02),
    }


def bump(times: Array, start: float, end: float, ramp: float = 0.3) -> Array:
    """0 … 1 … 0: half of a ramp lies outside start and end."""
    rise = np.clip((times - start) / ramp + 0.5, 0, 1)
    return rise * np.clip((end - times) / ramp + 0.5, 0, 1)


def talk(times: Array, seed: int = 0) -> Array:
    """0 … 1: a mouth that opens and shuts about four times a second, unevenly, with a pause."""
    random = np.random.default_rng(100 + seed)
    phase = np.cumsum(random.uniform(3.0, 5.5, len(times))) * STEP * 2 * np.pi
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 0.4 * times + seed)
    return (0.5 - 0.5 * np.cos(phase)) * loud * (np.abs(times - 3.0) > 0.3)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_planted_nothing_found(seed: int) -> None:
    assert find_movements(*clip(seed=seed)) == ()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("start", "end"), [(1.0, 2.2), (0.0, 3.0), (2.5, 5.9)])
def test_smile(seed: int, start: float, end: float) -> None:
    times, tracks = clip(seed=seed)
    tracks["corner_lift"] += 0.06 * bump(times, start, end)
    (found,) = find_movements(times, tracks)
    assert found.kind == "mouth_corners_up"
    assert found.start == pytest.approx(start, abs=0.3)
    assert found.end == pytest.approx(min(end, times[-1]), abs=0.3)
    assert found.delta == pytest.approx(0.06, abs=0.015)
    assert found.unit == "eye distance"
    assert found.z is not None and found.z > 3


def test_a_smile_through_most_of_the_shot_is_not_a_frown_before_it() -> None:
    times, tracks = clip()
    tracks["corner_lift"] += 0.06 * bump(times, 1.2, 9.0)
    (found,) = find_movements(times, tracks)
    assert found.kind == "mouth_corners_up"
    assert found.start == pytest.approx(1.2, abs=0.4) and found.end > 5.5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_smile_while_talking_is_found_and_talking_alone_is_not(seed: int) -> None:
    times, tracks = clip(seed=seed)
    lips = talk(times, seed)
    tracks["mouth_opening"] += 0.12 * lips
    tracks["corner_lift"] += 0.03 * (lips - 0.3)
    assert not [m for m in find_movements(times, tracks) if m.kind.startswith("mouth")]
    tracks["corner_lift"] += 0.07 * bump(times, 3.8, 5.2)
    corners = [m for m in find_movements(times, tracks) if m.kind == "mouth_corners_up"]
    assert len(corners) == 1
    assert corners[0].start == pytest.approx(3.8, abs=0.4)
    assert corners[0].end == pytest.approx(5.2, abs=0.4)


@pytest.mark.parametrize("seed", SEEDS)
def test_nod(seed: int) -> None:
    times, tracks = clip(seed=seed)
    tracks["pitch"] += 9.0 * bump(times, 2.0, 2.5, ramp=0.35)
    (found,) = find_movements(times, tracks)
    assert found.kind == "head_nod"
    assert 1.6 <= found.start <= 2.1 and 2.4 <= found.end <= 2.9
    assert found.delta == pytest.approx(9.0, abs=1.5)


@pytest.mark.parametrize("seed", SEEDS)
def test_shake_is_no_turn_and_no_nod(seed: int) -> None:
    times, tracks = clip(seed=seed)
    inside = (times >= 3.0) & (times <= 4.2)
    tracks["yaw"] += np.where(inside, 14.0 * np.sin(2 * np.pi * 1.6 * (times - 3.0)), 0.0)
    (found,) = find_movements(times, tracks)
    assert found.kind == "head_shake"
    assert 2.7 <= found.start <= 3.3 and 3.9 <= found.end <= 4.5


@pytest.mark.parametrize("sign", [1, -1])
def test_turn_and_tilt_keep_their_sign(sign: int) -> None:
    times, tracks = clip()
    tracks["yaw"] += sign * 25.0 * bump(times, 1.0, 2.5, ramp=0.6)
    tracks["roll"] += sign * 12.0 * bump(times, 4.0, 5.0, ramp=0.6)
    turn, tilt = find_movements(times, tracks)
    assert (turn.kind, tilt.kind) == ("head_turn", "head_tilt")
    assert turn.delta == pytest.approx(sign * 25.0, abs=4.0) and tilt.delta == pytest.approx(sign * 12.0, abs=3.0)
    assert turn.start == pytest.approx(1.0, abs=0.4) and tilt.end == pytest.approx(5.0, abs=0.4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("kind", "size"), [("brows_up", 0.04), ("brows_down", -0.04)])
def test_brows(seed: int, kind: str, size: float) -> None:
    times, tracks = clip(seed=seed)
    tracks["brow_height"] += size * bump(times, 2.0, 2.9, ramp=0.2)
    (found,) = find_movements(times, tracks)
    assert found.kind == kind
    assert found.start == pytest.approx(2.0, abs=0.2) and found.end == pytest.approx(2.9, abs=0.2)


def test_gaze_and_a_mouth_held_open() -> None:
    times, tracks = clip()
    tracks["gaze_across"] += 0.25 * bump(times, 1.0, 2.0, ramp=0.1)
    tracks["gaze_down"] += 0.2 * bump(times, 3.0, 3.8, ramp=0.1)
    tracks["mouth_opening"] += 0.15 * bump(times, 4.6, 5.4, ramp=0.1)
    assert [m.kind for m in find_movements(times, tracks)] == ["gaze_away", "gaze_down", "mouth_open"]


def test_events_closer_than_the_gap_are_one() -> None:
    times, tracks = clip()
    brow = bump(times, 1.0, 2.0, ramp=0.1) * np.where(np.isclose(times, 1.44), 0.0, 1.0)
    tracks["brow_height"] += 0.04 * brow
    assert len(find_movements(times, tracks)) == 1


def test_expression_is_not_read_from_a_face_turned_far_away() -> None:
    times, tracks = clip()
    away = bump(times, 1.5, 3.5, ramp=0.4)
    tracks["yaw"] += 55.0 * away
    tracks["corner_lift"] += 0.08 * away
    tracks["brow_height"] += 0.06 * away
    assert [m.kind for m in find_movements(times, tracks)] == ["head_turn"]


def test_gaps_and_short_shots() -> None:
    times, tracks = clip()
    tracks["corner_lift"] += 0.06 * bump(times, 1.0, 2.2)
    lost = (times > 3.0) & (times < 4.5)
    for values in tracks.values():
        values[lost] = np.nan
    (found,) = find_movements(times, tracks)
    assert found.kind == "mouth_corners_up" and found.end < 3.0
    short = times < 0.8
    assert find_movements(times[short], {name: values[short] for name, values in tracks.items()}) == ()
    nothing = {name: np.full(len(times), np.nan) for name in tracks}
    assert find_movements(times, nothing) == ()


def test_robust_levels() -> None:
    random = np.random.default_rng(3)
    noise = random.normal(0.0, 1.0, 400)
    assert abs(resting(noise)) < 0.5
    mixed = np.concatenate([noise, random.normal(20.0, 1.0, 300)])
    assert abs(resting(mixed)) < 1.0
    assert lower_band(np.concatenate([noise, np.full(500, 20.0)])) < 1.5
    assert quick_spread(noise, STEP, 0.1) == pytest.approx(1.0, abs=0.2)
    step = np.repeat([0.0, 5.0], 50)
    assert quick_spread(step, STEP, 0.1) == 0.1
    values = np.array([0.0, np.nan, 2.0, 100.0, 3.0])
    assert np.isnan(running_median(values, 3)[1]) and running_median(values, 3)[3] == 3.0
