"""A little of `make chaos`: killed whoever is there, starved, cut off; each time the same submission at the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos import faults
from tests.chaos.clips import make_clips
from tests.chaos.faults import Trial, Tried
from tests.chaos.run import Place
from tests.support.needs import needs
from tests.support.run_command import face_nets_only

needs("cv2")
CLIPS = 4


@pytest.fixture(scope="module")
def trial(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    scratch = tmp_path_factory.mktemp("chaos")
    make_clips(root / "Test_Data", scratch / "clips", CLIPS)
    place = Place(scratch / "clips", face_nets_only(root), scratch)
    return Trial(place, place.run("undisturbed").finished(), random.Random(4))


@pytest.mark.parametrize(
    ("make", "times"),
    [(faults.kills, 3), (faults.quota, 1), (faults.power_loss, 1)],
    ids=lambda made: getattr(made, "__name__", ""),
)
def test_nothing_is_lost(trial: Trial, make: Callable[[Trial, int], Iterator[Tried]], times: int) -> None:
    tried = list(make(trial, times))
    assert len(tried) >= times
    assert [one for one in tried if one.lost] == []
