"""The server part on the real vLLM: started, checked, killed, started again, ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import urllib.error
from dataclasses import replace
from pathlib import Path

import pytest

from harness.faults import StageUnavailable
from models.omni.protocol.http import ask
from models.omni.server.canary import canary
from models.omni.server.command import KEY_VARIABLE, ServerSettings
from models.omni.server.process_group import members, notes_folder, shared_memory, stale_servers
from models.omni.server.vllm import VllmServer


def descendants(pid: int) -> set[int]:
    """A process and all that it started, whatever their sessions."""
    found = {pid}
    while True:
        parents = {int(p.name): p / "stat" for p in Path("/proc").glob("[0-9]*")}
        more = set()
        for child, stat in parents.items():
            with contextlib.suppress(OSError):
                more |= {child} if int(stat.read_text().rpartition(")")[2].split()[1]) in found else set()
        if more <= found:
            return found
        found |= more


def sockets() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("omni-rpc-*"))


def note_pids() -> set[int]:
    return {int(path.stem) for path in notes_folder().glob("*.json")}


def test_a_server_sees_hears_dies_is_revived_and_ends(settings: ServerSettings, tmp_path: Path) -> None:
    said: list[str] = []
    before, others = note_pids(), sockets()
    server = VllmServer(replace(settings, restarts=1), tmp_path / "server.log", said.append)
    try:
        endpoint = server.endpoint()
        assert server.endpoint() == endpoint
        facts = server.facts()
        assert facts["version"] == "0.32.0"
        seen = facts["canary"]
        assert isinstance(seen, dict) and min(seen["picture"], seen["sound"]) > 2 * seen["nothing"]
        assert endpoint.api_key not in str(facts) and "/" not in str(facts["command"]).split("--limit")[0].split()[-12]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(endpoint.url + "/models", "wrong", 10)
        (session,) = note_pids() - before
        assert len(members(session)) >= 2
        assert descendants(session) == set(members(session)), "nothing has left the session, so all of it is ended"
        assert endpoint.api_key not in (tmp_path / "server.log").read_text(encoding="utf-8", errors="replace")

        blocks, listening = shared_memory(session), sockets() - others
        assert blocks
        engines = [pid for pid in members(session) if pid != session]
        for pid in engines:
            os.kill(pid, signal.SIGKILL)
        revived = server.revive(endpoint)
        assert revived != endpoint
        assert not any(path.exists() for path in blocks | listening)
        assert server.revive(endpoint) == revived  # another thread that lost the first one
        assert server.revive(revived) == revived  # it answers: nothing is restarted for a lost request
        assert len(server.facts()["restarts"]) == 1  # type: ignore[arg-type]
        assert canary(revived, 60)["picture"] > 0
        assert (tmp_path / "server.log.1").stat().st_size > 0

        (session,) = note_pids() - before
        os.kill(session, signal.SIGKILL)
        with pytest.raises(StageUnavailable, match="restarted often enough"):
            server.revive(revived)
    finally:
        server.stop()
    assert note_pids() == before
    assert members(session) == []
    assert [line.split(";")[1] for line in said] == [" restart 1 of 1"]
    with pytest.raises(StageUnavailable):
        server.endpoint()


def test_the_next_run_ends_the_server_of_a_killed_one(settings: ServerSettings, tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
        from pathlib import Path
        from models.omni.server.command import ServerSettings
        from models.omni.server.vllm import VllmServer
        settings = ServerSettings(Path({str(settings.python)!r}), Path({str(settings.model)!r}), max_model_len=8192,
                                  extra_flags={tuple(settings.extra_flags)!r}, canary=False)
        server = VllmServer(settings, Path({str(tmp_path / "first.log")!r}), print)
        print(server.endpoint().url, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == -signal.SIGKILL
    (stale,) = stale_servers()
    assert ask(done.stdout.strip().removesuffix("/v1") + "/version", "", 10)["version"] == "0.32.0"
    broken = tmp_path / "broken"
    shutil.copytree(settings.model, broken)
    text = (broken / "config.json").read_text(encoding="utf-8")
    (broken / "config.json").write_text(text.replace('"hidden_size": 128', '"hidden_size": 132'), encoding="utf-8")
    said: list[str] = []
    server = VllmServer(replace(settings, model=broken), tmp_path / "second.log", said.append)
    with pytest.raises(StageUnavailable) as caught:
        server.endpoint()
    assert f"process {stale.pid}" in said[0]
    assert members(stale.pid) == []
    assert stale_servers() == []
    assert "ended while it started" in caught.value.message
    assert "The size of tensor a (132) must match" in caught.value.message  # from further up in its log
    assert "vllm.entrypoints.cli.main serve" in caught.value.remedy
    assert KEY_VARIABLE not in caught.value.remedy
    with pytest.raises(StageUnavailable):
        server.endpoint()  # not tried again
