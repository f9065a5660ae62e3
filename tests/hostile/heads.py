"""Heads, learned files, features, label spaces and settings that are damaged, lie, or would run code."""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from harness.config import load_profile, make_config
from harness.faults import HarnessFault
from harness.judging.fuse_settings import read_settings
from models.features.table import read_about, read_arrays
from models.folders import WEIGHTS
from models.heads.load import open_head
from models.registry import PROVIDERS
from tests.hostile.kinds import DEEP, Kind, no_json, odd_json

MODELS = Path("checkpoints")
Reader = Callable[[Path], object]


def read(reader: Reader, place: Path) -> int:
    """As a command does: a fault of ours becomes a line and code 2; anything else is for the watcher."""
    try:
        reader(place)
    except HarnessFault as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2
    return 0


def tensors(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Kind → bytes in place of a safetensors file."""
    size = struct.unpack("<Q", good[:8])[0]
    table: dict[str, Any] = json.loads(good[8 : 8 + size])
    name = next(key for key in table if key != "__metadata__")

    def told(changed: dict[str, Any]) -> bytes:
        text = json.dumps({**table, name: {**table[name], **changed}}).encode()
        return struct.pack("<Q", len(text)) + text + good[8 + size :]

    yield "empty", b""
    yield "cut", good[:-10]
    yield "longer", good + b"\0" * 10
    yield "no table", good[:7]
    yield "table beyond the end", struct.pack("<Q", 2**62) + good[8:]
    yield "table of lists", struct.pack("<Q", 2 * DEEP) + b"[" * DEEP + b"]" * DEEP
    yield "shape of 2^60", told({"shape": [2**60]})
    yield "negative shape", told({"shape": [-1]})
    yield "offsets backwards", told({"data_offsets": [100, 0]})
    yield "unknown type", told({"dtype": "F7"})
    yield "another type", told({"dtype": "I8"})
    yield "other tensors", save({"x": np.zeros(3, np.float32)})
    yield "no numbers", good[: 8 + size] + b"\xff" * (len(good) - 8 - size)
    yield "pickle", b"\x80\x04cos\nsystem\n(S'true'\ntR."


def _build(stage: str, provider: str, **settings: Any) -> Reader:
    def reader(place: Path) -> object:
        module = __import__(PROVIDERS[stage][provider], fromlist=["spec"])
        return module.spec({"weights": str(place), "encoder": "none", "models_dir": str(MODELS), **settings}).build()

    return reader


def _fuse(place: Path) -> object:
    section = load_profile("embedded")["fuse"]
    return read_settings({**section, "learned": str(place / "fusion.json")})


def _space(place: Path) -> object:
    return _configured("embedded", [f"label_space={json.dumps(str(place / 'space.yaml'))}"])


def _profile(place: Path) -> object:
    return _configured(str(place / "profile.yaml"), [])


def _configured(profile: str, overrides: list[str]) -> object:
    here = Path("x")
    places = {"models_dir": here, "test_data": here, "results": here, "supplements": here}
    return make_config(load_profile(profile, overrides), profile=profile, **places)


def _features(place: Path) -> object:
    read_about(place)
    return list(read_arrays(place))


HEADS: dict[str, tuple[Path, Reader, str, str]] = {
    "text head": (WEIGHTS / "text", _build("text", "text-head"), "head.json", "head.safetensors"),
    "speech head": (WEIGHTS / "speech", _build("speech", "prosody"), "head.json", "head.safetensors"),
    "voice head": (WEIGHTS / "speech", _build("speech", "prosody"), "prosody/head.json", "prosody/head.safetensors"),
    "emotion head": (WEIGHTS / "text", _build("text", "text-head"), "emotions/head.json", "emotions/head.safetensors"),
    "own head": (WEIGHTS / "speech", open_head, "head.json", "head.safetensors"),
    "face head": (WEIGHTS / "face", _build("face", "cvmesh"), "head.json", ""),
    "fusion": (WEIGHTS / "fusion", _fuse, "fusion.json", ""),
}
"""What → (where a good one lies, its reader, its settings, its tensors)."""
SPACE = b"name: mood\nlabels: [bad, good]\nnames: {en: {bad: bad, good: good}, zh: {bad: x, good: y}}\n"
YAML = {
    "empty": b"",
    "list": b"- a\n- b\n",
    "text": b"just words\n",
    "tab": b"a:\tb: c\n\t- x\n",
    "code": b"!!python/object/apply:os.system ['true']\n",
    "tag": b"label_space: !!python/name:os.system\n",
    "bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)),
    "endless": b"a: &a [*a]\n",
    "deep": b"[" * 2000 + b"]" * 2000,
    "binary": bytes(range(256)),
    "nul": b"seed: 0\0\n",
    "number": b"1e999\n",
    "date": b"seed: 2024-13-45\n",
    "long key": b"? " + b"k" * 100_000 + b"\n: 1\n",
    "same key twice": b"seed: 1\nseed: 2\n",
    "key of a list": b"? [a, b]\n: 1\n",
    "null section": b"fuse: null\nmedia: null\n",
    "section of text": b"fuse: x\nmedia: 1\nomni: []\n",
    "unknown key": b"nonsense: 1\nfuse: {nonsense: 1}\n",
}


def kinds() -> Iterator[Kind]:
    """Every way to damage a file of each kind."""
    for what, (source, reader, config, weights) in HEADS.items():
        for name, data in odd_json((source / config).read_bytes()):
            yield Kind(what, name, partial(_copied, source, reader, config, data))
        for name, data in tensors((source / weights).read_bytes()) if weights else ():
            yield Kind(what, f"tensors, {name}", partial(_copied, source, reader, weights, data))
    for name, data in no_json((WEIGHTS / "face" / "head.json").read_bytes()):
        yield Kind(
            "face head", f"net, {name}", partial(_copied, WEIGHTS / "face", _build("face", "cvmesh"), "net.onnx", data)
        )
    for name, data in {**YAML, **dict(no_json(SPACE))}.items():
        yield Kind("label space", name, partial(_alone, _space, "space.yaml", data))
        yield Kind("profile", name, partial(_alone, _profile, "profile.yaml", data))
    about = {"schema": "features/1", "fingerprint": "x", "names": ["a"], "granularity": "utterance", "rate": None}
    for name, data in odd_json(json.dumps({**about, "modality": "audio"}).encode()):
        yield Kind("features", name, partial(_alone, _features, "features.json", data))


def _copied(source: Path, reader: Reader, name: str, data: bytes, folder: Path) -> Callable[[], object]:
    place = folder / "head"
    shutil.copytree(source, place, copy_function=_linked)
    (place / name).unlink()
    (place / name).write_bytes(data)
    return partial(read, reader, place)


def _linked(source: str, target: str) -> None:
    """A second name for a file, where the disk is the same: heads are megabytes, and there are hundreds of kinds."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _alone(reader: Reader, name: str, data: bytes, folder: Path) -> Callable[[], object]:
    (folder / name).write_bytes(data)
    return partial(read, reader, folder)
