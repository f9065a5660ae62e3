"""What is counted of a run's clips while they come, so that no record has to be kept for the end."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping

from harness.output.export import head_of
from harness.records.types import Clip, Record

SLOWEST = 3


class Tally:
    """Counts over the clips that were added.

    Attributes:
        clips: how many.
        status, languages, labels: how many clips of each; a clip without a transcript is of an unknown language.
        outcomes: stage → outcome → clips.
    """

    def __init__(self) -> None:
        self.clips = 0
        self.status, self.languages, self.labels = Counter[str](), Counter[str](), Counter[str]()
        self.outcomes: dict[str, dict[str, int]] = {}
        self._errors: dict[str, str] = {}
        self._seconds: dict[str, float] = {}
        self._slowest: list[tuple[float, str]] = []

    def add(self, clip: Clip, stages: Mapping[str, Record]) -> None:
        """Count a clip."""
        head = head_of(clip, stages, "")
        self.clips += 1
        self.status[head["status"]] += 1
        self.languages[head["language"] or "unknown"] += 1
        self.labels[head["Label"]] += 1
        for name, record in stages.items():
            self._seconds[name] = self._seconds.get(name, 0.0) + record.seconds
            counts = self.outcomes.setdefault(name, {})
            counts[record.outcome] = counts.get(record.outcome, 0) + 1
        errors = [r for r in stages.values() if r.outcome == "error"]
        if errors:
            told = (f"{r.stage}: {r.reason}" + (f" ({r.remedy})" if r.remedy else "") for r in errors)
            self._errors[clip.id] = "; ".join(told)
        self._slowest = heapq.nsmallest(SLOWEST, [*self._slowest, (-float(head["seconds"]), clip.id)])

    def errors(self) -> dict[str, str]:
        """Clip id → what failed and what mends it, where a stage ended in an error; sorted."""
        return dict(sorted(self._errors.items()))

    def seconds_by_stage(self) -> dict[str, float]:
        """Seconds of work by stage, summed over the clips (and so over parallel workers)."""
        return {name: round(seconds, 3) for name, seconds in self._seconds.items()}

    def slowest(self) -> list[tuple[str, float]]:
        """ID and seconds of the clips that took longest, the longest first."""
        return [(clip, -seconds) for seconds, clip in self._slowest]
