"""Who may have requests under way at the same time.

A server that dies takes every request under way with it, and they look alike: which of them it died of shows when each
is sent again with no other beside it. So a request may ask for the road to itself; it gets it once the others are
through, and those that come later wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.faults import StageUnavailable


class Road:
    """Any number of requests together, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way = 0
        self._waiting_alone = 0
        self._closed = False

    @contextmanager
    def taken(self, *, alone: bool) -> Iterator[None]:
        """Be under way, with others or `alone`. Raises StageUnavailable when the road is closed meanwhile."""
        with self._changed:
            self._waiting_alone += alone
            # While one is alone it counts as waiting still, which keeps everyone else out.
            self._changed.wait_for(
                lambda: self._closed or not (self._under_way if alone else self._waiting_alone),
            )
            if self._closed:
                raise StageUnavailable("the omni client was closed")
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._waiting_alone -= alone
                self._changed.notify_all()

    def close(self) -> None:
        """Nobody sets out any more; who waits is told."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
