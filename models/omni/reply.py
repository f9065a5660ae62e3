"""A reply of an omni server, and what happened on the way to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Attempts:
    """What happened on the way to one clip's replies."""

    clip_id: str
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    halved: str = ""
    tokens: Counter[str] = field(default_factory=Counter)
    model: str = ""

    def read(self, reply: Mapping[str, Any], model: str) -> None:
        """Notes what a reply says of itself: the model, or else the one asked for, and the tokens it took."""
        self.model = str(reply.get("model") or model)
        usage = reply.get("usage")
        for name in ("prompt_tokens", "completion_tokens"):
            if isinstance(usage, dict) and isinstance(usage.get(name), int):
                self.tokens[name.removesuffix("_tokens")] += usage[name]

    def facts(self) -> dict[str, Any]:
        """For the record: plain JSON values."""
        facts: dict[str, Any] = {"model": self.model, "requests": self.requests, "tokens": dict(self.tokens)}
        for name, value in (("failures", dict(self.failures)), ("rejected", self.rejected), ("halved", self.halved)):
            if value:
                facts[name] = value
        return facts


@dataclass(frozen=True)
class Asked:
    """A reply, and how it was come by.

    Attributes:
        text: as it came.
        finish_reason: as the server said it.
        structured: `regex` (constrained), `ignored` (the server took the constraint and did not keep to it), or `off`.
        problem: why there is no answer in it; empty when there is one.
    """

    text: str
    finish_reason: str
    structured: str
    problem: str = ""


def content(reply: Mapping[str, Any]) -> tuple[str, str]:
    """Text and finish reason of a reply; reasoning that the server has cut off is put back in front."""
    try:
        choice = reply["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        thought = message.get("reasoning_content") or message.get("reasoning") or ""
    except (KeyError, IndexError, TypeError, AttributeError):
        return "", "no choice"
    if not isinstance(text, str):
        return "", "no text"
    if thought and "<think>" not in text:
        text = f"<think>{thought}</think>{text}"
    return text, str(choice.get("finish_reason") or "")
