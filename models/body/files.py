"""The two body nets as files: their names, their checksums, and the command that fetches them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.fingerprint import mismatches

FOLDER = "body"
POSE, HAND = "pose_landmark_full.tflite", "hand_landmark_lite.tflite"
SHA256: Mapping[str, str] = {
    POSE: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    HAND: "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
}
COMMAND = "python -m models fetch body"


def problems(folder: Path) -> list[str]:
    """What is missing from or wrong with the nets in `folder`; empty when all is right."""
    return mismatches(folder, SHA256)
