"""What a run depended on, and what it took: the manifest."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.config import Config
from harness.engine.decide import chosen_prompt
from harness.output.tally import Tally
from harness.records.types import Clip
from models.base import ProviderSpec

PACKAGES = (
    "av",
    "ctranslate2",
    "decord",
    "faster-whisper",
    "funasr",
    "jieba",
    "numpy",
    "openai",
    "opencv-python-headless",
    "scipy",
    "scikit-learn",
    "torch",
    "transformers",
    "vllm",
)


def manifest(
    config: Config,
    specs: Mapping[str, ProviderSpec],
    clips: Sequence[Clip],
    tally: Tally,
    run: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything needed to repeat the run and to trust its numbers. `run` holds start, end and exit code."""
    prompt = chosen_prompt(config)
    return {
        "schema": "manifest/1",
        "run": dict(run),
        "code": git_state(Path(__file__).resolve().parents[2]),
        "settings": _plain(asdict(config) | {"space": config.space.key if config.space.base else config.space.name}),
        "seed": config.seed,
        "providers": {
            stage: {"name": s.name, "fingerprint": s.fingerprint, "files": dict(s.files)} for stage, s in specs.items()
        },
        "prompt": {"name": prompt.name, "version": prompt.version, "sha256": prompt.sha256},
        "clips": {"count": len(clips), "bytes": sum(clip.size for clip in clips)},
        "outcomes": tally.outcomes,
        "seconds_by_stage": tally.seconds_by_stage(),
        "packages": installed_packages(),
        "machine": machine(),
    }


def installed_packages() -> dict[str, str | None]:
    """Versions of the packages that can change a result; None where one is not installed."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def machine() -> dict[str, Any]:
    """The kind of machine, without its name or user."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "python": sys.version.split()[0],
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def git_state(root: Path) -> dict[str, Any]:
    """Commit and whether the work tree differs from it; None for both outside a checkout."""

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    changes = git("status", "--porcelain") if commit else None
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    # As seen from where the run was started: a manifest that is handed in should not tell of its machine.
    return os.path.relpath(value) if isinstance(value, Path) else value
