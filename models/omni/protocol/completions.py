"""Prompts that are sent as embeddings: vLLM's `/completions`, put into the form of a chat and read as one.

Source: vLLM 0.32, `--enable-prompt-embeds`: `prompt_embeds` holds the base64 of `torch.save` of a (tokens, hidden)
tensor, and takes the place of `prompt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.omni.protocol.dialect import Dialect, put
from models.omni.protocol.types import Embeds, Question

PATH = "/completions"


def body(
    dialect: Dialect, question: Question, embeds: Embeds, model: str, *, structured: bool, listed: int
) -> dict[str, Any]:
    """The request as JSON values; `listed` alternatives are asked for of each token."""
    request: dict[str, Any] = {
        "model": model,
        "prompt_embeds": embeds.encoded(question.messages),
        "max_tokens": question.max_tokens,
        "temperature": question.temperature,
    }
    if structured and question.pattern and dialect.regex:
        put(request, dialect.regex, question.pattern)
    if listed:
        request["logprobs"] = listed
    if question.seed is not None and dialect.seed and question.temperature > 0:
        request["seed"] = question.seed
    return request


def as_chat(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A completion's reply in the form of a chat's, as far as it has that of a completion."""
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else None
    if choice is None:
        return dict(reply)
    said = {"role": "assistant", "content": choice.get("text")}
    told: dict[str, Any] = {"message": said, "finish_reason": choice.get("finish_reason")}
    content = _content(choice.get("logprobs"))
    return {**reply, "choices": [told | ({"logprobs": {"content": content}} if content else {})]}


def _content(logprobs: Any) -> list[dict[str, Any]]:
    """Token by token: the one that was taken, and those that were listed."""
    if not isinstance(logprobs, Mapping):
        return []
    tokens, tops = logprobs.get("tokens"), logprobs.get("top_logprobs")
    if not isinstance(tokens, list) or not isinstance(tops, list):
        return []
    entries = []
    for token, top in zip(tokens, tops, strict=False):
        listed = top.items() if isinstance(top, Mapping) else ()
        entries.append({"token": token, "top_logprobs": [{"token": name, "logprob": value} for name, value in listed]})
    return entries
