"""The pictures and the sound that a reasoner is sent, decoded when they are about to be sent.

Decoding runs in processes of its own, so that a crash or a hang of native code costs one clip, not the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.context import NO_MEDIA, with_sound
from harness.faults import ClipError
from harness.lazy import Lazy
from harness.media.decode import MediaSettings, decode
from harness.processes import Died, Processes, ProcessLimits
from harness.records.types import Clip, Media

EVERY_FRAME = 1000.0
"""Frames per second above any clip's own: `max_frames` alone decides how many are sent."""
DECODING = ("harness.media.decode", "numpy", "av", "cv2")
"""Modules that decoding imports: see `Processes`."""


def _decode_clip(clip: Clip, settings: MediaSettings) -> Media:
    return with_sound(clip, partial(decode, settings=settings))


class MediaLoader:
    """Decodes clips on request from several threads, by so many processes as `limits` say. Started at the first."""

    def __init__(self, settings: MediaSettings, limits: ProcessLimits) -> None:
        self._settings, self._limits = settings, limits
        self._processes = Processes(limits, preload=(__name__, *DECODING))

    def loader(self, clip: Clip, at: tuple[float, ...] = ()) -> Callable[[], Media]:
        """What gives one clip decoded, once however often it is called; with the pictures at these times, if any."""
        return Lazy(partial(self._decode, clip, replace(self._settings, at=at) if at else self._settings))

    def close(self) -> None:
        """End the processes."""
        self._processes.end(wait=False)

    def _decode(self, clip: Clip, settings: MediaSettings) -> Media:
        if clip.problem:
            return NO_MEDIA
        try:
            return self._processes.run(_decode_clip, clip, settings)
        except Died as death:
            remedy = "re-encode the clip, or raise clip_time_limit or worker_memory"
            raise ClipError(f"{clip.id}: decoding {death.of}", remedy) from None
