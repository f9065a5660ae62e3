"""Perceiving on a real Ray cluster of two nodes: an actor and a node are lost, and the results are a local run's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.engine.ray_engine import perceive_on_ray
from harness.engine.workers import Limits, WorkerSetup, perceive
from harness.records.store import Store
from harness.records.types import Clip
from tests.e2e.test_run import digests
from tests.support.fakes import no_decode, stages, unhurried_stages
from tests.support.media_clips import tone, write_wav
from tests.support.run_command import run

pytest.importorskip("ray", reason="pip install -r requirements/ray.txt")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # Ray waits for health checks, longer on a busy machine
LIMITS = Limits(workers=2, seconds=2.0, recycle_after=3, attempts=2, bytes=4_000_000_000)


def clips(*names: str) -> list[Clip]:
    return [Clip(name, f"/nowhere/{name}", "sha", 1) for name in names]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.update(RAY_worker_niceness="0")  # 15 by default: all other work on the machine would come first
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    made.second = made.add_node(num_cpus=1, object_store_memory=100_000_000)
    yield made
    made.shutdown()


def actors() -> list[int]:
    """Processes of Ray Data's actors on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if words.startswith(b"ray::") and b"MapWorker" in words:
            found.append(int(folder.name))
    return found


def told(root: Path, given: list[Clip], names: tuple[str, ...]) -> list[Any]:
    store = Store(root)
    return [
        (record.stage, record.clip, record.outcome, record.reason, record.digest, record.fingerprint)
        for clip in given
        for name in names
        if (record := store.get(name, clip.id)) is not None
    ]


def test_a_lost_actor_and_a_lost_node_cost_nothing(cluster: Any, tmp_path: Path) -> None:
    given = clips(*(f"{number:02}.mp4" for number in range(40)))
    here, there = (WorkerSetup(unhurried_stages, no_decode, tmp_path / name) for name in ("here", "there"))
    assert len(list(perceive(given, here, LIMITS))) == len(given)
    done = []
    for clip in perceive(given, there, LIMITS, partial(perceive_on_ray, address=cluster.address)):
        done.append(clip.id)
        if len(done) == 1:
            alive = actors()
            assert len(alive) == 2
            os.kill(alive[0], signal.SIGKILL)
        if len(done) == 8:
            cluster.remove_node(cluster.second, allow_graceful=False)
    assert sorted(done) == [clip.id for clip in given]
    assert told(there.records, given, ("slow",)) == told(here.records, given, ("slow",))


def test_what_a_clip_does_to_its_process_is_recorded_as_here(cluster: Any, tmp_path: Path) -> None:
    given = clips("a.mp4", "dies.mp4", "bad.mp4", "hangs.mp4")
    here, there = (WorkerSetup(stages, no_decode, tmp_path / name) for name in ("here", "there"))
    limits = Limits(workers=2, seconds=2.0, recycle_after=3, attempts=1, bytes=4_000_000_000)
    assert len(list(perceive(given, here, limits))) == 4
    on_ray = partial(perceive_on_ray, address=cluster.address)
    assert {clip.id for clip in perceive(given, there, limits, on_ray)} == {clip.id for clip in given}
    names = ("first", "moody", "last")
    assert told(there.records, given, names) == told(here.records, given, names)
    assert list(perceive(given[:1], there, limits, on_ray)) == given[:1]  # nothing to do starts nothing


def test_a_run_on_ray_is_a_local_run(cluster: Any, root: Path, models: Path, tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    data = tmp_path / "data"
    data.mkdir()
    for number in range(3):
        write_wav(data / f"{number}.wav", tone(0.5 + number / 10, rate=16_000))
    (data / "2.mp4").write_bytes(b"no film")
    settings = ("--max-errors", "9", "--set", "transcribe.provider=written")
    one, other = tmp_path / "one", tmp_path / "other"
    assert run(root, data, one, *settings).returncode == 0
    done = run(root, data, other, "--engine", "ray", "--ray-address", cluster.address, *settings)
    assert done.returncode == 0, done.stderr
    name = "results/combined_results.csv"
    assert (other / name).read_bytes() == (one / name).read_bytes()
    every = ("media", "transcribe", "speech", "face", "text", "evidence", "reason", "parse", "fuse", "attribute")
    assert digests(other, *every) == digests(one, *every)
