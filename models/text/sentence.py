"""The sentence as a whole: a linear head over multilingual-e5-small's hidden states, pooled with the bag of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from harness.records.numbers import SHARE
from harness.records.types import Language
from models.heads.files import TEMPERATURE, check_shapes, read_head, write_head
from models.heads.linear import softmax

Floats = NDArray[np.float64]
FOLDER = "sentence"
"""Within the folder of the bag of words, its partner."""
LAYERS = (6, 9, 12)
"""The hidden states that are read: the mean over the text after each of these layers."""
FLOOR = 1e-6


def plain(text: str) -> str:
    """The text as the encoder is given it: one space between words, and no text in capitals alone."""
    text = " ".join(text.split())
    return text.lower() if text == text.upper() else text


@dataclass(frozen=True)
class Pool:
    """How a language's two readers are joined: P(y) ∝ (p_sentence(y)^(1−share) · p_bag(y)^share)^(1/temperature)."""

    share: float
    temperature: float

    def __post_init__(self) -> None:
        if not SHARE.holds(self.share) or not TEMPERATURE.holds(self.temperature):
            raise ValueError(f"share is not {SHARE.allowed}, or temperature not {TEMPERATURE.allowed}")


@dataclass(frozen=True)
class SentenceHead:
    """Hidden states → logits: ((x − mean) / scale) · weights + bias, both the language's.

    Attributes:
        labels: most negative first.
        layers: whose means stand side by side in x.
        encoder: SHA-256 of the encoder's file.
        mean, scale: shape (features,).
        weights: language → (features, labels).
        bias: language → (labels,).
        pool: language → how the bag of words joins.
    """

    labels: tuple[str, ...]
    layers: tuple[int, ...]
    encoder: str
    mean: Floats
    scale: Floats
    weights: Mapping[Language, Floats]
    bias: Mapping[Language, Floats]
    pool: Mapping[Language, Pool]

    SCHEMA = "text-sentence/1"

    def logits(self, states: Floats, language: Language) -> Floats:
        """Of texts with mean states (texts, layers, width); shape (texts, labels)."""
        x = states.reshape(len(states), -1).astype(np.float64)
        return np.asarray((x - self.mean) / self.scale @ self.weights[language] + self.bias[language])

    def pooled(self, states: Floats, bag: Floats, language: Language) -> Floats:
        """Probabilities (texts, labels) together with what the bag of words says (texts, labels)."""
        return pooled(self.logits(states, language), bag, self.pool[language])

    def save(self, folder: Path) -> None:
        """Write head.json and head.safetensors."""
        config = {
            "schema": self.SCHEMA,
            "labels": self.labels,
            "layers": self.layers,
            "encoder": self.encoder,
            "pool": {code: {"share": pool.share, "temperature": pool.temperature} for code, pool in self.pool.items()},
        }
        tensors = {"mean": self.mean, "scale": self.scale}
        tensors |= {f"weights.{code}": weights for code, weights in self.weights.items()}
        tensors |= {f"bias.{code}": bias for code, bias in self.bias.items()}
        write_head(folder, config, {name: values.astype(np.float32) for name, values in tensors.items()})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. OSError, KeyError or ValueError when it cannot be used."""
        config, tensors = read_head(folder, cls.SCHEMA)
        labels, pool = tuple(config["labels"]), {code: Pool(**part) for code, part in config["pool"].items()}
        features = len(tensors["mean"])
        shapes: dict[str, tuple[int, ...]] = {"mean": (features,), "scale": (features,)}
        shapes |= {f"weights.{code}": (features, len(labels)) for code in pool}
        check_shapes(tensors, shapes | {f"bias.{code}": (len(labels),) for code in pool})
        wide = {name: values.astype(np.float64) for name, values in tensors.items()}
        weights, bias = ({code: wide[f"{part}.{code}"] for code in pool} for part in ("weights", "bias"))
        layers = tuple(config["layers"])
        return cls(labels, layers, config["encoder"], wide["mean"], wide["scale"], weights, bias, pool)


def pooled(logits: Floats, bag: Floats, pool: Pool) -> Floats:
    """The pool's formula over many texts."""
    whole = np.log(np.maximum(softmax(logits), FLOOR))
    joined = (1 - pool.share) * whole + pool.share * np.log(np.maximum(bag, FLOOR))
    return softmax(joined / pool.temperature)
