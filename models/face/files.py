"""The three face nets as files: their names, their checksums, and the command that fetches them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.fingerprint import mismatches

SHA256: Mapping[str, str] = {
    "face_detection_short_range.tflite": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_landmark.tflite": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "iris_landmark.tflite": "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
}
COMMAND = "python -m models fetch face"


def problems(folder: Path) -> list[str]:
    """What is missing from or wrong with the nets in `folder`; empty when all is right."""
    return mismatches(folder, SHA256)
