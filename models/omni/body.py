"""From the bytes of a reply to its JSON object: streams joined, half characters mended, errors inside found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.records.clean import encodable_values
from models.omni.trouble import TransportError, error_inside

MOST_BYTES = 16_000_000
"""A longer reply is none: an answer of some thousand tokens with all its log-probabilities has a tenth of that."""
_SHOWN = 200


def decoded(content: bytes, status: int = 200) -> dict[str, Any]:
    """The JSON object that a server answered, or the one that the events of its stream add up to.

    Raises:
        TransportError: it is none (`malformed`), or tells of an error (the error's own kind).
    """
    begins = content.lstrip()[:6]
    try:
        reply = joined(content) if begins.startswith((b"data:", b"event:", b": ")) else json.loads(content)
        reply = encodable_values(reply)
    except (ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise TransportError("malformed", f"no JSON ({what}): {_begin(content)}", status) from None
    if not isinstance(reply, dict):
        raise TransportError("malformed", f"no JSON object: {_begin(content)}", status)
    inside = error_inside(reply)
    if inside is not None:
        raise inside
    return reply


def joined(content: bytes) -> dict[str, Any]:
    """The chat completion that a stream of server-sent events adds up to.

    Raises:
        ValueError: an event holds no JSON object, or none tells anything.
    """
    parts: dict[str, list[str]] = {"content": [], "reasoning_content": [], "refusal": []}
    whole: dict[str, Any] = {}
    finish_reason, logprobs = None, list[Any]()
    for event in _events(content):
        for key in ("model", "usage", "error", "id"):
            if event.get(key):
                whole[key] = event[key]
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
        delta = choice.get("delta") or choice.get("message")
        for key, value in (delta if isinstance(delta, Mapping) else {}).items():
            name = "reasoning_content" if key == "reasoning" else key
            if name in parts and isinstance(value, str):
                parts[name].append(value)
        finish_reason = choice.get("finish_reason") or finish_reason
        listed = choice.get("logprobs")
        if isinstance(listed, Mapping) and isinstance(listed.get("content"), list):
            logprobs += listed["content"]
    if whole.get("error") and not any(parts.values()):
        return whole
    if not any(parts.values()) and finish_reason is None:
        raise ValueError("a stream of events without a word")
    message = {"role": "assistant", **{name: "".join(said) for name, said in parts.items() if said}}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {**whole, "choices": [choice | ({"logprobs": {"content": logprobs}} if logprobs else {})]}


def _events(content: bytes) -> Iterator[Mapping[str, Any]]:
    """The data of each event that is a JSON object. Lines of one event belong together (WHATWG HTML, 9.2.6)."""
    data: list[str] = []
    for line in [*content.decode("utf-8", errors="replace").splitlines(), ""]:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").strip())
        elif not line and data:
            text, data = "\n".join(data), []
            if text == "[DONE]":
                return
            event = json.loads(text)
            if not isinstance(event, Mapping):
                raise ValueError(f"an event of a stream is no object: {text[:_SHOWN]!r}")
            yield event


def _begin(content: bytes) -> str:
    return repr(content[:_SHOWN].decode("utf-8", errors="replace"))
