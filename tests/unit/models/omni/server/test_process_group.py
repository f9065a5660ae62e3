"""Servers as process sessions, with real processes that do nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.faults import StageUnavailable
from models.omni.server import process_group
from models.omni.server.process_group import (
    SOCKETS,
    ProcessGroup,
    end_stale,
    members,
    notes_folder,
    shared_memory,
    stale_servers,
    start_ticks,
    tail_of,
)

IDLE = "import time\ntime.sleep(600)"
WITH_CHILD = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {IDLE!r}])\n{IDLE}"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n{IDLE}"

Started = Callable[..., ProcessGroup]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Notes of these tests alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return notes_folder()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    groups: list[ProcessGroup] = []

    def start(code: str, log: Path = tmp_path / "x.log") -> ProcessGroup:
        groups.append(ProcessGroup([sys.executable, "-c", code], os.environ, log, 1234))
        return groups[-1]

    yield start
    for group in groups:
        group.stop()


def eventually(holds: Callable[[], object], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def forget_owner(note: Path) -> None:
    """The run that started the server is gone: its process id belongs to a younger process."""
    said = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(json.dumps({**said, "owner_started": said["owner_started"] - 1}), encoding="utf-8")


def test_a_session_is_ended_whole(started: Started, folder: Path) -> None:
    group = started(WITH_CHILD)
    assert eventually(lambda: len(members(group.pid)) == 2)
    assert os.getsid(group.pid) == group.pid != os.getsid(0)
    assert group.exit_code() is None
    group.stop()
    assert members(group.pid) == [] and group.exit_code() == -signal.SIGTERM
    assert list(folder.iterdir()) == []
    group.stop()  # a second time does no harm


def test_what_ignores_term_is_killed(started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_group, "TERM_SECONDS", 0.5)
    group = started(DEAF, tmp_path / "deaf.log")
    assert eventually(lambda: tail_of(tmp_path / "deaf.log") == "deaf")
    group.stop()
    assert members(group.pid) == [] and group.exit_code() == -signal.SIGKILL


def test_children_of_a_dead_leader_are_ended(started: Started) -> None:
    group = started(WITH_CHILD)
    assert eventually(lambda: len(members(group.pid)) == 2)
    os.kill(group.pid, signal.SIGKILL)
    assert eventually(lambda: group.exit_code() is not None)
    assert len(members(group.pid)) == 1
    group.stop()
    assert members(group.pid) == []


def test_the_memory_that_killed_processes_shared_is_freed(started: Started, tmp_path: Path) -> None:
    code = textwrap.dedent(
        f"""
        from multiprocessing.shared_memory import SharedMemory
        block = SharedMemory(create=True, size=1000)
        print(block.name, flush=True)
        {IDLE.replace(chr(10), ";")}
        """
    )
    groups = [started(code, tmp_path / f"{name}.log") for name in ("looked", "not")]
    assert eventually(lambda: all(tail_of(tmp_path / f"{name}.log") for name in ("looked", "not")))
    looked, other = (Path("/dev/shm") / tail_of(tmp_path / f"{name}.log") for name in ("looked", "not"))
    assert shared_memory(groups[0].pid) == {looked}
    groups[0].look()
    # The leader last: Python's tracker of shared memory is the other process, and would free it for a dead leader.
    for pid in sorted(members(groups[0].pid), key=lambda pid: pid == groups[0].pid):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: groups[0].exit_code() is not None) and looked.exists()
    groups[0].stop()
    assert not looked.exists() and other.exists()
    groups[1].stop()
    assert not other.exists()


def test_its_sockets_go_with_it(started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_group, "_LONGEST", 4096)
    group = started(f"import os, pathlib\npathlib.Path(os.environ[{SOCKETS!r}], 's').touch()\n{IDLE}")
    (sockets,) = tmp_path.glob("omni-rpc-*")
    assert eventually(lambda: [path.name for path in sockets.iterdir()] == ["s"])
    group.stop()
    assert not sockets.exists()


def test_a_place_too_long_for_sockets_is_left_to_the_server(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_group, "_LONGEST", 10)
    monkeypatch.delenv(SOCKETS, raising=False)
    started(f"import os\nprint(os.environ.get({SOCKETS!r}), flush=True)\n{IDLE}", tmp_path / "x.log")
    assert eventually(lambda: tail_of(tmp_path / "x.log") == "None")


def test_a_command_that_is_not_there(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(StageUnavailable, match="No such file"):
        ProcessGroup([str(tmp_path / "nothing")], {}, tmp_path / "log", 1)
    assert list(folder.iterdir()) == [] and list(tmp_path.glob("omni-rpc-*")) == []


def test_an_interrupt_while_the_note_is_written_ends_it(
    started: Started, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_interrupt(path: Path, data: bytes, wait: bool = True) -> None:
        path.write_bytes(data)
        raise KeyboardInterrupt

    monkeypatch.setattr(process_group, "write_atomic", write_and_interrupt)
    begun: list[int] = []
    monkeypatch.setattr(process_group, "_program", lambda pid: begun.append(pid) or "")
    with pytest.raises(KeyboardInterrupt):
        started(IDLE)
    assert members(begun[0]) == [] and list(folder.glob("*.json")) == []


def test_a_server_of_a_run_that_lives_is_not_stale(started: Started) -> None:
    started(IDLE)
    assert stale_servers() == []


def test_a_server_of_a_killed_run_is_found_and_ended(tmp_path: Path, folder: Path) -> None:
    code = textwrap.dedent(
        f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).resolve().parents[5])!r})
        from pathlib import Path
        from models.omni.server.process_group import ProcessGroup
        group = ProcessGroup([sys.executable, "-c", {WITH_CHILD!r}], os.environ, Path({str(tmp_path / "log")!r}), 4321)
        print(group.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid = int(done.stdout)
    try:
        assert eventually(lambda: len(members(pid)) == 2)
        (stale,) = stale_servers()
        assert (stale.pid, stale.port) == (pid, 4321) and "time.sleep" in stale.command
        assert stale.sockets.is_dir()
        end_stale(stale)
        assert members(pid) == [] and stale_servers() == [] and list(folder.iterdir()) == []
        assert not stale.sockets.exists()
    finally:
        for left in members(pid):
            os.kill(left, signal.SIGKILL)


def test_what_a_dead_leader_left_is_stale_too(started: Started, folder: Path) -> None:
    group = started(WITH_CHILD)
    assert eventually(lambda: len(members(group.pid)) == 2)
    os.kill(group.pid, signal.SIGKILL)
    assert eventually(lambda: group.exit_code() is not None)
    (note,) = folder.iterdir()
    forget_owner(note)
    (stale,) = stale_servers()
    end_stale(stale)
    assert members(group.pid) == []


def test_a_process_id_that_is_used_again_is_left_alone(started: Started, folder: Path) -> None:
    group = started(IDLE)
    (note,) = folder.iterdir()
    forget_owner(note)
    assert len(stale_servers()) == 1
    said = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(json.dumps({**said, "started": said["started"] - 1}), encoding="utf-8")
    assert stale_servers() == [] and not note.exists()
    assert group.exit_code() is None


def test_notes_of_another_machine_are_kept_and_not_believed(started: Started, folder: Path) -> None:
    group = started(IDLE)
    (note,) = folder.iterdir()
    forget_owner(note)
    said = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(json.dumps({**said, "place": "elsewhere"}), encoding="utf-8")
    assert stale_servers() == [] and note.exists() and group.exit_code() is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1}', "no json"])
def test_a_note_that_cannot_be_read_goes(text: str, folder: Path) -> None:
    (folder / "7.json").write_text(text, encoding="utf-8")
    assert stale_servers() == [] and list(folder.iterdir()) == []


def test_a_link_in_place_of_the_notes_is_refused(tmp_path: Path, folder: Path) -> None:
    folder.rmdir()
    (other := tmp_path / "other").mkdir()
    (other / "precious.json").write_text("{}", encoding="utf-8")
    folder.symlink_to(other)
    with pytest.raises(StageUnavailable, match="only this user"):
        stale_servers()
    assert (other / "precious.json").exists()


def test_a_dead_process_has_no_start() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process, suppress(subprocess.TimeoutExpired):
        process.wait(10)
    assert start_ticks(process.pid) is None
    assert (start_ticks(os.getpid()) or 0) > 0


def test_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail_of(log) == ""
    log.write_bytes(b"".join(b"%d\n" % n for n in range(100)) + b"\xff" + b"x" * 1000)
    lines = tail_of(log).split("\n")
    assert lines[0] == "76" and len(lines) == 25 and len(lines[-1]) == 400


def test_the_cause_of_a_failure_is_shown_from_further_up(tmp_path: Path) -> None:
    log = tmp_path / "log"
    head = [
        "INFO Error: is only a word here",
        "(Worker pid=26423) ERROR 11-21 14:54:28 [multiproc_executor.py:953]   File x, line 3, in forward",
        "(Worker pid=26423) ERROR 11-21 14:54:28 [multiproc_executor.py:953] torch.OutOfMemoryError: no memory",
        "    raise RuntimeError(",
        "Exception: WorkerProc initialization failed",
    ]
    log.write_text("\n".join([*head, *map(str, range(30))]), encoding="utf-8")
    assert tail_of(log).split("\n") == [head[2], head[4], "[…]", *map(str, range(5, 30))]
