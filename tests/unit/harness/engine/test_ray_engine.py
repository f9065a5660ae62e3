"""What of the Ray engine needs no Ray; the rest is in tests/slow."""

from __future__ import annotations

from pathlib import Path

import pytest

import run_submission
from harness.engine import ray_engine
from harness.engine.ray_engine import SEEN_AFTER, require_ray, wait_for
from harness.faults import ConfigError
from harness.records.store import Store
from harness.records.types import Clip

CLIP = Clip("a.mp4", "/a.mp4", "", 1)


def test_without_ray_the_command_that_mends_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install -r requirements/ray\.txt"):
        require_ray()


def test_what_another_node_wrote_is_waited_for(tmp_path: Path) -> None:
    waits, answers = list[float](), iter([False, False, False, True])
    wait_for(lambda: next(answers), CLIP, Store(tmp_path), waits.append)
    assert waits == [0.05, 0.1, 0.2]


def test_a_folder_that_is_not_shared_is_said(tmp_path: Path) -> None:
    waits = list[float]()
    with pytest.raises(ConfigError, match=r"records of a\.mp4.*a folder that all nodes share"):
        wait_for(lambda: False, CLIP, Store(tmp_path), waits.append)
    assert SEEN_AFTER <= sum(waits) <= SEEN_AFTER + 5


@pytest.mark.parametrize(
    ("flags", "engine", "address"),
    [
        ([], "local", None),
        (["--engine", "ray"], "ray", None),
        (["--ray-address", "head:6379"], "ray", "head:6379"),
        (["--set", "engine=ray", "ray_address=head:1"], "ray", "head:1"),
    ],
)
def test_flags_choose_the_engine(flags: list[str], engine: str, address: str | None) -> None:
    config = run_submission.configured(run_submission.parse_arguments(flags))
    assert (config.engine, config.ray_address) == (engine, address)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ConfigError, match="engine is 'spark'"):
        run_submission.configured(run_submission.parse_arguments(["--set", "engine=spark"]))
