"""A thing that is made at its first use, by whichever thread comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Calls `make` once, at the first call; every caller gets the same result, or the same exception."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []
        self.failure: BaseException | None = None

    def __call__(self) -> T:
        with self._lock:
            if self.failure is not None:
                raise self.failure
            if not self._made:
                try:
                    self._made.append(self._make())
                except BaseException as failure:
                    self.failure = failure
                    raise
            return self._made[0]

    @property
    def made(self) -> T | None:
        """The thing, if it has been made."""
        return self._made[0] if self._made else None
