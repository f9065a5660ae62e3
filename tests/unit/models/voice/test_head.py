"""The voice head: normalised over a run or by its training data, and less sure the farther a voice lies out."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from harness.records.labels import get_space
from harness.records.types import ProsodyTrack, SpeechFeatures
from models.voice.head import (
    AROUSAL,
    CLIP,
    EMOTIONS,
    FULL_TRUST,
    MODES,
    POLARITY,
    Task,
    VoiceHead,
    distance,
    trust,
    world_of,
)
from models.voice.measure import HEAD, PROSODY, VoiceJudge, chosen_whisper, load_voice_head, spec, sureness

NAMES = ("pitch", "level")


def heard(pitch: float, level: float, **changes: object) -> SpeechFeatures:
    """A voice of 3 s of clean speech with two measurements."""
    summary = {"speech_seconds": 3.0, "snr_db": 30.0}
    found = SpeechFeatures((), ProsodyTrack(0.02, (), ()), (), summary, {"pitch": pitch, "level": level}, None)
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.fixture
def head() -> VoiceHead:
    """Pitch tells positive from negative, level tells arousal; ten held-out voices at distances 0.1 … 1.0."""
    even = dict.fromkeys(MODES, 1.0)
    polarity = Task(("negative", "neutral", "positive"), np.array([[-1.0, 0, 1], [0, 0, 0]]), np.zeros(3), even)
    arousal = Task(("low", "high"), np.array([[0.0, 0], [-1, 1]]), np.zeros(2), even)
    distances = dict.fromkeys(MODES, np.arange(1, 11) / 10)
    return VoiceHead(
        NAMES, np.array([200.0, 60]), np.array([50.0, 10]), {POLARITY: polarity, AROUSAL: arousal}, distances
    )


def test_a_set_that_lies_apart_is_judged_among_itself(head: VoiceHead) -> None:
    voices = [heard(pitch, 40.0 + pitch / 100) for pitch in (380.0, 400.0, 420.0)]
    rows = [row for voice in voices if (row := head.row(voice)) is not None]
    alone = [head.judge(row, None).probabilities[POLARITY] for row in rows]
    world = world_of(NAMES, rows)
    among = [head.judge(row, world).probabilities[POLARITY] for row in rows]
    assert world.clips == 3
    assert world.mean["pitch"] == 400
    assert all(np.argmax(p) == 2 for p in alone), "by the training data all are high"
    assert [int(np.argmax(p)) for p in (among[0], among[2])] == [0, 2]
    assert among[1][0] == pytest.approx(among[1][2], abs=1e-4)


def test_a_voice_far_out_says_less(head: VoiceHead) -> None:
    near, far = head.row(heard(230, 62)), head.row(heard(3000, 300))
    assert near is not None
    assert far is not None
    z = head.normalised(far, None)
    assert z.tolist() == [CLIP, CLIP]
    assert head.likeness(z, "training") == pytest.approx(1 / 11, abs=1e-4), "no held-out voice lies as far out"
    p = head.judge(far, None).probabilities[POLARITY]
    logits = np.exp(np.array([-CLIP, 0, CLIP]))
    stands = trust(1 / 11)
    assert p == pytest.approx(stands * logits / logits.sum() + (1 - stands) / 3, abs=2e-3)
    assert head.likeness(head.normalised(near, None), "training") > FULL_TRUST


def test_a_head_that_was_trained_on_emotions_names_them(head: VoiceHead) -> None:
    assert head.emotions(heard(300, 60), 0.8, None) is None, "this one was not"
    labels = get_space(EMOTIONS).labels
    weights = np.zeros((2, len(labels)))
    weights[:, labels.index("angry")] = 1.0
    feeling = Task(labels, weights, np.zeros(len(labels)), dict.fromkeys(MODES, 1.0))
    felt = replace(head, tasks={**head.tasks, EMOTIONS: feeling}).emotions(heard(230, 62), 0.8, None)
    assert felt is not None and (felt.space, felt.labels) == ("ravdess8", labels)
    assert felt.labels[int(np.argmax(felt.probabilities))] == "angry"
    assert felt.confidence == pytest.approx(0.8)
    assert {reason.feature for reason in felt.reasons} == set(NAMES)
    silent = replace(heard(230, 62), functionals={})
    assert replace(head, tasks={**head.tasks, EMOTIONS: feeling}).emotions(silent, 0.8, None) is None


def test_trust_is_full_from_a_tenth_on() -> None:
    assert trust(0.5) == trust(FULL_TRUST) == 1
    assert trust(0.01) == pytest.approx(0.1)
    assert distance(np.array([1.0, -1.0])) == 1


def test_the_opinion_carries_strength_reasons_and_sureness(head: VoiceHead) -> None:
    found = head.opinion(heard(250, 70), 0.8, None)
    assert found is not None
    opinion, likeness = found
    assert opinion.space == POLARITY
    assert opinion.strength == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    assert [reason.feature for reason in opinion.reasons] == ["pitch"]
    assert opinion.reasons[0].z == 1
    assert opinion.confidence == pytest.approx(0.8 * trust(likeness), abs=1e-3)
    assert head.opinion(replace(heard(250, 70), functionals={}), 0.8, None) is None


def test_a_feature_that_could_not_be_measured_moves_nothing(head: VoiceHead) -> None:
    row = head.row(replace(heard(250, 70), functionals={"pitch": 250.0}))
    assert row is not None
    assert head.normalised(row, None).tolist() == [1, 0]
    assert world_of(NAMES, [row, row]).mean["level"] == 0


def test_saved_and_loaded_equal(head: VoiceHead, tmp_path: Path) -> None:
    head.save(tmp_path)
    again, row = VoiceHead.load(tmp_path), head.row(heard(230, 75))
    assert row is not None
    assert again.judge(row, None) == head.judge(row, None)
    (tmp_path / "head.json").write_text('{"schema": "other/1"}', encoding="utf-8")
    with pytest.raises(ValueError, match="other/1"):
        VoiceHead.load(tmp_path)


def test_the_judge_leaves_out_those_that_hardly_speak(head: VoiceHead, tmp_path: Path) -> None:
    head.save(tmp_path)
    judge = VoiceJudge(tmp_path)
    silent = replace(heard(300, 50), summary={"speech_seconds": 0.1, "snr_db": 30.0})
    world = judge.world([heard(200, 60), heard(240, 66), silent])
    assert world.clips == 2
    assert judge.judge(silent, world).opinion is None
    assert judge.judge(heard(240, 66), world).clips == 2
    assert judge.world([]).clips == 0


def test_sureness_is_what_was_recorded() -> None:
    assert sureness({"speech_seconds": 1.0, "snr_db": 10.0}) == 0.25
    assert sureness({"speech_seconds": None, "snr_db": None}) == 0


@pytest.mark.parametrize(
    "odd",
    [{"temperature": {"run": 1.0}}, {"temperature": {"run": "x", "training": 1.0}}, {"temperature": 1.0}]
    + [{"labels": ["low", "low"]}, {"labels": ["low", "loud"]}, {"labels": "xy"}],
)
def test_a_task_that_cannot_be_asked_is_refused_when_it_is_read(
    tmp_path: Path, head: VoiceHead, odd: dict[str, object]
) -> None:
    head.save(tmp_path)
    assert load_voice_head(tmp_path).tasks.keys() == head.tasks.keys()
    config = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    config["tasks"][AROUSAL] |= odd
    (tmp_path / "head.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConfigError, match="voice head in .* cannot be read"):
        load_voice_head(tmp_path)


def test_without_whisper_prosody_is_heard_and_the_command_is_named(tmp_path: Path) -> None:
    path, lacks = chosen_whisper(HEAD, None, tmp_path)
    assert path is None
    assert "python -m models fetch words" in lacks
    chosen = spec({"models_dir": str(tmp_path)})
    assert chosen.judge is not None
    assert chosen.fingerprint == spec({"encoder": "none"}).fingerprint
    with pytest.raises(ConfigError, match="model.bin"):
        chosen_whisper(HEAD, "whisper", tmp_path)
    with pytest.raises(ConfigError, match="encoder"):
        chosen_whisper(HEAD, "ears", tmp_path)
    bare = tmp_path / "own"
    bare.mkdir()
    for name in ("head.json", "head.safetensors"):
        shutil.copy(HEAD / name, bare / name)
    assert spec({"weights": str(bare)}).judge is None, "a head of one's own that knows no runs"


def test_the_shipped_heads_agree_on_their_questions() -> None:
    prosody = VoiceHead.load(HEAD / PROSODY)
    layers = VoiceHead.load(HEAD / "layers")
    assert {name: task.labels for name, task in prosody.tasks.items()} == {n: t.labels for n, t in layers.tasks.items()}
    assert layers.layered
    assert not prosody.layered
