"""Which requests may be in flight at the same time.

A server that dies takes every request in flight with it, and they look alike: which of them it died of shows when each
is sent again with no other beside it. So a request may ask to be in flight alone; it is sent once the others are
through, and those that come later wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.faults import StageUnavailable


class InFlightGate:
    """Any number of requests together, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._in_flight = 0
        self._waiting_alone = 0
        self._closed = False

    @contextmanager
    def enter(self, *, alone: bool) -> Iterator[None]:
        """Be in flight, with others or `alone`. Raises StageUnavailable when the gate is closed meanwhile."""
        with self._changed:
            self._waiting_alone += alone
            # While one is alone it counts as waiting still, which keeps everyone else out.
            self._changed.wait_for(
                lambda: self._closed or not (self._in_flight if alone else self._waiting_alone),
            )
            if self._closed:
                raise StageUnavailable("the omni client was closed")
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._waiting_alone -= alone
                self._changed.notify_all()

    def close(self) -> None:
        """No request is let in any more; those that wait are told."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
