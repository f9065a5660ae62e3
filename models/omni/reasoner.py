"""The omni model as a reasoner: it reads the evidence, sees the frames and hears the sound.

Providers `vllm` (a server that is started here) and `server` (one that runs already, at `url`), of stage `reason`.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from harness.faults import ConfigError, StageUnavailable
from harness.records.verdicts import Reasoning, ReasonRequest, Reply
from models.base import LoadMedia, ProviderSpec
from models.fingerprint import digests, fingerprint
from models.folders import locate
from models.omni.answer import pattern
from models.omni.client import ClientSettings, OmniClient
from models.omni.labels import Scores
from models.omni.media import MediaSettings, encode, size
from models.omni.protocol.types import EncodedMedia, Question, Server
from models.omni.reply import Asked, Attempts
from models.omni.server.command import ServerSettings, find_python
from models.omni.server.files import FETCH, check_folder
from models.omni.server.remote import RemoteServer
from models.omni.server.replicas import Replicas
from models.omni.server.vllm import VllmServer
from models.omni.settings import (
    SERVED,
    api_key,
    check,
    check_client,
    check_urls,
    result_settings,
    small_files,
    stretch_told,
    weight_sizes,
)

VERSION = 2
LOGGER = "harness.run"
"""The run's own logger, which prints and keeps."""


class Client(Protocol):
    """Who asks a model, and asks again: `OmniClient` a server, `models/r1omni/local.py` one in this process."""

    def place(self) -> AbstractContextManager[None]: ...

    def ask(self, question: Question, attempts: Attempts) -> Asked: ...

    def label_probabilities(
        self, question: Question, reply_text: str, labels: Sequence[str], attempts: Attempts
    ) -> Scores: ...

    def facts(self) -> dict[str, Any]: ...

    def close(self) -> None: ...


class OmniReasoner:
    """Asks an omni server about each clip.

    Args:
        server: started at the first clip, stopped by `close`.
        settings: section `omni` of the profile.
        client: how the server is asked; made from the settings by default.
        check: lets the server show that it can be used, once; by default it need only be there.
    """

    def __init__(
        self,
        server: Server,
        settings: Mapping[str, Any],
        client: Client | None = None,
        check: Callable[[], object] | None = None,
    ) -> None:
        self._server, self._check = server, check or server.endpoint
        self._beginning, self._begun = threading.Lock(), False
        self._refusal: ConfigError | None = None
        self._client: Client = client or OmniClient(server, client_settings(settings))
        self._media = MediaSettings(
            int(settings["frames"]),
            int(settings["frame_side"]),
            float(settings["max_audio_seconds"]),
            int(settings["jpeg_quality"]),
        )
        self._stretch = stretch_told(settings)
        self._prompt = str(settings["prompt"])
        self._samples, self._temperature = int(settings["samples"]), float(settings["temperature"])
        self._max_tokens, self._seed = int(settings["max_tokens"]), settings["seed"]
        self._label_probabilities = bool(settings["label_probabilities"])

    def begin(self) -> None:
        """Start the server, unless that was done. ConfigError when there is none to be had: no clip can be judged.

        It is not done where the reasoner is made, so that `close` can end a start that is under way.
        """
        with self._beginning:
            if self._refusal is not None:
                raise self._refusal
            if not self._begun:
                try:
                    self._check()
                except StageUnavailable as fault:
                    self._refusal = ConfigError(fault.message, fault.remedy)
                    raise self._refusal from fault
                self._begun = True

    def reason(self, request: ReasonRequest, load_media: LoadMedia) -> Reasoning:
        """The replies on one clip, raw. One that cannot be parsed is returned all the same, with what is wrong.

        Raises:
            ConfigError: as `begin`.
            ClipError: the server refuses the request, answers nothing, or nothing but empty replies.
            StageUnavailable: no server to ask.
        """
        self.begin()
        attempts = Attempts(request.clip_id)
        with self._client.place():
            media, sent = self._encoded(request, load_media)
            question = self._question(request, media)
            replies = [self._client.ask(self._numbered(question, number), attempts) for number in range(self._samples)]
            first = replies[0]
            facts: dict[str, Any] = {"sent": sent}
            probabilities = None
            if self._label_probabilities and request.answers:
                scores = self._client.label_probabilities(question, first.text, request.answers, attempts)
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
            facts=facts | attempts.facts() | _structured(replies),
        )

    def after(self, request: ReasonRequest, load_media: LoadMedia, think: str) -> tuple[float, ...] | None:
        """P(label) if the reasoning were `think`; None where the server cannot be asked for it.

        Raises:
            ConfigError: as `begin`.
            StageUnavailable: no server to ask.
        """
        self.begin()
        begun = "<answer>" if request.answer_only else f"<think>{think}</think><answer>"
        with self._client.place():
            question = self._question(request, self._encoded(request, load_media)[0])
            attempts = Attempts(request.clip_id)
            return self._client.label_probabilities(
                question, begun, request.answers or request.space.labels, attempts
            ).probabilities

    def facts(self) -> Mapping[str, Any]:
        """The server's own facts, and how it was asked."""
        return {"server": dict(self._server.facts()), "client": self._client.facts()}

    def close(self) -> None:
        """End what is under way, then the server."""
        self._client.close()
        self._server.stop()

    def _question(self, request: ReasonRequest, media: EncodedMedia) -> Question:
        form = pattern(request.answers, request.language, self._max_tokens, answer_only=request.answer_only)
        form = form if request.answers else ""
        how = (self._max_tokens, self._temperature, self._seed)
        return Question(request.messages, media, form, *how, space=request.space)

    def _numbered(self, question: Question, number: int) -> Question:
        """Samples differ by their seed, where one is given."""
        return question if self._seed is None else replace(question, seed=int(self._seed) + number)

    def _encoded(self, request: ReasonRequest, load_media: LoadMedia) -> tuple[EncodedMedia, dict[str, Any]]:
        """What is sent of the clip, and what the record says of it."""
        if not {"audio", "video"} & set(request.heard):
            return EncodedMedia(), {"heard": list(request.heard)}
        seen = load_media()
        hears, sees = "audio" in request.heard, "video" in request.heard
        media = encode(
            replace(seen, audio=seen.audio if hears else None, frames=seen.frames if sees else ()), self._media
        )
        sent: dict[str, Any] = {"heard": list(request.heard), **self._stretch, "bytes": size(media)}
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
        pause=float(settings["pause"]),
        concurrency=int(settings["concurrency"]),
    )


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The providers `vllm` and `server` of stage `reason`.

    No server is asked here, so that records can be read again while none runs. What a running server calls its model
    stands in every record; its fingerprint knows only the name and the URL that the profile gives. Of a model's
    folder every small file is hashed, and of its weights the names and sizes count.

    Raises:
        ConfigError: a setting that cannot be, a model that is not there, no URL, or a key that is not set.
    """
    check(settings)
    check_client()
    provider = str(settings["provider"])
    result = result_settings(settings)
    if provider == "server":
        url = check_urls(settings["url"])[0]  # the first stands for all, so that one more asks nothing anew
        api_key(settings["api_key_env"])
        key = fingerprint(provider, VERSION, {**result, "url": url, "model": settings["model"]}, {})
        return ProviderSpec(
            "reason", provider, key, partial(_build, dict(settings)), verify=partial(_verify, dict(settings))
        )
    folder = server_settings(settings, _folder(settings)).model
    files = small_files(folder)
    served = served_by(settings) | {"weights": weight_sizes(folder)}
    key = fingerprint(provider, VERSION, result | served, files)
    return ProviderSpec("reason", provider, key, partial(_build, dict(settings)), digests(files))


def served_by(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a server that is started here a result depends on."""
    runner = {} if settings["runner"] == "auto" else {"runner": settings["runner"]}
    return {name: settings[name] for name in SERVED} | runner


def _folder(settings: Mapping[str, Any]) -> Path:
    """The model's folder. Raises ConfigError when it is not there, or not whole."""
    if not settings["model"]:
        raise ConfigError("omni.model names no folder", FETCH)
    folder = locate(str(settings["model"]), settings["models_dir"])
    check_folder(folder)
    return folder


def _remote(settings: Mapping[str, Any]) -> RemoteServer | Replicas:
    """The server that runs already, or several as one."""
    urls, patience = check_urls(settings["url"]), float(settings["start_seconds"])
    model, key = str(settings["model"] or ""), api_key(settings["api_key_env"])
    if len(urls) == 1:
        return RemoteServer(urls[0], model, key, patience)
    return Replicas([RemoteServer(url, model, key, patience=0.0) for url in urls], patience)


def _verify(settings: Mapping[str, Any]) -> None:
    """ConfigError when the server at the URL does not answer or does not serve the model."""
    server = _remote(settings)
    try:
        server.endpoint()
    except StageUnavailable as fault:
        raise ConfigError(fault.message, fault.remedy) from fault
    finally:
        server.stop()


def server_settings(settings: Mapping[str, Any], folder: Path) -> ServerSettings:
    """How the profile wants a server started, on the model in `folder`. Raises ConfigError."""
    return ServerSettings(
        python=find_python(settings["python"]),
        model=folder,
        name=Path(str(settings["model"])).name,
        pictures=max(1, int(settings["frames"])),
        tensor_parallel=int(settings["tensor_parallel"]),
        gpu_memory=float(settings["gpu_memory"]),
        max_model_len=int(settings["max_model_len"]),
        max_num_seqs=int(settings["max_num_seqs"]),
        dtype=str(settings["dtype"]),
        extra_flags=tuple(map(str, settings["extra_flags"])),
        start_seconds=float(settings["start_seconds"]),
        restarts=int(settings["restarts"]),
        canary=bool(settings["canary"]),
        runner=str(settings["runner"]),
    )


def _build(settings: Mapping[str, Any]) -> OmniReasoner:
    """A reasoner whose server is asked, or started, at the first clip."""
    if settings["provider"] == "server":
        remote = _remote(settings)
        return OmniReasoner(remote, settings, check=remote.check if settings["canary"] else None)
    return OmniReasoner(own_server(settings, server_settings(settings, _folder(settings))), settings)


def own_server(settings: Mapping[str, Any], how: ServerSettings) -> VllmServer:
    """A server that the run starts and ends, with its log among the run's files."""
    log = Path(settings.get("log") or Path(tempfile.mkdtemp(prefix="omni-server-")) / "omni_server.log")
    return VllmServer(how, log, logging.getLogger(LOGGER).warning)
