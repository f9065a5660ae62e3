"""Do question, picture and sound reach the model? Asked before any clip is judged by it.

Like the omni server's canary (`models/omni/server/canary.py`): equal prompts must give equal numbers, and each of
three changes must move them clearly more than that: another question the gate's scores, another picture and another
sound the log-probabilities of the first token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harness.faults import StageUnavailable
from harness.records.types import SAMPLE_RATE
from models.omni.server.canary import ABOVE_CHANCE, LEAST, change
from models.r1omni.embedded import Prompted
from models.r1omni.pictures import pixels
from models.r1omni.words import asked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from models.r1omni.model import R1Omni

Distribution = Callable[["Tensor"], Mapping[str, float]]
"""A prompt's embeddings → token and log-probability of the likeliest first tokens."""
QUESTION, OTHER = "Which emotion is shown?", "How many people are there, and what is each of them saying?"
LEAST_GATE = 1e-5
SIDE, SECONDS = 112, 1.0


def probe(model: R1Omni, first: Distribution) -> dict[str, float]:
    """How far the numbers move: `nothing` between equal prompts, `gate`, `picture`, `sound`.

    Raises:
        StageUnavailable: one of the three does not move them.
    """

    def asked_about(striped: bool, hertz: float) -> Mapping[str, float]:
        shown = pixels([_picture(striped)] * model.config.frames, model.pictures)
        prompted = Prompted(model, shown, model.ear.hear(_tone(hertz)).mel)
        return first(prompted.tensor(asked(QUESTION)))

    whole = asked_about(True, 220.0)
    gates = model.gate_scores(QUESTION), model.gate_scores(OTHER)
    changes = {
        "nothing": change(whole, asked_about(True, 220.0)),
        "gate": round(float((gates[0] - gates[1]).abs().max()), 6),
        "picture": change(whole, asked_about(False, 220.0)),
        "sound": change(whole, asked_about(True, 0.0)),
    }
    least = max(LEAST, ABOVE_CHANCE * changes["nothing"])
    still = [name for name in ("picture", "sound") if changes[name] < least]
    still += ["the question (the gate)"] if changes["gate"] < LEAST_GATE else []
    if still:
        raise StageUnavailable(
            f"R1-Omni answers the same whatever becomes of {' and '.join(still)} (moves by {changes})",
            "a part is not loaded or belongs to another model: python -m models check --profile r1-omni --load",
        )
    return changes


def _picture(striped: bool) -> NDArray[np.uint8]:
    """Stripes of two colours, or grey: (side, side, 3)."""
    import numpy as np

    if not striped:
        return np.full((SIDE, SIDE, 3), 128, np.uint8)
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    odd = ((across + down) // 14 % 2).astype(bool)[..., None]
    return np.where(odd, np.array([220, 30, 30], np.uint8), np.array([20, 40, 200], np.uint8))


def _tone(hertz: float) -> NDArray[np.float32]:
    """A second of a tone, or of silence at 0 Hz."""
    import numpy as np

    steps = np.arange(int(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.4 * np.sin(2 * math.pi * hertz * steps)).astype(np.float32)
