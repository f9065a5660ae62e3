"""A reply of an omni server, and what happened on the way to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.faults import ClipError
from harness.records.numbers import Number

THINKING = ("thinking", "reasoning", "reasoning_content", "thought")
"""Types of the parts of a message that hold reasoning, and the keys under which they hold it."""
TOKENS = Number(0, 1e12, whole=True)


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
    waited: float = 0.0
    """Seconds that were waited because the server asked for them."""
    capped: int = 0
    """Characters of the longest reply of which only the beginning and the end were kept; 0 without one."""

    def read(self, reply: Mapping[str, Any], model: str) -> None:
        """Notes what a reply says of itself: the model, or else the one asked for, and the tokens it took."""
        named = reply.get("model")
        self.model = named[:200] if isinstance(named, str) and named else model
        usage = reply.get("usage")
        for name in ("prompt_tokens", "completion_tokens"):
            if isinstance(usage, dict) and TOKENS.holds(usage.get(name)):
                self.tokens[name.removesuffix("_tokens")] += usage[name]

    def reject(self, text: str, finish_reason: str, problem: str, why: str = "", temperature: float = 0.0) -> None:
        """Notes a reply that was not taken."""
        entry: dict[str, Any] = {"text": text, "problem": problem}
        if problem != "malformed":
            entry |= {"finish_reason": finish_reason, "temperature": temperature}
        self.rejected.append(entry | ({"why": why} if why else {}))

    def facts(self) -> dict[str, Any]:
        """For the record: plain JSON values."""
        facts: dict[str, Any] = {"model": self.model, "requests": self.requests, "tokens": dict(self.tokens)}
        told = {
            "failures": dict(self.failures),
            "rejected": self.rejected,
            "halved": self.halved,
            "waited_seconds": round(self.waited, 1),
            "capped_characters": self.capped,
        }
        for name, value in told.items():
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


@dataclass(frozen=True)
class Message:
    """What the server's model said.

    Attributes:
        text: reasoning and answer in one; empty when nothing was said.
        finish_reason: as the server said it.
        why: why there is nothing, or nothing of use, where the reply tells.
        final: whether asking again would get the same.
    """

    text: str
    finish_reason: str
    why: str = ""
    final: bool = False


def message_of(reply: Mapping[str, Any]) -> Message:
    """What a reply says, in whichever of its fields; reasoning that the server has cut off is put back in front."""
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return Message("", "no choice", "the reply has no choice with a message in it")
    reason = choice.get("finish_reason")
    finish_reason = reason[:40] if isinstance(reason, str) else ""
    if finish_reason == "content_filter":
        return Message("", finish_reason, "the server's content filter withheld the reply", final=True)
    thought, text = _text(message.get("content"))
    thought = thought or _text(message.get("reasoning_content"))[1] or _text(message.get("reasoning"))[1]
    if not text.strip() and not thought.strip():
        return Message("", finish_reason, _why_empty(choice, message, finish_reason))
    return Message(_whole(thought, text), finish_reason)


def _text(content: Any) -> tuple[str, str]:
    """Reasoning and text of a message's content: a string, or a list of parts (one level of lists within)."""
    if isinstance(content, str):
        return "", content
    thought, said = list[str](), list[str]()
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, dict):
            inner = next((part[key] for key in ("text", "content", *THINKING) if part.get(key)), "")
            words = "".join(_text(inner)) if isinstance(inner, list) else inner if isinstance(inner, str) else ""
            (thought if part.get("type") in THINKING else said).append(words)
    return "".join(thought), "".join(said)


def _whole(thought: str, text: str) -> str:
    """Reasoning and answer as one text."""
    if not thought.strip() or "<think>" in text:
        return text
    if text.strip():
        return f"<think>{thought}</think>{text}"
    # The server's parser took everything for reasoning: the answer may stand in it, behind its own end mark or not.
    return thought if "<think>" in thought else f"<think>{thought}"


def _why_empty(choice: Mapping[str, Any], message: Mapping[str, Any], finish_reason: str) -> str:
    refused = message.get("refusal")
    if isinstance(refused, str) and refused.strip():
        return f"the model refuses: {refused.strip()[:200]}"
    if message.get("tool_calls") or message.get("function_call"):
        return "the model calls a tool instead of answering"
    if choice.get("error"):
        return f"an error inside the reply: {str(choice['error'])[:200]}"
    if finish_reason == "length":
        return "the reply was cut before its first word"
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        return f"its content is of no known form: {type(content).__name__}"
    return "" if content == "" or content is None else "its content has no text in it"


def all_empty(clip_id: str, reasons: Sequence[str]) -> ClipError:
    """The fault of a clip about which nothing was said, by what the replies tell of it."""
    why = list(dict.fromkeys(reason for reason in reasons if reason))
    message = f"{clip_id}: {len(reasons)} {'reply' if len(reasons) == 1 else 'replies'}, all empty"
    if not why:
        return ClipError(message, "see the server's log")
    remedy = "see the server's log"
    if any("filter" in reason or "refuses" in reason for reason in why):
        remedy = (
            "no setting of ours mends a refusal: judge the clip by the other modalities as it is, or ask another model"
        )
    elif any("cut before" in reason for reason in why):
        remedy = "raise omni.max_tokens"
    return ClipError(f"{message}: {'; '.join(why)}", remedy)
