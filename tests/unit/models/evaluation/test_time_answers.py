"""Hidden intervals of a clip, on heads whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judging.occlusion import occlude
from harness.records.types import SAMPLE_RATE, Movement, Opinion
from models.evaluation.time_answers import face_says, intervals, judged, placed, voice_says, without
from models.face.readings import Readings, pooled

LABELS = ("happy", "neutral")
FOUR = ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0))


def readings(happy: list[float], movements: tuple[Movement, ...] = ()) -> Readings:
    """A picture every quarter of a second, with these probabilities of `happy`."""
    p = np.array(happy)
    times = np.arange(len(p)) / 4 + 0.1
    return Readings(LABELS, times, np.log(np.stack([p, 1 - p], axis=1)), np.ones(len(p)), movements)


@pytest.mark.parametrize(("seconds", "count"), [(0.4, 4), (2.0, 4), (3.1, 6), (5.0, 10), (60.0, 10)])
def test_a_clip_is_parted_evenly_and_wholly(seconds: float, count: int) -> None:
    parts = intervals(seconds)
    assert len(parts) == count and parts[0][0] == 0 and parts[-1][1] == seconds
    assert all(one[1] == other[0] for one, other in zip(parts, parts[1:], strict=False))


def test_the_interval_in_which_somebody_smiles_has_the_effect() -> None:
    read = readings([0.5] * 8 + [0.95] * 4 + [0.5] * 4)
    found = judged(LABELS, face_says(read, FOUR), 4)
    assert found is not None and found.label == "happy"
    effects = occlude(found.answer, 4, np.random.default_rng(0)).effects
    assert effects.argmax() == 2 and effects[2] > 0.1 and max(np.delete(effects, 2)) <= 0
    assert found.answer(np.ones((1, 4), dtype=bool)).tolist() == [0.5], "with all of it hidden each label has its share"


def test_a_movement_is_hidden_with_its_middle() -> None:
    smile = Movement("mouth_corners_up", 1.2, 1.9, 0.1, "eye distance", 5.0)
    says = face_says(readings([0.5] * 16, (smile,)), FOUR)
    told = [says(np.arange(4) == k) for k in range(4)]
    assert [round(float(p[0]), 3) for p in told if p is not None] == [0.587, 0.5, 0.587, 0.587]


def test_all_pictures_together_are_the_opinion_on_the_clip() -> None:
    read = readings([0.2, 0.9, 0.4])
    logs = read.logs.mean(axis=0)
    assert pooled(read, np.ones(3, dtype=bool), ()) == pytest.approx(np.exp(logs) / np.exp(logs).sum(), abs=1e-5)
    assert pooled(read, np.zeros(3, dtype=bool), ()) is None
    unread = Readings(LABELS, read.times, read.logs * np.nan, np.zeros(3), ())
    assert pooled(unread, np.ones(3, dtype=bool), ()) is None


def test_sound_is_taken_out_and_what_meets_is_faded() -> None:
    audio = np.repeat(np.array([1, 2, 3, 4], np.float32), SAMPLE_RATE)
    kept = without(audio, FOUR, np.array([False, True, False, False]))
    assert len(kept) == 3 * SAMPLE_RATE and set(np.unique(kept[:: SAMPLE_RATE // 2])) <= {0, 1, 3, 4}
    assert kept[SAMPLE_RATE - 1] == kept[SAMPLE_RATE] == 0, "faded out, and in again"
    assert kept[0] == 1 and kept[-1] == 4, "the clip's own ends are not faded"
    assert np.array_equal(without(audio, FOUR, np.zeros(4, dtype=bool)), audio)
    assert without(audio, FOUR, np.ones(4, dtype=bool)).size == 0


def test_a_voice_is_asked_about_each_mask_once_and_silence_has_its_share() -> None:
    asked = []

    def loudness(samples: np.ndarray) -> Opinion | None:
        asked.append(len(samples))
        if len(samples) < 2 * SAMPLE_RATE:
            return None
        high = float(np.abs(samples).max() > 3.5)
        return Opinion("x", LABELS, (0.2 + 0.7 * high, 0.8 - 0.7 * high))

    audio = np.repeat(np.array([1, 2, 3, 4], np.float32), SAMPLE_RATE)
    found = judged(LABELS, voice_says(audio, FOUR, loudness), 4)
    assert found is not None and found.label == "happy"
    result = occlude(found.answer, 4, np.random.default_rng(0))
    assert result.effects == pytest.approx([0, 0, 0, 0.7])
    assert len(asked) <= 15 and found.answer(np.array([[True, True, True, False]])).tolist() == [0.5]
    assert judged(LABELS, lambda hidden: None, 4) is None


def test_moments_have_their_interval() -> None:
    assert placed(np.array([0.0, 0.99, 1.0, 3.99, 9.0]), FOUR).tolist() == [0, 0, 1, 3, 3]
