"""The stage that enhances faces: what follows its settings, and what the face is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from harness.context import Context
from harness.engine.enhance import enhance_stage
from harness.engine.pipeline import perceiving_stages
from harness.engine.runner import run_stage
from harness.faults import Absent, ConfigError
from harness.records.enhanced import EnhancedFace
from harness.records.types import FaceTrack, Frame, Media, MediaInfo
from models.base import ProviderSpec
from tests.support.perceived import CLIP, FACE, stored
from tests.unit.harness.engine.test_decide import config

PLAIN = Media(MediaInfo("mp4", 1.0, None, None), None, (Frame(0.0, None),))  # type: ignore[arg-type]


class Enhancer:
    def media(self, media: Media, face: FaceTrack) -> Media:
        return replace(media, info=replace(media.info, container="enhanced"))

    def compare(self, media: Media, face: FaceTrack, evidence: str) -> EnhancedFace:
        if face.low_resolution:
            raise Absent("the face is not measured in three pictures in a row")
        return EnhancedFace("denoise", evidence, (0.0,), ())


class Tracker:
    def track(self, media: Media) -> FaceTrack:
        return replace(FACE, followed=media.info.container)


def specs(mark: str = "e") -> dict[str, ProviderSpec]:
    made = {name: ProviderSpec(name, "x", name[0], Tracker) for name in ("transcribe", "speech", "face")}
    return made | {"enhance": ProviderSpec("enhance", "denoise", mark, Enhancer)}


def fingerprints(settings: Sequence[str] = (), mark: str = "e", with_stage: bool = True) -> dict[str, str]:
    chosen = {name: spec for name, spec in specs(mark).items() if with_stage or name != "enhance"}
    return {stage.name: stage.fingerprint for stage in perceiving_stages(config(*settings), chosen)}


def test_what_the_face_is_measured_on_redoes_the_face_and_nothing_else() -> None:
    without, beside = fingerprints(with_stage=False), fingerprints(["media.enhance=denoise"])
    assert {name: beside[name] for name in without} == without, "evidence is measured on the pictures as they are"
    on = ["media.enhance=denoise", "media.enhance_evidence=enhanced"]
    upon = fingerprints(on)
    assert {name for name in upon if upon[name] != beside[name]} == {"face", "enhance"}
    again = fingerprints(on, mark="other net")
    assert {name for name in again if again[name] != upon[name]} == {"face", "enhance"}


def test_the_face_is_measured_on_what_was_asked_for() -> None:
    for settings, seen in (([], "mp4"), (["media.enhance_evidence=enhanced"], "enhanced")):
        stages = perceiving_stages(config("media.enhance=denoise", *settings), specs())
        face = next(stage for stage in stages if stage.name == "face")
        context = Context(CLIP, lambda path: PLAIN, {"media": stored("media", "ok", {})})
        record = run_stage(face, context)
        assert (record.outcome, record.data.followed) == ("ok", seen), record.reason


def test_a_clip_without_a_face_costs_this_stage_alone() -> None:
    stage = enhance_stage(specs()["enhance"], Enhancer, "original", "k", lambda clip: 1)
    run = partial(Context, CLIP, lambda path: PLAIN)
    lost = run({"media": stored("media", "ok", {}), "face": stored("face", "absent", None, "no face found")})
    assert (run_stage(stage, lost).outcome, run_stage(stage, lost).reason) == ("absent", "no face found")
    small = run({"media": stored("media", "ok", {}), "face": stored("face", "ok", FACE)})
    assert run_stage(stage, small).outcome == "absent"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (["media.enhance_evidence=both"], "media.enhance_evidence is 'both'"),
        (["media.enhance_evidence=enhanced"], "and media.enhance none"),
    ],
)
def test_settings_that_cannot_be(setting: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        perceiving_stages(config(*setting), specs())
