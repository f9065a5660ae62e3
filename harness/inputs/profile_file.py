"""A profile's file, by name or path, and what it holds. Whether its settings are known ones is for `harness.config`."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.inputs.yaml_text import NotYaml, yaml_value

PROFILES = Path(__file__).resolve().parents[1] / "profiles"
USUAL = "embedded"
"""The profile that all others stand on."""


def profile_names() -> list[str]:
    """The profiles that ship."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def find_profile(name_or_file: str) -> Path:
    """The file of a profile; of one named by its path, whether it is there or not. ConfigError on an unknown name."""
    if Path(name_or_file).suffix in (".yaml", ".yml"):
        return Path(name_or_file)
    path = PROFILES / f"{name_or_file}.yaml"
    if not path.is_file():
        known = ", ".join(profile_names())
        raise ConfigError(f"unknown profile {name_or_file!r}", f"known: {known}, or the path of a .yaml file")
    return path


def read_profile(path: Path) -> dict[str, Any]:
    """The settings in a profile's file, the caller's to change. ConfigError where they cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"profile {path} cannot be read: {error}", "check the path; a profile is YAML in UTF-8"
        ) from error
    # What is shipped is asked for again by every job of a service.
    content = copy.deepcopy(_parsed_once(text)) if path.parent == PROFILES else parse_yaml(text, str(path))
    if not isinstance(content, dict):
        raise ConfigError(f"profile {path} holds no settings", "write settings as `key: value`, one a line")
    return content


@lru_cache(maxsize=16)
def _parsed_once(text: str) -> Any:
    return parse_yaml(text, "a profile that ships")


def parse_yaml(text: str, origin: str) -> Any:
    """The value of a YAML text that came from `origin`. ConfigError where it is none."""
    try:
        return yaml_value(text)
    except NotYaml as error:
        raise ConfigError(
            f"{origin} is not valid YAML: {error}", "quote a text that looks like a date or a list"
        ) from None
