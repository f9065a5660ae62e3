"""A hostile file that a command or a loader is given, and what has to come of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.watched import UNCAUGHT, Watched, call

SECONDS = 10.0
MOST_BYTES = 1_000_000_000
DEEP = 100_000
ODD_VALUES: tuple[Any, ...] = (None, "x", [], {}, -1, 10**400, [None], {"a": {"a": []}})


@dataclass(frozen=True)
class Kind:
    """A file and who reads it.

    Attributes:
        group: which files it is of.
        name: of the kind.
        write: makes the file in a folder of its own, and returns what reads it: called in a process of its own, it
            returns an exit code, or raises what a user would see as a traceback.
        named: what a refusal has to name; empty where the reader says whose fault it is in another way.
    """

    group: str
    name: str
    write: Callable[[Path], Callable[[], object]]
    named: str = ""


def fault_of(kind: Kind, done: Watched) -> str:
    """What is not as it has to be; empty when all is."""
    if done.over:
        return f"took {done.over}"
    if done.bytes > MOST_BYTES:
        return f"took {done.bytes / 1e9:.1f} GB"
    if done.code == UNCAUGHT or "Traceback" in done.said:
        return f"raised: {done.said[-400:]}"
    if done.code not in (0, 1, 2, 3):
        return f"ended with {done.code}: {done.said[-200:]}"
    if done.code and kind.named not in done.said:
        return f"does not name {kind.named}: {done.said[-300:]}"
    if done.code and len(done.said) > 20_000:
        return f"says {len(done.said)} characters"
    return ""


def attempt(kind: Kind, scratch: Path) -> tuple[str, Watched]:
    """Write the file, have it read, and say what is wrong."""
    folder = scratch / f"{kind.group}-{kind.name}"[:200].replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    done = call(kind.write(folder), folder, SECONDS, MOST_BYTES)
    shutil.rmtree(folder)
    return fault_of(kind, done), done


def odd_json(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Kind → bytes in place of a JSON object: no JSON at all, and each of its values made another."""
    yield from no_json(good)
    value = json.loads(good)
    for key in value:
        yield f"without {key}", json.dumps({k: v for k, v in value.items() if k != key}).encode()
        for number, odd in enumerate(ODD_VALUES):
            yield f"{key} odd {number}", json.dumps({**value, key: odd}).encode()
        if isinstance(value[key], list) and len(value[key]) > 1:
            yield f"{key} cut", json.dumps({**value, key: value[key][:-1]}).encode()
            yield f"{key} doubled", json.dumps({**value, key: value[key] * 2}).encode()


def no_json(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Kind → bytes that are no JSON, or no object."""
    yield "empty", b""
    yield "blank", b" \n"
    yield "cut", good[: len(good) // 2]
    yield "doubled", good + good
    yield "nul", b"\0" + good
    yield "utf-16", good.decode("utf-8").encode("utf-16")
    yield "bom", b"\xef\xbb\xbf" + good
    yield "latin", good + b"\xff\xfe"
    yield "list", b"[" + good + b"]"
    yield "null", b"null"
    yield "number", b"17"
    yield "text", b'"text"'
    yield "nested lists", b"[" * DEEP + b"]" * DEEP
    yield "nested objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "long number", b'{"schema":' + b"9" * 100_000 + b"}"
    yield "infinity", b'{"schema": Infinity}'
    yield "surrogate", b'{"schema": "\\ud800"}'
    yield "pickle", b"\x80\x04cos\nsystem\n(S'true'\ntR."
    yield "random", bytes(range(256)) * 10
