"""Pictures as the vision tower takes them: squashed to a square, bicubic, −1 … 1.

Source: SigLIP's published `preprocessor_config.json`, as the PIL based processor of transformers 4.49 applies it. The
torchvision based one of transformers 5 differs from it by a grey level, so that the arithmetic stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.faults import ConfigError
from models.r1omni.checkpoint.config import FETCH, read_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PictureSettings:
    """Size in pixels, PIL's number of the resampling filter, factor of the grey levels, mean and deviation."""

    height: int
    width: int
    resample: int
    factor: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def read_settings(folder: Path) -> PictureSettings:
    """The settings in a vision tower's folder. Raises ConfigError."""
    path = folder / "preprocessor_config.json"
    told = read_json(path)
    try:
        size = told["size"]
        return PictureSettings(
            int(size["height"]),
            int(size["width"]),
            int(told["resample"]),
            float(told.get("rescale_factor", 1 / 255)),
            tuple(map(float, told["image_mean"])),
            tuple(map(float, told["image_std"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {type(error).__name__} {error}", FETCH) from error


def pixels(
    pictures: Sequence[NDArray[np.uint8]], settings: PictureSettings, *, padded: bool = False
) -> NDArray[np.float32]:
    """RGB pictures (height, width, 3) uint8 → (pictures, 3, height, width) float32.

    Args:
        pictures: at least one.
        settings: of the tower.
        padded: pad to a square with the mean colour first, as training did; inference squashes.
    """
    import numpy as np
    from PIL import Image

    out = []
    for rgb in pictures:
        picture = Image.fromarray(np.ascontiguousarray(rgb))
        if padded:
            picture = _squared(picture, tuple(int(value * 255) for value in settings.mean))
        small = picture.resize((settings.width, settings.height), Image.Resampling(settings.resample))
        scaled = (np.asarray(small).astype(np.float64) * settings.factor).astype(np.float32)
        out.append((scaled - np.array(settings.mean, np.float32)) / np.array(settings.deviation, np.float32))
    return np.ascontiguousarray(np.stack(out).transpose(0, 3, 1, 2), dtype=np.float32)


def _squared(picture: Image.Image, colour: tuple[int, ...]) -> Image.Image:
    from PIL import Image

    side = max(picture.size)
    square = Image.new("RGB", (side, side), colour[:3])
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


if TYPE_CHECKING:
    from PIL import Image
