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


class _Loader(yaml.SafeLoader):
    """The safe loader, of which a whole number can be written in an error's text, in whatever base it stands."""


def _whole_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    value: int = loader.construct_yaml_int(node)
    str(value)  # a ValueError where it has too many digits, as one that is written in decimals has at once
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


class NotYaml(ValueError):
    """A text that is no YAML: why, in one line."""


def yaml_value(text: str) -> Any:
    """The value of a YAML text, None of an empty one. NotYaml where it cannot be read."""
    try:
        return _Loader(text).get_single_data()
    except _RAISED as error:
        told = " ".join(str(error).split())[:LONGEST_WHY]
        raise NotYaml(
            told if isinstance(error, yaml.YAMLError | ValueError) else f"{type(error).__name__}: {told}"
        ) from error
