"""R1-Omni as a reasoner: provider `r1-omni` (by transformers, here) and `r1-omni-vllm` (its Qwen2 on vLLM)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.records.verdicts import ReasonRequest
from models.base import LoadMedia, ProviderSpec
from models.fingerprint import digests, fingerprint
from models.folders import locate
from models.omni.client import OmniClient
from models.omni.protocol.types import EncodedMedia, Question, Server
from models.omni.reasoner import Client, OmniReasoner, client_settings, own_server, served_by, server_settings
from models.omni.settings import check, check_client, result_settings, small_files, weight_sizes
from models.r1omni.checkpoint.config import audio_config, read_config, vision_config
from models.r1omni.checkpoint.parts import Parts, find
from models.r1omni.convert import check_converted, language_folder
from models.r1omni.embedded import Prompted, R1Media, embedded
from models.r1omni.loaded import InProcess, Loaded
from models.r1omni.local import LocalClient
from models.r1omni.on_server import OnServer

VERSION = 1
ON_SERVER = "r1-omni-vllm"


class R1Reasoner(OmniReasoner):
    """The omni reasoner with embeddings in place of messages and media.

    Args:
        loaded: the model, or what of it stays in this process.
        server: where its language model is.
        settings: section `omni` of the profile.
        client: how that is asked.
        check: lets it show that it can be used, once.
    """

    def __init__(
        self, loaded: Loaded, server: Server, settings: Mapping[str, Any], client: Client, check: Callable[[], object]
    ) -> None:
        super().__init__(server, settings, client, check)
        self._loaded = loaded

    def facts(self) -> Mapping[str, Any]:
        """The server's facts, those of the model here, and how it was asked."""
        return {**super().facts(), "model": {"name": self._loaded.name, **self._loaded.facts()}}

    def _question(self, request: ReasonRequest, media: EncodedMedia) -> Question:
        question = super()._question(request, media)
        prompted = media.prompted if isinstance(media, R1Media) else None
        return replace(question, embeds=prompted or Prompted(self._loaded.model(), None, None))

    def _encoded(self, request: ReasonRequest, load_media: LoadMedia) -> tuple[EncodedMedia, dict[str, Any]]:
        hears, sees = "audio" in request.heard, "video" in request.heard
        told: dict[str, Any] = {"heard": list(request.heard)}
        if not (hears or sees):
            return R1Media(), told
        media, facts = embedded(self._loaded.model(), load_media(), hears=hears, sees=sees)
        told |= self._stretch
        # The same object goes into the record, and learns the gate when the prompt is made.
        facts.update(told)
        return media, facts


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The providers `r1-omni` and `r1-omni-vllm` of stage `reason`.

    Of the four parts every small file is hashed, and of the weights the names and sizes count.

    Raises:
        ConfigError: a setting that cannot be, or a part that is missing, incomplete or another model's.
    """
    check(settings)
    provider = str(settings["provider"])
    folder, parts = _parts(settings)
    config = read_config(parts.model)
    vision_config(parts.vision, config)
    audio_config(parts.audio, config)
    if int(settings["frames"]) != config.frames:
        raise ConfigError(
            f"omni.frames is {settings['frames']}, but this checkpoint takes {config.frames} pictures a clip",
            f"--set omni.frames={config.frames}",
        )
    files = {f"{part}/{name}": path for part, at in parts.folders().items() for name, path in small_files(at).items()}
    sizes = {part: weight_sizes(at) for part, at in parts.folders().items()}
    result = result_settings(settings) | {name: settings[name] for name in ("dtype", "device")} | {"weights": sizes}
    if provider == ON_SERVER:
        check_client()
        check_converted(language_folder(folder), parts)
        result |= served_by(settings)
    key = fingerprint(provider, VERSION, result, files)
    return ProviderSpec("reason", provider, key, partial(_build, dict(settings)), digests(files))


def _parts(settings: Mapping[str, Any]) -> tuple[Path, Parts]:
    """The model's folder, and its parts there."""
    folder = locate(str(settings["model"] or "r1-omni"), settings["models_dir"])
    return folder, find([folder])


def _build(settings: Mapping[str, Any]) -> R1Reasoner:
    """A reasoner whose model is loaded, and whose server is started, at the first clip."""
    folder, parts = _parts(settings)
    loaded = Loaded(parts, folder.name, str(settings["dtype"]), str(settings["device"]))
    wants_probe = bool(settings["canary"])
    if settings["provider"] != ON_SERVER:
        here = InProcess(loaded, wants_probe)
        structured = settings["structured"] not in ("off", False)
        local = LocalClient(loaded, int(settings["max_num_seqs"]), structured=structured)
        return R1Reasoner(loaded, here, settings, local, here.endpoint)
    how = server_settings(settings, language_folder(folder))
    flags = (*how.extra_flags, "--enable-prompt-embeds")
    server = own_server(settings, replace(how, name=folder.name, canary=False, text_only=True, extra_flags=flags))
    probed = OnServer(loaded, server, wants_probe)
    return R1Reasoner(loaded, probed, settings, OmniClient(probed, client_settings(settings)), probed.begin)
