"""An R1-Omni that has been loaded: pictures, sound and a question → the input embeddings of its Qwen2.

The language model itself is called by `generate.py` here, or by vLLM, which is sent the embeddings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from models.r1omni.checkpoint.config import R1Config, audio_config, read_config, read_json, vision_config
from models.r1omni.checkpoint.network import build, device_of
from models.r1omni.checkpoint.parts import Parts
from models.r1omni.checkpoint.projector import pool_sound, weigh
from models.r1omni.checkpoint.weights import Report, fill
from models.r1omni.pictures import PictureSettings, read_settings
from models.r1omni.sound import Ear
from models.r1omni.words import PLACES, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Seen:
    """The picture's stages: `siglip` (pictures, patches, width), the three branches, the gate (1, 3), the tokens."""

    siglip: Tensor
    video: Tensor
    body: Tensor
    face: Tensor
    gate: Tensor
    tokens: Tensor


@dataclass(frozen=True)
class Sounded:
    """The sound's stages: `whisper` (1, rows, width) and the tokens (rows / 3, hidden)."""

    whisper: Tensor
    tokens: Tensor


class R1Omni:
    """The modules on one device.

    Args:
        config: of the checkpoint.
        modules: part → module, loaded.
        words: its tokenisers.
        pictures: how pictures are prepared.
        ear: how sound is.
        report: what was found while loading.
    """

    def __init__(
        self,
        config: R1Config,
        modules: Mapping[str, Any],
        words: Words,
        pictures: PictureSettings,
        ear: Ear,
        report: Report,
    ) -> None:
        self.config, self.words, self.pictures, self.ear, self.report = config, words, pictures, ear, report
        self.modules = modules
        embedding = modules["language"].get_input_embeddings().weight
        self.device, self.dtype = embedding.device, embedding.dtype

    def see(self, pixels: NDArray[np.float32], question: str) -> Seen:
        """Prepared pictures (pictures, 3, height, width) and the raw question, which sets the gate."""
        import torch

        with torch.inference_mode():
            shown = torch.from_numpy(pixels).to(self.device, self.dtype)
            states = self.modules["vision"](shown, output_hidden_states=True).hidden_states
            siglip = states[self.config.select_layer]
            video, body, face = self.modules["projector"](siglip)
            weights = self.gate(question)
            return Seen(siglip, video, body, face, weights, weigh((video, body, face), weights))

    def gate(self, question: str) -> Tensor:
        """Weights of video, body and face, (1, 3), which sum to 1."""
        return self.gate_scores(question).softmax(dim=-1)

    def gate_scores(self, question: str) -> Tensor:
        """What the weights are the softmax of, (1, 3)."""
        import torch

        with torch.inference_mode():
            ids = torch.tensor([self.words.gate_ids(question)], device=self.device)
            first = self.modules["bert"](input_ids=ids).last_hidden_state[:, 0]
            scores: Tensor = self.modules["gate"](first)
            return scores

    def hear(self, mel: NDArray[np.float32]) -> Sounded:
        """A spectrogram (1, bands, steps)."""
        import torch

        with torch.inference_mode():
            heard = torch.from_numpy(mel).to(self.device, self.dtype)
            whisper = self.modules["audio"](heard).last_hidden_state
            return Sounded(whisper, self.modules["audio projector"](pool_sound(whisper))[0])

    def embed(self, ids: Sequence[int], media: Mapping[str, Tensor]) -> Tensor:
        """Token ids with places, and each medium's tokens → (tokens, hidden).

        Raises:
            ValueError: a place without its medium.
        """
        import torch

        table = self.modules["language"].get_input_embeddings()
        names = {number: name for name, number in PLACES.items()}
        rows: list[Tensor] = []
        run: list[int] = []
        with torch.inference_mode():
            for number in [*ids, None]:
                if number is not None and number >= 0:
                    run.append(number)
                    continue
                if run:
                    rows.append(table(torch.tensor(run, device=self.device)))
                    run = []
                if number is not None:
                    if names[number] not in media:
                        raise ValueError(f"a place for {names[number]}, and nothing to put there")
                    rows.append(media[names[number]].to(self.dtype))
            return torch.cat(rows)


def load(parts: Parts, dtype: str = "float32", device: str = "cpu", *, strict: bool = False) -> R1Omni:
    """Load an R1-Omni.

    Args:
        parts: where its parts lie.
        dtype: `auto` (the checkpoint's on a GPU, else float32) or one of `DTYPES`.
        device: `auto`, `cpu`, `cuda` …
        strict: refuse a tower that differs from the copy which the checkpoint holds of it, and a projector without
            content; else both are only told in the report.

    Raises:
        ConfigError: parts that do not fit each other, tensors that are missing or left over, a swapped tower.
    """
    import torch

    config = read_config(parts.model)
    vision, audio = vision_config(parts.vision, config), audio_config(parts.audio, config)
    modules = build(config, vision, audio, read_json(parts.bert / "config.json"))
    report = fill(modules, parts)
    if strict and report.empty:
        raise ConfigError(
            f"R1-Omni's weights are empty or not finite: {', '.join(report.empty[:3])}", "fetch the checkpoint anew"
        )
    if strict and report.swapped:
        told = "; ".join(f"{tower}: {what}" for tower, what in report.swapped.items())
        raise ConfigError(
            f"R1-Omni's towers are not those that its projectors were trained on: {told}",
            "fetch google/siglip-base-patch16-224 and openai/whisper-large-v3: python -m models fetch r1-omni",
        )
    place = device_of(device)
    if dtype == "auto":
        dtype = config.dtype if place != "cpu" else "float32"
    if dtype not in DTYPES:
        raise ConfigError(f"dtype {dtype!r}", f"allowed: auto, {', '.join(DTYPES)}")
    for module in modules.values():
        module.to(place, getattr(torch, dtype)).requires_grad_(False)
    words = Words(parts, config.start_end)
    return R1Omni(config, modules, words, read_settings(parts.vision), Ear(parts.audio), report)
