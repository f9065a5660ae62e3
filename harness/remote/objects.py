"""An object store through fsspec: what lies below a URL, and single files to and from it.

Which packages that takes depends on the URL: `requirements/remote.txt` has those of `s3://`. Keys and the store's
address are found as those packages find them (environment, `~/.aws`); nothing of them is read here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.records.atomic import TEMPORARY
from harness.records.clean import one_line

INSTALL = "pip install -r requirements/remote.txt"
TOKENS = ("ETag", "etag", "md5Hash", "LastModified", "mtime", "created")
"""What tells two contents of one name apart, in the order in which stores offer it."""


@dataclass(frozen=True)
class Found:
    """An object: its bytes, and a token that changes with its content."""

    size: int
    token: str


class Objects:
    """Everything below a URL.

    Raises:
        ConfigError: the packages for such a URL are not installed, or it is none.
    """

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise ConfigError(f"{url} needs fsspec, which is not installed", INSTALL) from error
        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"{url} cannot be used: {one_line(str(error))[:300]}", INSTALL) from error
        self.url, self._root = url, str(root).rstrip("/")

    def list(self) -> Mapping[str, Found]:
        """Name below the URL → object; nothing where there is nothing. Raises what `faults` names."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.find(self._root, detail=True)
        except FileNotFoundError:
            return {}
        return {
            name: Found(int(facts["size"] or 0), _token(facts))
            for path, facts in found.items()
            if (name := str(path)[len(self._root) + 1 :]) and not name.endswith("/") and _plain(name)
        }

    def fetch(self, name: str, target: Path, size: int) -> None:
        """Bring an object to a file, whole or not at all. Raises what `faults` names."""
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.parent / (TEMPORARY + os.urandom(8).hex())
        try:
            self._fs.get_file(f"{self._root}/{name}", str(unfinished))
            came = unfinished.stat().st_size
            if came != size:
                raise OSError(f"{came} bytes came of {size}")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def send(self, source: Path, name: str) -> None:
        """Write a file as an object, which appears whole or not at all. Raises what `faults` names."""
        if "file" in self._fs.protocol:  # a folder that is named as a URL has no such promise of its own
            part = f"{self._root}/{name}.part"
            self._fs.makedirs(os.path.dirname(part), exist_ok=True)
            self._fs.put_file(str(source), part)
            os.replace(part, f"{self._root}/{name}")
        else:
            self._fs.put_file(str(source), f"{self._root}/{name}")


def faults() -> tuple[type[BaseException], ...]:
    """What goes wrong on the way to a store: the exceptions of the packages that are in use."""
    found: list[type[BaseException]] = [OSError, ValueError]
    for module, name in (("botocore.exceptions", "BotoCoreError"), ("aiohttp", "ClientError")):
        if module in sys.modules:
            found.append(getattr(sys.modules[module], name))
    return tuple(found)


def said(error: BaseException) -> str:
    """An error in one line."""
    return one_line(str(error))[:300] or type(error).__name__


def _plain(name: str) -> bool:
    """Whether a name is that of a file below a folder, and not of one elsewhere."""
    return not name.startswith("/") and ".." not in name.split("/") and "\0" not in name


def _token(facts: Mapping[str, Any]) -> str:
    return next((str(facts[key]) for key in TOKENS if facts.get(key)), "")
