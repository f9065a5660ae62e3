"""What a disk holds after the power went: what was never synced is torn, a rename that was never synced undone."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any


def events(notes: Path) -> list[list[Any]]:
    """What `wrapped` noted, in order; the last line may be torn by a kill."""
    found = []
    for line in notes.read_bytes().splitlines() if notes.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return sorted(found, key=lambda event: event[0])


def lose(notes: Path, chance: random.Random) -> tuple[int, int]:
    """Undo what had not reached the disk, each with a probability of one half. Returns files torn, renames undone."""
    noted = events(notes)
    last_sync = max((event[0] for event in noted if event[1] == "sync"), default=-1)
    synced = {event[3]: event[0] for event in noted if event[1] == "fsync"}
    folders = {event[2]: event[0] for event in noted if event[1] == "fsync"}
    torn = undone = 0
    for path, (when, inode) in {event[2]: (event[0], event[3]) for event in noted if event[1] == "rename"}.items():
        file = Path(path)
        if not file.is_file() or when < last_sync or file.stat().st_ino != inode:
            continue
        if folders.get(str(file.parent), -1) < when and chance.random() < 0.5:
            file.unlink()
            undone += 1
        elif inode not in synced and chance.random() < 0.5:
            content = file.read_bytes()
            file.write_bytes(content[: chance.randrange(len(content) + 1) // 4096 * 4096])
            torn += 1
    notes.unlink(missing_ok=True)
    return torn, undone


def unsynced(notes: Path, below: Path) -> list[str]:
    """Files below a folder that were given their name before their bytes, or without their folder, were synced."""
    noted = events(notes)
    wrong = []
    for number, (_, kind, *facts) in enumerate(noted):
        if kind == "rename" and Path(facts[0]).is_relative_to(below):
            bytes_first = any(e[1] == "fsync" and e[3] == facts[1] for e in noted[:number])
            folder_after = any(e[1] == "fsync" and e[2] == str(Path(facts[0]).parent) for e in noted[number:])
            if not bytes_first or not folder_after:
                wrong.append(facts[0])
    return wrong
