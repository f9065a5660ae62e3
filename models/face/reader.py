"""The expression net's verdict over several frames of one face."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.face.expression import SIDE, detail, inputs, stretched, zoomed
from models.fingerprint import file_sha256
from models.heads.linear import softmax

Array = NDArray[np.float64]

SCHEMA = "face-net/1"
NET, HEAD = "net.onnx", "head.json"


@dataclass(frozen=True)
class HeadFacts:
    """What must be known beside the net; the content of head.json.

    Attributes:
        space, labels: label space and the order of the net's outputs.
        side: pixels of the crop's sides.
        temperature: logits are divided by it (Guo et al., 2017).
        usual_detail: median `detail` of the training crops.
        reliability: rising (detail / usual detail, factor) knots: how much of the accuracy above chance is left.
        net_sha256, data_sha256: of net.onnx and of the data it was made from.
        zooms: sizes at which the net is shown a crop; the logits are the mean over them and the mirror images.
    """

    space: str
    labels: tuple[str, ...]
    side: int
    temperature: float
    usual_detail: float
    reliability: tuple[tuple[float, float], ...]
    net_sha256: str
    data_sha256: str
    zooms: tuple[float, ...] = (1.0,)

    def save(self, folder: Path) -> None:
        """Write head.json."""
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1) + "\n"
        (folder / HEAD).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> HeadFacts:
        """Read head.json. OSError, ValueError, KeyError or TypeError when it is not there or not one of these."""
        found: dict[str, Any] = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        schema = found.pop("schema", None)
        if schema != SCHEMA or found.get("side") != SIDE:
            raise ValueError(f"{folder}/{HEAD} is {schema!r} for {found.get('side')} px, expected {SCHEMA!r}, {SIDE}")
        labels = tuple(str(label) for label in found.pop("labels"))
        knots = tuple((float(x), float(y)) for x, y in found.pop("reliability"))
        if len(knots) < 2 or any(b[0] <= a[0] for a, b in zip(knots, knots[1:], strict=False)):
            raise ValueError(f"{folder}/{HEAD}: reliability needs two rising knots")
        zooms = tuple(float(size) for size in found.pop("zooms", (1.0,)))
        return cls(labels=labels, reliability=knots, zooms=zooms, **found)

    def sharpness_trust(self, crops: NDArray[np.uint8]) -> Array:
        """How far crops (n, 48, 48), before stretching, are sharp enough to be read, 0..1, shape (n,)."""
        places, factors = zip(*self.reliability, strict=True)
        return np.asarray(np.interp(detail(crops) / self.usual_detail, places, factors))


class ExpressionReader:
    """The net of one folder on OpenCV.

    Raises:
        OSError, ValueError, KeyError, TypeError: files are missing or do not belong together.
    """

    def __init__(self, folder: Path) -> None:
        import cv2

        self.facts = HeadFacts.load(folder)
        if file_sha256(folder / NET) != self.facts.net_sha256:
            raise ValueError(f"{folder}/{NET} is not the one that {HEAD} was written for")
        self._net = cv2.dnn.readNetFromONNX(str(folder / NET))

    def logits(self, crops: NDArray[np.uint8]) -> Array:
        """Logits (n, labels) of crops (n, 48, 48), mean over sizes and mirror images, before temperature."""
        shown = [zoomed(stretched(crops), size) for size in self.facts.zooms]
        views = np.concatenate([inputs(view) for size in shown for view in (size, size[:, :, ::-1])])
        self._net.setInput(np.ascontiguousarray(views))
        found = self._net.forward().astype(np.float64)
        return np.asarray(found.reshape(-1, len(crops), len(self.facts.labels)).mean(axis=0))

    def probabilities(self, crops: NDArray[np.uint8]) -> Array:
        """Calibrated probabilities (n, labels) of crops (n, 48, 48)."""
        return softmax(self.logits(crops) / self.facts.temperature)

    def read(self, crops: NDArray[np.uint8], weights: Array) -> tuple[float, ...]:
        """Softmax of the weighted mean of the frames' log-probabilities.

        Args:
            crops: (n, 48, 48), n ≥ 1.
            weights: (n,) > 0.
        """
        logs = np.log(np.maximum(self.probabilities(crops), 1e-9))
        return tuple(round(float(p), 6) for p in softmax(np.average(logs, axis=0, weights=weights)))
