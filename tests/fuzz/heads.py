"""Readers of heads that ask several things of what they read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from harness.faults import HarnessFault
from harness.records.types import ProsodyTrack, SpeechFeatures
from models.heads.files import CONFIG, DAMAGED
from models.text.sentence import Pool, SentenceHead
from models.voice.head import AROUSAL, MODES, POLARITY, Task, VoiceHead
from models.voice.measure import load_voice_head

HEARD = SpeechFeatures((), ProsodyTrack(0.02, (), ()), (), {"speech_seconds": 3.0}, {"pitch": 210.0}, None)


def good_voice_head(folder: Path) -> bytes:
    """Write a small voice head; returns its settings."""
    even, zeros = dict.fromkeys(MODES, 1.0), np.zeros
    polarity = Task(("negative", "neutral", "positive"), zeros((2, 3)), zeros(3), even)
    arousal = Task(("low", "high"), zeros((2, 2)), zeros(2), even)
    distances = dict.fromkeys(MODES, np.arange(1, 11) / 10)
    tasks = {POLARITY: polarity, AROUSAL: arousal}
    VoiceHead(("pitch", "level"), zeros(2), np.ones(2), tasks, distances).save(folder)
    return (folder / CONFIG).read_bytes()


def good_sentence_head(folder: Path) -> bytes:
    """Write a small head over sentences; returns its settings."""
    labels = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
    weights, bias = {"en": np.zeros((2, 5))}, {"en": np.zeros(5)}
    head = SentenceHead(labels, (6, 9), "f", np.zeros(2), np.ones(2), weights, bias, {"en": Pool(0.5, 1.2)})  # type: ignore[arg-type]
    head.save(folder)
    return (folder / CONFIG).read_bytes()


@cache
def _good(folder: Path, write: Callable[[Path], bytes]) -> None:
    """Write a good head, once for a folder."""
    write(folder)


def _with_settings(data: bytes, folder: Path, write: Callable[[Path], bytes]) -> Path:
    """The folder of a good head whose settings are `data`."""
    _good(folder, write)
    (folder / CONFIG).write_bytes(data)
    return folder


def voice(value: tuple[bytes, Path]) -> None:
    """A voice head judges a voice, or is refused with its folder's name."""
    data, at = value
    folder = _with_settings(data, at / "voice", good_voice_head)
    try:
        head = load_voice_head(folder)
    except HarnessFault as fault:
        assert str(folder) in fault.message and fault.remedy
        return
    head.opinion(HEARD, 0.5, None)
    head.emotions(HEARD, 0.5, None)


def sentence(value: tuple[bytes, Path]) -> None:
    """A head over sentences gives probabilities, or raises what its readers name its folder for."""
    data, at = value
    folder = _with_settings(data, at / "sentence", good_sentence_head)
    try:
        head = SentenceHead.load(folder)
    except DAMAGED:
        return
    for language in head.pool:
        found = head.pooled(np.zeros((1, 1, 2)), np.full((1, len(head.labels)), 0.2), language)
        assert found.shape == (1, len(head.labels)) and np.isfinite(found).all()
