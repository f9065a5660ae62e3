"""`python -m models extract body`: shoulders and hands of a data set's people, frame by frame or as statistics."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError
from harness.records.body import KINDS, BodyTrack
from harness.records.types import Media, MediaInfo
from models.body import tracker
from models.face.tracker import spec as face_spec
from models.features.extract import VIDEO, add_flags, add_measuring_flags, extract, read_files
from models.features.face import STATISTICS, summary
from models.features.pictures import pictures
from models.features.table import About
from models.fingerprint import fingerprint
from models.folders import LEFT_OUT, default_models_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
TRACKS = ("raise", "tilt", "lean", "gesture", "camera")
RATE = 1 / 0.24
"""Rows a second: every third of 12.5 pictures is looked at."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser)
    add_measuring_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Extract what is not there yet; 0 when every item is listed."""
    items = read_files(args.data, args.path_column, VIDEO)
    settings = {"models_dir": str(args.models_dir or default_models_dir())}
    faces, bodies = face_spec({**settings, "weights": LEFT_OUT}), tracker.spec(settings)
    face, body = faces.build(), bodies.build()
    by_frame = args.granularity == "frame"
    names = TRACKS if by_frame else utterance_names()
    knobs = {"face": faces.fingerprint, "body": bodies.fingerprint, "names": list(names)}
    rate = RATE if by_frame else None
    about = About(fingerprint("body-features", VERSION, knobs, {}), names, args.granularity, rate, "video")

    def features(path: Path) -> NDArray[np.floating[Any]]:
        media = Media(MediaInfo("", 0.0, None, None), None, pictures(path))
        seen = face.track(media)
        if seen.found_share == 0:
            raise ClipError("no face to look below", "name clips with a person seen from the front")
        found = body.track(media, seen)
        if found.seen_share == 0:
            raise ClipError("no shoulders seen", "name clips that show more than the face")
        return rows_of(found) if by_frame else utterance_of(found)

    return extract(items, about, features, args.out, args.shard)


def utterance_names() -> tuple[str, ...]:
    """The columns of the utterance features: statistics of the tracks, seconds of each movement, shares seen."""
    statistics = tuple(f"{track}_{name}" for track in TRACKS for name in STATISTICS)
    return (*statistics, *(f"{kind}_seconds" for kind in KINDS), "shoulders_share", "hand_share")


def rows_of(track: BodyTrack) -> NDArray[np.float32]:
    """The tracks as (pictures, tracks); NaN where a value is not known."""
    import numpy as np

    columns = [[np.nan if v is None else v for v in track.tracks[name]] for name in TRACKS]
    return np.array(columns, dtype=np.float32).T


def utterance_of(track: BodyTrack) -> NDArray[np.float32]:
    """One row for a clip, as `utterance_names`; NaN for the seconds of a movement that was withheld."""
    import numpy as np

    seconds = [
        np.nan if kind in track.withheld else sum(m.end - m.start for m in track.movements if m.kind == kind)
        for kind in KINDS
    ]
    shares = [track.seen_share, track.hand_share]
    return np.concatenate([summary(rows_of(track), RATE), np.array([*seconds, *shares], np.float32)])
