"""The speech head trained from files, and prosody on real recordings."""

from __future__ import annotations

import argparse
import csv
import json
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.features.sound import decode
from models.training.train_speech import configure, read_corpus, run
from models.voice.measure import ProsodyEncoder

RATE = 16_000
STYLES = {"negative": (110.0, 1.0, 3.0), "neutral": (120.0, 0.2, 4.0), "positive": (180.0, 4.0, 5.0)}


def sing(polarity: str, speaker: int, take: int) -> NDArray[np.float64]:
    """A talk-like buzz whose pitch, liveliness and pace hang on the polarity."""
    hz, waver, pace = STYLES[polarity]
    random = np.random.default_rng([speaker, take, len(polarity)])
    t = np.arange(int(1.6 * RATE)) / RATE
    f0 = hz * (1 + 0.05 * speaker) * 2 ** (waver / 12 * np.sin(2 * np.pi * (1 + 0.3 * random.random()) * t))
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    buzz = np.sum([np.cos(k * phase) / k for k in range(1, 20)], axis=0)
    return np.asarray(0.1 * buzz * (0.1 + 0.9 * np.sin(np.pi * pace * t) ** 2) + 1e-3 * random.standard_normal(len(t)))


def corpus(folder: Path) -> Path:
    """Four speakers × three polarities × three takes as wav, one row without polarity, and the csv."""
    rows = [("none.wav", "0", "surprise", "")]
    for speaker in range(4):
        for polarity in STYLES:
            for take in range(3):
                name = f"{speaker}{polarity}{take}.wav"
                with wave.open(str(folder / name), "wb") as out:
                    out.setparams((1, 2, RATE, 0, "NONE", ""))
                    out.writeframes((np.clip(sing(polarity, speaker, take), -1, 1) * 32767).astype("<i2").tobytes())
                rows.append((name, str(speaker), "", polarity))
    path = folder / "made.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([("path", "speaker", "emotion", "polarity"), *rows])
    return path


def test_training_from_files_gives_a_head_that_works(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    table, out = corpus(tmp_path), tmp_path / "out"
    assert run(parser.parse_args(["--data", str(table), "--out", str(out), "--penalty", "1"])) == 0
    written = {"head.json", "head.safetensors", "CARD.md", "figures.json", "data.json", "licence.json"}
    assert {file.name for file in out.iterdir()} == written
    figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
    assert figures["made, speakers held out"]["n"] == 36 and figures["made, speakers held out"]["UAR"] > 0.8
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert "surprise: no polarity 1" in card and str(tmp_path) not in card
    encoder = ProsodyEncoder(out)
    for polarity in STYLES:
        opinion = encoder.encode(sing(polarity, 7, 0).astype(np.float32)).opinion
        assert opinion is not None and opinion.labels[int(np.argmax(opinion.probabilities))] == polarity


def test_decoding_resamples_to_mono(tmp_path: Path) -> None:
    t = np.arange(44_100) / 44_100
    left = (0.5 * np.sin(2 * np.pi * 300 * t) * 32767).astype("<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((2, 2, 44_100, 0, "NONE", ""))
        out.writeframes(np.column_stack([left, left]).tobytes())
    audio = decode(tmp_path / "a.wav")
    assert audio.dtype == np.float32 and len(audio) == pytest.approx(RATE, abs=40)
    assert np.abs(np.fft.rfft(audio[:16_000])).argmax() == pytest.approx(300, abs=1)


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("path,speaker,emotion,polarity\ngone.flac,1,,negative\n", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"gone\.flac"):
        read_corpus(tmp_path / "x.csv")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "hz", "pauses"),
    [
        ("clips/odd/funasr_asr_example.wav", (90, 160), 0),
        ("clips/odd/sadtalker_chinese_poem1.wav", (90, 150), 1),
        ("clips/odd/marcovoice_Angry_4.wav", (200, 500), 2),
        ("clips/odd/whisper_jfk.flac", (180, 280), 4),
    ],
)
def test_real_voices_are_plausible(shared: Path, name: str, hz: tuple[int, int], pauses: int) -> None:
    audio = decode(shared / name)
    encoder = ProsodyEncoder()
    encoder.encode(audio[:RATE])
    start = time.process_time()
    result = encoder.encode(audio)
    assert time.process_time() - start < 1.0
    seconds = len(audio) / RATE
    f0, speech = result.summary["f0_median_hz"], result.summary["speech_seconds"]
    assert f0 is not None and hz[0] < f0 < hz[1]
    assert speech is not None and 0.4 * seconds < speech < seconds
    assert 2.0 < (result.summary["speaking_rate_syllables_per_s"] or 0) < 7.0
    assert result.summary["pause_count"] == pauses
    assert all(0 <= e.start < e.end <= seconds for e in result.events)
    assert result.opinion is not None and result.opinion.confidence > 0.9


@pytest.mark.shared
def test_real_talking_clips_have_prosody(shared: Path) -> None:
    encoder = ProsodyEncoder()
    files = sorted((shared / "clips" / "mer").glob("*.mp4"))
    results = [encoder.encode(decode(file)) for file in files]
    assert len(results) == 9
    assert all(r.speech and r.opinion and any(r.track.f0_hz) for r in results)
    assert len({r.opinion.probabilities for r in results if r.opinion}) == 9


@pytest.mark.shared
def test_steady_sentences_have_their_syllables(shared: Path) -> None:
    """The two RAVDESS sentences have seven syllables each; calm speakers pronounce most of them."""
    encoder = ProsodyEncoder()
    files = sorted((shared / "data" / "speech" / "ravdess").glob("03-01-01-01-0?-01-*.flac"))[:20]
    counts = []
    for file in files:
        summary = encoder.encode(decode(file)).summary
        counts.append((summary["speaking_rate_syllables_per_s"] or 0) * (summary["speech_seconds"] or 0))
    assert len(files) == 20 and np.median(counts) == pytest.approx(7, abs=1)


def test_every_functional_of_real_voices_has_its_name(shared: Path) -> None:
    from models.voice.prosody.dynamics import dynamics
    from models.voice.prosody.functionals import functionals
    from models.voice.prosody.names import dynamic_names, functional_names
    from models.voice.prosody.voice import measure

    found: set[str] = set()
    moving: set[str] = set()
    for path in sorted((shared / "data" / "speech" / "ravdess").glob("*.flac"))[::60]:
        voice = measure(decode(path))
        found |= set(functionals(voice))
        moving |= set(dynamics(voice))
    assert found == set(functional_names())
    assert moving == set(dynamic_names())
