"""The run's settings: defaults < profile < flags, checked before any work is done."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from harness.faults import ConfigError
from harness.inputs.folder import PAIRS
from harness.inputs.ids import CHOICES
from harness.records.labels import SENTIMENT5
from harness.records.types import Language

PROFILES = Path(__file__).parent / "profiles"


@dataclass(frozen=True)
class Config:
    """Everything a run depends on. `sections` holds the profile's nested tables (media, speech, fuse, …)."""

    profile: str
    language: Language
    default_label: str
    seed: int
    workers: int
    clip_time_limit: float
    recycle_after: int
    attempts: int
    max_errors: float
    sections: Mapping[str, Mapping[str, Any]]
    models_dir: Path
    test_data: Path
    results: Path
    supplements: Path
    submission_name: str = "combined_results.csv"
    limit: int | None = None
    fresh: bool = False
    ids: str = "auto"
    pairs: str = "one"

    @property
    def records(self) -> Path:
        """Folder of the store."""
        return self.supplements / "records"

    @property
    def submission(self) -> Path:
        """The submission file."""
        return self.results / self.submission_name

    def error_allowance(self, clips: int) -> float:
        """How many clips may have errors: `max_errors` below 1 is a share of `clips`, otherwise a count."""
        return self.max_errors * clips if 0 < self.max_errors < 1 else self.max_errors


def load_profile(name_or_file: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The settings of a profile with `key.sub=value` overrides, on top of the embedded defaults.

    Raises:
        ConfigError: unknown profile, unreadable file, unknown key, or an override that is no `key=value`.
    """
    defaults = _read(PROFILES / "embedded.yaml")
    path = Path(name_or_file)
    if path.suffix not in (".yaml", ".yml"):
        path = PROFILES / f"{name_or_file}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in PROFILES.glob("*.yaml")))
            raise ConfigError(f"unknown profile {name_or_file!r}", f"known: {known}, or the path of a .yaml file")
    settings = _merged(defaults, _read(path), str(path))
    for override in overrides:
        key, separator, value = override.partition("=")
        if not separator or not key:
            raise ConfigError(f"--set {override!r} is not key=value", "for example --set fuse.strategy=adaptive")
        patch: Any = _parse_yaml(value, f"--set {override}")
        for part in reversed(key.split(".")):
            patch = {part: patch}
        settings = _merged(settings, patch, "--set")
    return settings


def make_config(settings: Mapping[str, Any], *, profile: str, **flags: Any) -> Config:
    """Checks the values and builds the Config. Raises ConfigError naming the setting and what it may be."""
    known_labels = ", ".join(SENTIMENT5.labels)
    _require(settings["language"] in ("en", "zh"), "language", settings["language"], "en or zh")
    _require(settings["default_label"] in SENTIMENT5.labels, "default_label", settings["default_label"], known_labels)
    for key, least in (("workers", 0), ("recycle_after", 1), ("attempts", 1), ("seed", 0)):
        value = settings[key]
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
        _require(whole, key, value, f"a whole number, at least {least}")
    for key in ("clip_time_limit", "max_errors"):
        value = settings[key]
        _require(isinstance(value, int | float) and value >= 0, key, value, "a number, at least 0")
    _require(settings["ids"] in CHOICES, "ids", settings["ids"], ", ".join(CHOICES))
    _require(settings["pairs"] in PAIRS, "pairs", settings["pairs"], ", ".join(PAIRS))
    name = flags.get("submission_name", "x.csv")
    _require("/" not in name and name.endswith(".csv"), "--submission-name", name, "a plain file name ending in .csv")
    scalars = {key: value for key, value in settings.items() if not isinstance(value, Mapping)}
    sections = {key: value for key, value in settings.items() if isinstance(value, Mapping)}
    return Config(profile=profile, sections=sections, **cast(Any, scalars), **flags)


def _require(holds: bool, key: str, value: object, allowed: str) -> None:
    if not holds:
        raise ConfigError(f"{key} is {value!r}", f"allowed: {allowed}")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = _parse_yaml(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"profile {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"profile {path} holds no settings")
    return content


def _parse_yaml(text: str, origin: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError(
            f"{origin} is not valid YAML: {why}", "quote a text that looks like a date or a list"
        ) from None


def _merged(base: Mapping[str, Any], patch: Any, origin: str, prefix: str = "") -> dict[str, Any]:
    """`patch` over `base`; a key that `base` does not know is an error, so that a typo cannot pass unseen."""
    if not isinstance(patch, Mapping):
        raise ConfigError(f"{origin}: {prefix.rstrip('.')} holds settings of its own, not a single value")
    merged = dict(base)
    for key, value in patch.items():
        if key not in base:
            close = difflib.get_close_matches(str(key), base, n=1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"known: {', '.join(base)}"
            raise ConfigError(f"{origin}: unknown setting {prefix}{key}", hint)
        if isinstance(base[key], Mapping):
            value = _merged(base[key], value, origin, f"{prefix}{key}.")
        merged[key] = value
    return merged
