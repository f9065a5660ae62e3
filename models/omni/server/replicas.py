"""Several servers of one model as one: requests are balanced over those that answer, and a lost one comes back.

Of two replicas drawn at random the one with fewer requests in flight is asked: nearly as even as asking the idlest of
all, without a herd that runs to it (Mitzenmacher, The power of two choices in randomized load balancing, IEEE TPDS
2001). A replica whose connection broke is looked at; when it does not answer, it is left out, and looked at again in
the background until it does.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from harness.faults import StageUnavailable
from models.omni.protocol.types import Endpoint
from models.omni.server.remote import RemoteServer

_POLL = 2.0


@dataclass
class _Replica:
    server: RemoteServer
    endpoint: Endpoint | None = None
    in_flight: int = 0
    lost: int = 0
    away: str = ""


class Replicas:
    """Servers at several URLs that all serve one model. None is started or stopped.

    Args:
        servers: at least one, each looked at once when it is lost (no `patience` of its own).
        patience: seconds that is waited when all are lost.
        draw: gives two different positions below a number of at least two.
        sleep: called with seconds between two looks; by default a wait that `stop` ends.
        clock: seconds.
    """

    several: ClassVar[bool] = True

    def __init__(
        self,
        servers: Sequence[RemoteServer],
        patience: float = 60.0,
        draw: Callable[[int], tuple[int, int]] | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replicas = [_Replica(server) for server in servers]
        self._patience, self._draw = patience, draw or _two_at_random
        self._closing = threading.Event()
        self._sleep, self._clock = sleep or self._closing.wait, clock
        self._lock = threading.RLock()
        self._begun = self._checked = False
        self._looking: threading.Thread | None = None

    def endpoint(self) -> Endpoint:
        """One of those that answer. Raises StageUnavailable when none does, or when their models differ."""
        with self._lock:
            if not self._begun:
                self._begin()
            return self._endpoint_of(self._choose())

    @contextmanager
    def lease(self) -> Iterator[Endpoint]:
        """Where to send a request, which counts as in flight there meanwhile. Raises StageUnavailable."""
        with self._lock:
            self.endpoint()
            chosen = self._choose()
            chosen.in_flight += 1
            endpoint = self._endpoint_of(chosen)
        try:
            yield endpoint
        finally:
            with self._lock:
                chosen.in_flight -= 1

    def revive(self, lost: Endpoint) -> Endpoint:
        """`lost` itself when it answers; else another that does. With none left, they are waited for.

        Raises:
            StageUnavailable: none has come back within the patience.
        """
        with self._lock:
            replica = next((one for one in self._replicas if one.endpoint == lost and not one.away), None)
            if replica is not None:
                replica.away = (
                    "its connection broke"  # nobody chooses it while it is looked at, by one of many that lost it
                )
        if replica is not None and self._look(replica, "its connection broke"):
            return lost
        with self._lock:
            self._keep_looking()
            others = self._up()
        return self._endpoint_of(others[0]) if others else self._wait_for_any()

    def others(self, than: Endpoint) -> bool:
        """Whether another replica answers."""
        with self._lock:
            return any(replica.endpoint != than for replica in self._up())

    def check(self) -> None:
        """Let each that answers show that it sees and hears. Raises StageUnavailable when one does not."""
        self.endpoint()
        with self._lock:
            self._checked, up = True, self._up()
        for replica in up:
            replica.server.check()

    def facts(self) -> Mapping[str, object]:
        """Of each replica what it says of itself, how often it was lost, and why it is away if it is."""
        with self._lock:
            told = [{**one.server.facts(), "times_lost": one.lost, "away": one.away} for one in self._replicas]
        return {"replicas": told}

    def stop(self) -> None:
        """Nothing was started; nobody looks for them any more."""
        self._closing.set()
        for replica in self._replicas:
            replica.server.stop()
        if self._looking is not None:
            self._looking.join()

    def _begin(self) -> None:
        """Look at all of them for the first time."""
        faults = []
        for replica in self._replicas:
            try:
                replica.endpoint = replica.server.endpoint()
            except StageUnavailable as fault:
                replica.away = fault.message
                faults.append(fault)
        up = self._up()
        if not up:
            raise StageUnavailable("; ".join(fault.message for fault in faults), faults[0].remedy)
        names = {self._endpoint_of(one).model: self._endpoint_of(one).url for one in up}
        if len(names) > 1:
            said = ", ".join(f"{url} serves {name}" for name, url in names.items())
            raise StageUnavailable(
                f"the servers of omni.url do not serve one model: {said}",
                "name servers of one model, or set omni.model",
            )
        self._begun = True
        self._keep_looking()

    def _up(self) -> list[_Replica]:
        return [replica for replica in self._replicas if replica.endpoint is not None and not replica.away]

    def _choose(self) -> _Replica:
        """The less busy of two; of those that are away when none is there, which the request will find out."""
        up = self._up() or [replica for replica in self._replicas if replica.endpoint is not None]
        if len(up) == 1:
            return up[0]
        first, second = (up[place] for place in self._draw(len(up)))
        return second if second.in_flight < first.in_flight else first

    def _endpoint_of(self, replica: _Replica) -> Endpoint:
        assert replica.endpoint is not None
        return replica.endpoint

    def _look(self, replica: _Replica, lost: str = "") -> bool:
        """Whether a replica answers and serves the model; it is in or out accordingly. Slow, so not under the lock.

        One that was `lost` just now has shown before that it sees and hears; one that was away may be another since.
        """
        usual = self._any_endpoint()
        try:
            found = replica.server.revive(usual)
            if found.model != usual.model:
                raise StageUnavailable(f"{found.url} serves {found.model}, the others {usual.model}")
            if self._checked and not lost:
                replica.server.check()
        except StageUnavailable as fault:
            with self._lock:
                replica.lost += bool(lost)
                replica.away = fault.message
            return False
        with self._lock:
            replica.endpoint, replica.away = found, ""
        return True

    def _any_endpoint(self) -> Endpoint:
        return next(replica.endpoint for replica in self._replicas if replica.endpoint is not None)

    def _wait_for_any(self) -> Endpoint:
        until = self._clock() + self._patience
        while True:
            up = self._up() or [replica for replica in self._replicas if self._look(replica)]
            if up:
                return self._endpoint_of(up[0])
            if self._clock() >= until or self._closing.is_set():
                told = "; ".join(replica.away for replica in self._replicas)
                raise StageUnavailable(
                    f"none of {len(self._replicas)} omni servers answers: {told}; waited {self._patience:g} s",
                    "start one of them, or check omni.url",
                )
            self._sleep(_POLL)

    def _keep_looking(self) -> None:
        """Look at those that are away until none is, in a thread of its own; one at a time."""
        if self._looking is None and len(self._up()) < len(self._replicas) and not self._closing.is_set():
            self._looking = threading.Thread(target=self._look_again, name="omni replicas", daemon=True)
            self._looking.start()

    def _look_again(self) -> None:
        while not self._closing.wait(_POLL):
            with self._lock:
                away = [replica for replica in self._replicas if replica.away]
                if not away:
                    self._looking = None
                    return
            for replica in away:
                if not self._closing.is_set():
                    self._look(replica)


def _two_at_random(count: int) -> tuple[int, int]:
    first, second = random.sample(range(count), 2)
    return first, second
