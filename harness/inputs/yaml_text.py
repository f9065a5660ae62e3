"""The one reader of YAML: the safe loader, and whatever it ends in over a text that is none told as one fault.

The loader raises its own errors, and those of Python's types where a tag promises what a value does not hold: `!!int`
of nothing is an IndexError, `!!bool x` a KeyError, `!!timestamp x` an AttributeError, 2024-13-45 a ValueError.
"""

from __future__ import annotations

from typing import Any

import yaml

LONGEST_WHY = 300
"""Characters of what the loader says; it may quote the text."""
_RAISED = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


class NotYaml(ValueError):
    """A text that is no YAML: why, in one line."""


def yaml_value(text: str) -> Any:
    """The value of a YAML text, None of an empty one. NotYaml where it cannot be read."""
    try:
        return yaml.safe_load(text)
    except _RAISED as error:
        told = " ".join(str(error).split())[:LONGEST_WHY]
        raise NotYaml(
            told if isinstance(error, yaml.YAMLError | ValueError) else f"{type(error).__name__}: {told}"
        ) from error
