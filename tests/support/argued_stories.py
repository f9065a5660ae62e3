"""Stories with a measured argument, for the page's tests."""

from __future__ import annotations

from typing import Any

from tests.support.pages import story

THINK = (
    "The clip reads as strongly negative, and the words carry that judgement. The speaker says: “we are done”. "
    "What counts in it is “done”. The voice backs it: the pitch lies low. Against this speaks the face: it looks "
    "happy, but the words outweigh it."
)
THINK_ZH = "这段视频的情感是强烈负面的，主要依据是话语，声音也支持这一判断。表情却与此相反：脸上露出高兴。"


def view(modality: str, label: str, share: float, reading: str, cues: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "modality": modality,
        "label": label,
        "probability": 0.7,
        "for_label": 0.6,
        "reading": reading,
        "reading_probability": 0.7,
        "confidence": 0.9,
        "weight": 0.4,
        "share": share,
        "cues": cues,
    }


def cue(kind: str, feature: str, share: float, z: float | None, words: str) -> dict[str, Any]:
    told = {"en": words, "zh": words}
    return {
        "kind": kind,
        "feature": feature,
        "value": 1.0,
        "z": z,
        "start": 0.9 if kind == "word" else None,
        "end": 1.4 if kind == "word" else None,
        "share": share,
        "told": told,
    }


def argument(label: str = "SNEG", by: str = "text") -> dict[str, Any]:
    return {
        "label": label,
        "probability": 0.45,
        "second": "WNEG",
        "margin": 0.05,
        "strategy": "log_pool",
        "decided_by": by,
        "supported_by": ["audio"],
        "opposed_by": ["video"],
        "views": [
            view("text", "SNEG", 0.3, "SNEG", [cue("word", "done", 0.3, None, "“done”")]),
            view("audio", "WNEG", 0.1, "negative", [cue("voice", "f0_median_st", 0.1, -3.4, "the pitch lies low")]),
            view("video", "SPOS", -0.15, "happy", [cue("expression", "happy", -0.15, None, "the face looks happy")]),
        ],
        "conflicts": [{"won": "text", "lost": "video"}],
        "missing": {},
        "weight_missing": 0.0,
        "flip": {"modality": "text", "amount": 0.2, "to": "WNEG", "label": "WNEG"},
    }


def argued(clip: str, label: str = "SNEG", think: str = THINK, **parts: Any) -> dict[str, Any]:
    """A story of the evidence reasoner: a close call, in which words decide and the face is against them."""
    words = [
        {"start": 0.5, "end": 0.7, "text": "we", "probability": 0.98},
        {"start": 0.7, "end": 0.9, "text": " are", "probability": 0.9},
        {"start": 0.9, "end": 1.4, "text": " done", "probability": 0.9},
    ]
    lines = [{"text": "we are done", "start": 0.5, "end": 1.4, "words": words}]
    sources = {"text": [0.7, 0.1, 0.1, 0.05, 0.05], "audio": [0.3, 0.5, 0.1, 0.05, 0.05]}
    made: dict[str, Any] = {
        "language": "en",
        "media": {"seconds": 4.0},
        "transcript": {"text": "we are done", "segments": lines, "source": "subtitle track"},
        "reasoning": {
            "text": f"<think>{think}</think><answer>{label}</answer>",
            "language": "en",
            "is_language_model": False,
            "finish_reason": "stop",
            "told": {"zh": THINK_ZH},
            "argument": argument(label),
        },
        "answer": {"label": label, "problem": "", "think": think, "answer_text": label},
        "prediction": {
            "label": label,
            "probabilities": [0.45, 0.4, 0.05, 0.05, 0.05],
            "status": "ok",
            "reason": "",
            "strategy": "log_pool",
            "sources": sources | {"video": [0.05, 0.05, 0.1, 0.1, 0.7]},
        },
        "attribution": {
            "label": label,
            "method": "exact Shapley over the fuser",
            "empty": 0.2,
            "full": 0.45,
            "values": {"text": 0.3, "audio": 0.1, "video": -0.15},
        },
    }
    return story(clip, label) | made | parts
