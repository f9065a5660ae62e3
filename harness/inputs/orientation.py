"""How a stored picture is made upright: the container's display matrix as a transposition and two flips.

The matrix (ISO 14496-12 section 8.3.2; FFmpeg's `libavutil/display.h`) sends the stored point (x, y) to
(a·x + c·y, b·x + d·y). Where it is a quarter turn, a mirroring or both, exactly one of each pair (a, d), (b, c) is not
zero, and the signs of the other say along which side the picture is flipped.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SLACK = 0.02
"""Share of a matrix's scale below which an entry counts as zero (about one degree)."""


@dataclass(frozen=True)
class Orientation:
    """What makes a stored picture upright, in this order: transpose, then flip left to right, then top to bottom.

    `odd_angle` is the clockwise angle, in whole degrees, of a matrix that is no multiple of 90; it is not applied.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False
    odd_angle: int = 0

    @property
    def mirrored(self) -> bool:
        """Whether left and right change places, apart from turning."""
        return (self.transpose + self.flip_x + self.flip_y) % 2 == 1

    @property
    def degrees(self) -> int:
        """Degrees clockwise that are left once the picture has been mirrored left to right where `mirrored`."""
        if self.transpose:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    @property
    def upright(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.transpose or self.flip_x or self.flip_y)

    def apply(self, rgb: NDArray[Any]) -> NDArray[Any]:
        """A picture (height, width, channels) made upright; a view where that will do."""
        turned = rgb.swapaxes(0, 1) if self.transpose else rgb
        return turned[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]

    def described(self) -> str:
        """What was done, in words; empty where nothing was."""
        done = ["mirrored left to right"] if self.mirrored else []
        done += [f"turned upright by {self.degrees} degrees clockwise"] if self.degrees else []
        return " and ".join(done)


def orientation_of(frame: Any) -> Orientation:
    """The orientation of a frame decoded by PyAV, from its display matrix."""
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            return from_matrix(struct.unpack("=9i", bytes(data)[:36]))
    return Orientation()


def from_matrix(values: tuple[int, ...]) -> Orientation:
    """The orientation of a display matrix: nine numbers, row by row, of which a, b, c, d are those at 0, 1, 3, 4."""
    a, b, c, d = (float(values[i]) for i in (0, 1, 3, 4))
    scale = max(abs(a), abs(b), abs(c), abs(d))
    if not scale:
        return Orientation()
    a, b, c, d = (0.0 if abs(value) < _SLACK * scale else value for value in (a, b, c, d))
    if a and d and not b and not c:
        return Orientation(False, a < 0, d < 0)
    if b and c and not a and not d:
        return Orientation(True, c < 0, b < 0)
    return Orientation(odd_angle=round(math.degrees(math.atan2(b, a))) % 360)
