"""Transcripts from a Whisper folder that must be there; what someone wrote down is still preferred."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.base import ProviderSpec
from models.transcription import embedded

DEFAULT = "whisper/large-v3-turbo"


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The embedded transcriber with a Whisper that must be there, by default large-v3-turbo from the models' folder.

    Raises:
        ConfigError: the folder is not there or not whole.
    """
    return embedded.spec({**settings, "whisper_model": settings.get("whisper_model") or DEFAULT})
