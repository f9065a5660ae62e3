"""`live`: a camera, a stream or a file judged while it happens, a line for every window.

Windows follow each other by a hop. One is judged at a time: a window that ends while another is still being judged is
skipped and counted, so that what is shown is never older than one judgement. Words are recognised beside, over the last
seconds, by a process of their own: a window holds those that were recognised by then.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.processes import Died, NeverBegun, Processes, ProcessLimits, Task
from harness.records.numbers import Number
from harness.records.types import Transcript
from harness.service.engine import Profile
from harness.service.live_source import KEPT_SECONDS, Source
from harness.service.live_window import (
    Judgement,
    checked,
    described,
    judge_window,
    no_words,
    recognise,
    start_listener,
    start_process,
    within,
)

ROOT = Path(__file__).resolve().parents[2]
HEARD_SECONDS = 8.0
"""What the recogniser hears at a time: the last so many seconds."""
TICK = 0.02
WINDOW = Number(1.0, KEPT_SECONDS - 2)
HOP = Number(0.2, 60.0)
ANY_SECONDS = Number(1.0, 1e6)


@dataclass
class Tally:
    """What became of the windows."""

    judged: int = 0
    skipped: int = 0
    failed: int = 0
    latencies: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Windows judged, skipped and failed; seconds from the end of a window to its judgement."""
        ended = self.judged + self.skipped + self.failed
        late = sorted(self.latencies)
        return {
            "windows": ended,
            "judged": self.judged,
            "skipped": self.skipped,
            "failed": self.failed,
            "share_judged": round(self.judged / ended, 3) if ended else None,
            "latency_median_seconds": round(statistics.median(late), 2) if late else None,
            "latency_p95_seconds": round(late[min(len(late) - 1, int(0.95 * len(late)))], 2) if late else None,
        }


class Live:
    """Judges a source as it happens. `said` is given each judgement, its latency, and the tally."""

    def __init__(
        self, source: Source, judging: Processes, hearing: Processes | None, window: float, hop: float
    ) -> None:
        self._source, self._judging, self._hearing = source, judging, hearing
        self._window, self._hop = window, hop
        self._words: Transcript | None = None
        self._heard: Task[Transcript] | None = None
        self.tally = Tally()

    def run(
        self, said: Callable[[Judgement, float, Tally], None], until: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Judge until the source ends or has been read for `until` seconds."""
        end = self._window
        task: Task[Judgement] | None = None
        while True:
            task = self._finished(task, said)
            over = self._source.over.is_set()
            if self._source.now >= end:
                if task is None:
                    task = self._begin(end)
                else:
                    self.tally.skipped += 1
                end += self._hop
            elif over or self._source.now >= until:
                break
            self._listen()
            sleep(TICK)
        while (task := self._finished(task, said)) is not None:
            sleep(TICK)

    def _begin(self, end: float) -> Task[Judgement]:
        start = end - self._window
        return self._judging.give(judge_window, self._source.window(start, end), within(self._words, start, end))

    def _finished(
        self, task: Task[Judgement] | None, said: Callable[[Judgement, float, Tally], None]
    ) -> Task[Judgement] | None:
        """The task, if it is still under way; what it found has been said otherwise."""
        if task is None or not task.future.done():
            return task
        try:
            judgement = self._judging.result(task)
        except (Died, NeverBegun):
            self.tally.failed += 1
            return None
        latency = self._source.behind(judgement.end)
        self.tally.judged += 1
        self.tally.latencies.append(latency)
        said(judgement, latency, self.tally)
        return None

    def _listen(self) -> None:
        """Take the words that were recognised, and have the next seconds heard."""
        if self._hearing is None or not self._source.sounding:
            return
        if self._heard is not None:
            if not self._heard.future.done():
                return
            try:
                self._words = self._hearing.result(self._heard)
            except (Died, NeverBegun):
                self._words = None
            self._heard = None
        now = self._source.now
        if now >= 1.0:
            window = self._source.window(max(0.0, now - HEARD_SECONDS), now)
            self._heard = self._hearing.give(recognise, window)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `live`."""
    parser.add_argument("--source", required=True, metavar="N|FILE|rtsp://…", help="camera number, file, or stream")
    parser.add_argument("--profile", default="embedded", metavar="NAME|FILE", help="which models (default: embedded)")
    parser.add_argument("--window", type=WINDOW.parse, default=2.5, metavar="SECONDS", help="default 2.5")
    parser.add_argument("--hop", type=HOP.parse, default=1.0, metavar="SECONDS", help="default 1")
    parser.add_argument("--seconds", type=ANY_SECONDS.parse, default=1e6, metavar="N", help="end after so many")
    parser.add_argument("--no-words", action="store_true", help="judge by voice and face alone")
    parser.add_argument("--json", action="store_true", help="a JSON object a line instead of text")
    parser.add_argument("--models-dir", type=Path, help="fetched models (default: checkpoints/, or $HARNESS_MODELS)")
    parser.add_argument(
        "--set", action="append", default=[], nargs="+", dest="overrides", metavar="KEY=VALUE", help="change settings"
    )


def run(flags: argparse.Namespace) -> int:
    """Judge a source until it ends, print a line a window, and the figures at the end. Raises ConfigError."""
    from models.folders import default_models_dir

    overrides = tuple(item for group in flags.overrides for item in group)
    profile = Profile(flags.profile, overrides, flags.models_dir or default_models_dir())
    config = checked(profile, ROOT / "Test_Supplements" / "live")
    limits = ProcessLimits(1, config.clip_time_limit, 0, config.worker_bytes)
    judging = Processes(limits, start_process, (config,))
    lacks = "" if flags.no_words else no_words(config)
    if lacks:
        print(f"warning: {lacks}", file=sys.stderr)
    hearing = None if flags.no_words or lacks else Processes(limits, start_listener, (config,))
    try:
        warm(judging, hearing)
        source = Source(flags.source)
        source.start()
        live = Live(source, judging, hearing, flags.window, flags.hop)
        try:
            live.run(_printer(flags.json), flags.seconds)
        finally:
            source.end()
    finally:
        for processes in filter(None, (judging, hearing)):
            processes.end(wait=False)
    if source.problem:
        print(source.problem, file=sys.stderr)
    if not live.tally.figures()["windows"]:
        print(
            f"the source ended after {source.now:.1f} s, before its first window (--window 1 is the shortest)",
            file=sys.stderr,
        )
    print(json.dumps(live.tally.figures()))
    return 0 if live.tally.judged else 1


def warm(judging: Processes, hearing: Processes | None) -> None:
    """Load the models before the source runs: a voiced second and a word are judged and heard, and not counted."""
    import numpy as np

    from harness.records.types import SAMPLE_RATE, Frame, Language, Segment, Word
    from harness.service.live_window import Window

    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    # A sawtooth that swells like syllables: enough of a voice for every net of the voice to be asked.
    voiced = 0.3 * (2 * ((150 * times) % 1) - 1) * (0.55 - 0.45 * np.cos(2 * np.pi * 3 * times))
    grey = np.full((96, 128, 3), 128, np.uint8)
    window = Window(0.0, 2.0, voiced.astype(np.float32), (Frame(0.0, grey), Frame(0.2, grey)))
    # Both languages have packages of their own.
    spoken: tuple[tuple[str, Language], ...] = (("good", "en"), ("很好", "zh"))
    words = [
        Transcript((Segment(text, 0.0, 1.0, (Word(0.0, 1.0, text),)),), language, language, None, "")
        for text, language in spoken
    ]
    tasks: list[tuple[Processes, Any]] = [(judging, judging.give(judge_window, window, said)) for said in words]
    if hearing is not None:
        tasks.append((hearing, hearing.give(recognise, window)))
    for processes, task in tasks:
        try:
            processes.result(task)
        except (Died, NeverBegun) as fault:
            raise ConfigError(f"the models cannot be loaded: {fault}", "python -m models check") from None


def _printer(as_json: bool) -> Callable[[Judgement, float, Tally], None]:
    return _print_json if as_json else _print_line


def _print_json(judgement: Judgement, latency: float, tally: Tally) -> None:
    found = {**described(judgement), "latency": round(latency, 2), "skipped": tally.skipped}
    print(json.dumps(found, ensure_ascii=False), flush=True)


def _print_line(judgement: Judgement, latency: float, tally: Tally) -> None:
    print(" ".join(_line(judgement, latency, tally)), flush=True)


def _line(judgement: Judgement, latency: float, tally: Tally) -> Iterator[str]:
    """Time, label, probabilities, measurements, words, how late, how many were skipped."""
    result = judgement.result
    yield f"{judgement.start:6.1f}–{judgement.end:.1f} s"
    yield f"{result['label'] if result['probabilities'] else 'nothing to judge by':5}"
    for label, share in (result["probabilities"] or {}).items():
        yield f"{label} {share:.2f}"
    yield "|"
    for name, value in judgement.measured.items():
        yield f"{name} {value:g}"
    if judgement.words:
        yield f"| {judgement.words}"
    yield f"| {latency:.2f} s late, {tally.skipped} skipped"
