"""The failure that the evaluation verbs report to the user in one line."""

from __future__ import annotations


class EvalError(Exception):
    """Something the user can mend: what was tried and what came of it, and the step that mends it.

    Args:
        message: what was found, with file and line where there is one.
        remedy: what to do about it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """The message, followed by the remedy where there is one."""
        return f"{self.message}\n  → {self.remedy}" if self.remedy else self.message
