"""Perceiving on a Ray cluster: actors of Ray Data, each with a worker process of `workers.py`.

Ray Data places the actors, gives them clips with back-pressure, and gives a clip again when an actor or its node is
lost; what was stored of it by then is kept. What a clip may do to the process that decodes it (crash, hang, leak) stays
inside the actor, which tries again and records the failure as a local run does, so the records are the same.

All nodes see the code, the clips, the models and the supplements under the paths that the driver has: a shared folder.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from harness.engine.runner import first_without_record
from harness.engine.workers import Limits, Perceiver, WorkerSetup
from harness.faults import ConfigError, HarnessFault
from harness.inputs.environment import UNREPORTED
from harness.records.clean import json_bytes
from harness.records.payloads import described
from harness.records.store import Store
from harness.records.types import Clip

INSTALL = "pip install -r requirements/ray.txt, on every node"
MOST_BLOCKS = 4096
"""Parts that the clips are given out in; one clip each, as far as there are so many."""
SEEN_AFTER = 60.0
"""Seconds after which a record that another node wrote must be seen here; a network's file system may be as late."""
LOCAL_STORE_BYTES = 100_000_000
"""What a cluster of our own keeps for passing things on: names of clips alone."""


def require_ray() -> None:
    """Raises ConfigError where Ray is not installed."""
    if find_spec("ray") is None:
        raise ConfigError("--engine ray needs Ray, which is not installed", INSTALL)


def perceive_on_ray(
    clips: Sequence[Clip],
    setup: WorkerSetup,
    limits: Limits,
    address: str | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Clip]:
    """Run the setup's stages on every clip; yields each as soon as its records are seen here.

    Args:
        clips: the clips that are not done.
        setup: as of `perceive`; `records` on a folder that all nodes share.
        limits: `workers` is the number of actors, 0 for one on each core of the cluster.
        address: of a running cluster; None for one on this machine, which ends with this.
        sleep: waits some seconds.

    Raises:
        ConfigError: no cluster can be had, no worker can be started there, a stage found that no clip can be worked on,
            or what is written there is not seen here.
    """
    stages, store = list(setup.stages()), Store(setup.records)
    known = {clip.id: clip for clip in clips}
    with _cluster(address) as ray:
        for row in _rows(ray, clips, setup, limits):
            if row["fault"]:
                raise ConfigError(row["fault"], row["remedy"])
            clip = known[row["clip"]]
            wait_for(lambda clip=clip: first_without_record(stages, clip, store) is None, clip, store, sleep)  # type: ignore[misc]
            yield clip


def _rows(ray: Any, clips: Sequence[Clip], setup: WorkerSetup, limits: Limits) -> Iterator[Mapping[str, Any]]:
    """What the actors say of the clips, in order of completion. ConfigError where Ray gives up."""
    actors = limits.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    given = ray.data.from_items(
        [{"clip": json_bytes(clip)} for clip in clips], override_num_blocks=min(len(clips), MOST_BLOCKS)
    )
    told = given.map_batches(
        _Actor,
        fn_constructor_args=(setup, limits),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(actors, len(clips))),
        num_cpus=1,
    )
    try:
        yield from told.iter_rows()
    except ray.exceptions.RayError as error:
        words = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise ConfigError(
            f"Ray gave up: {words[0]}", "see what the nodes said above; the same command resumes"
        ) from error


class _Actor:
    """What an actor does: a clip a call, in a worker process of its own."""

    def __init__(self, setup: WorkerSetup, limits: Limits) -> None:
        self._records = setup.records
        self._perceiver = Perceiver(setup, replace(limits, workers=1))

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        told: dict[str, list[str]] = {"clip": [], "fault": [], "remedy": []}
        for encoded in batch["clip"]:
            clip, fault, remedy = described(Clip).decode(encoded), "", ""
            try:
                self._perceiver.perceive(clip, self._records)
            except HarnessFault as found:
                fault, remedy = found.message, found.remedy
            for name, value in (("clip", clip.id), ("fault", fault), ("remedy", remedy)):
                told[name].append(value)
        return told


def wait_for(seen: Callable[[], bool], clip: Clip, store: Store, sleep: Callable[[float], None]) -> None:
    """Wait until a record that was written elsewhere can be read here."""
    waited, step = 0.0, 0.05
    while not seen():
        if waited >= SEEN_AFTER:
            raise ConfigError(
                f"the records of {clip.id}, written on another node, are not seen in {store.root} after {waited:.0f} s",
                "put --supplements on a folder that all nodes share under one path",
            )
        sleep(step)
        waited, step = waited + step, min(2 * step, 5.0)


@contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """Ray, connected; nothing of it reports over the network, and our own answer to signals stays."""
    require_ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 by default: all other work on the machine would come first
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    import ray
    import ray.data

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    path = os.pathsep.join(filter(None, sys.path))
    own = {"include_dashboard": False, "object_store_memory": LOCAL_STORE_BYTES} if address is None else {}
    answers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        ray.init(
            address=address or "local",
            runtime_env={"env_vars": {"PYTHONPATH": path, **UNREPORTED}},
            log_to_driver=False,
            logging_level=logging.WARNING,
            **own,
        )
    except Exception as fault:
        # Ray raises Exception itself where a node of its own has not started in 30 s, which nothing can lengthen.
        if type(fault) is not Exception and not isinstance(fault, ConnectionError | ValueError | RuntimeError):
            raise
        raise ConfigError(
            f"no Ray cluster at {address or 'this machine'}: {fault}",
            "ray status --address …" if address else "run it again when the machine has less to do, or --engine local",
        ) from fault
    finally:
        for number, answer in answers.items():
            signal.signal(number, answer)
    try:
        yield ray
    finally:
        ray.shutdown()
