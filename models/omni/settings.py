"""The section `omni` of a profile: what may stand in it, and what a result depends on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.faults import ConfigError
from harness.records.numbers import MOST_SECONDS, Number
from models.omni.protocol.dialect import DIALECTS

RESULT = (
    "prompt",
    "dialect",
    "frames",
    "frame_side",
    "max_audio_seconds",
    "jpeg_quality",
    "temperature",
    "samples",
    "max_tokens",
    "structured",
    "label_probabilities",
    "seed",
)
"""Settings that change what is answered, whoever serves the model."""
LATER: Mapping[str, Any] = {"sampling": "even", "start": 0, "end": None}
"""Settings that came later and change what is answered, with what they are where nothing is said: they count where they
differ from it, so that what was answered before stays valid."""
SERVED = ("dtype", "max_model_len", "extra_flags")
"""And those that do so where the server is started here."""

INSTALL_CLIENT = "pip install openai==3.52.0"

Allowed = tuple[Callable[[Any], bool], str]


def _number(low: float, high: float = float("inf"), *, whole: bool = False) -> Allowed:
    number = Number(low, high, whole)
    return number.holds, number.allowed


def _one_of(*values: object) -> Allowed:
    return (lambda value: value in values), ", ".join(map(str, values))


_FLAG: Allowed = ((lambda value: isinstance(value, bool)), "true or false")
_SEED: Allowed = ((lambda value: value is None or _number(0, whole=True)[0](value)), "a whole number, or null")

ALLOWED: Mapping[str, Allowed] = {
    "dialect": _one_of("auto", *DIALECTS),
    "frames": _number(0, 128, whole=True),
    "frame_side": _number(28, 4096, whole=True),
    "max_audio_seconds": _number(0, MOST_SECONDS),
    "jpeg_quality": _number(1, 100, whole=True),
    "temperature": _number(0, 2),
    "samples": _number(1, 64, whole=True),
    "max_tokens": _number(64, whole=True),
    # YAML reads a bare `off` as false.
    "structured": _one_of("auto", "off", False),
    "label_probabilities": _FLAG,
    "timeout": _number(0.1, MOST_SECONDS),
    "attempts": _number(1, 20, whole=True),
    "pause": _number(0, MOST_SECONDS),
    "concurrency": _number(1, 1024, whole=True),
    "seed": _SEED,
    "runner": _one_of("auto", "v1", "v2"),
    "tensor_parallel": _number(1, whole=True),
    "gpu_memory": _number(0.05, 1),
    "max_model_len": _number(256, whole=True),
    "max_num_seqs": _number(1, whole=True),
    "extra_flags": (
        (lambda value: isinstance(value, list | tuple) and all(isinstance(word, str | int | float) for word in value)),
        "a list, such as [--enforce-eager]",
    ),
    "start_seconds": _number(1, MOST_SECONDS),
    "restarts": _number(0, 100, whole=True),
    "canary": _FLAG,
}


def result_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a result depends on, whoever serves the model."""
    later = {name: settings[name] for name, usual in LATER.items() if settings[name] != usual}
    return {name: settings[name] for name in RESULT} | later


def stretch_told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """For a record: the part of the clip that is sent, [start, end] in seconds; empty where it is all of it."""
    stretch = [settings["start"], settings["end"]]
    return {} if stretch == [LATER["start"], LATER["end"]] else {"stretch": stretch}


def check(settings: Mapping[str, Any]) -> None:
    """ConfigError for a setting of the client or the server that cannot be."""
    for name, (holds, allowed) in ALLOWED.items():
        if not holds(settings[name]):
            raise ConfigError(f"omni.{name} is {settings[name]!r}", f"allowed: {allowed}")
    if settings["samples"] > 1 and not settings["temperature"]:
        raise ConfigError("omni.samples is above 1 at temperature 0, where they are all alike", "omni.temperature=0.7")


def check_client() -> None:
    """ConfigError when the package that speaks to servers is not installed: known before any clip is looked at."""
    if importlib.util.find_spec("openai") is None:
        raise ConfigError("an omni model is asked through the package openai, which is not installed", INSTALL_CLIENT)


def check_url(url: Any) -> str:
    """The URL of a running server, with `/v1` at its end. Raises ConfigError."""
    parts = urlsplit(str(url or ""))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"omni.url is {url!r}", "for example --set omni.url=http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise ConfigError("omni.url holds a user name or password", "name a variable in omni.api_key_env instead")
    trimmed = str(url).rstrip("/")
    return trimmed if trimmed.endswith("/v1") else f"{trimmed}/v1"


def check_urls(urls: Any) -> tuple[str, ...]:
    """The URLs of one server or more, from one text (with commas between) or a list. Raises ConfigError."""
    if not urls or not isinstance(urls, str | list | tuple):
        return (check_url(urls),)
    checked = tuple(check_url(str(url).strip()) for url in (urls.split(",") if isinstance(urls, str) else urls))
    if len(set(checked)) < len(checked):
        raise ConfigError("omni.url names a server twice", "each URL once")
    return checked


def api_key(variable: Any) -> str:
    """The key from the environment variable that is named; empty when none is. Raises ConfigError."""
    if not variable:
        return ""
    key = os.environ.get(str(variable), "")
    if not key:
        raise ConfigError(f"omni.api_key_env names {variable}, which is not set", f"export {variable}=KEY")
    return key


def small_files(folder: Path) -> dict[str, Path]:
    """Name → file of everything in a model's folder but its weights: settings, tokeniser, templates, index."""
    kinds = (".json", ".txt", ".jinja", ".model")
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix in kinds}


def weight_sizes(folder: Path) -> dict[str, int]:
    """Name → bytes of the weights.

    To hash tens of gigabytes before each run would take minutes. The index, which is hashed, names every tensor and
    the total, and a file that was cut short or exchanged for one of another size shows.
    """
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.safetensors"))}
