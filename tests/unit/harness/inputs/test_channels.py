"""Several channels become one, and what was said in one of them is still there at its level."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.inputs.channels import to_mono

SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")
VOICE = (0.3 * np.sin(np.arange(16_000) / 7)).astype(np.float32)
OTHER = (0.3 * np.sin(np.arange(16_000) / 11)).astype(np.float32)
BASS = (0.5 * np.sin(np.arange(16_000) / 90)).astype(np.float32)
NONE = np.zeros(16_000, np.float32)
HUM = (1e-4 * np.sin(np.arange(16_000) / 50)).astype(np.float32)


def mixed(names: tuple[str, ...], *channels: NDArray[np.float32]) -> tuple[NDArray[np.float32], str]:
    samples = np.stack(channels, axis=1)
    mono, said = to_mono([(names, samples[:5000]), (names, samples[5000:])])
    return np.concatenate(mono), said


@pytest.mark.parametrize(
    ("names", "channels", "expected", "word"),
    [
        (("FC",), (VOICE,), VOICE, ""),
        (("FL", "FR"), (VOICE, VOICE), VOICE, "mean of 2 channels"),
        (("FL", "FR"), (VOICE, OTHER), (VOICE + OTHER) / 2, "mean of 2 channels"),
        (("FL", "FR"), (VOICE, -VOICE), VOICE, "channel 2 is inverted"),
        (("FL", "FR"), (VOICE, -0.5 * VOICE), 0.75 * VOICE, "channel 2 is inverted"),
        (("FL", "FR"), (VOICE, NONE), VOICE, "channel 1 of 2"),
        (("FL", "FR"), (NONE, VOICE), VOICE, "channel 2 of 2"),
        (("FL", "FR"), (HUM, VOICE), VOICE, "channel 2 of 2"),
        (SURROUND, (NONE, NONE, VOICE, NONE, NONE, NONE), VOICE, "centre channel"),
        (SURROUND, (0.3 * OTHER, 0.3 * OTHER, VOICE, BASS, NONE, NONE), VOICE, "centre channel"),
        (SURROUND, (VOICE, NONE, NONE, BASS, NONE, NONE), VOICE, "channel 1 of 6"),
        (SURROUND, (NONE, NONE, NONE, NONE, VOICE, NONE), VOICE, "channel 5 of 6"),
        (("FL", "FR"), (NONE, NONE), NONE, "mean of 2 channels"),
    ],
)
def test_mixes(
    names: tuple[str, ...], channels: tuple[NDArray[np.float32], ...], expected: NDArray[np.float32], word: str
) -> None:
    mono, said = mixed(names, *channels)
    assert np.allclose(np.abs(mono), np.abs(expected), atol=2e-4)
    assert word in said and bool(said) == bool(word)


def test_a_constant_part_is_no_sound() -> None:
    mono, said = mixed(("FL", "FR"), VOICE + np.float32(0.2), NONE + np.float32(0.3))
    assert "channel 1 of 2" in said
    assert np.allclose(mono, VOICE + 0.2, atol=1e-5)


def test_a_layout_that_changes_is_weighed_by_itself() -> None:
    stereo = np.stack((VOICE, -VOICE), axis=1)
    mono, said = to_mono([(("FL", "FR"), stereo), (("FC",), VOICE[:, None])])
    assert np.allclose(mono[0], VOICE, atol=1e-6)
    assert np.array_equal(mono[1], VOICE)
    assert "inverted" in said
