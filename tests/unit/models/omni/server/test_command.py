from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.omni.server import command as vllm_command
from models.omni.server.command import (
    KEY_VARIABLE,
    QUIET,
    ServerSettings,
    by_hand,
    command,
    environment,
    find_python,
    gpus,
)

SETTINGS = ServerSettings(Path("/env/bin/python"), Path("/models/my omni"), "omni", pictures=4, tensor_parallel=2)


@pytest.fixture(params=[False, True], ids=["cpu", "gpu"])
def gpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(vllm_command, "has_gpu", lambda: request.param)
    return bool(request.param)


def after(words: list[str], flag: str) -> str:
    return words[words.index(flag) + 1]


def test_the_command(gpu: bool) -> None:
    words = command(replace(SETTINGS, extra_flags=["--enforce-eager", 3], gpu_memory=0.8), 8123)  # type: ignore[list-item]
    assert words[:5] == ["/env/bin/python", "-m", "vllm.entrypoints.cli.main", "serve", "/models/my omni"]
    assert after(words, "--host") == "127.0.0.1" and after(words, "--port") == "8123"
    assert after(words, "--served-model-name") == "omni"
    assert after(words, "--tensor-parallel-size") == "2"
    assert json.loads(after(words, "--limit-mm-per-prompt")) == {"image": 4, "video": 0, "audio": 1}
    assert words[-2:] == ["--enforce-eager", "3"]
    assert ("--gpu-memory-utilization" in words) is gpu
    if gpu:
        assert after(words, "--gpu-memory-utilization") == "0.8"
    assert "--api-key" not in words and not any("media-path" in word for word in words)


def test_the_environment_holds_the_key_and_keeps_it_quiet(gpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    given = environment("the-key")
    assert given[KEY_VARIABLE] == "the-key" and given["OMP_NUM_THREADS"] == "3"
    assert {name: given[name] for name in QUIET} == QUIET, "a run never reaches a hub or a statistics host"
    assert given["VLLM_CPU_KVCACHE_SPACE"] == "7"
    monkeypatch.delenv("VLLM_CPU_KVCACHE_SPACE")
    assert ("VLLM_CPU_KVCACHE_SPACE" in environment("k")) is not gpu


def test_the_line_by_hand_runs_in_a_shell_and_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("VLLM_", "CUDA_", "NCCL_", "OMP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    monkeypatch.setenv("VLLM_HOST_TOKEN", "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    monkeypatch.setenv("VLLM_CACHE_ROOT", "/home/me/a cache")
    monkeypatch.setenv("EDITOR", "ed")
    line = by_hand(command(SETTINGS, 8123))
    words = shlex.split(line)
    given = dict(word.split("=") for word in words[: words.index("/env/bin/python")])
    assert given.pop("CUDA_VISIBLE_DEVICES") == "1,2" and given.pop("VLLM_CACHE_ROOT") == "/home/me/a cache"
    assert given.pop("VLLM_CPU_KVCACHE_SPACE", "1") == "1"
    assert given == QUIET and "secret" not in line
    assert words[words.index("/env/bin/python") :] == command(SETTINGS, 8123)
    shown = by_hand(command(SETTINGS, 8123), paths=False)
    assert "'VLLM_CACHE_ROOT=a cache'" in shown or "VLLM_CACHE_ROOT='a cache'" in shown
    assert "python -m vllm.entrypoints.cli.main serve 'my omni' --served-model-name" in shown
    assert not any(word.startswith("/") or "=/" in word for word in shlex.split(shown))


@pytest.mark.parametrize("flag", ["--host", "--port=1", "--api-key", "--api_key=x", "--served-model-name"])
def test_flags_that_are_the_runs_own(flag: str) -> None:
    with pytest.raises(ConfigError, match="cannot be among the extra flags"):
        replace(SETTINGS, extra_flags=[flag])


def test_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_command, "ROOT", tmp_path)
    with pytest.raises(ConfigError, match="no environment with vLLM") as caught:
        find_python(None)
    assert "make .venv-serve/.ready" in caught.value.remedy
    (tmp_path / ".venv-serve" / "bin").mkdir(parents=True)
    (tmp_path / ".venv-serve" / "bin" / "python").touch()
    assert find_python(None) == tmp_path / ".venv-serve" / "bin" / "python"
    assert find_python(sys.executable) == Path(sys.executable), "a link is kept: it is what makes the environment"
    with pytest.raises(ConfigError, match="is not there"):
        find_python(str(tmp_path / "none"))


def test_the_gpus_by_their_drivers_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus() == []
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA X, 81559 MiB'\necho 'NVIDIA X, 81559 MiB'\n", encoding="utf-8")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    assert gpus() == ["NVIDIA X, 81559 MiB"] * 2
    tool.write_text("#!/bin/sh\necho 'no driver'\nexit 9\n", encoding="utf-8")
    assert gpus() == []


def test_vllm_is_not_shadowed_by_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')", encoding="utf-8")
    asked = [sys.executable, "-m", "json.tool", "--help"]
    done = subprocess.run(asked, cwd=tmp_path, env=environment("k"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
