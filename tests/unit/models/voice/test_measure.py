"""Prosody on signals whose truth is known: F0, level, speech, pauses, events, and what must not matter."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.faults import ClipError, ConfigError
from harness.records.types import SpeechFeatures
from models.heads.linear import LinearHead
from models.voice.measure import ProsodyEncoder, confidence, spec
from models.voice.prosody.events import find_events
from models.voice.prosody.frames import HOP
from models.voice.prosody.functionals import functionals
from models.voice.prosody.pitch import PitchTrack
from models.voice.prosody.voice import Voice, measure

RATE = 16_000
Audio = NDArray[np.float32]


def harmonics(f0: NDArray[np.float64], amplitudes: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """A buzz with the given F0 per sample: partials up to 7.5 kHz falling by 6 dB per octave unless told otherwise."""
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    strengths = 1 / np.arange(1, 60) if amplitudes is None else amplitudes
    parts = [a * np.where(k * f0 < 7500, np.cos(k * phase), 0.0) for k, a in enumerate(strengths, 1)]
    return 0.1 * np.sum(parts, axis=0)


def syllables(seconds: float, f0: float = 150.0, per_second: float = 4.0, level_db: float = 0.0) -> NDArray[np.float64]:
    """Talk-like sound: bursts of a buzz, its pitch wavering by half a semitone."""
    t = np.arange(int(seconds * RATE)) / RATE
    buzz = harmonics(f0 * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 1.3 * t)))
    envelope = 0.1 + 0.9 * np.sin(np.pi * per_second * t) ** 2
    return np.asarray(buzz * envelope * 10 ** (level_db / 20))


def noise(seconds: float, rms: float, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * rms


def silence(seconds: float) -> NDArray[np.float64]:
    return np.zeros(int(seconds * RATE))


def clip(*parts: NDArray[np.float64], hiss: float = 1e-4) -> Audio:
    x = np.concatenate(parts)
    return np.asarray(x + noise(len(x) / RATE, hiss, 9)[: len(x)], dtype=np.float32)


def pitch_of(x: NDArray[np.float64]) -> PitchTrack:
    return measure(x.astype(np.float32)).pitch


def errors(track: PitchTrack, f0: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative errors on voiced frames away from the ends."""
    inner = slice(5, -5)
    truth = f0[np.minimum(np.arange(len(track.f0_hz)) * HOP, len(f0) - 1)]
    relative = np.abs(track.f0_hz / truth - 1)[inner]
    assert np.mean(~np.isnan(relative)) > 0.9
    return relative[~np.isnan(relative)]


def test_glides_are_followed() -> None:
    t = np.arange(4 * RATE) / RATE
    for f0 in (np.linspace(80, 300, len(t)), np.linspace(580, 150, len(t)), 200 + 50 * np.sin(2 * np.pi * 2 * t)):
        for rms in (0.0, 0.02):
            found = errors(pitch_of(harmonics(f0) + noise(4, rms)), f0)
            assert np.median(found) < 0.01
            assert np.mean(found > 0.2) < 0.01


@pytest.mark.parametrize("hz", [90.0, 140.0, 230.0, 340.0])
@pytest.mark.parametrize("kind", ["no fundamental", "strong second", "weak odd", "few partials"])
def test_octave_is_kept(hz: float, kind: str) -> None:
    strengths = 1 / np.arange(1, 30)
    if kind == "no fundamental":
        strengths[0] = 0
    elif kind == "strong second":
        strengths[1] = 3
    elif kind == "weak odd":
        strengths[0::2] *= 0.35
    else:
        strengths[3:] = 0
    f0 = np.full(2 * RATE, hz)
    assert np.mean(errors(pitch_of(harmonics(f0, strengths)), f0) > 0.1) < 0.02


def test_mains_hum_is_not_a_voice() -> None:
    t = np.arange(3 * RATE) / RATE
    x = 0.3 * np.sin(2 * np.pi * 50 * t) + 0.3 * np.sin(2 * np.pi * 60 * t) + noise(3, 0.003)
    assert measure(x.astype(np.float32)).speech == ()


def test_hum_in_the_rests_hides_no_pause_and_gives_no_pitch() -> None:
    talk = np.concatenate([silence(0.5), syllables(1.5), silence(0.8), syllables(1.0), silence(0.5)])
    hum = 0.2 * np.sin(2 * np.pi * 60 * np.arange(len(talk)) / RATE)
    voice = measure(clip(talk + hum))
    assert len(voice.speech) == 2 and len(voice.pauses) == 1
    assert np.median(voice.pitch.f0_hz[voice.voiced]) == pytest.approx(150, rel=0.05)
    assert np.isnan(voice.pitch.f0_hz[~voice.active]).mean() > 0.8


def test_a_moment_like_an_octave_up_does_not_break_the_track() -> None:
    f0 = np.full(2 * RATE, 150.0)
    strengths = 1 / np.arange(1, 30)
    doubled = strengths.copy()
    doubled[0::2] *= 0.02
    moment = (np.arange(2 * RATE) % int(0.4 * RATE)) < int(0.06 * RATE)
    x = np.where(moment, harmonics(f0, doubled), harmonics(f0, strengths))
    assert np.mean(errors(pitch_of(x), f0) > 0.2) < 0.02


@pytest.mark.parametrize("colour", ["white", "brown"])
def test_noise_has_no_pitch_and_is_no_speech(colour: str) -> None:
    for seed in range(3):
        x = noise(5, 0.05, seed)
        x = np.cumsum(x) * 0.02 if colour == "brown" else x
        voice = measure(x.astype(np.float32))
        assert np.isnan(voice.pitch.f0_hz).mean() > 0.9
        assert voice.speech == () and find_events(voice) == () and functionals(voice) == {}


def test_bursts_of_noise_are_no_speech() -> None:
    x = noise(4, 0.1) * (np.sin(2 * np.pi * 3 * np.arange(4 * RATE) / RATE) > 0)
    assert measure(clip(x)).speech == ()


def test_silence_says_nothing() -> None:
    voice = measure(np.zeros(2 * RATE, dtype=np.float32))
    assert np.isnan(voice.pitch.f0_hz).all() and voice.speech == () and voice.snr_db is None


@pytest.mark.parametrize("hz", [150.0, 440.0])
def test_tone_and_steady_hum_are_no_speech(hz: float) -> None:
    t = np.arange(3 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * hz * t)
    assert measure(tone.astype(np.float32)).speech == ()
    assert measure(clip(silence(1), tone, silence(1))).speech == ()
    beeps = tone * (np.sin(2 * np.pi * 2 * t) > 0)
    assert measure(clip(beeps)).speech == ()
    assert measure(clip(harmonics(np.full(3 * RATE, hz)))).speech == ()


def test_speech_and_pauses_are_found_in_time() -> None:
    for hiss in (1e-4, 2e-3):
        voice = measure(clip(silence(0.5), syllables(1.5), silence(0.6), syllables(1.0), silence(0.5), hiss=hiss))
        assert [(s.start, s.end) for s in voice.speech] == [
            (pytest.approx(0.5, abs=0.08), pytest.approx(2.0, abs=0.08)),
            (pytest.approx(2.6, abs=0.08), pytest.approx(3.6, abs=0.08)),
        ]
        (pause,) = [event for event in find_events(voice) if event.kind == "pause"]
        assert pause.delta == pytest.approx(0.6, abs=0.15) and pause.unit == "s"


def test_a_short_gap_is_no_pause() -> None:
    voice = measure(clip(syllables(1.5), silence(0.08), syllables(1.5)))
    assert voice.pauses == ()


def test_syllables_are_counted() -> None:
    for rate in (2.5, 4.0, 6.0):
        voice = measure(clip(silence(0.5), syllables(4.0, per_second=rate), silence(0.5)))
        assert len(voice.syllables) == pytest.approx(4 * rate, abs=1)


@pytest.mark.parametrize(("dip", "counted"), [(0.4, True), (0.9, False)])
def test_a_syllable_needs_a_dip_of_two_decibels(dip: float, counted: bool) -> None:
    t = np.arange(3 * RATE) / RATE
    x = harmonics(np.full(len(t), 150.0)) * (dip + (1 - dip) * np.sin(np.pi * 4 * t) ** 2) * np.hanning(len(t)) ** 0.2
    found = len(measure(clip(silence(0.5), x, silence(0.5))).syllables)
    assert found == pytest.approx(12, abs=1) if counted else found <= 2


def test_breath_after_speech_is_not_speech() -> None:
    breath = noise(0.8, 0.01) * np.hanning(int(0.8 * RATE))
    voice = measure(clip(silence(0.5), syllables(1.5), breath, silence(0.5)))
    assert [(s.start, s.end) for s in voice.speech] == [(pytest.approx(0.5, abs=0.08), pytest.approx(2.1, abs=0.15))]


@pytest.mark.parametrize(("step_db", "kind"), [(8.0, "louder"), (-8.0, "softer")])
def test_a_level_step_is_an_event(step_db: float, kind: str) -> None:
    voice = measure(clip(syllables(2), syllables(1, level_db=step_db), syllables(2)))
    (event,) = [e for e in find_events(voice) if e.unit == "dB"]
    assert event.kind == kind
    assert event.start == pytest.approx(2.0, abs=0.15) and event.end == pytest.approx(3.0, abs=0.15)
    assert event.delta == pytest.approx(step_db, abs=2.0)


@pytest.mark.parametrize(("semitones", "kind"), [(5.0, "higher"), (-5.0, "lower")])
def test_a_pitch_step_is_an_event(semitones: float, kind: str) -> None:
    voice = measure(clip(syllables(2, 180), syllables(1, 180 * 2 ** (semitones / 12)), syllables(2, 180)))
    (event,) = [e for e in find_events(voice) if e.unit == "semitones"]
    assert event.kind == kind
    assert event.start == pytest.approx(2.0, abs=0.15) and event.end == pytest.approx(3.0, abs=0.15)
    assert event.delta == pytest.approx(semitones, abs=1.0)


def test_steps_under_the_least_effect_are_no_events() -> None:
    assert find_events(measure(clip(syllables(2), syllables(1, level_db=2.0), syllables(2)))) == ()
    assert find_events(measure(clip(syllables(2, 180), syllables(1, 196), syllables(2, 180)))) == ()


@settings(max_examples=12)
@given(gain=st.floats(0.02, 20), hz=st.floats(90, 350))
def test_gain_changes_the_level_only(gain: float, hz: float) -> None:
    x = clip(silence(0.3), syllables(1.5, hz), silence(0.4), syllables(0.6, hz * 1.4, level_db=6), silence(0.2))
    quiet, loud = measure(x), measure((x * np.float32(gain)).astype(np.float32))
    assert quiet.speech == loud.speech
    assert_alike(quiet, loud)
    shift = np.median(loud.frames.level_db[loud.active]) - np.median(quiet.frames.level_db[quiet.active])
    assert shift == pytest.approx(20 * np.log10(gain), abs=0.01)


def assert_alike(a: Voice, b: Voice) -> None:
    first, second = functionals(a), functionals(b)
    assert first.keys() == second.keys() and len(first) > 60
    for name, value in first.items():
        assert second[name] == pytest.approx(value, rel=1e-2, abs=1e-2), name
    pairs = list(zip(find_events(a), find_events(b), strict=True))
    assert pairs
    for p, q in pairs:
        assert p.kind == q.kind and abs(p.delta - q.delta) < 0.05 and abs(p.start - q.start) < 0.021


# ── the provider ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def encoder() -> ProsodyEncoder:
    return ProsodyEncoder()


TALK = clip(silence(0.3), syllables(2.0), silence(0.5), syllables(1.0, 190), silence(0.3))


def test_encode_measures_what_was_made(encoder: ProsodyEncoder) -> None:
    result = encoder.encode(TALK)
    assert result.summary["f0_median_hz"] == pytest.approx(150, rel=0.05)
    assert result.summary["speech_seconds"] == pytest.approx(3.0, abs=0.2)
    assert result.summary["pause_count"] == 1
    assert result.summary["speaking_rate_syllables_per_s"] == pytest.approx(4, abs=0.7)
    assert len(result.track.f0_hz) == len(result.track.level_db) == pytest.approx(4.1 / result.track.step, abs=2)
    assert result.track.f0_hz[0] is None and any(result.track.f0_hz)
    opinion = result.opinion
    assert opinion is not None and opinion.space == "polarity3"
    assert opinion.labels == ("negative", "neutral", "positive")
    assert sum(opinion.probabilities) == pytest.approx(1) and 0 < opinion.confidence <= 1
    assert opinion.reasons and all(r.feature in result.functionals and r.contribution > 0 for r in opinion.reasons)


def test_equal_input_equal_output_other_input_other_output(encoder: ProsodyEncoder) -> None:
    other = clip(silence(0.3), syllables(2.0, 300, 6, 6), silence(0.2), syllables(1.0, 120), silence(0.6))
    a, b, c = encoder.encode(TALK), ProsodyEncoder().encode(TALK.copy()), encoder.encode(other)
    assert a == b
    assert a.opinion is not None and c.opinion is not None
    assert a.opinion.probabilities != c.opinion.probabilities and a.functionals != c.functionals


@pytest.mark.parametrize("name", ["silence", "noise", "one short vowel"])
def test_little_speech_gives_no_opinion(encoder: ProsodyEncoder, name: str) -> None:
    sounds = {
        "silence": np.zeros(RATE, dtype=np.float32),
        "noise": noise(3, 0.1).astype(np.float32),
        "one short vowel": clip(silence(1), syllables(0.2, per_second=5), silence(1)),
    }
    result: SpeechFeatures = encoder.encode(sounds[name])
    spoken = result.summary["speech_seconds"]
    assert result.opinion is None and spoken is not None and spoken < 0.3
    if name != "one short vowel":
        assert result.speech == () and result.events == () and result.functionals == {}
        assert set(result.track.f0_hz) == {None}
        assert {k: v for k, v in result.summary.items() if v is not None} == {"speech_seconds": 0.0}


def test_confidence_grows_with_speech_and_falls_with_noise() -> None:
    def of(seconds: float, hiss: float) -> float:
        return confidence(measure(clip(silence(0.5), syllables(seconds), silence(0.5), hiss=hiss)))

    assert of(0.5, 1e-4) < of(1.2, 1e-4) < of(3, 1e-4) == 1.0
    assert of(3, 2e-2) < of(3, 1e-4)


@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros(399), np.full(RATE, np.nan), np.zeros((2, RATE))])
def test_audio_that_cannot_be_measured_is_a_clip_error(encoder: ProsodyEncoder, bad: NDArray[np.float64]) -> None:
    with pytest.raises(ClipError, match="speech"):
        encoder.encode(bad.astype(np.float32))


def test_the_shortest_audio_is_measured(encoder: ProsodyEncoder) -> None:
    assert encoder.encode(np.zeros(400, dtype=np.float32)).opinion is None


def test_spec_names_builds_and_travels(tmp_path: Path) -> None:
    chosen = spec({"provider": "prosody", "weights": None})
    assert (chosen.stage, chosen.name) == ("speech", "prosody")
    assert isinstance(pickle.loads(pickle.dumps(chosen)).build(), ProsodyEncoder)
    head = LinearHead.load(Path(chosen.build.args[0]))  # type: ignore[attr-defined]
    assert set(head.feature_names) <= set(functionals(measure(TALK)))
    head.temperature *= 2
    head.save(tmp_path / "other")
    assert spec({"weights": str(tmp_path / "other")}).fingerprint != chosen.fingerprint


def test_missing_or_broken_head_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="models train speech"):
        spec({"weights": str(tmp_path)})
    (tmp_path / "head.json").write_text("{}", encoding="utf-8")
    (tmp_path / "head.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="cannot be read"):
        spec({"weights": str(tmp_path)}).build()
