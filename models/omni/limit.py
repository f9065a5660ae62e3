"""How many clips may be with the server at once: few at first, more while it keeps up, fewer when it does not.

A local server never answers "too many requests": it queues, and what tells of it is how long replies take against the
time they are given. So the limit follows the 95th percentile of recent latencies, and errors. It grows by doubling
until the first trouble and by one afterwards, and only while it is used; it falls by a third when replies come late,
and to half when they do not come at all.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from harness.faults import StageUnavailable

LATE = 0.5
"""Replies are late when the 95th percentile of their latencies passes this share of the timeout."""
USED = 0.8
"""A limit of which less was used says nothing about a higher one."""

Kind = Literal["ok", "refused", "error", "slow", "lost"]
"""How a request ended: answered; 429 or 503; another 5xx; no reply in time; a broken connection."""


@dataclass(frozen=True)
class Outcome:
    """One request that ended, after `seconds`."""

    kind: Kind
    seconds: float


@dataclass(frozen=True)
class Limit:
    """So many clips at once. `doubling` until the first trouble."""

    value: int
    doubling: bool = True


def first_limit(most: int) -> Limit:
    """Half of what the settings allow."""
    return Limit(max(1, most // 2))


def next_limit(limit: Limit, recent: Sequence[Outcome], used: int, most: int, timeout: float) -> Limit:
    """The limit after a round of requests.

    Args:
        limit: the one they ran under.
        recent: how they ended.
        used: how many clips were with the server at once, at most, meanwhile.
        most: never more than this, nor less than 1.
        timeout: seconds that a reply is given.
    """
    kinds = {outcome.kind for outcome in recent}
    if kinds & {"slow", "lost", "refused"}:
        return Limit(max(1, limit.value // 2), doubling=False)
    if percentile([outcome.seconds for outcome in recent if outcome.kind == "ok"], 0.95) > LATE * timeout:
        return Limit(max(1, limit.value * 2 // 3), doubling=False)
    if "error" in kinds or used < USED * limit.value:
        return limit
    return Limit(min(most, limit.value * 2 if limit.doubling else limit.value + 1), limit.doubling)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed; 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[math.ceil(share * len(values)) - 1]


class Gate:
    """Lets clips in up to the limit, first come first served, and moves the limit by how requests end."""

    def __init__(self, most: int, timeout: float) -> None:
        self._most, self._timeout = most, timeout
        self._limit = first_limit(most)
        self._changed = threading.Condition()
        self._inside = self._used = 0
        self._queue: list[object] = []
        self._round: list[Outcome] = []
        self._closed = False
        self._since = -math.inf
        self.highest = 0
        """The most clips that were inside at once."""

    @property
    def limit(self) -> int:
        """How many clips may be inside now."""
        return self._limit.value

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place inside, waited for. Raises StageUnavailable when the gate is closed meanwhile."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            self._changed.wait_for(
                lambda: self._closed or (self._queue[0] is ticket and self._inside < self._limit.value)
            )
            self._queue.remove(ticket)
            if self._closed:
                self._changed.notify_all()
                raise StageUnavailable("the omni client was closed")
            self._inside += 1
            self._used = max(self._used, self._inside)
            self.highest = max(self.highest, self._inside)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def report(self, kind: Kind, started: float, ended: float) -> None:
        """How a request went that ran from `started` to `ended`, in seconds of one clock.

        The limit is looked at after as many as it allows, and at once after a failure. A request that began before the
        limit last changed says nothing about the new one: all that were with a server when it died are one event.
        """
        with self._changed:
            if started < self._since:
                return
            self._round.append(Outcome(kind, ended - started))
            if len(self._round) < self._limit.value and kind in ("ok", "error"):
                return
            new = next_limit(self._limit, self._round, self._used, self._most, self._timeout)
            if new != self._limit:
                self._limit, self._since = new, ended
            self._round.clear()
            self._used = self._inside
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody is let in any more; who waits is told."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
