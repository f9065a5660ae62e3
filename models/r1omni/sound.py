"""Sound as the audio tower takes it: Whisper's log-mel spectrogram, padded or cut to the tower's length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.faults import ConfigError
from harness.records.types import SAMPLE_RATE
from models.r1omni.checkpoint.config import FETCH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Status = Literal["ok", "none", "failed"]


@dataclass(frozen=True)
class Heard:
    """The spectrogram, and what it holds of the clip.

    Attributes:
        status: `ok`; `none`: the clip has no sound; `failed`: what was decoded is not finite. Never silence instead.
        mel: (1, bands, steps) float32; None without sound.
        seconds: of sound in the spectrogram.
        truncated: seconds after those, which the tower has no room for.
    """

    status: Status
    mel: NDArray[np.float32] | None
    seconds: float = 0.0
    truncated: float = 0.0


class Ear:
    """Whisper's feature extractor. Raises ConfigError when its settings cannot be read, or are for another rate."""

    def __init__(self, folder: Path) -> None:
        from transformers import WhisperFeatureExtractor

        try:
            self._extract: Any = WhisperFeatureExtractor.from_pretrained(str(folder))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{folder}: preprocessor_config.json cannot be read: {error}", FETCH) from error
        if self._extract.sampling_rate != SAMPLE_RATE:
            raise ConfigError(f"{folder} wants {self._extract.sampling_rate} Hz, not {SAMPLE_RATE}", FETCH)

    def hear(self, wave: NDArray[np.float32] | None) -> Heard:
        """A clip's sound, mono float32 at 16 kHz, shape (samples,); None for none."""
        import numpy as np

        if wave is None or not len(wave):
            return Heard("none", None)
        if not np.isfinite(wave).all():
            return Heard("failed", None)
        most = int(self._extract.n_samples)
        mel = self._extract(wave[:most], sampling_rate=SAMPLE_RATE, return_tensors="np").input_features
        used = min(len(wave), most)
        return Heard("ok", np.asarray(mel, np.float32), used / SAMPLE_RATE, (len(wave) - used) / SAMPLE_RATE)
