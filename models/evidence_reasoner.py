"""The embedded reasoner: the measured argument for the label, told. It is not a language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.records.verdicts import Reasoning, ReasonRequest
from models.base import LoadMedia, ProviderSpec
from models.fingerprint import fingerprint

VERSION = 3
PROMPT = "evidence"


class EvidenceReasoner:
    """Puts the argument of the heads, as it is told in the request, into the form of a reply."""

    def begin(self) -> None:
        """It needs nothing."""

    def reason(self, request: ReasonRequest, load_media: LoadMedia) -> Reasoning:
        """The reply for one clip, deterministic."""
        return Reasoning(
            text=f"<think>{request.told[request.language]}</think><answer>{request.suggested}</answer>",
            language=request.language,
            prompt_name=PROMPT,
            prompt_sha256=request.prompt_sha256,
            messages=request.messages,
            is_language_model=False,
            finish_reason="stop",
            told={language: text for language, text in request.told.items() if language != request.language},
        )

    def after(self, request: ReasonRequest, load_media: LoadMedia, think: str) -> tuple[float, ...] | None:
        """None: its label follows from the heads, not from the text."""
        return None

    def facts(self) -> Mapping[str, Any]:
        """Nothing to say beyond the provider's name."""
        return {}

    def close(self) -> None:
        """Nothing was started."""


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The provider `evidence` of stage `reason`."""
    return ProviderSpec("reason", "evidence", fingerprint("evidence", VERSION, {}, {}), EvidenceReasoner)
