"""What a folder may hold beside plain files: links, pipes, sockets, nests, things that are not there."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path


def write_folders(folder: Path, sound: bytes) -> Iterator[Path]:
    """Write every kind below the folder; yields those that have to have a row. OSError as of writing."""
    outside = folder.parents[1] / "outside"
    outside.mkdir()
    (outside / "not-handed-over.wav").write_bytes(sound)
    links = {
        "link-to-nothing.wav": folder / "is-not-there.wav",
        "link-to-itself.wav": folder / "link-to-itself.wav",
        "link-out.wav": outside / "not-handed-over.wav",
        "link-to-dev-zero.wav": Path("/dev/zero"),
        "link-to-proc.wav": Path("/proc/self/mem"),
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
        yield folder / name
    for name, target in {"loop": folder, "up": folder.parent, "out": outside}.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.wav")
    yield folder / "pipe.wav"
    listening = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # its path is too long for a socket's
    try:
        listening.bind("socket.wav")
    finally:
        os.chdir(here)
        listening.close()
    yield folder / "socket.wav"
    (folder / "folder.wav").mkdir()
    (folder / "folder.wav" / "inside.wav").write_bytes(sound)
    yield folder / "folder.wav" / "inside.wav"
    (folder / "empty-folder").mkdir()
    deep = folder.joinpath(*["deep"] * 60)
    deep.mkdir(parents=True)
    (deep / "deep.wav").write_bytes(sound)
    yield deep / "deep.wav"
    long = folder / ("n" * 250) / ("m" * 250)
    long.mkdir(parents=True)
    (long / "long.wav").write_bytes(sound)
    yield long / "long.wav"
    (folder / "same").mkdir()
    (folder / "same" / "UPPER.WAV").write_bytes(sound)
    yield folder / "same" / "UPPER.WAV"
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._a.wav").write_bytes(b"\0\5\x16\7")
    (folder / "same" / "a folder\nof two lines").mkdir()
    (folder / "same" / "a folder\nof two lines" / "x.wav").write_bytes(sound)
    yield folder / "same" / "a folder\nof two lines" / "x.wav"
    denied = folder / "no-rights.wav"
    denied.write_bytes(sound)
    denied.chmod(0)
    yield denied
