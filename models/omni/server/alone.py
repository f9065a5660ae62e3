"""What every server has in common that has no replica beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from models.omni.protocol.types import Endpoint


class ServerAlone(ABC):
    """The part of `models.omni.protocol.types.Server` that speaks of replicas, for a server without any."""

    several: ClassVar[bool] = False

    @abstractmethod
    def endpoint(self) -> Endpoint:
        """Where to ask. Raises StageUnavailable."""

    @contextmanager
    def lease(self) -> Iterator[Endpoint]:
        """The only place there is. Raises StageUnavailable."""
        yield self.endpoint()

    def others(self, than: Endpoint) -> bool:
        """There are none."""
        return False
