"""`python -m models extract face`: movements and expression of a data set's faces, for training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError
from harness.records.types import FaceTrack, Media, MediaInfo
from models.face import tracker
from models.features.extract import VIDEO, add_flags, add_measuring_flags, extract, read_files
from models.features.pictures import FPS, LONGEST_SIDE, MOST_FRAMES, pictures
from models.features.table import About
from models.fingerprint import fingerprint
from models.folders import default_models_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
TRACKS = (
    *tracker.SHAPE_TRACKS,
    "yaw",
    *(f"{name}_change" for name in tracker.POSE_TRACKS),
    "gaze_across",
    "gaze_down",
    "sharpness",
)
STATISTICS = ("median", "p10", "p90", "speed")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser)
    add_measuring_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Extract what is not there yet; 0 when every item is listed."""
    import numpy as np

    from models.features.sound import decode

    items = read_files(args.data, args.path_column, VIDEO)
    spec = tracker.spec({"models_dir": str(args.models_dir or default_models_dir())})
    follower, by_frame = spec.build(), args.granularity == "frame"
    labels = follower.labels
    names = TRACKS if by_frame else utterance_names(labels)
    knobs = {"provider": spec.fingerprint, "frames": [FPS, MOST_FRAMES, LONGEST_SIDE], "names": list(names)}
    about = About(
        fingerprint("face-features", VERSION, knobs, {}), names, args.granularity, FPS if by_frame else None, "video"
    )

    def features(path: Path) -> NDArray[np.floating[Any]]:
        frames = pictures(path)
        try:
            audio = decode(path)
        except IndexError:  # without sound the face is still there
            audio = None
        track = follower.track(Media(MediaInfo("", 0.0, None, None), audio, frames))
        if not track.tracks:
            raise ClipError(
                "no face found that is large enough to be measured",
                "name clips with a face of at least 24 px between the eyes",
            )
        rows = rows_of(track)
        return rows if by_frame else np.concatenate([summary(rows, FPS), opinion_of(track, labels)])

    return extract(items, about, features, args.out, args.shard)


def utterance_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of the utterance features: statistics of the tracks, then what the expression head says."""
    statistics = tuple(f"{track}_{name}" for track in TRACKS for name in STATISTICS)
    return (*statistics, "found_share", *(f"p_{label}" for label in labels))


def rows_of(track: FaceTrack) -> NDArray[np.float32]:
    """The tracks as (frames, tracks); NaN where there is no face or a track could not be measured."""
    import numpy as np

    missing = (None,) * len(track.times)
    columns = [[np.nan if v is None else v for v in track.tracks.get(name, missing)] for name in TRACKS]
    return np.array(columns, dtype=np.float32).T


def summary(rows: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Of each track: median, 10 % and 90 % quantile, and mean absolute change per second; NaN where unmeasured."""
    import numpy as np

    values = np.full((rows.shape[1], len(STATISTICS)), np.nan, dtype=np.float32)
    for column, track in enumerate(rows.T):
        seen = track[np.isfinite(track)]
        change = np.abs(np.diff(track))
        if len(seen):
            values[column, :3] = np.quantile(seen, [0.5, 0.1, 0.9])
        if np.isfinite(change).any():
            values[column, 3] = np.nanmean(change) * rate
    return values.ravel()


def opinion_of(track: FaceTrack, labels: tuple[str, ...]) -> NDArray[np.float32]:
    """Share of frames with a face, and the head's probabilities (NaN without an opinion)."""
    import numpy as np

    probabilities = track.opinion.probabilities if track.opinion else (np.nan,) * len(labels)
    return np.array([track.found_share, *probabilities], dtype=np.float32)
