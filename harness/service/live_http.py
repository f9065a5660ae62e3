"""The live page's windows: a few pictures and a stretch of sound, sent by a browser, judged while it happens."""

from __future__ import annotations

import json
import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.concurrency import run_in_threadpool

from harness.faults import ConfigError
from harness.processes import Died, NeverBegun, Processes, ProcessLimits
from harness.service.engine import Engine
from harness.service.live import warm
from harness.service.live_window import MOST_FRAMES, described, judge_sent, start_process
from harness.service.problems import Problem

MOST_BYTES = 4_000_000
MOST_SECONDS = 60.0
"""That a window, or the loading before the first, may take; then its process is ended and the next starts another."""
router = APIRouter()


class LiveJudging:
    """One process that judges one window at a time; it is started by the first window."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._busy = threading.Lock()
        self._processes: Processes | None = None

    def judge(self, sound: bytes, pictures: list[bytes], times: list[float], start: float, end: float) -> Any:
        """A window's judgement as plain values. Raises Problem when another is being judged, or it cannot be read."""
        if not self._busy.acquire(blocking=False):
            raise Problem(429, "busy", "another window is being judged", "skip this one", {"Retry-After": "1"})
        try:
            processes = self._started()
            task = processes.give(judge_sent, sound, pictures, times, start, end)
            return described(processes.result(task))
        except ValueError as fault:
            raise Problem(422, "window", f"the window cannot be read: {fault}", "send WAV and JPEG") from None
        except (Died, NeverBegun) as fault:
            raise Problem(503, "window", f"the window was not judged: {fault}", "send the next one") from None
        finally:
            self._busy.release()

    def end(self) -> None:
        """End the process."""
        if self._processes is not None:
            self._processes.end(wait=False)

    def _started(self) -> Processes:
        if self._processes is None:
            if not self._engine.frames_can_be_chosen():
                raise Problem(409, "profile", "the served profile asks an omni model, which no window waits for")
            config = self._engine.config
            limits = ProcessLimits(1, MOST_SECONDS, 0, config.worker_bytes)
            processes = Processes(limits, start_process, (config,), self._engine.preload)
            try:
                warm(processes, None)
            except ConfigError as fault:
                raise Problem(503, "models", fault.message, fault.remedy) from None
            self._processes = processes
        return self._processes


def live_of(request: Request) -> LiveJudging:
    """The live judging of the service that a request is for."""
    live: LiveJudging = request.app.state.live
    return live


@router.post("/live/window", tags=["live"], summary="Judge a few seconds that have just passed")
async def window(
    live: Annotated[LiveJudging, Depends(live_of)],
    start: Annotated[float, Form(ge=0, le=1e7)],
    end: Annotated[float, Form(ge=0, le=1e7)],
    times: Annotated[str, Form(description="JSON: the pictures' seconds from the window's start")] = "[]",
    sound: Annotated[UploadFile | None, File(description="WAV, mono, 16 bit, 16 kHz")] = None,
    pictures: Annotated[list[UploadFile] | None, File(description="JPEG, in the order of `times`")] = None,
) -> dict[str, Any]:
    """Label, probabilities, measurements. 429 while another window is judged: skip it, and send the next."""
    sent = pictures or []
    shown = _times(times, len(sent))
    if not 0.5 <= end - start <= 10 or len(sent) > MOST_FRAMES:
        raise Problem(422, "window", "a window has 0.5 to 10 s and at most " + f"{MOST_FRAMES} pictures", "see /docs")
    contents = [await part.read() for part in ([sound] if sound else []) + sent]
    if sum(map(len, contents)) > MOST_BYTES:
        raise Problem(413, "too-large", f"the window is larger than {MOST_BYTES / 1e6:g} MB", "send smaller pictures")
    heard = contents.pop(0) if sound else b""
    judged: dict[str, Any] = await run_in_threadpool(live.judge, heard, contents, shown, start, end)
    return judged


def _times(text: str, pictures: int) -> list[float]:
    """The pictures' times. Problem for what is no list of so many numbers that rise."""
    try:
        times = json.loads(text)
    except ValueError:
        times = None
    numbers = isinstance(times, list) and all(isinstance(t, int | float) and 0 <= t < 60 for t in times)
    if not numbers or len(times) != pictures or sorted(set(times)) != times:
        raise Problem(422, "window", "`times` has to be a JSON list with a rising number for each picture", "see /docs")
    return [float(t) for t in times]
