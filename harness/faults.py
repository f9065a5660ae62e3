"""The ways in which a stage or a run can end without a result, and who deals with each."""

from __future__ import annotations


class HarnessFault(Exception):
    """A failure that the harness knows how to report: what happened, and what mends it.

    Args:
        message: what was tried and what came of it.
        remedy: the command or step that mends it; empty when there is none.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """The message, followed by the remedy where there is one."""
        return f"{self.message} ({self.remedy})" if self.remedy else self.message

    def __reduce__(self) -> tuple[type[HarnessFault], tuple[str, str]]:
        """Keep both fields when the fault crosses a process border."""
        return type(self), (self.message, self.remedy)


class Absent(HarnessFault):
    """A clip holds nothing for a stage to work on (no audio track, no words): a fact, not a failure."""


class ClipError(HarnessFault):
    """One clip cannot be processed by one stage: record it and go on."""


class StageUnavailable(HarnessFault):
    """A stage's provider cannot work for any clip now: retry, restart or report it."""


class ConfigError(HarnessFault):
    """The run is set up wrongly: stop, before any work where it can be known then; what is done is kept."""
