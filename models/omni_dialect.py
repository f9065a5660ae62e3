"""What OpenAI-compatible servers call the things that OpenAI's own API has no word for: one table.

Nothing here is believed: every reply is held against the pattern that was asked for, and a server that takes a field
and ignores it is found out by its replies (`models/omni_client.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.omni_types import EncodedMedia, Messages, Question


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
            (`CPU Generator does not use offset`), so vLLM gets one only where a caller sets `seeded`.
        frames: `images`: one image part per frame. `video`: one video part made of the JPEG frames, with their times;
            the model then sees them as moments of one film, at half the tokens.
    """

    name: str
    regex: str = ""
    continuation: Mapping[str, bool] = field(default_factory=dict)
    top_logprobs: int = 0
    seed: bool = False
    frames: Literal["images", "video"] = "images"


_CONTINUE = {"continue_final_message": True, "add_generation_prompt": False}

DIALECTS: Mapping[str, Dialect] = {
    "vllm": Dialect("vllm", "structured_outputs.regex", _CONTINUE, top_logprobs=20),
    "sglang": Dialect("sglang", "regex", {"continue_final_message": True}, top_logprobs=20, seed=True),
    "openai": Dialect("openai", seed=True),
}
"""Sources: vLLM 0.32 as run (`structured_outputs`; the older `guided_regex` gets a 200 and is ignored); SGLang's
documentation of its OpenAI API; and the OpenAI API itself, which anything else is taken to speak."""


def recognise(models: Mapping[str, Any]) -> Dialect:
    """The dialect of a server, by whom its reply to `/v1/models` names as the owner of what it serves."""
    listed = models.get("data")
    first = listed[0] if isinstance(listed, list) and listed else {}
    owner = str(first.get("owned_by", "")) if isinstance(first, Mapping) else ""
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
        _put(request, dialect.regex, question.pattern)
    if question.messages[-1]["role"] == "assistant":
        request.update(dialect.continuation)
    if question.seed is not None and dialect.seed and question.temperature > 0:
        request["seed"] = question.seed
    if dialect.frames == "video" and question.media.frames:
        request["media_io_kwargs"] = {"video": _film(question.media)}
    return request


def _put(request: dict[str, Any], path: str, value: object) -> None:
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
    """Frames in time order, then the sound."""
    encoded = [base64.b64encode(frame).decode("ascii") for frame in media.frames]
    parts: list[dict[str, Any]]
    if dialect.frames == "video" and encoded:
        parts = [{"type": "video_url", "video_url": {"url": "data:video/jpeg;base64," + ",".join(encoded)}}]
    else:
        parts = [{"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{jpeg}"}} for jpeg in encoded]
    if media.audio is not None:
        wav = base64.b64encode(media.audio).decode("ascii")
        parts.append({"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}})
    return parts


def _film(media: EncodedMedia) -> dict[str, Any]:
    """How far apart the frames of a film are: frames per second, from the times of the first and the last."""
    span = media.frame_times[-1] - media.frame_times[0]
    rate = (len(media.frames) - 1) / span if span > 0 else 1.0
    return {"num_frames": len(media.frames), "fps": round(rate, 4)}
