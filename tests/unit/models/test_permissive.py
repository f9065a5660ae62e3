"""A profile may leave heads out: what is measured stays, no opinion is made, and the reason is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.config import load_profile
from harness.faults import StageUnavailable
from harness.judging.evidence import gather
from harness.records.types import SAMPLE_RATE, FaceTrack, Segment, Transcript
from models.folders import WEIGHTS, WHY_LEFT_OUT
from models.text.head import spec as text
from models.training.card import Licensed, write_card
from models.voice.measure import spec as speech


def test_the_profile_leaves_out_every_head_whose_data_are_restricted() -> None:
    profile = load_profile("embedded-permissive")
    for stage in ("text", "speech", "face"):
        about = json.loads((WEIGHTS / stage / "licence.json").read_text(encoding="utf-8"))
        assert about["restriction"] in ("", "non-commercial")
        assert (profile[stage]["weights"] == "none") == (about["restriction"] == "non-commercial"), stage
        assert about["restricted_by"] == [s["name"] for s in about["sources"] if not s["commercial"]]
        assert f"because of {', '.join(about['restricted_by'])}" in (WEIGHTS / stage / "CARD.md").read_text("utf-8")


def test_no_words_are_judged_without_the_head() -> None:
    chosen, usual = text({"weights": "none"}), text({})
    assert chosen.fingerprint != usual.fingerprint
    assert not chosen.files
    with pytest.raises(StageUnavailable, match="non-commercial"):
        chosen.build().read(Transcript((Segment("a lovely day"),), "en", "en", 1.0, "a.txt"))


def test_the_voice_is_measured_without_the_head() -> None:
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    pulses = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 20))
    audio = (0.1 * pulses * (1.2 + np.sin(2 * np.pi * 4 * time))).astype(np.float32)
    judged, measured = speech({}).build().encode(audio), speech({"weights": "none"}).build().encode(audio)
    assert judged.opinion is not None
    assert judged.no_opinion == ""
    assert measured.opinion is None
    assert measured.no_opinion == WHY_LEFT_OUT
    assert measured.functionals == judged.functionals
    face = FaceTrack((0.0,), (None,), {}, 1, 1.0, 80.0, False, "the only face", (), None, WHY_LEFT_OUT)
    book = gather(2.0, None, None, measured, face, {"text": WHY_LEFT_OUT})
    assert dict(book.missing) == {"text": WHY_LEFT_OUT, "audio": WHY_LEFT_OUT, "video": WHY_LEFT_OUT}
    assert not book.opinions


def test_the_strictest_source_restricts_the_weights(tmp_path: Path) -> None:
    free, bound = Licensed("A", "MIT", commercial=True), Licensed("B", "research only")
    for sources, restriction in (([free], ""), ([free, bound], "non-commercial")):
        write_card(tmp_path, "A head", {}, {"n": 1}, "python -m models train", sources=sources)
        assert json.loads((tmp_path / "licence.json").read_text("utf-8"))["restriction"] == restriction
        assert ("Non-commercial" in (tmp_path / "CARD.md").read_text("utf-8")) == bool(restriction)
