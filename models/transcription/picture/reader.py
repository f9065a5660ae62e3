"""Frames → the subtitles that stand in them: two pictures a second are searched, and every line is read once.

A line that was found is followed frame by frame, by its own likeness, to where it appears and ends; what does not stay
is a ticker. It is read in the mean of all its frames, where the background blurs and the text does not; where that
reading is unsure, once more in their minimum (bright text on moving ground) and in its middle frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records.types import Frame
from models.transcription.picture.nets import TextNets
from models.transcription.picture.sight import Box, Reading, Sight, may_be_subtitle, subtitles, sure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
SEARCH_EVERY = 0.5
"""Seconds between the pictures that are searched for text; a subtitle stands for a second or more."""
WIDEST_STEP = 1.0
"""Seconds between frames above which lines would be missed, so that nothing is read at all."""
LOWER_PART = 0.58
"""Subtitles stand below this share of the picture's height."""
ALIKE = 0.6
"""Correlation of a line's picture in two frames from which it is the same line (another text gives about 0 to .3)."""
UNCHANGED = 1.5
"""Mean difference of grey values below which a picture need not be searched again."""
SURE = 0.93
"""Certainty of a reading from which one is enough."""
MOST_FRAMES = 12
"""Frames of a line that are averaged."""


@dataclass(frozen=True)
class _Track:
    """A line while it is followed: frames from `first` to `last`, its box in the frame `seen`."""

    first: int
    last: int
    seen: int
    box: Box


class PictureReader:
    """Reads the subtitles of a clip.

    Args:
        folder: holds the two nets.
    """

    def __init__(self, folder: Path) -> None:
        self._nets = TextNets(folder)

    def read(self, frames: Sequence[Frame]) -> list[Sight]:
        """The clip's subtitles in time order, each with its readings; none where there are none.

        Frames are upright RGB in time order, all of one size.
        """
        if len(frames) < 2 or frames[-1].time - frames[0].time > WIDEST_STEP * (len(frames) - 1):
            return []
        height, width = frames[0].rgb.shape[:2]
        seconds = frames[-1].time - frames[0].time
        found = []
        for track in self._tracks(frames):
            cut = track.first == 0 or track.last == len(frames) - 1
            sight = Sight(frames[track.first].time, frames[track.last].time, track.box, (), cut)
            if may_be_subtitle(sight, width, height, seconds):
                found.append(replace(sight, readings=self._readings(frames, track)))
        return subtitles(found)

    def _tracks(self, frames: Sequence[Frame]) -> list[_Track]:
        """Every line of text that stands in the lower part, once."""
        step = max(1, round(SEARCH_EVERY * (len(frames) - 1) / max(1e-6, frames[-1].time - frames[0].time)))
        top = int(LOWER_PART * frames[0].rgb.shape[0])
        tracks: list[_Track] = []
        last: Any = None
        boxes: list[Box] = []
        for here in range(min(step // 2, len(frames) - 1), len(frames), step):
            band = frames[here].rgb[top:]
            if last is None or _difference(last, band) > UNCHANGED:
                boxes = self._nets.find(band)
            last = band
            for box in (_lowered(box, top) for box in boxes):
                known = [i for i, track in enumerate(tracks) if _is_of(track, here, box)]
                if known:  # what moves behind a line may hide its end from the search once, and not the next time
                    tracks[known[0]] = replace(tracks[known[0]], box=tracks[known[0]].box.with_(box))
                else:
                    tracks.append(_followed(frames, here, box))
        return tracks

    def _readings(self, frames: Sequence[Frame], track: _Track) -> tuple[Reading, ...]:
        """What a line says: by the mean of its frames, and where that is unsure by two more pictures of it."""
        import numpy as np

        chosen = np.unique(np.linspace(track.first, track.last, MOST_FRAMES).round().astype(int))
        pictures = np.stack([_crop(frames[i], track.box) for i in chosen])
        readings = [self._nets.read(pictures.mean(0).astype(np.uint8))]
        if sure(readings[0]) < SURE:
            readings.append(self._nets.read(pictures.min(0)))
            readings.append(self._nets.read(_crop(frames[track.seen], track.box)))
        return tuple(sorted((r for r in readings if r), key=sure, reverse=True))


def _is_of(track: _Track, here: int, box: Box) -> bool:
    """Whether a box that was found in frame `here` is that of a line which is known already."""
    return track.first <= here <= track.last and track.box.beside(box) and track.box.over(box)


def _followed(frames: Sequence[Frame], here: int, box: Box) -> _Track:
    """A line found in frame `here`, followed in both directions for as long as it looks the same."""
    pattern = _pattern(frames[here], box)
    first = last = here
    while first > 0 and _alike(pattern, _pattern(frames[first - 1], box)) >= ALIKE:
        first -= 1
    while last + 1 < len(frames) and _alike(pattern, _pattern(frames[last + 1], box)) >= ALIKE:
        last += 1
    return _Track(first, last, here, box)


def _crop(frame: Frame, box: Box) -> NDArray[np.uint8]:
    return frame.rgb[box.top : box.bottom, box.left : box.right]


def _pattern(frame: Frame, box: Box) -> NDArray[np.float32]:
    """A line's grey values around their mean."""
    import numpy as np

    grey: NDArray[np.float32] = _crop(frame, box).mean(-1, dtype=np.float32)
    grey -= grey.mean()
    return grey


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two patterns of one shape, −1 to 1."""
    import numpy as np

    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size else 0.0


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean difference of two pictures, on every fourth pixel."""
    import numpy as np

    return float(np.abs(one[::4, ::4].astype(np.int16) - other[::4, ::4]).mean())


def _lowered(box: Box, by: int) -> Box:
    return Box(box.left, box.top + by, box.right, box.bottom + by)
