"""How IDs go wrong between a submission and its labels, and which wrong spelling explains what is seen.

A step undoes one common mishap: a folder in front, a lost suffix, another case, leading zeros that a spreadsheet took
for decoration (`00001.mp4` → `1`), whole numbers that it took for measurements (`1` → `1.0`, `1E+05`), separators.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from itertools import combinations
from pathlib import PurePosixPath

from harness.inputs.kinds import is_clip

MOST_COMPARED = 20_000
"""IDs of each side that are looked at when a cause is sought."""
MOST_STEPS = 4
_NUMBER = re.compile(r"\d{1,15}(?:\.0+)?|\d(?:\.\d{1,15})?[eE]\+?\d{1,2}")


def _visible(name: str) -> str:
    """Without control and format characters, such as the byte order mark of a file that was appended to another."""
    return name if name.isprintable() else "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf"))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", _visible(name)).strip().strip("'\"").strip()


def _name_alone(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _joined(name: str) -> str:
    return re.sub(r"\$_\$|[\\/\-. ]", "_", name)


def _without_suffix(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")) if is_clip(name) else name


def _number(name: str) -> str:
    """A whole number without leading zeros, a decimal point or an exponent; anything else as it is."""
    suffix = PurePosixPath(name).suffix if is_clip(name) else ""
    stem = name.removesuffix(suffix)
    if not _NUMBER.fullmatch(stem):
        return name
    value = float(stem)
    return (str(int(value)) if value.is_integer() else stem) + suffix


STEPS: Mapping[str, Callable[[str], str]] = {
    "white space, quotation marks, invisible characters or another Unicode form": _plain,
    "upper and lower case": str.casefold,
    "a folder in front of the name": _name_alone,
    "the suffix of the file (such as .mp4), which one side lacks": _without_suffix,
    "numbers as a spreadsheet writes them (leading zeros lost, or .0 added)": _number,
    "other separators between the parts of the name": _joined,
}
"""What went wrong, in words → what undoes it."""
_ORDER = tuple(STEPS.values())


def likeness(name: str) -> str:
    """An ID without what people get wrong, in one form for all that look alike; the folder is cut."""
    return reduce(lambda text, step: step(text), (_plain, _name_alone, _without_suffix, _number, str.casefold), name)


def difference(name: str, meant: str) -> str:
    """In which way an ID misses the one that was probably meant."""
    if ("/" in name or "\\" in name) and "/" not in meant:
        return "the ID holds a folder"
    if name.strip() != name:
        return "white space around the ID"
    if _visible(name) != name:
        return "invisible characters in the ID"
    lacks = is_clip(meant) and not is_clip(name)
    # "1" and "1.0" are what a spreadsheet makes of "00001".
    if _number(_without_suffix(name)) != _without_suffix(name) or _number(_without_suffix(meant)) != _without_suffix(
        meant
    ):
        changed = "a spreadsheet has made the ID a number"
        return f"{changed}, and it lacks its extension" if lacks else changed
    return "the ID lacks its extension" if lacks else "spelt differently"


def likely_cause(found: Sequence[str], wanted: Sequence[str]) -> str:
    """Why two lists of IDs have nothing in common, in words with an example; empty when no step explains it."""
    found, wanted = found[:MOST_COMPARED], wanted[:MOST_COMPARED]
    once = {name: cache(step) for name, step in STEPS.items()}  # the same names go through a step in many combinations
    for count in range(1, MOST_STEPS + 1):
        best: tuple[int, str] = (0, "")
        for names in combinations(STEPS, count):
            steps = [once[name] for name in names]
            keys = {reduce(lambda text, step: step(text), steps, name): name for name in wanted}
            pairs = [
                (name, keys[key])
                for name in found
                if (key := reduce(lambda text, step: step(text), steps, name)) in keys
            ]
            if len(pairs) > best[0]:
                best = len(pairs), f"{'; '.join(names)} ({pairs[0][0]} → {pairs[0][1]})"
        if best[0]:
            return best[1]
    return ""
