"""The live page's windows: a few pictures and a stretch of sound, sent by a browser, judged while it happens.

A session begins once the models are loaded. Its words are recognised beside, from the last seconds of its sound; a
window is judged with those that it holds by then.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.concurrency import run_in_threadpool

from harness.faults import ConfigError
from harness.processes import Died, NeverBegun, Processes, ProcessLimits
from harness.records.types import Transcript
from harness.service.engine import Engine
from harness.service.live import HEARD_SECONDS, warm
from harness.service.live_window import (
    MOST_FRAMES,
    described,
    judge_sent,
    recognise_sent,
    start_listener,
    start_process,
    within,
)
from harness.service.problems import Problem

T = TypeVar("T")
MOST_BYTES = 4_000_000
MOST_SECONDS = 60.0
"""That a window, or the loading before the first, may take; then its process is ended and the next starts another."""
MOST_SESSIONS = 16
"""Whose words are kept; of more, the oldest session's are forgotten."""
SECONDS = Form(ge=0, le=1e7)
SESSION = Form(pattern="^[0-9a-f]{32}$", description="as `/live/begin` gave it")
router = APIRouter()


class LiveJudging:
    """A process that judges one window at a time, and one that hears words; the first session starts them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._starting, self._judging, self._hearing = threading.Lock(), threading.Lock(), threading.Lock()
        self._judges: Processes | None = None
        self._hears: Processes | None = None
        self._words: OrderedDict[str, Transcript | None] = OrderedDict()

    def begin(self) -> dict[str, Any]:
        """A session's name, and why it will have no words; returns when all that it needs is loaded."""
        with self._starting:
            lacks = self._no_words()
            if self._judges is None:
                self._start(hears=not lacks)
            session = secrets.token_hex(16)
            self._words[session] = None
            while len(self._words) > MOST_SESSIONS:
                self._words.popitem(last=False)
        return {"session": session, "no_words": lacks, "heard_seconds": HEARD_SECONDS}

    def judge(
        self, session: str, sound: bytes, pictures: list[bytes], times: list[float], start: float, end: float
    ) -> Any:
        """A window's judgement as plain values. Raises Problem when another is being judged, or it cannot be read."""
        words = within(self._known(session), start, end)
        return described(self._one(self._judging, self._judges, judge_sent, sound, pictures, times, start, end, words))

    def hear(self, session: str, sound: bytes, start: float, end: float) -> Any:
        """The words of the last seconds, which later windows of the session hold. Raises Problem as `judge` does."""
        self._known(session)
        if self._hears is None:
            raise Problem(409, "words", self._no_words(), "go on without words")
        heard = self._one(self._hearing, self._hears, recognise_sent, sound, start, end)
        self._words[session] = heard
        return {"start": start, "end": end, "language": heard.language, "text": heard.text}

    def end(self) -> None:
        """End the processes."""
        for processes in filter(None, (self._judges, self._hears)):
            processes.end(wait=False)

    def _no_words(self) -> str:
        """Why the profile recognises no words, and what mends it; empty where it does."""
        return self._engine.pipeline.specs["transcribe"].lacks

    def _known(self, session: str) -> Transcript | None:
        if session not in self._words:
            raise Problem(404, "session", "there is no such live session", "POST /v1/live/begin")
        return self._words[session]

    def _one(self, turn: threading.Lock, processes: Processes | None, work: Callable[..., T], *args: Any) -> T:
        """What `work` returns, unless another's turn has not ended."""
        assert processes is not None
        if not turn.acquire(blocking=False):
            raise Problem(429, "busy", "another window is being worked on", "skip this one", {"Retry-After": "1"})
        try:
            return processes.result(processes.give(work, *args))
        except ValueError as fault:
            raise Problem(422, "window", f"the window cannot be read: {fault}", "send WAV and JPEG") from None
        except (Died, NeverBegun) as fault:
            raise Problem(503, "window", f"the window was not judged: {fault}", "send the next one") from None
        finally:
            turn.release()

    def _start(self, *, hears: bool) -> None:
        if not self._engine.frames_can_be_chosen():
            raise Problem(409, "profile", "the served profile asks an omni model, which no window waits for")
        config, preload = self._engine.config, self._engine.preload
        limits = ProcessLimits(1, MOST_SECONDS, 0, config.worker_bytes)
        judging = Processes(limits, start_process, (config,), preload)
        hearing = Processes(limits, start_listener, (config,), preload) if hears else None
        try:
            warm(judging, hearing)
        except ConfigError as fault:
            for processes in filter(None, (judging, hearing)):
                processes.end(wait=False)
            raise Problem(503, "models", fault.message, fault.remedy) from None
        self._judges, self._hears = judging, hearing


def live_of(request: Request) -> LiveJudging:
    """The live judging of the service that a request is for."""
    live: LiveJudging = request.app.state.live
    return live


@router.post("/live/begin", tags=["live"], summary="Begin a live session, once the models are loaded")
async def begin(live: Annotated[LiveJudging, Depends(live_of)]) -> dict[str, Any]:
    """The session's name; why it has no words, where it has none; seconds of sound that words are heard in."""
    begun: dict[str, Any] = await run_in_threadpool(live.begin)
    return begun


@router.post("/live/window", tags=["live"], summary="Judge a few seconds that have just passed")
async def window(
    live: Annotated[LiveJudging, Depends(live_of)],
    session: Annotated[str, SESSION],
    start: Annotated[float, SECONDS],
    end: Annotated[float, SECONDS],
    times: Annotated[str, Form(description="JSON: the pictures' seconds from the window's start")] = "[]",
    sound: Annotated[UploadFile | None, File(description="WAV, mono, 16 bit, 16 kHz")] = None,
    pictures: Annotated[list[UploadFile] | None, File(description="JPEG, in the order of `times`")] = None,
) -> dict[str, Any]:
    """Label, probabilities, measurements, words. 429 while another window is judged: skip it, and send the next."""
    sent = pictures or []
    shown = _times(times, len(sent))
    _check_length(start, end, 10.0)
    if len(sent) > MOST_FRAMES:
        raise Problem(422, "window", f"a window has at most {MOST_FRAMES} pictures", "see /docs")
    contents = [await part.read() for part in ([sound] if sound else []) + sent]
    _check_size(contents)
    heard = contents.pop(0) if sound else b""
    judged: dict[str, Any] = await run_in_threadpool(live.judge, session, heard, contents, shown, start, end)
    return judged


@router.post("/live/words", tags=["live"], summary="Recognise the words of the last seconds")
async def words(
    live: Annotated[LiveJudging, Depends(live_of)],
    session: Annotated[str, SESSION],
    start: Annotated[float, SECONDS],
    end: Annotated[float, SECONDS],
    sound: Annotated[UploadFile, File(description="WAV, mono, 16 bit, 16 kHz")],
) -> dict[str, Any]:
    """Language and text. 429 while other words are being recognised; 409 where the profile has no recogniser."""
    _check_length(start, end, HEARD_SECONDS + 0.01)
    content = await sound.read()
    _check_size([content])
    heard: dict[str, Any] = await run_in_threadpool(live.hear, session, content, start, end)
    return heard


def _check_length(start: float, end: float, most: float) -> None:
    if not 0.5 <= end - start <= most:
        raise Problem(422, "window", f"a window has 0.5 to {most:g} s", "see /docs")


def _check_size(contents: list[bytes]) -> None:
    if sum(map(len, contents)) > MOST_BYTES:
        raise Problem(413, "too-large", f"the window is larger than {MOST_BYTES / 1e6:g} MB", "send smaller pictures")


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
