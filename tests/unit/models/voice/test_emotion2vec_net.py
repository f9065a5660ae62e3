"""How a long sound is parted for emotion2vec."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.voice.emotion2vec_files import frame_window
from models.voice.emotion2vec_net import LONGEST, passes

STEP, WINDOW = frame_window("[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]")


def frames(samples: int) -> int:
    return (samples - WINDOW) // STEP + 1


def test_a_frame_of_the_published_network() -> None:
    assert (STEP, WINDOW) == (320, 400)


@given(st.integers(400, 16_000 * 60))
def test_a_sound_of_a_minute_is_one_part(samples: int) -> None:
    assert passes(samples, STEP, WINDOW, LONGEST) == [(0, samples)]


@given(st.integers(16_000 * 60 + 1, 16_000 * 7200))
def test_parts_are_even_and_lose_no_frame(samples: int) -> None:
    parts = passes(samples, STEP, WINDOW, LONGEST)
    assert parts[0][0] == 0 and parts[-1][1] <= samples
    lengths = [frames(end - start) for start, end in parts]
    assert sum(lengths) == frames(samples) and max(lengths) - min(lengths) <= 1
    assert all(a_end - WINDOW + STEP == b_start for (_, a_end), (b_start, _) in zip(parts, parts[1:], strict=False))
    assert max(end - start for start, end in parts) <= LONGEST * 16_000 + WINDOW
