"""What a stage stored, read back as its type; every type is read once before a thread may.

msgspec writes what it learns of a dataclass onto the class, at its first use and piece by piece. A second thread that
uses the class meanwhile reads a half-written description, and the process ends by SIGSEGV. So the types that records
hold are described when this module is imported, which happens in one thread, and any other type under a lock.
"""

from __future__ import annotations

import threading
from dataclasses import is_dataclass
from typing import Any, TypeVar

import msgspec

from harness.records import argument, body, brief, enhanced, types, verdicts, voices

T = TypeVar("T")

STORED = tuple(
    value
    for module in (argument, body, brief, enhanced, types, verdicts, voices)
    for value in vars(module).values()
    if isinstance(value, type)
    and is_dataclass(value)
    and value.__module__ == module.__name__
    # Pictures and sound in memory: never stored, and their arrays are no JSON type.
    and value not in (types.Frame, types.Media)
)
"""Every dataclass that a record may hold, and the record itself."""
_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in STORED}
_LOCK = threading.Lock()


def described(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a dataclass, made once, and never by two threads at the same time."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        with _LOCK:
            decoder = _DECODERS.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder


def payload(data: Any, kind: type[T]) -> T:
    """Plain values as a dataclass. msgspec.ValidationError when they do not fit."""
    described(kind)
    return msgspec.convert(data, kind)
