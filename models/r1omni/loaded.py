"""The model of a run: loaded once, checked before any clip is judged by it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.faults import StageUnavailable
from models.omni.protocol.types import Endpoint
from models.omni.server.alone import ServerAlone
from models.r1omni.checkpoint.parts import Parts
from models.r1omni.model import R1Omni, load
from models.r1omni.probe import probe

if TYPE_CHECKING:
    from torch import Tensor


class Loaded:
    """Loads at the first call, for all threads.

    Args:
        parts: where they lie.
        name: by which records call it.
        dtype: see `load`.
        device: see `load`.
    """

    def __init__(self, parts: Parts, name: str, dtype: str, device: str) -> None:
        self.name = name
        self._how = (parts, dtype, device)
        self._lock = threading.Lock()
        self._model: R1Omni | None = None

    def model(self) -> R1Omni:
        """The model. ConfigError when a part is missing, swapped, empty, or does not fit."""
        with self._lock:
            if self._model is None:
                parts, dtype, device = self._how
                self._model = load(parts, dtype, device, strict=True)
            return self._model

    def facts(self) -> dict[str, Any]:
        """For the manifest: device, type, tensors compared with the checkpoint's copies, tensors that nothing reads.

        Empty before it is loaded.
        """
        if self._model is None:
            return {}
        report = self._model.report
        told = {"device": str(self._model.device), "dtype": str(self._model.dtype).removeprefix("torch.")}
        unread = {part: names for part, names in report.unread.items() if names}
        return {**told, "tower_tensors_compared": dict(report.compared), "tensors_unread": unread}


class InProcess(ServerAlone):
    """The model in this process, where the omni reasoner expects a server.

    Args:
        loaded: the model.
        check: whether it must show that question, picture and sound reach it.
    """

    def __init__(self, loaded: Loaded, check: bool) -> None:
        self._loaded, self._check = loaded, check
        self._facts: dict[str, object] = {"kind": "transformers"}

    def endpoint(self) -> Endpoint:
        """Loaded and probed. Raises ConfigError or StageUnavailable."""
        if self._check and "probe" not in self._facts:
            self._facts["probe"] = probe(self._loaded.model(), self._first)
        self._loaded.model()
        return Endpoint("in this process", self._loaded.name)

    def revive(self, lost: Endpoint) -> Endpoint:
        """There is nothing to start again."""
        raise StageUnavailable("R1-Omni runs in this process and cannot be started again")

    def facts(self) -> Mapping[str, object]:
        """For the manifest."""
        import transformers

        return {**self._facts, **self._loaded.facts(), "version": transformers.__version__}

    def stop(self) -> None:
        """Nothing was started."""

    def _first(self, prompt: Tensor) -> Mapping[str, float]:
        return first_tokens(self._loaded.model(), prompt)


def first_tokens(model: R1Omni, prompt: Tensor) -> dict[str, float]:
    """Token → log-probability of the likeliest first tokens."""
    from models.omni.server.canary import ALTERNATIVES
    from models.r1omni.generate import logits

    scores = logits(model, prompt)[-1].float().log_softmax(-1)
    likeliest = scores.topk(min(ALTERNATIVES, len(scores)))
    return {str(number): float(value) for value, number in zip(*map(_listed, likeliest), strict=True)}


def _listed(values: Any) -> list[float]:
    found: list[float] = values.tolist()
    return found
