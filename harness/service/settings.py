"""Where the service listens, whom it answers, and what an upload may cost."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
SHORTEST_TOKEN = 24
_NAME = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]+\]")


@dataclass(frozen=True)
class Settings:
    """How the service is run.

    Attributes:
        data: folder of the jobs.
        host: address that is listened on.
        port: 0 takes a free one.
        token: what a request has to show; None on loopback without one.
        names: host names by which browsers and clients may call the service, without port.
        most_bytes: of one upload.
        most_seconds: of one clip.
        queue: jobs that may wait.
        wait_seconds: how long a request with `wait=true` is held.
        watch: supplements folder of a run that the page shows besides.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    names: tuple[str, ...] = LOOPBACK_NAMES
    most_bytes: int = 200_000_000
    most_seconds: float = 600.0
    queue: int = 256
    wait_seconds: float = 600.0
    watch: Path | None = None


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone; a name counts only if it is `localhost`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def token_of(name: str | None, environment: Mapping[str, str]) -> str | None:
    """The token that an environment variable holds; None when no variable was named.

    Raises:
        ConfigError: the variable is not set, or what it holds could be guessed.
    """
    if name is None:
        return None
    token = environment.get(name, "").strip()
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"the environment variable {name} holds no token: {SHORTEST_TOKEN} characters or more, ASCII, no blanks",
            f"{name}=$(openssl rand -hex 24)",
        )
    return token


def names_of(host: str, token: str | None, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The host names that are answered to.

    Raises:
        ConfigError: the service would be open to other machines without a token, or without a name that browsers'
            requests can be held against.
    """
    for name in wanted:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"--allow-host {name} is no host name", "without scheme and port: emotion.example.org")
    if is_loopback(host):
        return (*LOOPBACK_NAMES, *wanted)
    if token is None:
        raise ConfigError(
            f"--host {host} is open to other machines, and no token protects it",
            "--token-env NAME with the token in that environment variable, or leave --host out",
        )
    if not wanted:
        raise ConfigError(
            f"--host {host} is open to other machines, and nothing says by which name they call it",
            "--allow-host NAME (or its address); requests for other hosts are refused",
        )
    return (*LOOPBACK_NAMES, *wanted)
