from __future__ import annotations

import pytest

from harness.faults import ConfigError
from models.heads.folds import group_folds


def test_no_group_is_on_both_sides() -> None:
    groups = ["a", "a", "b", "b", "c", "c"]
    seen = []
    for inside, outside in group_folds(["x", "y"] * 3, groups, 5):
        assert not {groups[i] for i in inside} & {groups[i] for i in outside}
        seen += outside.tolist()
    assert sorted(seen) == list(range(6))


def test_what_cannot_be_held_out_is_refused() -> None:
    with pytest.raises(ConfigError, match="all clips are of one group"):
        list(group_folds(["x", "y"], ["a", "a"], 5))
    with pytest.raises(ConfigError, match="without [ab] only one label is left"):
        list(group_folds(["x", "x", "y", "y"], ["a", "a", "b", "b"], 5))
