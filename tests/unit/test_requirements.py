"""The lock file of the light core holds what the requirement file pins, each archive by its hash."""

from __future__ import annotations

import re
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    found = PINNED.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[._-]+", "-", name).casefold(): version for name, version in found}


def test_the_lock_file_is_of_the_requirements(root: Path) -> None:
    asked, locked = (pins(root / "requirements" / f"embedded.{kind}") for kind in ("txt", "lock"))
    assert asked and {name: locked.get(name) for name in asked} == asked, "make lock"


def test_every_package_is_locked_by_hash(root: Path) -> None:
    text = (root / "requirements" / "embedded.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 40
    for entry in entries:
        assert PINNED.match(entry) and re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert "://" not in text
