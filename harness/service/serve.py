"""`serve`: the service from the command line."""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path

from harness.faults import ConfigError
from harness.records.numbers import AT_LEAST_ONE, PORT
from harness.records.store import exclusive
from harness.service.settings import LOOPBACK_NAMES, Settings, names_of, token_of

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "python requirements/install.py requirements/service.txt"
BACKLOG = 512


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `serve`."""
    parser.add_argument("--profile", default="embedded", metavar="NAME|FILE", help="which models (default: embedded)")
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1; any other needs the next two")
    parser.add_argument("--token-env", metavar="NAME", help="environment variable with the token to be shown")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a host name by which it is called"
    )
    parser.add_argument("--port", type=PORT.parse, default=8000, help="default 8000; 0 takes a free one")
    parser.add_argument("--data", type=Path, help="folder of the jobs (default: Test_Supplements/service)")
    parser.add_argument("--watch", type=Path, metavar="DIR", help="also show this run: its --supplements folder")
    parser.add_argument("--max-megabytes", type=AT_LEAST_ONE.parse, default=200, metavar="N", help="of an upload")
    parser.add_argument("--max-seconds", type=AT_LEAST_ONE.parse, default=600, metavar="N", help="of a clip")
    parser.add_argument("--queue", type=AT_LEAST_ONE.parse, default=256, metavar="N", help="jobs that may wait")
    parser.add_argument("--models-dir", type=Path, help="fetched models (default: checkpoints/, or $HARNESS_MODELS)")
    parser.add_argument(
        "--set", action="append", default=[], nargs="+", dest="overrides", metavar="KEY=VALUE", help="change settings"
    )


def settings_of(flags: argparse.Namespace) -> Settings:
    """The settings that flags and environment say. Raises ConfigError, above all where strangers could reach it."""
    token = token_of(flags.token_env, os.environ)
    names = names_of(flags.host, token, tuple(name.lower() for name in flags.allow_host))
    if flags.watch is not None and not flags.watch.is_dir():
        raise ConfigError(f"--watch {flags.watch}: no such folder", "name the --supplements folder of a run")
    return Settings(
        data=(flags.data or ROOT / "Test_Supplements" / "service").absolute(),
        host=flags.host,
        port=flags.port,
        token=token,
        names=names,
        most_bytes=flags.max_megabytes * 1_000_000,
        most_seconds=float(flags.max_seconds),
        queue=flags.queue,
        watch=flags.watch.absolute() if flags.watch is not None else None,
    )


def run(flags: argparse.Namespace) -> int:
    """Serve until interrupted; returns the exit code. Raises ConfigError."""
    settings = settings_of(flags)
    try:
        import uvicorn

        from harness.service.app import make_app
    except ModuleNotFoundError as missing:
        raise ConfigError(f"the service needs the package {missing.name}", INSTALL) from None
    from harness.service.engine import Engine, Profile
    from harness.service.jobs import JobFolders
    from harness.service.service import Service
    from models.folders import default_models_dir

    profile = Profile(
        flags.profile,
        tuple(item for group in flags.overrides for item in group),
        flags.models_dir or default_models_dir(),
    )
    with exclusive(settings.data), _listening(settings) as listening:
        folders = JobFolders(settings.data, lambda: secrets.token_hex(16))
        service = Service(settings, folders, Engine(profile, folders), lambda: datetime.now(UTC))
        port = listening.getsockname()[1]
        name = settings.host if settings.host in LOOPBACK_NAMES else settings.names[-1]
        print(f"http://{name}:{port}/  (Ctrl-C ends it)", flush=True)
        config = uvicorn.Config(
            make_app(service),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            timeout_keep_alive=20,
            backlog=BACKLOG,
        )
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listening(settings: Settings) -> socket.socket:
    """A socket that listens. ConfigError for an address that cannot be had."""
    host = settings.host.strip("[]")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as fault:
        raise ConfigError(
            f"{settings.host}:{settings.port}: {fault.strerror}", "another --port, 0 for a free one"
        ) from None
