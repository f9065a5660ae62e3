"""Whisper's log-mel spectrogram and the first layers of its encoder (Radford et al., 2022), cropped to the sound.

The published model reads windows of 30 s that are filled up with silence; here the window is as long as the sound.
Both differ, so what is trained on these states must read them made the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE
from models.voice.whisper.tensors import Tensors

Floats = NDArray[np.float32]
WINDOW, STEP = 400, 160
"""Samples of a spectrum and between two spectra."""
BANDS = 80
SECONDS = 0.02
"""Between two states: the second convolution halves the number of spectra."""
LAYER = 3
"""Whose states the voice heads read; docs/heads.md has the figures of others."""
LONGEST = 30.0
"""Seconds in one pass; more is read in several."""


@dataclass(frozen=True)
class _Layer:
    norms: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
    attend: tuple[Floats, Floats]
    join: tuple[Floats, Floats]
    widen: tuple[Floats, Floats]
    narrow: tuple[Floats, Floats]


class Encoder:
    """Mean hidden states of sound.

    Args:
        path: `model.bin` of a Whisper in CTranslate2's format.
        layers: how many layers are kept and run.

    Raises:
        ValueError: the file is not a CTranslate2 model.
        KeyError: it lacks a tensor.
    """

    def __init__(self, path: Path, layers: int = LAYER) -> None:
        tensors = Tensors(path)
        self._convolutions = [_convolution(tensors, f"encoder/conv{k}") for k in (1, 2)]
        self._place = tensors.get("encoder/position_encodings/encodings")
        self._heads = int(tensors.get("encoder/num_heads"))
        self._layers = [_layer(tensors, f"encoder/layer_{k}") for k in range(layers)]
        self.width = self._place.shape[1]
        self._bank = mel_bank()

    def means(self, audio: Floats, heard: Sequence[tuple[float, float]], layers: Sequence[int]) -> Floats | None:
        """Mean over the times in `heard` (start, end in s) of the states after `layers` (0: before the first).

        `audio` is 16 kHz mono, shape (samples,). Shape (len(layers), width); None when nothing is heard.
        """
        total, count = np.zeros((len(layers), self.width)), 0
        samples = int(LONGEST * SAMPLE_RATE)
        for start in range(0, len(audio), samples):
            part = audio[start : start + samples]
            if len(part) < WINDOW:
                continue
            states = self.states(part, max(layers))
            at = start / SAMPLE_RATE + (np.arange(len(states[0])) + 0.5) * SECONDS
            within = np.zeros(len(at), dtype=bool)
            for begin, end in heard:
                if begin <= at[-1] and end > at[0]:
                    within |= (at >= begin) & (at < end)
            total += np.stack([states[k][within].sum(axis=0) for k in layers])
            count += int(within.sum())
        return (total / count).astype(np.float32) if count else None

    def states(self, audio: Floats, layers: int) -> list[Floats]:
        """States before the first layer and after each of the first `layers`, each of shape (times, width)."""
        x = log_mel(audio, self._bank)
        for (weights, bias), stride in zip(self._convolutions, (1, 2), strict=True):
            x = _gelu(_convolved(x, weights, stride) + bias)
        states = [x + self._place[: len(x)]]
        for layer in self._layers[:layers]:
            states.append(self._through(layer, states[-1]))
        return states

    def _through(self, layer: _Layer, x: Floats) -> Floats:
        x = x + self._attended(_affine(_normed(x, layer.norms[0]), layer.attend)) @ layer.join[0] + layer.join[1]
        inner = _gelu(_affine(_normed(x, layer.norms[1]), layer.widen))
        return np.asarray(x + _affine(inner, layer.narrow))

    def _attended(self, asked: Floats) -> Floats:
        """Scaled dot-product attention over all times; `asked` is (times, 3 · width)."""
        size = self.width // self._heads
        query, key, value = asked.reshape(-1, 3, self._heads, size).transpose(1, 2, 0, 3)
        result = np.empty((len(asked), self.width), np.float32)
        for head in range(self._heads):
            score = query[head] @ key[head].T * np.float32(size**-0.5)
            score -= score.max(axis=1, keepdims=True)
            np.exp(score, out=score)
            score /= score.sum(axis=1, keepdims=True)
            result[:, head * size : (head + 1) * size] = score @ value[head]
        return result


def log_mel(audio: Floats, bank: NDArray[np.float64]) -> Floats:
    """log10 of the mel spectrum, no more than 8 below its peak, as (v + 4) / 4. Shape (spectra, BANDS)."""
    padded = np.pad(audio, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][: max(1, len(audio) // STEP)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    level = np.log10(np.maximum(power @ bank, 1e-10))
    return np.asarray((np.maximum(level, level.max() - 8) + 4) / 4, dtype=np.float32)


def mel_bank() -> NDArray[np.float64]:
    """Triangles on Slaney's mel scale with area 1, 0 to 8 kHz. Shape (bins, BANDS)."""
    bend, step = 15.0, np.log(6.4) / 27
    top = bend + np.log(SAMPLE_RATE / 2 / 1000) / step
    mel = np.linspace(0, top, BANDS + 2)
    hz = np.where(mel < bend, mel * 200 / 3, 1000 * np.exp(step * (mel - bend)))
    bins = np.arange(WINDOW // 2 + 1) * SAMPLE_RATE / WINDOW
    rise = (bins[:, None] - hz[:-2]) / (hz[1:-1] - hz[:-2])
    fall = (hz[2:] - bins[:, None]) / (hz[2:] - hz[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rise, fall)) * 2 / (hz[2:] - hz[:-2]))


def _convolution(tensors: Tensors, name: str) -> tuple[Floats, Floats]:
    """Weights (3 · inputs, outputs), bias."""
    weights = tensors.get(f"{name}/weight")
    return np.ascontiguousarray(weights.transpose(2, 1, 0).reshape(-1, len(weights))), tensors.get(f"{name}/bias")


def _convolved(x: Floats, weights: Floats, stride: int) -> Floats:
    """A convolution over three neighbours, with one row of zeros at each end."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    rows = np.concatenate([padded[k : k + len(x) : stride] for k in range(3)], axis=1)
    return np.asarray(rows @ weights)


def _layer(tensors: Tensors, name: str) -> _Layer:
    def pair(part: str) -> tuple[Floats, Floats]:
        weights = tensors.get(f"{name}/{part}/weight")
        return np.ascontiguousarray(weights.T), tensors.get(f"{name}/{part}/bias")

    def norm(part: str) -> tuple[Floats, Floats]:
        return tensors.get(f"{name}/{part}/layer_norm/gamma"), tensors.get(f"{name}/{part}/layer_norm/beta")

    return _Layer(
        (norm("self_attention"), norm("ffn")),
        pair("self_attention/linear_0"),
        pair("self_attention/linear_1"),
        pair("ffn/linear_0"),
        pair("ffn/linear_1"),
    )


def _affine(x: Floats, by: tuple[Floats, Floats]) -> Floats:
    return np.asarray(x @ by[0] + by[1])


def _normed(x: Floats, by: tuple[Floats, Floats]) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + np.float32(1e-5))
    return np.asarray(centred / spread * by[0] + by[1])


def _gelu(x: Floats) -> Floats:
    from scipy.special import erf

    return np.asarray(x * (0.5 * (1 + erf(x * np.float32(np.sqrt(0.5))))), np.float32)
