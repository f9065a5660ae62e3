"""What OpenAI-compatible servers call the things that OpenAI's own API has no word for: one table.

Nothing here is believed: every reply is held against the pattern that was asked for, and a server that takes a field
and ignores it is found out by its replies (`models/omni/client.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.omni.protocol.types import EncodedMedia, Messages, Question


@dataclass(frozen=True)
class Dialect:
    """What one kind of server understands.

    Attributes:
        name: as profiles and records call it.
        regex: the field of the request that constrains a reply to a regular expression, dots for nesting; empty where
            there is none.
        continuation: fields that make the server go on with the last assistant message instead of opening a new one;
            empty where it cannot.
        top_logprobs: how many alternatives per token it lists at most; 0 where it lists none.
        seed: whether a seed may be sent. vLLM's CPU engine dies of one when a prompt is read in several steps
            (`CPU Generator does not use offset`), so a vLLM gets one only when it is known to run on a GPU.
        sound: the kind of part that holds sound: `input_audio` as OpenAI has it, or `audio_url` with a data URL.
    """

    name: str
    regex: str = ""
    continuation: Mapping[str, bool] = field(default_factory=dict)
    top_logprobs: int = 0
    seed: bool = False
    sound: Literal["input_audio", "audio_url"] = "input_audio"


_CONTINUE = {"continue_final_message": True, "add_generation_prompt": False}

DIALECTS: Mapping[str, Dialect] = {
    "vllm": Dialect("vllm", "structured_outputs.regex", _CONTINUE, top_logprobs=20),
    "sglang": Dialect("sglang", "regex", {"continue_final_message": True}, 20, seed=True, sound="audio_url"),
    "openai": Dialect("openai", seed=True),
}
"""Sources: vLLM 0.32 as run (`structured_outputs`; the older `guided_regex` gets a 200 and is ignored); SGLang's
`entrypoints/openai/protocol.py`, read but not run; and the OpenAI API, which anything else is taken to speak."""


def recognise(models: Mapping[str, Any], model: str = "") -> Dialect:
    """The dialect of a server, by whom its reply to `/v1/models` names as the owner of `model`, or of the first."""
    listed = models.get("data")
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    fitting = [entry for entry in entries if model and entry.get("id") == model] or entries
    owner = str(fitting[0].get("owned_by", "")) if fitting else ""
    return DIALECTS.get(owner.lower(), DIALECTS["openai"])


def body(dialect: Dialect, question: Question, model: str, *, structured: bool) -> dict[str, Any]:
    """The request as JSON values. A last message of the assistant's is one to go on with."""
    request: dict[str, Any] = {
        "model": model,
        "messages": _with_media(dialect, question.messages, question.media),
        "max_tokens": question.max_tokens,
        "temperature": question.temperature,
    }
    if structured and question.pattern and dialect.regex:
        put(request, dialect.regex, question.pattern)
    if question.messages[-1]["role"] == "assistant":
        request.update(dialect.continuation)
    if question.seed is not None and dialect.seed and question.temperature > 0:
        request["seed"] = question.seed
    return request


def sound_part(dialect: Dialect, wav: bytes) -> dict[str, Any]:
    """A WAV file as a part of a message."""
    data = base64.b64encode(wav).decode("ascii")
    if dialect.sound == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{data}"}}
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def put(request: dict[str, Any], path: str, value: object) -> None:
    """Set a field of the request, dots for nesting."""
    *above, name = path.split(".")
    for part in above:
        request = request.setdefault(part, {})
    request[name] = value


def _with_media(dialect: Dialect, messages: Messages, media: EncodedMedia) -> list[dict[str, Any]]:
    """The messages with the media before the text of the last one of the user's."""
    written: list[dict[str, Any]] = [dict(message) for message in messages]
    parts = _parts(dialect, media)
    if parts:
        last = max(index for index, message in enumerate(messages) if message["role"] == "user")
        written[last]["content"] = [*parts, {"type": "text", "text": messages[last]["content"]}]
    return written


def _parts(dialect: Dialect, media: EncodedMedia) -> list[dict[str, Any]]:
    """Frames in time order, then the sound.

    Each frame is a picture of its own. vLLM would also take them as one film at about half the tokens, but a
    Qwen2.5-Omni then places them a fixed time apart, wherever they were in the clip.
    """
    encoded = [base64.b64encode(frame).decode("ascii") for frame in media.frames]
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{jpeg}"}} for jpeg in encoded
    ]
    if media.audio is not None:
        parts.append(sound_part(dialect, media.audio))
    return parts
