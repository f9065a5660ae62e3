"""Install requirement files into the environment whose Python runs this: by uv, ten times as fast, or else by pip.

uv reads no pip.conf, so the index that pip is set up with is handed on to it. Whatever keeps uv from doing the job (no
wheel of it for this machine, an index it cannot use), pip does it.
"""

from __future__ import annotations

import os
import subprocess
import sys

UV = "uv==0.13.9"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def pip_setting(name: str) -> str:
    """A setting of pip's, from its configuration or environment; empty where there is none."""
    done = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    values = [found.get(f"{section}.{name}", "").strip("'\"") for section in (":env:", "install", "global")]
    return next(filter(None, values), "")


def by_uv(words: list[str]) -> bool:
    """Whether uv could install them; `words` are pip's and its own."""
    if subprocess.run([*PIP, "install", UV], check=False).returncode:
        return False
    environment = dict(os.environ)
    if index := pip_setting("index-url"):
        environment.setdefault("UV_DEFAULT_INDEX", index)
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable, *words]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def main(files: list[str]) -> int:
    """The command; returns pip's exit code where uv did not do it."""
    words = [word for file in files for word in ("-r", file)]
    if by_uv(words):
        return 0
    return subprocess.run([*PIP, "install", *words], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
