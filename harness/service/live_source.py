"""A camera, a stream or a file as something that happens now: the last seconds of its sound and pictures.

A file is played at its own speed, as a camera would give it. Only a source that the user names as an address is fetched
from the network.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from harness.inputs.kinds import FORMATS
from harness.records.types import SAMPLE_RATE, Frame
from harness.service.live_window import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEPT_SECONDS = 16.0
PICTURES_A_SECOND = 5.0
"""Of 12.5 in a run: of a window of 2.5 s a dozen pictures, which is what a core has time for."""
LONGEST_SIDE = 480
STREAMS = ("rtsp://", "rtsps://", "http://", "https://", "rtmp://")


def opened(source: str) -> tuple[Any, bool]:
    """The source's container, and whether it has to be paced. Raises ConfigError for what cannot be opened."""
    import av

    try:
        if source.isdecimal():
            return av.open(f"/dev/video{source}", format="v4l2", options={"framerate": "25"}), False
        if source.startswith(STREAMS):
            options = {"rtsp_transport": "tcp"} if source.startswith("rtsp") else {}
            return av.open(source, options=options, timeout=10), False
        options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
        return av.open(str(Path(source).absolute()), options=options, metadata_errors="replace"), True
    except (av.FFmpegError, OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or type(fault).__name__
        raise ConfigError(
            f"--source {source} cannot be opened: {why}", "a number of a camera, a file, or rtsp://…"
        ) from None


class Source:
    """Reads a source in a thread and keeps its last `KEPT_SECONDS`.

    Args:
        name: a camera's number, a file, or an address.
        clock: seconds that pass evenly.
        sleep: for pacing a file.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._container, self._paced = opened(name)
        if not self._container.streams.video and not self._container.streams.audio:
            raise ConfigError(f"--source {name} holds neither sound nor pictures", "name another")
        self.sounding = bool(self._container.streams.audio)
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque()
        self._sound: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._begun: float | None = None
        self._first: float | None = None
        self._now = 0.0
        self._ending = False
        self.problem = ""
        self._thread = threading.Thread(target=self._read, name="live source", daemon=True)
        self.over = threading.Event()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    @property
    def now(self) -> float:
        """Seconds of the source that have been read."""
        with self._lock:
            return self._now

    def behind(self, at: float) -> float:
        """How many seconds ago the source was at `at`."""
        return 0.0 if self._begun is None else self._clock() - self._begun - at

    def window(self, start: float, end: float) -> Window:
        """What is kept of [start, end)."""
        import numpy as np

        with self._lock:
            frames = [frame for frame in self._frames if start <= frame.time < end]
            sound = [(at, piece) for at, piece in self._sound if at < end and at + len(piece) / SAMPLE_RATE > start]
        audio = None
        if self.sounding:
            audio = np.zeros(round((end - start) * SAMPLE_RATE), np.float32)
            for at, piece in sound:
                first = round((at - start) * SAMPLE_RATE)
                kept = piece[max(0, -first) : max(0, len(audio) - first)]
                audio[max(0, first) : max(0, first) + len(kept)] = kept
        return Window(start, end, audio, tuple(Frame(round(f.time - start, 3), f.rgb) for f in frames))

    def end(self) -> None:
        """Stop reading."""
        self._ending = True
        self._thread.join(timeout=15)

    def _read(self) -> None:
        import av

        resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
        streams = [*self._container.streams.video[:1], *self._container.streams.audio[:1]]
        try:
            for frame in self._container.decode(*streams):
                if self._ending:
                    break
                if frame.time is not None:
                    self._take(frame, resampler)
        except (av.FFmpegError, OSError) as fault:
            self.problem = f"the source ended: {fault.strerror or type(fault).__name__}"
        finally:
            self._container.close()
            self.over.set()

    def _take(self, frame: Any, resampler: Any) -> None:
        import av

        if self._first is None or self._begun is None:
            self._first, self._begun = frame.time, self._clock()
        at = frame.time - self._first
        if self._paced and (early := self._begun + at - self._clock()) > 0:
            self._sleep(early)
        if isinstance(frame, av.AudioFrame):
            pieces = [piece.to_ndarray().reshape(-1).copy() for piece in resampler.resample(frame)]
            with self._lock:
                for piece in pieces:
                    self._sound.append((at, piece))
                    at += len(piece) / SAMPLE_RATE
                self._now = max(self._now, at)
        else:
            picture = self._picture(frame, at)
            with self._lock:
                if picture is not None:
                    self._frames.append(picture)
                self._now = max(self._now, at)
        if not self._paced:
            # A server may begin with what it has kept; the frame that came soonest after its time tells when that was.
            self._begun = min(self._begun, self._clock() - self._now)
        self._forget()

    def _picture(self, frame: Any, at: float) -> Frame | None:
        """A frame, upright and small, unless the last one is too recent."""
        from harness.inputs.orientation import orientation_of

        if self._frames and at - self._frames[-1].time < 1 / PICTURES_A_SECOND - 1e-3:
            return None
        scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
        turned = orientation_of(frame)
        return Frame(at, turned.apply(frame.to_ndarray(format="rgb24", width=width, height=height)))

    def _forget(self) -> None:
        with self._lock:
            while self._frames and self._frames[0].time < self._now - KEPT_SECONDS:
                self._frames.popleft()
            while self._sound and self._sound[0][0] < self._now - KEPT_SECONDS - 1:
                self._sound.popleft()
