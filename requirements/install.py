"""Install requirement files into the environment whose Python runs this: by uv, ten times as fast, or else by pip.

`--dry-run` installs nothing and says how many packages the files come to; `--lock FILE` writes them there with the
hashes of all their archives, for any platform, as `pip install --require-hashes -r FILE` wants them. uv reads no
pip.conf, so the indexes, folders and constraints that pip is set up with are handed on to it. Whatever keeps uv from
doing the job (no wheel of it for this machine, an index it cannot use), pip does it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Sequence

UV = "uv==0.13.9"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
# What pip calls a place to look in, and what uv does.
PLACES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
}


def pip_settings() -> dict[str, str]:
    """What pip is set up with, by name, in words: the environment comes before install's section, that before all's."""
    ask = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    words = {key: " ".join(ast.literal_eval(value).split()) for key, value in found.items()}
    sections = (":env:", "install", "global")
    return {name: next(filter(None, (words.get(f"{s}.{name}", "") for s in sections)), "") for name in PLACES}


def uv_environment(names: Sequence[str] = tuple(PLACES)) -> dict[str, str]:
    """With it uv looks where pip looks (`names`), and takes the best release of all places, as pip does."""
    settings = pip_settings()
    places = {PLACES[name]: settings[name] for name in names if settings[name]}
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **places, **os.environ}


def uv(*command: str, names: Sequence[str] = tuple(PLACES)) -> subprocess.CompletedProcess[str]:
    """One call of uv for packages, in that environment."""
    call = [sys.executable, "-m", "uv", "pip", *command]
    return subprocess.run(call, env=uv_environment(names), stdout=subprocess.PIPE, text=True, check=False)


def have_uv() -> bool:
    """Whether uv is there, installed if need be."""
    return subprocess.run([*PIP, "install", UV], check=False).returncode == 0


def install(files: list[str]) -> int:
    """Install; returns the exit code."""
    words = [word for file in files for word in ("-r", file)]
    if have_uv() and not uv("install", "--quiet", "--python", sys.executable, *words).returncode:
        return 0
    return subprocess.run([*PIP, "install", *words], check=False).returncode


def resolve(files: list[str]) -> int:
    """Whether all files fit into one environment: prints how many packages that would be, returns the exit code."""
    if have_uv():
        done = uv("compile", "--quiet", "--no-annotate", "--no-header", "--python", sys.executable, *files)
        if not done.returncode:
            print(sum("==" in line for line in done.stdout.splitlines()), "packages resolve")
            return 0
    words = ["install", "--dry-run", "--ignore-installed", "--report", "-"]
    words += [word for file in files for word in ("-r", file)]
    done = subprocess.run([*PIP, *words], stdout=subprocess.PIPE, text=True, check=False)
    if not done.returncode:
        print(len(json.loads(done.stdout)["install"]), "packages resolve")
    return done.returncode


def lock(file: str, out: str) -> int:
    """Write every package that the file comes to with its hashes; returns the exit code."""
    if not have_uv():
        print("a lock file is made by uv, which cannot be had here", file=sys.stderr)
        return 1
    words = ["--generate-hashes", "--universal", "--no-annotate", "--no-header", "--output-file", out]
    # A folder of this machine may hold archives of its own making: their hashes are nobody else's.
    return uv("compile", "--quiet", *words, file, names=("index-url",)).returncode


def main(arguments: list[str]) -> int:
    """The command: requirement files, and `--dry-run` or `--lock`; returns the exit code of who did it."""
    if arguments[:1] == ["--lock"]:
        return lock(arguments[2], arguments[1])
    files = [argument for argument in arguments if argument != "--dry-run"]
    return resolve(files) if "--dry-run" in arguments else install(files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
