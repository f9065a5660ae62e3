"""What passes between the omni server, its client and the reasoner."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from harness.records.labels import SENTIMENT5, LabelSpace

Messages = tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Endpoint:
    """Where an OpenAI-compatible server listens. `url` ends in `/v1`; `model` is the name it serves."""

    url: str
    model: str
    api_key: str = field(default="", repr=False)


class Server(Protocol):
    """A server of ours or someone else's, or several of one model. Every method may be called from several threads.

    One without replicas takes `several`, `lease` and `others` from `models.omni.server.alone.ServerAlone`.
    """

    @property
    def several(self) -> bool:
        """Whether requests are spread over replicas."""
        ...

    def endpoint(self) -> Endpoint:
        """Where to ask, once it answers; starts it at the first call. Raises StageUnavailable when it cannot."""
        ...

    def lease(self) -> AbstractContextManager[Endpoint]:
        """Where to send one request, which counts as in flight there meanwhile. Raises StageUnavailable."""
        ...

    def others(self, than: Endpoint) -> bool:
        """Whether another replica answers."""
        ...

    def revive(self, lost: Endpoint) -> Endpoint:
        """Called when a connection to `lost` broke: waits for it, or starts it again a bounded number of times.

        A caller whose `lost` has been replaced meanwhile gets the new endpoint at once.

        Raises:
            StageUnavailable: it cannot be brought back; says why, with the last lines of its log.
        """
        ...

    def facts(self) -> Mapping[str, object]:
        """For the manifest: version, command, flags, restarts, what the canary saw."""
        ...

    def stop(self) -> None:
        """End everything that was started."""
        ...


@dataclass(frozen=True)
class EncodedMedia:
    """A clip as it is sent: JPEG pictures in time order, and 16 kHz mono sound as a WAV file.

    `audio_seconds` is how much sound is sent, `audio_dropped` how much of it was left out at the end.
    """

    frames: tuple[bytes, ...] = ()
    frame_times: tuple[float, ...] = ()
    audio: bytes | None = None
    audio_seconds: float = 0.0
    audio_dropped: float = 0.0


class Embeds(Protocol):
    """A prompt that a server takes as input embeddings, because it could not make them itself."""

    def encoded(self, messages: Messages) -> str:
        """The embeddings of the whole prompt, as the server's API takes them."""
        ...


@dataclass(frozen=True)
class Question:
    """One chat request, before it is put into a server's dialect.

    Attributes:
        messages: system and user texts; the media go before the text of the last user message.
        media: what is sent with it.
        pattern: regular expression that the whole reply must match; empty for free text.
        max_tokens: limit of the reply.
        temperature: 0 for the most likely reply.
        seed: for sampling; sent only to servers known to take it.
        space: what a reply that is not held to the pattern is read in.
        embeds: makes the prompt's embeddings, which are then sent in place of messages and media.
    """

    messages: Messages
    media: EncodedMedia
    pattern: str = ""
    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int | None = None
    space: LabelSpace = SENTIMENT5
    embeds: Embeds | None = None
