"""The pictures and the sound that a reasoner is sent, decoded when they are about to be sent.

Decoding runs in processes of its own, so that a crash or a hang of native code costs one clip, not the run.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError
from functools import partial

from pebble import ProcessExpired, ProcessPool

from harness.context import NO_MEDIA, with_sound
from harness.faults import ClipError
from harness.lazy import Lazy
from harness.media.decode import MediaSettings, decode
from harness.records.types import Clip, Media

EVERY_FRAME = 1000.0
"""Frames per second above any clip's own: `max_frames` alone decides how many are sent."""


def _decode_clip(clip: Clip, settings: MediaSettings) -> Media:
    return with_sound(clip, partial(decode, settings=settings))


class MediaLoader:
    """Decodes clips on request from several threads; at most `workers` at a time. Started by the first request."""

    def __init__(self, settings: MediaSettings, workers: int, seconds: float, recycle_after: int) -> None:
        self._settings, self._seconds = settings, seconds
        self._options = {"max_workers": max(1, workers), "max_tasks": recycle_after}
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None

    def loader(self, clip: Clip) -> Callable[[], Media]:
        """What gives one clip decoded, once however often it is called."""
        return Lazy(partial(self._decode, clip))

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            if self._pool is not None:
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()

    def _decode(self, clip: Clip) -> Media:
        if clip.problem:
            return NO_MEDIA
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(context=multiprocessing.get_context("spawn"), **self._options)  # type: ignore[arg-type]
            future = self._pool.schedule(_decode_clip, args=[clip, self._settings], timeout=self._seconds)
        remedy = "re-encode the clip, or raise clip_time_limit"
        try:
            return future.result()
        except TimeoutError:
            raise ClipError(f"{clip.id}: decoding took longer than {self._seconds:g} s", remedy) from None
        except ProcessExpired as expired:
            code = expired.exitcode
            raise ClipError(f"{clip.id}: decoding ended its process (exit code {code})", remedy) from None
