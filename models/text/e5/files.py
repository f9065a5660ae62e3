"""Where multilingual-e5-small lies, and what it must be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("text") / "e5"
"""Under the models' folder."""
NAME = "e5-small-q4.bin"
SHA256: Mapping[str, str] = {NAME: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}
COMMAND = "python -m models fetch text"
