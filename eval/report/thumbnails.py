"""Small pictures of a clip at the moments its explanation rests on, to be embedded in the report's page.

Moments, in this order: the events that claims of the text were held against, the face's strongest movements, the
middle of the clip. Pictures are upright JPEGs of `WIDTH` pixels, about 5 kB each.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.claims.facts import record_data
from eval.report.clip_media import clip_file
from eval.stories.read import Story
from harness.inputs.kinds import is_video
from harness.inputs.orientation import orientation_of

MOST = 6
WIDTH = 168
QUALITY = 70
APART = 0.35
"""Seconds between two pictures at least."""
LIMBS = ((0, 1), (0, 2), (1, 3))
"""Of the joints of a body record: the line of the shoulders and the upper arms. Wrists are too often guessed."""
COLOUR = (90, 220, 90)
NEAR = 0.2
"""Seconds by which the body may have been looked at beside the moment that is shown."""


@dataclass(frozen=True)
class Bones:
    """Joints that were measured: (seconds, positions as shares of width and height)."""

    seen: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]

    def at(self, time: float) -> tuple[tuple[float, float], ...]:
        """The joints nearest to a moment; none where nothing was seen within `NEAR` seconds."""
        nearest = min(self.seen, key=lambda one: abs(one[0] - time), default=None)
        return nearest[1] if nearest is not None and abs(nearest[0] - time) <= NEAR else ()


def bones(story: Story) -> Bones:
    """The joints of the story's body record; none without one."""
    body = record_data(story, "body") or {}
    picture = body.get("picture") or (0, 0)
    width, height = picture if isinstance(picture, list) and len(picture) == 2 else (0, 0)
    if not width or not height:
        return Bones(())
    rows = zip(body.get("times") or (), body.get("joints") or (), strict=False)
    seen = [
        (float(time), tuple((x / width, y / height) for x, y in zip(row[::2], row[1::2], strict=True)))
        for time, row in rows
        if row
    ]
    return Bones(tuple(seen))


def thumbnails(story: Story, clip: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Pictures of a clip (`at` in seconds, `src` a data: URL) in order of time, and why there are none.

    `clip` is its payload (`eval.report.clip.clip_payload`). A clip without a picture track has none, and no fault.
    """
    path = clip_file(story)
    if path is None or not is_video(path.name):
        shown = story.clip.get("path")
        return [], "" if path is not None or not shown else f"no thumbnails: no clip at {shown}"
    times = moments(clip)
    try:
        return [{"at": at, "src": src} for at, src in _pictures(path, times, bones(story))], ""
    except (OSError, ValueError) as fault:  # av's own faults are one or the other
        return [], f"no thumbnails: {fault}"


def moments(clip: Mapping[str, Any]) -> list[float]:
    """The seconds to be shown, in order of time."""
    seconds = clip.get("seconds")
    length = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else 0.0
    claims = (clip.get("claims") or {}).get("checked") or ()
    wanted = [_middle(event) for claim in claims for event in (claim.get("evidence") or ())[:1]]
    events = [
        e for e in (clip.get("timeline") or {}).get("events") or () if e.get("modality") in ("video", "body", "brief")
    ]
    wanted += [_middle(event) for event in sorted(events, key=lambda event: -abs(event.get("value") or 0.0))]
    kept: list[float] = []
    for time in (*wanted, length / 2):
        # The last picture of a clip stands a little before its length.
        at = round(min(time, max(length - 0.1, 0.0)) if length else time, 2)
        if len(kept) < MOST and all(abs(at - other) >= APART for other in kept):
            kept.append(at)
    return sorted(kept)


def _middle(event: Mapping[str, Any]) -> float:
    return (float(event["start"]) + float(event["end"])) / 2


def _pictures(path: Path, times: Sequence[float], drawn: Bones) -> Iterator[tuple[float, str]]:
    """(seconds, data: URL) for each time, decoded in one pass: clips are short and their key frames far apart."""
    import av

    with av.open(str(path)) as container:
        if not container.streams.video:
            return
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        left = list(times)
        last = None
        start = None
        for frame in container.decode(stream):
            if frame.time is None:
                continue
            start = frame.time if start is None else start
            while left and frame.time - start >= left[0] - 1e-3:
                at = left.pop(0)
                yield at, _data_url(frame, drawn.at(at))
            if not left:
                return
            last = frame
        if last is not None and left:
            yield left[0], _data_url(last, drawn.at(left[0]))


def _data_url(frame: Any, joints: Sequence[tuple[float, float]]) -> str:
    import cv2

    picture = orientation_of(frame).apply(frame.to_ndarray(format="bgr24"))
    height = max(1, round(picture.shape[0] * WIDTH / picture.shape[1]))
    small = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    points = [(round(x * WIDTH), round(y * height)) for x, y in joints]
    for one, other in LIMBS if points else ():
        cv2.line(small, points[one], points[other], COLOUR, 1, cv2.LINE_AA)
    written, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not written:
        raise ValueError("the picture could not be written as JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")
