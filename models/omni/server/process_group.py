"""A server as a process session of its own: started, ended as a whole, and found again when its run was killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.faults import StageUnavailable
from harness.records.atomic import write_atomic

TERM_SECONDS = 20.0
KILL_SECONDS = 10.0
_STEP = 0.1
TAIL_LINES = 25
TAIL_CAUSES = 6
_EXCEPTION = re.compile(r"(?:^|\] )(?:\w+\.)*\w*(?:Error|Exception)(?:: |$)")
"""A traceback's last line, bare or behind a logger's prefix."""
SOCKETS = "VLLM_RPC_BASE_PATH"
"""The variable that says where vLLM puts its sockets, which it leaves behind."""
_PREFIX = "omni-rpc-"
_LONGEST = 60
"""Of a folder for sockets: their whole path may have 107 characters."""


@dataclass(frozen=True)
class Stale:
    """A server whose run is gone: the leader of its session, its port, and its command."""

    pid: int
    port: int
    command: str
    note: Path
    sockets: Path


class ProcessGroup:
    """One running server.

    Args:
        words: the command.
        environment: all of its environment, but for the place of its sockets.
        log: where its output goes; written anew.
        port: for the note by which a later run finds it.

    Raises:
        StageUnavailable: the command cannot be run.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path, port: int) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        notes = notes_folder()
        self._memory: set[Path] = set()
        self._sockets = Path(tempfile.mkdtemp(prefix=_PREFIX))
        own = {SOCKETS: str(self._sockets)} if len(str(self._sockets)) <= _LONGEST else {}
        try:
            with log.open("wb") as stream:
                self._process = subprocess.Popen(
                    list(words),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env={**own, **environment},
                    start_new_session=True,
                )
        except OSError as error:
            shutil.rmtree(self._sockets, ignore_errors=True)
            raise StageUnavailable(
                f"{words[0]} cannot be run: {error.strerror}",
                "check omni.python, or python3 -m venv .venv-serve and install vLLM there",
            ) from error
        self._note = notes / f"{self.pid}.json"
        try:
            self._take_note(" ".join(words), port)
        except BaseException:  # an interrupt too: nobody else knows of the session yet
            self.stop()
            raise

    def _take_note(self, command: str, port: int) -> None:
        note = {
            "pid": self.pid,
            "started": start_ticks(self.pid),
            "port": port,
            "command": command,
            "program": _program(self.pid),
            "owner": os.getpid(),
            "owner_started": start_ticks(os.getpid()),
            "place": _place(),
            "sockets": self._sockets.name,
        }
        # A machine that loses power loses the server too.
        write_atomic(self._note, json.dumps(note).encode(), wait=False)

    @property
    def pid(self) -> int:
        """The leader of the session."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while the leader runs."""
        return self._process.poll()

    def look(self) -> None:
        """Remember the memory that its processes share now: once they are killed, nothing tells whose it was."""
        self._memory |= shared_memory(self.pid)

    def stop(self) -> None:
        """TERM, then KILL, until no process of the session is left; then what they left in memory and of sockets.

        Raises:
            StageUnavailable: one survived even that.
        """
        self.look()
        end_session(self.pid, lambda: self._process.poll())
        for path in self._memory:
            path.unlink(missing_ok=True)
        shutil.rmtree(self._sockets, ignore_errors=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_SECONDS)
        self._note.unlink(missing_ok=True)


def end_session(session: int, reap: Callable[[], object] = lambda: None) -> None:
    """End every process of a session. `reap` is called while waiting, so that no dead child is counted as alive.

    Raises:
        StageUnavailable: a process survived; names it.
    """
    for number, seconds in ((signal.SIGTERM, TERM_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        for pid in members(session):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            reap()
            if not members(session):
                return
            time.sleep(_STEP)
    raise StageUnavailable(f"processes {members(session)} of the server cannot be ended", "end them by hand")


def members(session: int) -> list[int]:
    """The living processes of a session, by /proc; zombies are not among them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields and int(fields[3]) == session and fields[0] not in ("Z", "X"):
            found.append(int(entry.name))
    return sorted(found)


def shared_memory(session: int) -> set[Path]:
    """The blocks and locks that Python made in shared memory, as far as processes of a session have them mapped."""
    found = set()
    for pid in members(session):
        with contextlib.suppress(OSError):
            maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
            found |= {Path(path) for path in re.findall(r"/dev/shm/(?:psm_|sem\.mp-)\w+$", maps, re.MULTILINE)}
    return found


def stale_servers() -> list[Stale]:
    """Servers of killed runs: their note is there, they run, and the process that started them does not.

    Process ids are used again; a process counts as the one of the note only if it also started at the noted time. Of a
    server whose leader is gone, what is left of its session counts if it runs the same program and is no older. Notes
    of another machine, another start of this one or another container that shares the folder are left alone.
    """
    found = []
    for note in sorted(notes_folder().glob("*.json")):
        try:
            said = json.loads(note.read_text(encoding="utf-8"))
            if said["place"] != _place() or start_ticks(int(said["owner"])) == said["owner_started"]:
                continue
            sockets = Path(tempfile.gettempdir()) / Path(said["sockets"]).name
            stale = Stale(int(said["pid"]), int(said["port"]), str(said["command"]), note, sockets)
            runs = start_ticks(stale.pid) == said["started"] or _orphans(stale.pid, said["started"], said["program"])
        except (OSError, ValueError, KeyError, TypeError):
            note.unlink(missing_ok=True)
            continue
        if runs:
            found.append(stale)
        else:
            _forget(stale)
    return found


def end_stale(stale: Stale) -> None:
    """End a server of a killed run, and its note. Raises StageUnavailable when it cannot be ended."""
    memory = shared_memory(stale.pid)
    end_session(stale.pid)
    for path in memory:
        path.unlink(missing_ok=True)
    _forget(stale)


def _forget(stale: Stale) -> None:
    """Remove the note and the sockets of a server that has ended."""
    if stale.sockets.name.startswith(_PREFIX) and not stale.sockets.is_symlink():
        shutil.rmtree(stale.sockets, ignore_errors=True)
    stale.note.unlink(missing_ok=True)


def notes_folder() -> Path:
    """Where running servers are noted: one folder per user of this machine.

    Raises:
        StageUnavailable: someone else has put something in its place.
    """
    folder = Path(tempfile.gettempdir()) / f"omni-servers-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()  # a link could lead to a folder of ours with other files in it
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise StageUnavailable(
            f"{folder} is no folder that only this user can write to",
            "remove it, or set TMPDIR to a folder of your own",
        )
    return folder


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in ("Z", "X") else None


def tail_of(log: Path) -> str:
    """The last lines of a log file, after the exceptions that stand further up; empty when there is none.

    vLLM's last words are often no more than that the cause stands above.
    """
    try:
        lines = [line[:400] for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    causes = [line for line in lines[:-TAIL_LINES] if _EXCEPTION.search(line)]
    return "\n".join([*causes[-TAIL_CAUSES:], *(["[…]"] if causes else []), *lines[-TAIL_LINES:]])


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on (field 3 of proc(5) is index 0); empty when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _orphans(session: int, started: int, program: str) -> bool:
    """Whether processes of a session are left whose leader is gone."""
    return start_ticks(session) is None and any(
        _program(pid) == program and (start_ticks(pid) or 0) >= started for pid in members(session)
    )


def _program(pid: int) -> str:
    """The file that a process runs; empty when it is gone or someone else's."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def _place() -> str:
    """This start of this machine, and the process ids' name space in it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip() + os.readlink(
        "/proc/self/ns/pid"
    )
