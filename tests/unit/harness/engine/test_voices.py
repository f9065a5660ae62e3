"""Voices are normalised over a run: from when on, in which order, and what the stage depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.context import Context
from harness.engine.runner import run_clip
from harness.engine.voices import LEAST, normalisation, voice_stage, wanted
from harness.faults import ConfigError
from harness.records.store import Store
from harness.records.types import Clip, Opinion, ProsodyTrack, Record, SpeechFeatures
from harness.records.voices import NormalisedVoice, World
from models.base import ProviderSpec

TRACK = ProsodyTrack(0.02, (), ())


class Higher:
    """Calls a voice positive when its pitch lies above the run's mean."""

    def world(self, heard: Sequence[SpeechFeatures]) -> World:
        pitches = [one.functionals["pitch"] for one in heard if one.functionals]
        return World(len(pitches), {"pitch": sum(pitches) / max(1, len(pitches))}, {"pitch": 1.0})

    def judge(self, heard: SpeechFeatures, world: World) -> NormalisedVoice:
        high = heard.functionals["pitch"] > world.mean["pitch"]
        opinion = Opinion("polarity3", ("negative", "neutral", "positive"), (1.0 - high, 0.0, float(high)))
        return NormalisedVoice(world.clips, opinion, 0.5)


SPEC = ProviderSpec("speech", "prosody", "f", Higher, judge=Higher)


def config(normalise: str) -> Any:
    return SimpleNamespace(sections={"speech": {"normalise": normalise}})


def clip(number: int) -> Clip:
    return Clip(f"{number:03}.wav", "", "", 1)


def put(store: Store, number: int, pitch: float | None) -> None:
    features = {} if pitch is None else {"pitch": pitch}
    data = SpeechFeatures((), TRACK, (), {}, features, None)
    store.put(Record("speech", clip(number).id, "prosody", "f", "ok", data))


def test_only_a_run_of_enough_voices_is_normalised_over_itself() -> None:
    assert wanted(config("run"), SPEC, LEAST)
    assert not wanted(config("run"), SPEC, LEAST - 1)
    assert not wanted(config("training"), SPEC, 1000)
    assert not wanted(config("run"), ProviderSpec("speech", "emotion2vec", "f", Higher), 1000)
    with pytest.raises(ConfigError, match=r"speech\.normalise"):
        wanted(config("always"), SPEC, 1)


def test_clips_without_a_voice_do_not_count(tmp_path: Path) -> None:
    store, clips = Store(tmp_path), [clip(i) for i in range(LEAST + 2)]
    for i in range(LEAST):
        put(store, i, 100.0 + i)
    put(store, LEAST, None)
    store.put(Record("speech", clip(LEAST + 1).id, "prosody", "f", "absent", None, "no audio track"))
    found = normalisation(Higher(), clips, store)
    assert found.world is not None
    assert found.voices == LEAST
    assert found.facts()["normalised_over"] == "the voices of this run"
    assert normalisation(Higher(), clips[::-1], store) == found, "in whatever order the clips were heard"
    few = normalisation(Higher(), clips[1:], store)
    assert (few.voices, few.world) == (LEAST - 1, None)
    assert few.facts()["normalised_over"] == "the training data"


def test_a_voice_is_judged_anew_when_the_run_changes_and_only_then(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, 1, 150.0)

    def judged(mean: float) -> Record:
        record = store.get("speech", clip(1).id)
        assert record is not None
        context = Context(clip(1), None, {"speech": record})
        run_clip([voice_stage(SPEC, World(20, {"pitch": mean}, {"pitch": 1.0}))], context, store)
        return context.records["voice"]

    first = judged(100.0)
    assert first.data["opinion"]["probabilities"][2] == 1.0
    assert judged(100.0) == first
    other = judged(200.0)
    assert other.fingerprint != first.fingerprint
    assert other.data["opinion"]["probabilities"][0] == 1.0
