"""What `vllm serve` is started with: the command, its environment, and the line to rerun it by hand."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError

ROOT = Path(__file__).resolve().parents[3]
QUIET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
"""No usage statistics, and nothing is looked up on a hub."""
KEY_VARIABLE = "VLLM_API_KEY"
CPU_CACHE = {"VLLM_CPU_KVCACHE_SPACE": "1"}
"""GiB for the CPU build's cache, unless the user has set it."""
RUNNERS: Mapping[str, Mapping[str, str]] = {
    "auto": {},
    "v1": {"VLLM_USE_V2_MODEL_RUNNER": "0"},
    "v2": {"VLLM_USE_V2_MODEL_RUNNER": "1"},
}
"""vLLM's own choice is v2 where Triton works and nothing configured is unknown to it (0.32), else v1."""
OURS = ("--host", "--port", "--api-key", "--served-model-name", "--uds", "--root-path", "--ssl-certfile", "--headless")
"""Flags that would put the server where the run does not look, or lock the run out."""
INSTALL = (
    "on a GPU machine: python3 -m venv .venv-serve && .venv-serve/bin/pip install 'vllm[audio]==0.32.0'; "
    "the CPU build: make .venv-serve/.ready; or name the interpreter with --set omni.python=PATH"
)


@dataclass(frozen=True)
class ServerSettings:
    """How a server is started.

    Attributes:
        python: interpreter of the environment that holds vLLM.
        model: the checkpoint's folder, absolute.
        name: by which the model is served.
        pictures: most pictures in one request.
        tensor_parallel: GPUs that share the model.
        gpu_memory: share of the GPU's memory that the server may take; not used without a GPU.
        max_model_len: tokens of question and reply.
        max_num_seqs: requests worked on at once.
        dtype: auto, bfloat16, float16 or float32.
        extra_flags: further flags, as they are.
        start_seconds: the server must pass the canary within this time.
        restarts: how often it is started again.
        canary: whether it must show that it sees and hears.
        port: to listen on; 0 for a free one.
        text_only: a language model, which takes no pictures and no sound of its own.
        runner: vLLM's model runner: `auto` (its own choice), `v1` or `v2`.
    """

    python: Path
    model: Path
    name: str = "omni"
    pictures: int = 8
    tensor_parallel: int = 1
    gpu_memory: float = 0.9
    max_model_len: int = 16384
    max_num_seqs: int = 32
    dtype: str = "auto"
    extra_flags: Sequence[str] = ()
    start_seconds: float = 900.0
    restarts: int = 3
    canary: bool = True
    port: int = 0
    text_only: bool = False
    runner: str = "auto"

    def __post_init__(self) -> None:
        """ConfigError for flags that are the run's own business."""
        for flag in map(str, self.extra_flags):
            name = flag.partition("=")[0].replace("_", "-")
            if name in OURS:
                raise ConfigError(f"{name} cannot be among the extra flags", "the run chooses where the server listens")


def find_python(named: str | None) -> Path:
    """The interpreter to start vLLM with: as named, else `.venv-serve` in the project, else this one if it has vLLM.

    Raises:
        ConfigError: there is none; says how to make one.
    """
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise ConfigError(f"omni.python: {path} is not there", INSTALL)
        return path
    beside = ROOT / ".venv-serve" / "bin" / "python"
    if beside.is_file():
        return beside
    if importlib.util.find_spec("vllm") is None:
        raise ConfigError("no environment with vLLM was found", INSTALL)
    return Path(sys.executable)


def command(settings: ServerSettings, port: int) -> list[str]:
    """The words of the command. The key is not among them: it goes through the environment."""
    limits = {"image": settings.pictures, "video": 0, "audio": 1}
    words = [str(settings.python), "-m", "vllm.entrypoints.cli.main", "serve", str(settings.model)]
    words += ["--served-model-name", settings.name, "--host", "127.0.0.1", "--port", str(port)]
    words += ["--max-model-len", str(settings.max_model_len), "--max-num-seqs", str(settings.max_num_seqs)]
    words += ["--dtype", settings.dtype, "--tensor-parallel-size", str(settings.tensor_parallel)]
    words += [] if settings.text_only else ["--limit-mm-per-prompt", json.dumps(limits)]
    if has_gpu():
        words += ["--gpu-memory-utilization", str(settings.gpu_memory)]
    return [*words, *map(str, settings.extra_flags)]


def environment(key: str, runner: str = "auto") -> dict[str, str]:
    """What the server is given of the environment, with the run's key and the model runner that is wanted."""
    defaults = {} if has_gpu() else CPU_CACHE
    chosen = RUNNERS[runner]
    # Without the safe path, `-m` would let a file in the current folder shadow one of vLLM's packages.
    return {**defaults, **os.environ, **chosen, **QUIET, "PYTHONSAFEPATH": "1", KEY_VARIABLE: key}


def runner_in(log: str) -> str:
    """Which model runner a server's log names: v1, v2, or that it does not say."""
    lines = log.lower()
    if "using v2 model runner" in lines:
        return "v2"
    fallback = "using the v1 model runner" in lines
    return "v1" if fallback else "not said in its log"


def by_hand(words: Sequence[str], *, paths: bool = True, runner: str = "auto") -> str:
    """The command as one line for a shell, with what matters of its environment; without the key.

    Args:
        words: the command.
        paths: False for a manifest: of absolute paths only the last name.
        runner: the model runner that is wanted.
    """
    kept = {name: value for name, value in os.environ.items() if _matters(name)}
    given = {**({} if has_gpu() else CPU_CACHE), **kept, **RUNNERS[runner], **QUIET}
    short = str if paths else _last_name
    return " ".join(
        [*(f"{name}={shlex.quote(short(value))}" for name, value in given.items())] + [shlex.join(map(short, words))]
    )


def _matters(name: str) -> bool:
    """Variables that change what the server does; none that may hold a secret."""
    secret = any(part in name.upper() for part in ("KEY", "TOKEN", "SECRET", "PASS"))
    return name.startswith(("VLLM_", "CUDA_", "NCCL_", "OMP_")) and not secret


def _last_name(word: str) -> str:
    return Path(word).name if word.startswith("/") else word


def has_gpu() -> bool:
    """Whether this machine has an NVIDIA GPU, by its device files."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


def gpus() -> list[str]:
    """The GPUs and their memory, as their driver's own tool names them; empty without one."""
    try:
        asked = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
        done = subprocess.run(asked, capture_output=True, encoding="utf-8", errors="replace", timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.split("\n")[:-1]
