"""What the forms of other tools are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

HEADLINES = ("accuracy", "uar", "macro_f1", "weighted_f1")


@dataclass(frozen=True)
class Sample:
    """One scored clip: what was true, what was said (empty where nothing valid was)."""

    id: str
    truth: str
    said: str


@dataclass(frozen=True)
class Exported:
    """What the forms are made from: a score/1 result, its clips, and the names that other tools ask for."""

    result: Mapping[str, Any]
    samples: Sequence[Sample]
    model: str
    dataset: str
    now: datetime
