"""Brief motions in tracks whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.brief.motion import LONGEST, coarse, find, joined

RATE = 25.0
TIMES = np.arange(75) / RATE
Tracks = dict[str, np.ndarray]


def still(seed: int = 0, error: float = 0.002) -> Tracks:
    """A face at rest, with the landmark net's error."""
    random = np.random.default_rng(seed)
    levels = {"brow_right": 0.3, "brow_left": 0.3, "corner_right": -0.2, "corner_left": -0.2, "lids": 0.1}
    tracks = {name: level + random.normal(0, error, len(TIMES)) for name, level in levels.items()}
    return tracks | {name: random.normal(0, 0.2, len(TIMES)) for name in ("yaw", "pitch", "roll")}


def wave(start: float, seconds: float, size: float) -> np.ndarray:
    """A raised cosine from `start`, `seconds` long."""
    part = (TIMES - start) / seconds
    return np.where((part >= 0) & (part <= 1), size * (0.5 - 0.5 * np.cos(2 * np.pi * part)), 0.0)


@pytest.mark.parametrize("size", [0.05, -0.05])
@pytest.mark.parametrize("seconds", [0.2, 0.32, 0.44])
def test_a_brief_motion_is_found_with_its_times_and_size(size: float, seconds: float) -> None:
    tracks = still()
    for name in ("brow_right", "brow_left"):
        tracks[name] += wave(1.2, seconds, size)
    ((one, side),) = joined(find(TIMES, tracks, [])[0])
    assert (one.kind, side) == ("brief_brows_up" if size > 0 else "brief_brows_down", "both")
    found = [TIMES[k] for k in (one.first, one.apex, one.last)]
    assert found == pytest.approx([1.2, 1.2 + seconds / 2, 1.2 + seconds], abs=0.08)
    assert one.delta == pytest.approx(size, rel=0.3) and TIMES[one.last] - TIMES[one.first] <= LONGEST


def test_one_side_is_told() -> None:
    tracks = still()
    tracks["brow_left"] += wave(1.2, 0.32, 0.05)
    ((_, side),) = joined(find(TIMES, tracks, [])[0])
    assert side == "left"


@pytest.mark.parametrize("seed", range(10))
def test_noise_is_no_motion(seed: int) -> None:
    assert find(TIMES, still(seed, 0.004), []) == ([], [])


def test_what_lasts_is_not_brief() -> None:
    tracks = still()
    for name in ("brow_right", "brow_left"):
        tracks[name] += np.where((TIMES > 1.0) & (TIMES < 1.8), 0.05, 0.0)
    assert find(TIMES, tracks, [])[0] == []


@pytest.mark.parametrize(
    ("name", "size", "why"),
    [("lids", -0.06, "a blink"), ("pitch", 8.0, "the head turned"), ("yaw", -9.0, "the head turned")],
)
def test_what_looks_like_one_is_refused(name: str, size: float, why: str) -> None:
    tracks = still()
    for track in ("brow_right", "brow_left"):
        tracks[track] += wave(1.2, 0.32, 0.05)
    tracks[name] += wave(1.2, 0.32, size)
    assert find(TIMES, tracks, []) == ([], [why, why])


def test_corners_count_only_where_nobody_speaks() -> None:
    tracks = still()
    for name in ("corner_right", "corner_left"):
        tracks[name] += wave(1.2, 0.32, 0.06)
    assert [one.kind for one, _ in joined(find(TIMES, tracks, [(2.0, 2.5)])[0])] == ["brief_corners_up"]
    found, refused = find(TIMES, tracks, [(1.0, 1.3)])
    assert found == [] and set(refused) == {"the mouth may be speaking"}


def coarse_tracks(size: float) -> tuple[np.ndarray, Tracks]:
    times = TIMES[::2]
    tracks = {"brow_height": 0.3 + wave(1.2, 0.32, size)[::2], "corner_lift": np.full(len(times), -0.2)}
    return times, tracks | {"eye_opening": np.full(len(times), 0.1), "yaw": 0 * times, "pitch_change": 0 * times}


def test_the_coarse_look_says_where_to_look_and_spares_a_still_face() -> None:
    times, tracks = coarse_tracks(0.03)
    ((start, end),) = coarse(times, tracks, [])
    assert start < 1.2 < 1.52 < end
    assert coarse(times, coarse_tracks(0.0)[1], []) == []
    tracks["pitch_change"] = 300 * (tracks["brow_height"] - 0.3)
    assert coarse(times, tracks, []) == []
