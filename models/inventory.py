"""Which providers there are, and which of them can be used now."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from harness.faults import HarnessFault
from models.folders import default_models_dir
from models.registry import PROVIDERS

DEFAULTS = {"weights": None, "whisper_model": None, "whisper_compute": "int8", "prompt": "evidence"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of `list` and `check`."""
    parser.add_argument("--models-dir", type=Path, default=default_models_dir(), help="fetched models")


def run(flags: argparse.Namespace) -> int:
    """Print one line per provider; for `check` the exit code is 2 when one is not usable."""
    missing = 0
    for stage, providers in PROVIDERS.items():
        for name, module in providers.items():
            try:
                spec = importlib.import_module(module).spec({**DEFAULTS, "models_dir": str(flags.models_dir)})
                state = f"ready        fingerprint {spec.fingerprint[:12]}"
            except HarnessFault as fault:
                missing += 1
                state = f"unavailable  {fault}"
            print(f"{stage:<11} {name:<10} {state}")
    return 2 if missing and flags.verb == "check" else 0
