"""The stage that enhances a face's pictures, where the profile wants it, and says what that changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.context import Context, Stage
from harness.engine.runner import settings_key
from harness.faults import Absent, ConfigError
from harness.records.enhanced import EnhancedFace
from harness.records.types import Clip, FaceTrack
from models.base import FaceTracker, PictureEnhancer, ProviderSpec

ORIGINAL, ENHANCED = "original", "enhanced"
VERSION = 1
OWN = ("enhance", "enhance_weights", "enhance_evidence")
"""The keys of the table `media` that say nothing of decoding."""


def decoding_table(section: Mapping[str, Any]) -> dict[str, Any]:
    """The profile's `media` table without what is said of enhancement."""
    return {key: value for key, value in section.items() if key not in OWN}


def measured_on(section: Mapping[str, Any]) -> str:
    """What the evidence of faces is measured on, `original` or `enhanced`. ConfigError for anything else."""
    wanted = section["enhance_evidence"]
    if wanted not in (ORIGINAL, ENHANCED):
        raise ConfigError(f"media.enhance_evidence is {wanted!r}", f"{ORIGINAL} or {ENHANCED}")
    if wanted == ENHANCED and section["enhance"] == "none":
        raise ConfigError("media.enhance_evidence is enhanced, and media.enhance none", "media.enhance=denoise")
    return str(wanted)


def enhance_stage(
    spec: ProviderSpec,
    build: Callable[[], PictureEnhancer],
    evidence: str,
    media_key: str,
    inputs: Callable[[Clip], Any],
) -> Stage:
    """The stage `enhance`, after the face was followed."""
    key = settings_key("enhance", VERSION, [spec.fingerprint, media_key, evidence])
    return Stage("enhance", spec.name, key, partial(_compare, build, evidence), ("media", "face"), inputs)


def _compare(build: Callable[[], PictureEnhancer], evidence: str, context: Context) -> EnhancedFace:
    enhancer = build()
    face = context.get("face", FaceTrack)
    if face is None:
        raise Absent(context.why_not("face") or "no face to enhance", context.records["face"].remedy)
    return enhancer.compare(context.media, face, evidence)


def watch(
    build: Callable[[], FaceTracker], context: Context, enhancer: Callable[[], PictureEnhancer] | None = None
) -> FaceTrack:
    """The face of a clip; with an enhancer followed in the pictures as they are, and measured in the enhanced ones."""
    if not context.media.frames:
        raise Absent(context.why_not("media") or "no picture track")
    tracker = build()
    track = tracker.track(context.media)
    if track.found_share == 0:
        raise Absent(f"no face found in {len(context.media.frames)} frames")
    return track if enhancer is None else tracker.track(enhancer().media(context.media, track))
