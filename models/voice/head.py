"""What a voice says, from normalised measurements, and how far it is from all that was heard in training.

A head reads rows of named features: prosody functionals and, where Whisper has been fetched, means of its middle layer.
Each row is normalised, over the clips of the run or by the training data, and goes through linear discriminants. A row
that lies farther out than held-out voices did says less: its opinion is drawn towards even shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Opinion, Reason, SpeechFeatures
from harness.records.voices import World
from models.heads.files import CONFIG, check_said, check_shapes, read_head, write_head
from models.heads.linear import softmax
from models.voice.whisper.encoder import LAYER

Floats = NDArray[np.float64]
Mode = Literal["run", "training"]
MODES: tuple[Mode, ...] = ("run", "training")
FOLDERS = ("layers", "prosody")
"""Heads within the folder of the voice head: over prosody and Whisper's layer, and over prosody alone."""
POLARITY, AROUSAL, EMOTIONS = "polarity3", "arousal2", "ravdess8"
CLIP = 4.0
"""Standard deviations beyond which a feature counts no further."""
FULL_TRUST = 0.1
"""The share of held-out voices that lie as far out, from which an opinion stands as it is."""
REASONS = 5
DIGITS = 5
AT_ONCE = 256
"""Rows of a run that are joined at once."""


@dataclass(frozen=True)
class Task:
    """One question: labels, weights (features, labels), bias (labels,), and temperature by mode."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    temperature: Mapping[Mode, float]


@dataclass(frozen=True)
class Judged:
    """What the head says of one row: probabilities by task, and the share of held-out voices that lie as far out."""

    probabilities: Mapping[str, tuple[float, ...]]
    likeness: float


@dataclass(frozen=True)
class VoiceHead:
    """Linear discriminants over normalised features.

    Attributes:
        names: of the features; those of Whisper's layer are called `layer_…`.
        mean, scale: of the training data, shape (features,).
        tasks: by name of their label space.
        distances: mode → ascending distances of voices of corpora that a head had not heard, from that head's data.
    """

    names: tuple[str, ...]
    mean: Floats
    scale: Floats
    tasks: Mapping[str, Task]
    distances: Mapping[Mode, Floats]

    SCHEMA = "voice-head/1"

    @property
    def layered(self) -> bool:
        """Whether it reads Whisper's layer."""
        return any(name.startswith("layer_") for name in self.names)

    def row(self, heard: SpeechFeatures) -> Floats | None:
        """The features of a clip, NaN where one could not be measured; None where the head cannot be asked."""
        if not heard.functionals or (self.layered and not heard.layer):
            return None
        values = {**heard.functionals, **layer_names(heard.layer)}
        return np.array([values.get(name, np.nan) for name in self.names])

    def judge(self, row: Floats, world: World | None) -> Judged:
        """Probabilities of every task, drawn towards even shares where the row is unlike what was heard in training."""
        mode: Mode = "training" if world is None else "run"
        z = self.normalised(row, world)
        likeness = self.likeness(z, mode)
        found = {}
        for name, task in self.tasks.items():
            p = softmax((z @ task.weights + task.bias) / task.temperature[mode])
            p = trust(likeness) * p + (1 - trust(likeness)) / len(task.labels)
            found[name] = tuple(round(float(value), DIGITS) for value in p)
        return Judged(found, likeness)

    def normalised(self, row: Floats, world: World | None) -> Floats:
        """Features in standard deviations from their mean, over the run's clips or the training data."""
        if world is None:
            mean, scale = self.mean, self.scale
        else:
            mean, scale = (
                np.array([part.get(name, np.nan) for name in self.names]) for part in (world.mean, world.scale)
            )
        return np.clip(np.nan_to_num((row - mean) / scale), -CLIP, CLIP)

    def likeness(self, z: Floats, mode: Mode) -> float:
        """The share of held-out voices at least as far out as `z`: a conformal p-value (Vovk et al., 2005)."""
        held = self.distances[mode]
        farther = len(held) - int(np.searchsorted(held, distance(z)))
        return round((farther + 1) / (len(held) + 1), 4)

    def opinion(self, heard: SpeechFeatures, confidence: float, world: World | None) -> tuple[Opinion, float] | None:
        """The polarity of a voice with its strength, and the likeness; None where the head cannot be asked."""
        row = self.row(heard)
        if row is None:
            return None
        judged = self.judge(row, world)
        task, p = self.tasks[POLARITY], judged.probabilities[POLARITY]
        arousal = judged.probabilities.get(AROUSAL)
        strength = None if arousal is None else arousal[self.tasks[AROUSAL].labels.index("high")]
        sure = round(confidence * trust(judged.likeness), 3)
        reasons = self._reasons(row, world, int(np.argmax(p)))
        return Opinion(POLARITY, task.labels, p, sure, reasons, strength), judged.likeness

    def emotions(self, heard: SpeechFeatures, confidence: float, world: World | None) -> Opinion | None:
        """The eight emotions of a voice; None where the head cannot be asked, or was not trained on them."""
        row = self.row(heard)
        if row is None or EMOTIONS not in self.tasks:
            return None
        judged = self.judge(row, world)
        p, sure = judged.probabilities[EMOTIONS], round(confidence * trust(judged.likeness), 3)
        reasons = self._reasons(row, world, int(np.argmax(p)), EMOTIONS)
        return Opinion(EMOTIONS, self.tasks[EMOTIONS].labels, p, sure, reasons)

    def _reasons(self, row: Floats, world: World | None, column: int, name: str = POLARITY) -> tuple[Reason, ...]:
        """The functionals' largest shares in the log-odds of a label against the mean of all labels."""
        task, z = self.tasks[name], self.normalised(row, world)
        mode: Mode = "training" if world is None else "run"
        share = z * (task.weights[:, column] - task.weights.mean(axis=1)) / task.temperature[mode]
        spoken = [i for i, name in enumerate(self.names) if not name.startswith("layer_") and share[i]]
        order = sorted(spoken, key=lambda i: -abs(share[i]))[:REASONS]
        return tuple(Reason(self.names[i], float(row[i]), float(share[i]), float(z[i])) for i in order)

    def save(self, folder: Path) -> None:
        """Write head.json and head.safetensors."""
        tasks = {
            n: {"labels": t.labels, "temperature": {mode: t.temperature[mode] for mode in MODES}}
            for n, t in self.tasks.items()
        }
        tensors = {"mean": self.mean, "scale": self.scale}
        for name, task in self.tasks.items():
            tensors |= {f"{name}.weights": task.weights, f"{name}.bias": task.bias}
        tensors |= {f"distances.{mode}": self.distances[mode] for mode in MODES}
        config = {"schema": self.SCHEMA, "names": self.names, "tasks": tasks}
        write_head(folder, config, {name: values.astype(np.float32) for name, values in tensors.items()})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. OSError, KeyError or ValueError when it cannot be used."""
        config, tensors = read_head(folder, cls.SCHEMA)
        width = len(config["names"])
        shapes: dict[str, tuple[int, ...]] = {"mean": (width,), "scale": (width,)}
        for name, about in config["tasks"].items():
            check_said(about, f"{folder}/{CONFIG}: {name}")
            shapes |= {f"{name}.weights": (width, len(about["labels"])), f"{name}.bias": (len(about["labels"]),)}
        shapes |= {f"distances.{mode}": tuple(tensors[f"distances.{mode}"].shape) for mode in MODES}
        check_shapes(tensors, shapes)
        wide = {name: values.astype(np.float64) for name, values in tensors.items()}
        tasks = {
            name: Task(tuple(about["labels"]), wide[f"{name}.weights"], wide[f"{name}.bias"], _temperatures(about))
            for name, about in config["tasks"].items()
        }
        if POLARITY not in tasks or (AROUSAL in tasks and "high" not in tasks[AROUSAL].labels):
            raise ValueError(f"{folder}/{CONFIG} has no {POLARITY}, or an {AROUSAL} without the label high")
        held: dict[Mode, Floats] = {mode: wide[f"distances.{mode}"] for mode in MODES}
        return cls(tuple(map(str, config["names"])), wide["mean"], wide["scale"], tasks, held)


def _temperatures(about: Mapping[str, Any]) -> dict[Mode, float]:
    return {mode: float(about["temperature"][mode]) for mode in MODES}


def trust(likeness: float) -> float:
    """How far an opinion stands, 0..1: fully from `FULL_TRUST` on."""
    return min(1.0, likeness / FULL_TRUST)


def distance(z: Floats) -> float:
    """How far out a normalised row lies: the mean square of its features."""
    return float(np.mean(z**2))


def world_of(names: Sequence[str], rows: Iterable[Floats]) -> World:
    """Mean and standard deviation of every feature over a run's clips, to six digits; nothing known of no clips.

    Rows are taken some at a time, whose means and squares are joined (Chan, Golub and LeVeque 1979): a run may hold
    more voices than fit into memory.
    """
    clips, known, mean, squares = 0, np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names))
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        x = np.array(some)
        there = np.isfinite(x)
        count = there.sum(axis=0)
        own = np.divide(np.where(there, x, 0.0).sum(axis=0), count, out=np.zeros(len(names)), where=count > 0)
        apart, total = own - mean, np.maximum(known + count, 1.0)
        squares += (np.where(there, x - own, 0.0) ** 2).sum(axis=0) + apart**2 * known * count / total
        mean, known, clips = mean + apart * count / total, known + count, clips + len(some)
    if not clips:
        return World(0, {}, {})
    scale = np.maximum(np.where(known > 0, np.sqrt(squares / np.maximum(known, 1.0)), 1.0), 1e-9)
    means, scales = (
        {name: float(f"{value:.6g}") for name, value in zip(names, values.tolist(), strict=True)}
        for values in (mean, scale)
    )
    return World(clips, means, scales)


def layer_names(layer: Sequence[float]) -> dict[str, float]:
    """The features of Whisper's layer under their names."""
    return {f"layer_{LAYER}_{i}": value for i, value in enumerate(layer)}
