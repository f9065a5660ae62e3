"""The body stage: pose and hand nets on about five pictures a second, below the face that was followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from harness.records.body import BodyTrack
from harness.records.types import FaceTrack, Frame, Media, Movement
from models.base import ProviderSpec
from models.body.files import COMMAND, FOLDER, HAND, POSE, SHA256, problems
from models.fingerprint import digests, fingerprint
from models.folders import default_models_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.body.movements import Joints
    from models.body.pose import Body

NAME = "pose"
VERSION = 2
STEP_SECONDS = 0.23
"""Least time between two pictures that are looked at."""
LEAST_PICTURES = 5
NO_SHOULDERS = "the shoulders are not in the picture, or were seen too briefly"


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The `pose` provider of the body stage; `models_dir` holds `body/`."""
    nets = Path(settings.get("models_dir") or default_models_dir()) / FOLDER
    wrong = problems(nets)
    if wrong:
        raise ConfigError(f"body nets in {nets}: {', '.join(wrong)}", COMMAND)
    files = {name: nets / name for name in SHA256}
    return ProviderSpec("body", NAME, fingerprint(NAME, VERSION, {}, files), partial(PoseTracker, nets), digests(files))


class PoseTracker:
    """Follows the shoulders and hands of one person. Built in the process that uses it."""

    def __init__(self, nets: Path) -> None:
        from models.body.camera import Camera
        from models.body.pose import HandNet, PoseNet

        self._pose, self._hand, self._camera = PoseNet(nets / POSE), HandNet(nets / HAND), Camera()

    def track(self, media: Media, face: FaceTrack) -> BodyTrack:
        """The body below the followed face: what was seen in each picture, shot by shot, and what moved."""
        import numpy as np

        from models.body.movements import find, merged
        from models.face.follow import find_shots

        shots = find_shots(media.frames)
        rows: list[int] = []
        bodies: list[Body | None] = []
        hands = 0
        names = ("raise", "tilt", "lean", "gesture", "camera")
        tracks: dict[str, list[float]] = {name: [] for name in names}
        found: list[Movement] = []
        withheld: dict[str, str] = {}
        for start, end in shots:
            chosen = [i for i in thinned(media.frames, start, end) if face.boxes[i] is not None]
            joints, seen = self._follow(media.frames, face, chosen)
            rows += chosen
            bodies += seen
            if joints is None:
                withheld |= dict.fromkeys(("shoulders_up", "shoulder_tilt", "lean_in", "lean_back"), NO_SHOULDERS)
                for name in names:
                    tracks[name] += [float("nan")] * len(chosen)
                continue
            hands += int(joints.hands.any(axis=1).sum())
            measured, moved, silent = find(joints)
            found += moved
            withheld |= silent
            for name in names:
                tracks[name] += measured[name].tolist()
        widths = [w for body in bodies if body is not None and (w := shoulder_width(body)) is not None]
        return BodyTrack(
            times=tuple(round(media.frames[i].time, 4) for i in rows),
            tracks={name: tuple(None if v != v else round(v, 4) for v in values) for name, values in tracks.items()},
            seen_share=round(len(widths) / len(rows), 4) if rows else 0.0,
            hand_share=round(hands / len(rows), 4) if rows else 0.0,
            shoulder_width_px=round(float(np.median(widths)), 1) if widths else None,
            movements=merged(found),
            withheld=withheld,
            joints=tuple(drawn(body) for body in bodies),
            picture=(media.frames[0].rgb.shape[1], media.frames[0].rgb.shape[0]) if media.frames else (0, 0),
        )

    def _follow(
        self, frames: Sequence[Frame], face: FaceTrack, chosen: Sequence[int]
    ) -> tuple[Joints | None, list[Body | None]]:
        """One shot: bodies by picture, and their joints where the shoulders were seen often enough."""
        import numpy as np

        from models.body.camera import Step, chained
        from models.body.movements import Joints
        from models.body.pose import PRESENT, SHOULDERS, VISIBLE, WRISTS, region_of_face

        bodies: list[Body | None] = []
        steps: list[Step] = []
        before = None
        for i in chosen:
            box = _box(face, i)
            last = bodies[-1] if bodies else None
            if last is None:  # the face only says roughly where the hips are: look twice
                first = self._pose.look(frames[i].rgb, region_of_face(box))
                last = first if first.score >= PRESENT else None
            body = self._pose.look(frames[i].rgb, last.region) if last is not None else None
            bodies.append(body if body is not None and body.score >= PRESENT and _has_face(body, box) else None)
            small, scale = self._camera.small(frames[i].rgb)
            if before is not None:
                steps.append(self._camera.step(before, small, scale, box))
            before = small
        count = len(chosen)
        shoulders, wrists = np.full((count, 2, 2), np.nan), np.full((count, 2, 2), np.nan)
        hands = np.zeros((count, 2), bool)
        for k, body in enumerate(bodies):
            if body is None:
                continue
            if (body.visible[list(SHOULDERS)] >= VISIBLE).all():
                shoulders[k] = body.points[list(SHOULDERS)]
            for side, wrist in enumerate(WRISTS):
                if body.visible[wrist] >= VISIBLE:
                    wrists[k, side] = body.points[wrist]
                    hands[k, side] = self._is_hand(frames[chosen[k]].rgb, body, side, _box(face, chosen[k]))
        if np.isfinite(shoulders[:, 0, 0]).sum() < LEAST_PICTURES:
            return None, bodies
        camera, known = chained(steps)
        boxes = np.array([_box(face, i) for i in chosen])
        times = np.array([frames[i].time for i in chosen])
        return Joints(times, shoulders, wrists, hands, boxes, camera, known), bodies

    def _is_hand(self, rgb: NDArray[np.uint8], body: Body, side: int, box: tuple[float, float, float, float]) -> bool:
        """Whether the hand net finds a hand where the pose net has one."""
        from models.body.pose import FINGERS, HAND, WRISTS

        wrist, fingers = body.points[WRISTS[side]], body.points[list(FINGERS[side])].mean(axis=0)
        return self._hand.score(rgb, wrist, fingers, 0.7 * (box[3] - box[1])) >= HAND


def thinned(frames: Sequence[Frame], start: int, end: int) -> list[int]:
    """Frames of a shot that are at least `STEP_SECONDS` apart, from its first."""
    kept: list[int] = []
    for i in range(start, end):
        if not kept or frames[i].time - frames[kept[-1]].time >= STEP_SECONDS:
            kept.append(i)
    return kept


def shoulder_width(body: Body) -> float | None:
    """Px between the shoulders; None where one is not seen."""
    from models.body.pose import SHOULDERS, VISIBLE

    if min(body.visible[k] for k in SHOULDERS) < VISIBLE:
        return None
    left, right = (body.points[k] for k in SHOULDERS)
    return float(((left - right) ** 2).sum() ** 0.5)


def drawn(body: Body | None) -> tuple[float, ...] | None:
    """Shoulders, elbows and wrists as 12 numbers, px; None where the shoulders are not seen."""
    from models.body.pose import ELBOWS, SHOULDERS, WRISTS

    if body is None or shoulder_width(body) is None:
        return None
    return tuple(round(float(v), 1) for k in (*SHOULDERS, *ELBOWS, *WRISTS) for v in body.points[k])


def _box(face: FaceTrack, i: int) -> tuple[float, float, float, float]:
    box = face.boxes[i]
    if box is None:
        raise ValueError(f"no face in frame {i}")
    return box


def _has_face(body: Body, box: tuple[float, float, float, float]) -> bool:
    """Whether the body's nose lies on the followed face, a third of it beyond its border at most."""
    from models.body.pose import NOSE

    left, top, right, bottom = box
    x, y = body.points[NOSE]
    reach = (bottom - top) / 3
    return bool(left - reach <= x <= right + reach and top - reach <= y <= bottom + reach)
