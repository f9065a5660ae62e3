"""The omni model as a reasoner: it reads the evidence, sees the frames and hears the sound.

Providers `vllm` (a server that is started here) and `server` (one that runs already, at `url`), of stage `reason`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.verdicts import Reasoning, ReasonRequest, Reply
from models.base import Look
from models.omni_answer import LABELS, pattern
from models.omni_client import ClientSettings, OmniClient
from models.omni_media import MediaSettings, encode, size
from models.omni_reply import Asked, Trail
from models.omni_types import EncodedMedia, Question, Server

VERSION = 1

FETCH = "python -m models fetch omni, or --set omni.model=DIR"
_RESULT = (
    "prompt", "model", "url", "dialect", "dtype", "max_model_len", "extra_flags", "frames", "frame_side",
    "max_audio_seconds", "jpeg_quality", "temperature", "samples", "max_tokens", "structured", "label_probabilities",
    "seed",
)  # fmt: skip
"""Settings that change what is answered."""


class OmniReasoner:
    """Asks an omni server about each clip.

    Args:
        server: started at the first clip, stopped by `close`.
        settings: section `omni` of the profile.
        client: how the server is asked; made from the settings by default.
    """

    def __init__(self, server: Server, settings: Mapping[str, Any], client: OmniClient | None = None) -> None:
        self._server = server
        self._client = client or OmniClient(server, client_settings(settings))
        self._media = MediaSettings(
            int(settings["frames"]),
            int(settings["frame_side"]),
            float(settings["max_audio_seconds"]),
            int(settings["jpeg_quality"]),
        )
        self._prompt = str(settings["prompt"])
        self._samples, self._temperature = int(settings["samples"]), float(settings["temperature"])
        self._max_tokens, self._seed = int(settings["max_tokens"]), settings["seed"]
        self._label_probabilities = bool(settings["label_probabilities"])

    def reason(self, request: ReasonRequest, look: Look) -> Reasoning:
        """The replies on one clip, raw. One that cannot be parsed is returned all the same, with what is wrong.

        Raises:
            ClipError: the server refuses the request, answers nothing, or nothing but empty replies.
            StageUnavailable: no server to ask.
        """
        trail = Trail(request.clip_id)
        with self._client.place():
            media, sent = self._look(request, look)
            question = Question(
                request.messages,
                media,
                pattern(LABELS, request.language, self._max_tokens, answer_only=request.answer_only),
                self._max_tokens,
                self._temperature,
                self._seed,
            )
            replies = [self._client.ask(self._numbered(question, number), trail) for number in range(self._samples)]
            first = replies[0]
            facts: dict[str, Any] = {"sent": sent}
            probabilities = None
            if self._label_probabilities:
                scores = self._client.label_probabilities(question, first.text, LABELS, trail)
                probabilities = scores.probabilities
                facts["label_probabilities"] = {
                    "captured": round(scores.captured, 6),
                    "requests": scores.requests,
                    **({"reason": scores.reason} if scores.reason else {}),
                }
        return Reasoning(
            text=first.text,
            language=request.language,
            prompt_name=self._prompt,
            prompt_sha256=request.prompt_sha256,
            messages=request.messages,
            is_language_model=True,
            finish_reason=first.finish_reason,
            others=tuple(Reply(other.text, other.finish_reason) for other in replies[1:]),
            label_probabilities=probabilities,
            facts=facts | trail.facts() | _structured(replies),
        )

    def facts(self) -> Mapping[str, Any]:
        """The server's own facts, and how it was asked."""
        return {"server": dict(self._server.facts()), "client": self._client.facts()}

    def close(self) -> None:
        """End what is under way, then the server."""
        self._client.close()
        self._server.stop()

    def _numbered(self, question: Question, number: int) -> Question:
        """Samples differ by their seed, where one is given."""
        return question if self._seed is None else replace(question, seed=int(self._seed) + number)

    def _look(self, request: ReasonRequest, look: Look) -> tuple[EncodedMedia, dict[str, Any]]:
        """What is sent of the clip, and what the record says of it."""
        if not {"audio", "video"} & set(request.heard):
            return EncodedMedia(), {"heard": list(request.heard)}
        seen = look()
        hears, sees = "audio" in request.heard, "video" in request.heard
        from dataclasses import replace

        media = encode(
            replace(seen, audio=seen.audio if hears else None, frames=seen.frames if sees else ()), self._media
        )
        sent: dict[str, Any] = {"heard": list(request.heard), "bytes": size(media)}
        if sees:
            sent["frame_times"] = list(media.frame_times)
        if hears:
            sent["audio_seconds"] = round(media.audio_seconds, 3)
            if media.audio is None:
                sent["no_audio"] = "no track" if seen.audio is None or not len(seen.audio) else "silence"
            if media.audio_dropped:
                sent["audio_dropped_seconds"] = round(media.audio_dropped, 3)
        return media, sent


def _structured(replies: Sequence[Asked]) -> dict[str, Any]:
    """How the replies were constrained, and what is wrong with those that hold no answer."""
    facts: dict[str, Any] = {"structured": replies[0].structured}
    problems = {str(number): reply.problem for number, reply in enumerate(replies) if reply.problem}
    return facts | ({"problems": problems} if problems else {})


def client_settings(settings: Mapping[str, Any]) -> ClientSettings:
    """The client's part of the section `omni`."""
    return ClientSettings(
        dialect=str(settings["dialect"]),
        structured=settings["structured"] not in ("off", False),
        timeout=float(settings["timeout"]),
        attempts=int(settings["attempts"]),
        concurrency=int(settings["concurrency"]),
    )
