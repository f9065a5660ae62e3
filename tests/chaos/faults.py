"""What is done to runs: each fault so many times, and for each time what it was and what was lost."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos import lost_power
from tests.chaos.clips import make_clips
from tests.chaos.run import ROOT, Lost, Place, Run
from tests.chaos.watched import kill, parts

VICTIMS: Mapping[str, float] = {"worker": 0.4, "fork server": 0.2, "driver": 0.2, "process group": 0.2}
"""How often each is chosen while it is there."""
SHORTEST, LONGEST = 0.05, 1.5
"""Seconds between two kills."""
EARLY = 0.15
"""How often a run is killed while it is still starting; else once its workers are there."""
HEARD = 9
"""Clips whose words are heard."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
SMALL_DISK, LARGE_DISK = "700k", "400m"
SMALL_FILE = 6_000
"""Bytes of the longest file under the quota: some records are longer."""


@dataclass(frozen=True)
class Tried:
    """A fault that was made: its kind, what was lost (empty for nothing), seconds until no process was left."""

    kind: str
    lost: str = ""
    gone: float = 0.0


@dataclass
class Trial:
    """What a fault needs: where to run, the undisturbed run, chance, and how many times."""

    place: Place
    reference: Run
    chance: random.Random
    serial: int = 0

    def fresh(self) -> Run:
        """A run that has not begun."""
        self.serial += 1
        return self.place.run(f"run-{self.serial}")

    def verdict(self, kind: str, run: Run, gone: float = 0.0) -> Tried:
        """Go on undisturbed, compare, and clear away."""
        try:
            run.finished().check(self.reference)
        except Lost as lost:
            return Tried(kind, f"{run.folder.name}: {lost}", gone)
        shutil.rmtree(run.folder, ignore_errors=True)  # a mounted folder stays until it is unmounted
        return Tried(kind, "", gone)


def kills(trial: Trial, count: int) -> Iterator[Tried]:
    """Kill -9 at random moments, whoever is there; a run that gets to its end is compared, and another one begun."""
    left = count
    while left > 0:
        run = trial.fresh()
        last, ended = "worker", False
        while left > 0 and not ended:
            process = run.start()
            early = trial.chance.random() < EARLY
            while not early and process.poll() is None and not parts(process.pid, run.token)["worker"]:
                time.sleep(SHORTEST)
            while left > 0 and process.poll() is None:
                time.sleep(trial.chance.uniform(SHORTEST, LONGEST))
                victim = _kill_one(trial, run, process)
                if victim is None:
                    break
                left -= 1
                last = victim
                if victim in ("driver", "process group"):
                    process.wait()
                    try:
                        gone = run.gone()
                    except Lost as lost:
                        yield Tried(victim, str(lost))
                        break
                    yield Tried(victim, f"torn record {torn[0]}" if (torn := run.torn()) else "", gone)
                    break
                yield Tried(victim)
            else:
                if left <= 0 and process.poll() is None:
                    run.kill_all()
            ended = process.wait() in (0, 3)
        if (verdict := trial.verdict(last, run)).lost:
            yield verdict


def _kill_one(trial: Trial, run: Run, process: subprocess.Popen[bytes]) -> str | None:
    """Kill a part of the run that is there; what it was, or None when the run has ended."""
    there = {name: pids for name, pids in parts(process.pid, run.token).items() if pids}
    if "driver" not in there or process.poll() is not None:
        return None
    there["process group"] = there["driver"]
    names = list(there)
    victim = trial.chance.choices(names, [VICTIMS[name] for name in names])[0]
    if victim == "process group":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return victim
    return victim if kill(trial.chance.choice(there[victim])) else None


def recogniser(trial: Trial, count: int) -> Iterator[Tried]:
    """Kill -9 of a worker that has decoded its clip and hears its words."""
    data = trial.place.scratch / "heard"
    make_clips(ROOT / "Test_Data", data, HEARD)
    models = Path(os.environ.get("HARNESS_MODELS") or ROOT / "checkpoints")
    place = replace(trial.place, data=data, models=models, extra=("transcribe.provider=embedded",))
    hearing = Trial(place, place.run("undisturbed-heard").finished(), trial.chance, 1000)
    left = count
    while left > 0:
        run = hearing.fresh()
        process = run.start()
        while left > 0 and process.poll() is None:
            media, heard = (set(run.out.glob(f"supplements/records/{s}/*.json")) for s in ("media", "transcribe"))
            if len(media) > len(heard) and (workers := parts(process.pid, run.token)["worker"]):
                time.sleep(trial.chance.uniform(0, 0.3))
                left -= kill(trial.chance.choice(workers))
                yield Tried("recogniser")
            time.sleep(0.2)
        process.wait()
        if (verdict := hearing.verdict("recogniser", run)).lost:
            yield verdict


def signals(trial: Trial, count: int) -> Iterator[Tried]:
    """Each signal that ends a program, at random moments: nothing lives on, and the same command resumes."""
    for number in SIGNALS:
        run = trial.fresh()
        kind = number.name
        for _ in range(count):
            process = run.start()
            time.sleep(trial.chance.uniform(SHORTEST, 2 * LONGEST))
            process.send_signal(number)
            code = process.wait()
            told = code in (130, -number, 0)
            yield Tried(kind, "" if told else f"exit code {code}: {run.said()[-300:]}", run.gone())
        if (verdict := trial.verdict(kind, run)).lost:
            yield verdict


def two_drivers(trial: Trial, count: int) -> Iterator[Tried]:
    """A second run on the folder of the first: it refuses and names the first, which goes on."""
    for _ in range(count):
        run = trial.fresh()
        first = run.start()
        lock = run.out / "supplements" / ".lock"
        while first.poll() is None and (not lock.exists() or not lock.read_bytes()):
            time.sleep(0.02)
        second = Run(run.place, run.folder)
        code = second.start().wait()
        named = code == 2 and f"process {first.pid}" in second.said() and first.poll() is None
        first.wait()
        lost = "" if named else f"the second run ended with {code}: {second.said()[-300:]}"
        yield Tried("second driver", lost) if lost else trial.verdict("second driver", run)


def full_disk(trial: Trial, count: int) -> Iterator[Tried]:
    """A disk that fills while the run goes on: a small file system where mounting is allowed."""
    for _ in range(count):
        with _Mounted(trial.fresh()) as (run, remount):
            remount(f"size={SMALL_DISK}")
            yield _one_line("full disk", run, run.start())
            remount(f"size={LARGE_DISK}")
            yield trial.verdict("full disk, resumed", run)


def read_only(trial: Trial, count: int) -> Iterator[Tried]:
    """A run that goes on where nothing can be written any more."""
    for _ in range(count):
        with _Mounted(trial.fresh()) as (run, remount):
            process = run.start()
            while process.poll() is None and not list(run.out.glob("supplements/records/media/*.json")):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            process.wait()
            run.gone()
            remount("ro")
            yield _one_line("read-only folder", run, run.start())
            remount("rw")
            yield trial.verdict("read-only folder, resumed", run)


def quota(trial: Trial, count: int) -> Iterator[Tried]:
    """No file may be longer than a little (RLIMIT_FSIZE), as under a quota."""
    for _ in range(count):
        run = trial.fresh()
        yield _one_line("quota", run, run.start(before=_no_long_files))
        yield trial.verdict("quota, resumed", run)


def _no_long_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE, SMALL_FILE))


def power_loss(trial: Trial, count: int) -> Iterator[Tried]:
    """The power goes: what was not synced is torn or gone, in the middle of a run and after its end."""
    for number in range(count):
        run = trial.fresh()
        process, at_end = run.start("power"), number % 3 == 0
        if not at_end:
            with suppress(subprocess.TimeoutExpired):
                process.wait(trial.chance.uniform(2, 4 + 4 * LONGEST))
            run.kill_all()
        elif (code := process.wait()) != 0:
            yield Tried("power loss", f"exit code {code}: {run.said()[-300:]}")
            continue
        notes = run.folder / "notes"
        early = lost_power.unsynced(notes, run.out / "supplements" / "records") if at_end else []
        before = run.submission()
        torn, undone = lost_power.lose(notes, trial.chance)
        if early:
            yield Tried("power loss", f"{len(early)} records counted before they were synced, such as {early[0]}")
        elif at_end and run.submission() != before:
            yield Tried("power loss", "the run had ended, and its submission was lost")
        else:
            verdict = trial.verdict("power loss", run)
            yield Tried(
                f"power loss{' after the end' if at_end else ''}",
                verdict.lost and f"{torn} torn, {undone} undone: {verdict.lost}",
            )


def odd_systems(trial: Trial, count: int) -> Iterator[Tried]:
    """A network file system's stale handles; a clock that jumps. The run ends with a line, or with the right result."""
    for fault, kind in (("stale", "stale handles"), ("clock", "clock jumps")):
        run = trial.fresh()
        for _ in range(count):
            code = run.start(fault).wait()
            told = code == 0 or (code == 1 and "error: " in run.said())
            lost = "" if told and "Traceback" not in run.said() else f"exit code {code}: {run.said()[-300:]}"
            yield Tried(kind, lost, run.gone())
        if (verdict := trial.verdict(kind, run)).lost:
            yield verdict


def _one_line(kind: str, run: Run, process: subprocess.Popen[bytes]) -> Tried:
    """A run that cannot write must end with exit code 1 and one line that says so."""
    code = process.wait()
    told = code == 1 and "error: " in run.said() and "Traceback" not in run.said()
    return Tried(kind, "" if told else f"exit code {code}: {run.said()[-400:]}", run.gone())


class _Mounted:
    """A run whose output lies on a file system of its own, in memory; `remount` changes it."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> tuple[Run, Callable[[str], None]]:
        self.run.out.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={LARGE_DISK}", "chaos", str(self.run.out)], check=True)
        return self.run, self._remount

    def _remount(self, option: str) -> None:
        command = ["mount", "-o", f"remount,{option}", str(self.run.out)]
        subprocess.run(command, check=True, capture_output=True)

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", str(self.run.out)], check=True)
        shutil.rmtree(self.run.folder, ignore_errors=True)
