"""A clip as R1-Omni is given it: pictures and spectrogram, from which any prompt's embeddings are made."""

from __future__ import annotations

import base64
import io
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.inputs.channels import UNDECODABLE
from harness.inputs.sampling import middles
from harness.records.types import Media
from models.omni.protocol.types import EncodedMedia, Messages
from models.r1omni.pictures import pixels
from models.r1omni.words import question_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from models.r1omni.model import R1Omni

_ONE_AT_A_TIME = threading.Lock()
"""The towers use every core: two clips at once would only wait for each other."""


class Prompted:
    """Makes the embeddings of prompts about one clip.

    Args:
        model: the loaded model.
        shown: prepared pictures (pictures, 3, height, width); None to show none.
        mel: spectrogram (1, bands, steps); None for no sound.
        facts: of what was sent; the gate of the last question is added to it.
    """

    def __init__(
        self,
        model: R1Omni,
        shown: NDArray[np.float32] | None,
        mel: NDArray[np.float32] | None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self._model, self._shown, self._mel = model, shown, mel
        self._facts = facts if facts is not None else {}
        self._made: dict[str, Tensor] = {}
        self._question = ""

    def tensor(self, messages: Messages) -> Tensor:
        """The whole prompt, (tokens, hidden)."""
        question = question_of(messages)
        with _ONE_AT_A_TIME:
            if self._mel is not None and "audio" not in self._made:
                self._made["audio"] = self._model.hear(self._mel).tokens
            if self._shown is not None and ("video" not in self._made or question != self._question):
                seen = self._model.see(self._shown, question)
                self._made["video"], self._question = seen.tokens, question
                weights = [round(float(weight), 6) for weight in seen.gate[0]]
                self._facts["gate"] = dict(zip(("video", "body", "face"), weights, strict=True))
            media = [name for name in ("video", "audio") if name in self._made]
            return self._model.embed(self._model.words.ids(messages, media), self._made)

    def encoded(self, messages: Messages) -> str:
        """The same as vLLM takes it."""
        return self.packed(self.tensor(messages))

    @staticmethod
    def packed(prompt: Tensor) -> str:
        """(tokens, hidden) → base64 of `torch.save`."""
        import torch

        stream = io.BytesIO()
        torch.save(prompt.clone().cpu(), stream)
        return base64.b64encode(stream.getvalue()).decode("ascii")


@dataclass(frozen=True)
class R1Media(EncodedMedia):
    """What is sent of a clip; never in a request as it is, but through `prompted`."""

    prompted: Prompted | None = field(default=None, repr=False, compare=False)


def embedded(model: R1Omni, media: Media, *, hears: bool, sees: bool) -> tuple[R1Media, dict[str, Any]]:
    """A decoded clip, and what the record says of it.

    Args:
        model: the loaded model.
        media: its frames are those in the middle of equal stretches, or all of a shorter clip.
        hears: whether the sound is given.
        sees: whether the pictures are.
    """
    facts: dict[str, Any] = {"dtype": str(model.dtype).removeprefix("torch.")}
    shown = mel = None
    if sees and media.frames:
        chosen = [media.frames[k] for k in middles(len(media.frames), model.config.frames)]
        shown = pixels([frame.rgb for frame in chosen], model.pictures)
        facts["frame_times"] = [round(frame.time, 3) for frame in chosen]
    if sees:
        facts["video"] = "ok" if media.frames else "none"
    if hears:
        heard = model.ear.hear(media.audio)
        mel = heard.mel
        lost = media.audio is None and any(fact.endswith(UNDECODABLE) for fact in media.info.facts)
        facts |= {"audio": "failed" if lost else heard.status, "audio_seconds": round(heard.seconds, 3)}
        if heard.truncated:
            facts["truncated_s"] = round(heard.truncated, 3)
    return R1Media(prompted=Prompted(model, shown, mel, facts)), facts
