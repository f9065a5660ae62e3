from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.inputs.sampling import middles


@given(st.integers(1, 5000), st.integers(1, 64))
def test_in_order_within_the_clip_and_all_of_a_short_one(total: int, count: int) -> None:
    chosen = middles(total, count)
    assert len(chosen) == count
    assert list(chosen) == sorted(chosen)
    assert chosen[0] >= 0 and chosen[-1] < total
    if total <= count:
        assert set(chosen) == set(range(total))
