"""Which providers there are, and which of them can be used now."""

from __future__ import annotations

import argparse
import importlib
import time
from pathlib import Path

from harness.faults import ConfigError, HarnessFault
from models.folders import default_models_dir
from models.registry import PROVIDERS

DEFAULTS = {"weights": None, "whisper_model": None, "whisper_compute": "int8", "prompt": "evidence"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of `list` and `check`."""
    parser.add_argument("names", nargs="*", metavar="PROVIDER", help="only these (default: all)")
    parser.add_argument("--models-dir", type=Path, default=default_models_dir(), help="fetched models")
    parser.add_argument("--load", action="store_true", help="also load each model, which takes its time and memory")


def run(flags: argparse.Namespace) -> int:
    """Print one line per provider; for `check` the exit code is 2 when one is not usable."""
    known = {name for providers in PROVIDERS.values() for name in providers}
    if unknown := [name for name in flags.names if name not in known]:
        raise ConfigError(f"no provider is called {', '.join(unknown)}", f"known: {', '.join(sorted(known))}")
    missing = 0
    for stage, providers in PROVIDERS.items():
        for name, module in providers.items():
            if flags.names and name not in flags.names:
                continue
            try:
                state = _state(module, flags.models_dir, flags.load)
            except HarnessFault as fault:
                missing += 1
                state = f"unavailable  {fault}"
            print(f"{stage:<11} {name:<12} {state}")
    return 2 if missing and flags.verb == "check" else 0


def _state(module: str, models_dir: Path, load: bool) -> str:
    spec = importlib.import_module(module).spec({**DEFAULTS, "models_dir": str(models_dir)})
    state = f"ready        fingerprint {spec.fingerprint[:12]}"
    if load:
        started = time.perf_counter()
        if spec.verify is not None:
            spec.verify()
        spec.build()
        state += f", loaded in {time.perf_counter() - started:.1f} s"
    return state
