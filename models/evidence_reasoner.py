"""The embedded reasoner: a deterministic text made of the measured evidence. It is not a language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.records.types import MODALITIES
from harness.records.verdicts import Reasoning, ReasonRequest
from models.base import LoadMedia, ProviderSpec
from models.fingerprint import fingerprint

VERSION = 2
PROMPT = "evidence"


class EvidenceReasoner:
    """Writes one paragraph per modality, what is missing, the pooled probabilities, and the label they give."""

    def begin(self) -> None:
        """It needs nothing."""

    def reason(self, request: ReasonRequest, load_media: LoadMedia) -> Reasoning:
        """The text for one clip. The request's `sections` are already in the clip's language."""
        paragraphs = [request.sections[m] for m in MODALITIES if m in request.sections]
        text = "\n".join([*paragraphs, *request.closing])
        return Reasoning(
            text=f"<think>{text}</think><answer>{request.suggested}</answer>",
            language=request.language,
            prompt_name=PROMPT,
            prompt_sha256=request.prompt_sha256,
            messages=request.messages,
            is_language_model=False,
            finish_reason="stop",
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
