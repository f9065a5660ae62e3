"""The expression head's verdict over several frames of one face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.types import Reason
from models.face.appearance import Appearance
from models.heads.linear import LinearHead, softmax


@dataclass(frozen=True)
class ExpressionReader:
    """Crops and shapes → probabilities: `appearance` gives scores, `head` calibrates them."""

    appearance: Appearance
    head: LinearHead

    @property
    def usual_detail(self) -> float:
        """Median `detail` of the training crops."""
        return self.appearance.usual_detail

    def read(
        self, crops: NDArray[np.uint8], shapes: NDArray[np.float32], weights: NDArray[np.float64]
    ) -> tuple[tuple[float, ...], tuple[Reason, ...]]:
        """Softmax of the weighted mean of the frames' log-probabilities, and the reasons.

        There are none: what the patches see has no name, and movements are told as evidence of their own.

        Args:
            crops: (n, 48, 48).
            shapes: (n, 165).
            weights: (n,) > 0.
        """
        logs = np.log(np.maximum(self.head.predict_proba(self.appearance.scores(crops, shapes)), 1e-9))
        mean = np.average(logs, axis=0, weights=weights)
        return tuple(round(float(p), 6) for p in softmax(mean)), ()

    @classmethod
    def load(cls, folder: Path) -> ExpressionReader:
        """Read what training wrote. OSError, ValueError or KeyError when it is not there or does not fit."""
        appearance, head = Appearance.load(folder), LinearHead.load(folder)
        if appearance.weights.shape[1] != len(head.feature_names):
            raise ValueError(f"{folder}: {appearance.weights.shape[1]} scores for {len(head.feature_names)} features")
        return cls(appearance, head)
