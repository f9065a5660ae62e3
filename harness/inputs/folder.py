"""A folder of test data: every visible file exactly once, as a clip, as a transcript, or passed over with a reason.

The run and `eval validate` both ask here, so they cannot disagree about what a folder holds or what its clips are
called. Nothing is opened: names and links alone decide.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError
from harness.inputs.ids import chosen_form, make_id
from harness.inputs.kinds import MEDIA_SUFFIXES, SIDECAR_SUFFIXES, is_clip, is_video, suffix_of, why_no_clip
from harness.inputs.sidecar_names import ClipNames, owners

PAIRS = ("one", "two")
_SOUND_FOLDERS = frozenset(
    ["audio", "audios", "wav", "wavs", "sound", "sounds", "speech", "voice", "voices", "mp3", "flac"]
)
_VIDEO_FOLDERS = frozenset(["video", "videos", "mp4", "mp4s", "clip", "clips", "visual", "movie", "movies"])
_UNPRINTABLE = ("Cc", "Zl", "Zp", "Cs")


@dataclass(frozen=True)
class Transcripted:
    """A transcript that a clip owns: its path below the folder, and the language that its name tells (or "")."""

    path: Path
    language: str


@dataclass(frozen=True)
class Entry:
    """A clip of a folder: its ID, its path below the folder, its transcripts (best first), the file of its sound.

    `sound` is set where the clip comes in two files, `video/x.mp4` and `audio/x.wav`.
    """

    id: str
    path: Path
    sidecars: tuple[Transcripted, ...] = ()
    sound: Path | None = None


@dataclass(frozen=True)
class Passed:
    """A file that is no clip and no clip's transcript, and why. `path` is printable."""

    path: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes:
        entries: the clips, sorted by ID.
        passed: every other visible file with its reason, sorted by path.
        form: how the IDs are made, one of `harness.inputs.ids.FORMS`.
        notes: what the user should know: how IDs were chosen, pairs, folders that were not entered.
    """

    entries: tuple[Entry, ...]
    passed: tuple[Passed, ...]
    form: str
    notes: tuple[str, ...]


def list_folder(folder: Path, ids: str = "auto", pairs: str = "one", sample: Collection[str] | None = None) -> Listing:
    """List a folder with its subfolders.

    Args:
        folder: the test data.
        ids: how IDs are made: `auto` or one of `harness.inputs.ids.FORMS`.
        pairs: whether a sound beside a video of the same name is the clip's other file (`one`) or a clip (`two`).
        sample: IDs of a sample submission, for `ids="auto"`.

    Raises:
        ConfigError: a setting that does not exist, or IDs that would not be unique (see `chosen_form`).
    """
    if pairs not in PAIRS:
        raise ConfigError(f"pairs is {pairs!r}", f"allowed: {', '.join(PAIRS)}")
    found = _walk(folder)
    sounds = _sounds_of(found.media)
    passed = [Passed(printable(str(path)), why_no_clip(path.name)) for path in found.others]
    notes = list(found.notes)
    media = found.media
    if pairs == "one":
        media = [path for path in media if path not in sounds]
        for sound, video in sounds.items():
            said = f"the sound of {printable(str(video))}, one clip in two files (pairs=two makes it a clip of its own)"
            passed.append(Passed(printable(str(sound)), said))
    else:
        notes += [
            f"{printable(str(sound))} and {printable(str(video))} count as two clips, since pairs=two was set"
            for sound, video in sounds.items()
        ]
    shown = {path: tuple(printable(part) for part in path.parts) for path in media}
    form, why = chosen_form(ids, list(shown.values()), sample) if media else ("name", "")
    notes += [why] if why else []
    owned, orphans = _owned(media, found.sidecars)
    passed += [Passed(printable(str(path)), why) for path, why in orphans.items()]
    first_sound = {video: sound for sound, video in reversed(sounds.items())} if pairs == "one" else {}
    entries: dict[str, Entry] = {}
    for path in media:
        entry = Entry(make_id(shown[path], form), path, tuple(owned[path]), first_sound.get(path))
        first = entries.setdefault(entry.id, entry)
        if first is not entry:  # only names that are no text, written out, can come out equal in spite of the form
            passed.append(Passed(printable(str(path)), f"its name, written out, is that of another clip: {entry.id}"))
    return Listing(
        tuple(sorted(entries.values(), key=lambda entry: entry.id)),
        tuple(sorted(passed, key=lambda one: one.path)),
        form,
        tuple(notes),
    )


def list_clip(path: Path) -> Listing:
    """One clip and the transcripts that lie beside it. ConfigError for a file that is no clip."""
    if not is_clip(path.name):
        known = " ".join(suffix[1:] for suffix in MEDIA_SUFFIXES)
        remedy = f"a clip ends in one of: {known}; a folder of clips: --test-data DIR"
        raise ConfigError(f"{path} is no clip: {why_no_clip(path.name)}", remedy)
    here = Path(path.name)
    beside = sorted(Path(other.name) for other in path.parent.iterdir() if suffix_of(other.name) in SIDECAR_SUFFIXES)
    owned, _ = _owned([here], beside)
    return Listing((Entry(printable(path.name), here, tuple(owned[here])),), (), "name", ())


@dataclass(frozen=True)
class _Found:
    media: list[Path]
    sidecars: list[Path]
    others: list[Path]
    notes: list[str]


def _walk(folder: Path) -> _Found:
    found = _Found([], [], [], [])

    def unreadable(fault: OSError) -> None:
        found.notes.append(f"the subfolder {printable(str(fault.filename))} cannot be read: {fault.strerror}")

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(parent).relative_to(folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [here / name for name in folders if (Path(parent) / name).is_symlink()]
        found.notes.extend(_folder_link(folder, link) for link in links)
        for name in sorted(files):
            if name.startswith("."):
                continue
            kind = found.sidecars if suffix_of(name) in SIDECAR_SUFFIXES else found.others
            (found.media if is_clip(name) else kind).append(here / name)
    found.media.sort(key=lambda path: path.parts)
    return found


def _folder_link(root: Path, relative: Path) -> str:
    shown = printable(str(relative))
    if inside(root, root / relative):
        return f"{shown} is a link to another subfolder; it is not followed, since its files are read there"
    return f"{shown} is a link out of the folder; it is not followed: copy the clips into the folder instead"


def inside(root: Path, path: Path) -> bool:
    """Whether `path`, with all links resolved, lies below `root`."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _sounds_of(media: Sequence[Path]) -> dict[Path, Path]:
    """Sound file → the video it belongs to: the same stem in the same folder, or in its sibling for videos."""
    videos: dict[tuple[str, ...], Path] = {}
    for path in media:
        if is_video(path.name):
            videos.setdefault((*path.parts[:-1], path.stem), path)
    folders = {key[:-1] for key in videos}
    places: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    found = {}
    for path in media:
        here = path.parts[:-1]
        if is_video(path.name):
            continue
        if here not in places:
            places[here] = _video_folders(here, folders)
        video = next((videos[key] for place in places[here] if (key := (*place, path.stem)) in videos), None)
        if video is not None:
            found[path] = video
    return found


def _video_folders(here: tuple[str, ...], folders: Collection[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Where the videos of the sounds in a folder may be: there, in `video` where it is in `audio`, or above that."""
    places = [here]
    for i, part in enumerate(here):
        if part.lower() in _SOUND_FOLDERS:
            others = {folder[i] for folder in folders if len(folder) > i and folder[i].lower() in _VIDEO_FOLDERS}
            places += [(*here[:i], other, *here[i + 1 :]) for other in sorted(others)]
            places.append((*here[:i], *here[i + 1 :]))
    return [place for place in places if place in folders]


def _owned(
    media: Sequence[Path], sidecars: Sequence[Path]
) -> tuple[defaultdict[Path, list[Transcripted]], dict[Path, str]]:
    """Clip → its transcripts, best first; and the transcripts that belong to no clip, with the reason."""
    by_folder: defaultdict[Path, list[str]] = defaultdict(list)
    for path in media:
        by_folder[path.parent].append(path.name)
    names = defaultdict(lambda: ClipNames(()), {folder: ClipNames(clips) for folder, clips in by_folder.items()})
    owned: defaultdict[Path, list[tuple[tuple[int, int, str], Transcripted]]] = defaultdict(list)
    orphans: dict[Path, str] = {}
    for path in sidecars:
        kind = SIDECAR_SUFFIXES.index(suffix_of(path.name))
        belongs = owners(path.name, names[path.parent])
        for one in belongs:
            clip = path.parent / one.clip
            owned[clip].append(((kind, one.rank, path.name), Transcripted(path, one.language)))
        if not belongs:
            orphans[path] = _orphan(path, names[path.parent])
    ordered: defaultdict[Path, list[Transcripted]] = defaultdict(list)
    for clip, found in owned.items():
        ordered[clip] = [transcript for _, transcript in sorted(found, key=lambda item: item[0])]
    return ordered, orphans


def _orphan(path: Path, clips: ClipNames) -> str:
    if not clips.names:
        return "it belongs to no clip; there is no clip in its folder"
    near = clips.resembling(path.name)
    if near:
        name = f"{Path(near).stem}{suffix_of(path.name)}"
        return f"it belongs to no clip: name it {printable(name)} if it is the transcript of {printable(near)}"
    return "it belongs to no clip; a transcript lies beside its clip and has its name"


def printable(text: str) -> str:
    r"""`text` with control characters and undecodable bytes written out (`\n`, `\xff`); all else as it is."""
    if not any(unicodedata.category(char) in _UNPRINTABLE for char in text):
        return text
    shown = []
    for char in text:
        if "\udc80" <= char <= "\udcff":
            shown.append(f"\\x{ord(char) - 0xDC00:02x}")
        elif unicodedata.category(char) in _UNPRINTABLE:
            shown.append(char.encode("unicode_escape").decode("ascii"))
        else:
            shown.append(char)
    return "".join(shown)
