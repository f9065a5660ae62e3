"""Which pictures an omni model is sent: of each equal stretch the one in which the followed face is seen best."""

from __future__ import annotations

from collections.abc import Mapping

from harness.inputs.sampling import Stretch
from harness.records.payloads import payload
from harness.records.types import FaceTrack, Record

TURNED_AWAY = 45.0
"""Degrees of yaw from which a face counts as not seen, as for the expression head."""
COVERED = (4.0, 10.0)
"""Falls of the face's logit between which it goes from seen to covered, as for the expression head."""


def best_times(records: Mapping[str, Record], count: int, wanted: Stretch) -> tuple[float, ...]:
    """Times, s, of at most `count` pictures; none where no face was followed, so that the clip is sampled as usual.

    The best of a stretch has the largest (1 − |yaw| / 45°) · min(1, sharpness against the clip's usual) · share that is
    not covered; its middle picture where no face was seen in it.
    """
    record = records.get("face")
    if record is None or record.outcome != "ok":
        return ()
    face = payload(record.data, FaceTrack)
    yaws, sharp = face.tracks.get("yaw", ()), face.tracks.get("sharpness", ())
    end = float("inf") if wanted.end is None else wanted.end
    fallen = face.tracks.get("presence", ())
    rows = [k for k, time in enumerate(face.times) if wanted.start <= time <= end]
    if not yaws or not sharp or not rows:
        return ()

    def seen(k: int) -> float:
        yaw, sharpness = yaws[k], sharp[k]
        if yaw is None or sharpness is None:
            return 0.0
        fall = -((fallen[k] if fallen else 0.0) or 0.0)
        shown = min(1.0, max(0.0, (COVERED[1] - fall) / (COVERED[1] - COVERED[0])))
        return max(0.0, 1 - abs(yaw) / TURNED_AWAY) * min(1.0, sharpness) * shown

    count = min(count, len(rows))
    edges = [round(k * len(rows) / count) for k in range(count + 1)]
    chosen = []
    for first, after in zip(edges, edges[1:], strict=False):
        part = rows[first:after]
        middle = part[len(part) // 2]
        best = max(part, key=lambda k: (seen(k), -abs(k - middle)))
        chosen.append(best if seen(best) > 0 else middle)
    return tuple(face.times[k] for k in chosen)
