"""Records of a clip that was perceived, and a reader of words, for the deciding stages."""

from __future__ import annotations

from typing import Any

from harness.records.labels import EMOTION7
from harness.records.types import (
    Clip,
    FaceTrack,
    MediaInfo,
    Opinion,
    Outcome,
    ProsodyTrack,
    Reason,
    Record,
    Segment,
    Span,
    SpeechFeatures,
    TextFeatures,
    Transcript,
    VocalEvent,
)

CLIP = Clip("a.mp4", "/nowhere/a.mp4", "sha", 1)


SPEECH = SpeechFeatures(
    speech=(Span(0.5, 2.5),),
    track=ProsodyTrack(0.02, (None,), (-20.0,)),
    events=(VocalEvent("louder", 1.0, 1.5, 7.0, "dB", 8.0),),
    summary={"f0_median_hz": 211.0, "speech_seconds": 2.0, "pause_count": None},
    functionals={},
    opinion=Opinion("polarity3", ("negative", "neutral", "positive"), (0.7, 0.2, 0.1), 0.8),
)


FACE = FaceTrack((0.0,), (None,), {}, 1, 0.5, 12.0, True, "the only face", (), None)


WORDS = Transcript((Segment("我很 生气", 0.5, 2.0),), "zh", "zh", 1.0, "a.srt")


class OneWordReader:
    def read(self, transcript: Transcript) -> TextFeatures:
        labels = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
        reasons = (Reason("生气", 1.0, 0.9),)
        felt = Opinion("emotion7", EMOTION7.labels, (0.1, 0.05, 0.1, 0.6, 0.05, 0.05, 0.05), 1.0, reasons)
        return TextFeatures(Opinion("sentiment5", labels, (0.5, 0.3, 0.1, 0.05, 0.05), 1.0, reasons), emotions=felt)


def stored(stage: str, outcome: Outcome, data: Any = None, reason: str = "") -> Record:
    return Record(stage, CLIP.id, "fake", "f", outcome, data, reason)


def perceived(**changes: Record) -> dict[str, Record]:
    return {
        "media": stored("media", "ok", MediaInfo("mp4", 4.0, None, None)),
        "transcribe": stored("transcribe", "ok", WORDS),
        "speech": stored("speech", "ok", SPEECH),
        "face": stored("face", "ok", FACE),
        **changes,
    }
