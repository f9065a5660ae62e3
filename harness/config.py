"""The run's settings: defaults < profile < flags, checked before any work is done."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from harness.faults import ConfigError
from harness.inputs.folder import PAIRS
from harness.inputs.ids import CHOICES
from harness.inputs.opinions_file import check_names, known_weights
from harness.inputs.own_space import find_space
from harness.inputs.profile_file import USUAL, find_profile, parse_yaml, read_profile
from harness.records.clean import MOST_SHOWN, shown
from harness.records.conversions import neutral_of
from harness.records.labels import SENTIMENT5, LabelSpace, of_another_space
from harness.records.numbers import MOST_SECONDS, Number
from harness.records.types import Language

ENGINES = ("local", "ray")
NEUTRAL = "neutral"
"""What `default_label` is called where it is the space's own neutral label."""

NUMBERS: Mapping[str, Number] = {
    "workers": Number(0, 1024, whole=True),
    "recycle_after": Number(1, whole=True),
    "attempts": Number(1, 100, whole=True),
    "seed": Number(0, 2**63 - 1, whole=True),
    "clip_time_limit": Number(0, MOST_SECONDS),
    "worker_memory": Number(0.5, 1e5),
    "max_errors": Number(0),
}


@dataclass(frozen=True)
class Config:
    """Everything a run depends on. `sections` holds the profile's nested tables (media, speech, fuse, …).

    `space` is what the submission says its labels in.
    """

    profile: str
    language: Language
    default_label: str
    seed: int
    workers: int
    clip_time_limit: float
    recycle_after: int
    worker_memory: float
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
    engine: str = "local"
    ray_address: str | None = None
    space: LabelSpace = SENTIMENT5

    @property
    def records(self) -> Path:
        """Folder of the store."""
        return self.supplements / "records"

    @property
    def worker_bytes(self) -> int:
        """What one worker process may take of memory: `worker_memory` in bytes."""
        return int(self.worker_memory * 1e9)

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
    path = find_profile(name_or_file)
    settings = _merged(read_profile(find_profile(USUAL)), read_profile(path), str(path))
    for override in overrides:
        key, separator, value = override.partition("=")
        if not separator or not key:
            raise ConfigError(f"--set {shown(override)} is not key=value", "for example --set fuse.strategy=adaptive")
        patch: Any = parse_yaml(value, f"--set {override[:MOST_SHOWN]}")
        for part in reversed(key.split(".")):
            patch = {part: patch}
        settings = _merged(settings, patch, "--set")
    check_names(settings["opinions"])
    known_weights(settings["fuse"], tuple(settings["opinions"]))
    return settings


def make_config(settings: Mapping[str, Any], *, profile: str, **flags: Any) -> Config:
    """Checks the values and builds the Config. Raises ConfigError naming the setting and what it may be."""
    space = find_space(str(settings["label_space"]))
    default = default_label(settings["default_label"], space)
    _require(settings["language"] in ("en", "zh"), "language", settings["language"], "en or zh")
    for key, number in NUMBERS.items():
        _require(number.holds(settings[key]), key, settings[key], number.allowed)
    _require(settings["ids"] in CHOICES, "ids", settings["ids"], ", ".join(CHOICES))
    _require(settings["engine"] in ENGINES, "engine", settings["engine"], " or ".join(ENGINES))
    _require(settings["pairs"] in PAIRS, "pairs", settings["pairs"], ", ".join(PAIRS))
    name = flags.get("submission_name", "x.csv")
    _require("/" not in name and name.endswith(".csv"), "--submission-name", name, "a plain file name ending in .csv")
    rest = {key: value for key, value in settings.items() if key not in ("label_space", "default_label")}
    rest |= {"space": space, "default_label": default}
    scalars = {key: value for key, value in rest.items() if not isinstance(value, Mapping)}
    sections = {key: value for key, value in settings.items() if isinstance(value, Mapping)}
    return Config(profile=profile, sections=sections, **cast(Any, scalars), **flags)


def default_label(wanted: object, space: LabelSpace) -> str:
    """The label of a clip that cannot be judged: the profile's, or the neutral one (the first where there is none).

    Raises:
        ConfigError: it is no label of the run's space; names both.
    """
    if wanted == NEUTRAL and NEUTRAL not in space.labels:
        return neutral_of(space) or space.labels[0]
    if wanted not in space.labels:
        raise ConfigError(
            f"default_label is {shown(wanted)}{of_another_space(str(wanted))}; the run answers in {space.name}",
            f"allowed: {NEUTRAL}, {', '.join(space.labels)}",
        )
    return str(wanted)


def _require(holds: bool, key: str, value: object, allowed: str) -> None:
    if not holds:
        raise ConfigError(f"{key} is {shown(value)}", f"allowed: {allowed}")


def _is_open(prefix: str) -> bool:
    """Whether a table of the profile has names of the user's own."""
    return prefix.startswith("opinions.") or prefix in ("fuse.weights.", "fuse.emotions.weights.")


def _merged(base: Mapping[str, Any], patch: Any, origin: str, prefix: str = "") -> dict[str, Any]:
    """`patch` over `base`; a key that `base` does not know is an error, so that a typo cannot pass unseen."""
    if not isinstance(patch, Mapping):
        raise ConfigError(
            f"{origin}: {prefix.rstrip('.')} holds settings of its own, not a single value",
            "write its settings below it, or set one of them: --set section.key=value",
        )
    merged = dict(base)
    for key, value in patch.items():
        if key not in base and not _is_open(prefix):
            close = difflib.get_close_matches(str(key), base, n=1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"known: {', '.join(base)}"
            raise ConfigError(f"{origin}: unknown setting {prefix}{str(key)[:MOST_SHOWN]}", hint)
        if isinstance(base.get(key), Mapping):
            value = _merged(base[key], value, origin, f"{prefix}{key}.")
        merged[key] = value
    return merged
