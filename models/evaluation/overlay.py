"""The picture of a saliency map: the crop, beside it the same with its cells coloured, below both what is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALE = 8
CAPTION_PX = 26
STRONGEST = 0.6
"""Opacity of the cell with the largest effect."""
FOR, AGAINST = (30, 30, 220), (220, 110, 20)
"""BGR: red where hiding lowers the probability, blue where it raises it."""


def overlay(crop: NDArray[np.uint8], effects: NDArray[np.float64], words: str) -> bytes:
    """A PNG.

    Args:
        crop: (side, side) grey.
        effects: (cells, cells) falls of the probability; `cells` divides `side`. Cells are not smoothed: nothing was
            measured between them.
        words: the caption, ASCII.
    """
    import cv2

    grey = cv2.resize(crop, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    plain = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    step = len(grey) // len(effects)
    full = np.repeat(np.repeat(effects, step, axis=0), step, axis=1)[:, :, None]
    opacity = STRONGEST * np.abs(full) / max(float(np.abs(effects).max()), 1e-9)
    colour = np.where(full > 0, np.array(FOR, dtype=np.float64), np.array(AGAINST, dtype=np.float64))
    mixed = (plain * (1 - opacity) + colour * opacity).round().astype(np.uint8)
    strip = np.full((CAPTION_PX, 2 * len(grey), 3), 255, dtype=np.uint8)
    caption = f"{words}; red: hiding lowers it, blue: raises it"
    cv2.putText(strip, caption, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (20, 20, 20), 1, cv2.LINE_AA)
    done, encoded = cv2.imencode(".png", np.concatenate([np.concatenate([plain, mixed], axis=1), strip]))
    if not done:
        raise ValueError("the overlay could not be encoded as PNG")
    return bytes(encoded.tobytes())
