"""How clips are called in the submission: one rule for a whole folder, given, guessed from a sample, or from the names.

| form | `video_0001/0001.mp4` becomes | who wants it |
|---|---|---|
| `name` | `0001.mp4` | competitions with one flat folder |
| `stem` | `0001` | the same, without suffix |
| `path` | `video_0001/0001.mp4` | lists of paths |
| `path-stem` | `video_0001/0001` | |
| `path_` | `video_0001_0001.mp4` | `eval labels convert`, of `Raw/<video>/<clip>.mp4` (CH-SIMS, MOSI, MOSEI) |
| `path_-stem` | `video_0001_0001` | |
| `path$` | `video_0001$_$0001` | the packed features of MMSA |

Folders above and including the last one called `Raw` belong to the data set and not to the clip: the forms with one
joined word leave them out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from harness.faults import ConfigError
from harness.inputs.kinds import is_clip

FORMS = ("name", "stem", "path", "path-stem", "path_", "path_-stem", "path$")
CHOICES = ("auto", *FORMS)
_JOINERS = {"path": "/", "path-stem": "/", "path_": "_", "path_-stem": "_", "path$": "$_$"}
_WITHOUT_SUFFIX = ("stem", "path-stem", "path_-stem", "path$")
_ROOT_FOLDER = "raw"


def make_id(parts: Sequence[str], form: str) -> str:
    """The ID of a clip.

    Args:
        parts: its folders below the test data, and its file name with suffix.
        form: one of `FORMS`.
    """
    folders, name = list(parts[:-1]), parts[-1]
    if form in _WITHOUT_SUFFIX:
        name = PurePosixPath(name).stem
    if form in ("name", "stem"):
        return name
    joiner = _JOINERS[form]
    if joiner != "/":
        last = max((i for i, folder in enumerate(folders) if folder.lower() == _ROOT_FOLDER), default=-1)
        folders = folders[last + 1 :]
    return joiner.join((*folders, name))


def chosen_form(wanted: str, paths: Sequence[Sequence[str]], sample: Collection[str] | None = None) -> tuple[str, str]:
    """The form of a folder's IDs, and why, in words (empty where it is the plain file name).

    `auto` takes the form that gives the most IDs of the sample submission; without one, the file name where names
    are all different and no folder is called `Raw`, else path with underscores, else the path.

    Args:
        wanted: `auto` or one of `FORMS`.
        paths: the parts of every clip's path (see `make_id`).
        sample: the IDs of a sample submission.

    Raises:
        ConfigError: no such form; two clips get one ID; or no form gives any ID of the sample.
    """
    if wanted not in CHOICES:
        raise ConfigError(f"ids is {wanted!r}", f"allowed: {', '.join(CHOICES)}")
    if wanted != "auto":
        twice = _twice(paths, wanted)
        if twice:
            raise ConfigError(
                f"with ids={wanted} {_both(twice)} have one ID", f"choose another: {_free(paths)}, or rename the files"
            )
        return wanted, f"IDs are made by ids={wanted}, as was set"
    if sample is not None:
        return _by_sample(paths, sample)
    in_raw = any(part.lower() == _ROOT_FOLDER for parts in paths for part in parts[:-1])
    twice = _twice(paths, "name")
    if not twice and not in_raw:
        return "name", ""
    form = next((form for form in ("path_", "path") if not _twice(paths, form)), "path")
    why = f"{_both(twice)} have the same file name" if twice else "the clips lie in a folder called Raw"
    return form, f"{why}: IDs are made by ids={form}, such as {make_id(paths[0], form)} (see the setting ids)"


def _by_sample(paths: Sequence[Sequence[str]], sample: Collection[str]) -> tuple[str, str]:
    wanted = set(sample)
    hits = {form: len(wanted.intersection(make_id(parts, form) for parts in paths)) for form in FORMS}
    free = [form for form in FORMS if not _twice(paths, form)]
    best = max(free, key=lambda form: hits[form], default="path")
    if not hits[best]:
        one, theirs = make_id(paths[0], "path"), min(wanted)
        crowded = max(FORMS, key=lambda form: hits[form])
        if hits[crowded]:
            raise ConfigError(
                f"the sample's IDs are those of ids={crowded}, by which {_both(_twice(paths, crowded))} have one ID",
                "move clips of one name into different test data folders, or rename them",
            )
        raise ConfigError(
            f"no clip's ID, however made, is among the {len(wanted)} of the sample (a clip: {one}; an ID: {theirs})",
            "give the sample submission that belongs to this folder, or set ids yourself",
        )
    said = f"{hits[best]} of the sample's {len(wanted)} IDs are those of ids={best}"
    return best, said + (f"; {len(wanted) - hits[best]} belong to no clip" if hits[best] < len(wanted) else "")


def _twice(paths: Sequence[Sequence[str]], form: str) -> tuple[str, str] | None:
    """Two paths that a form gives one ID, or None."""
    seen: dict[str, Sequence[str]] = {}
    for parts in paths:
        other = seen.setdefault(make_id(parts, form), parts)
        if other is not parts:
            return "/".join(other), "/".join(parts)
    return None


def _both(twice: tuple[str, str] | None) -> str:
    return " and ".join(twice or ())


def _free(paths: Sequence[Sequence[str]]) -> str:
    return " or ".join(form for form in FORMS if not _twice(paths, form))


def stem_of(clip_id: str) -> str:
    """An ID without the suffix of a media file."""
    return str(PurePosixPath(clip_id).with_suffix("")) if is_clip(clip_id) else clip_id
