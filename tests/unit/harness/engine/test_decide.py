"""The deciding stages on records made by hand: no media, and a text reader that knows one word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import Config, load_profile, make_config
from harness.context import Context
from harness.engine.decide import deciding_stages
from harness.engine.runner import run_clip
from harness.judging.opinions import five
from harness.lazy import Lazy
from harness.output.export import row_of, story_of
from harness.records.store import Store
from harness.records.types import (
    Clip,
    Opinion,
    Record,
)
from models.base import ProviderSpec
from models.evidence_reasoner import EvidenceReasoner
from tests.support.perceived import CLIP, SPEECH, WORDS, OneWordReader, perceived, stored


def config(*overrides: str) -> Config:
    folders = {key: Path(key) for key in ("models_dir", "test_data", "results", "supplements")}
    pool = ("fuse.strategy=log_pool", "fuse.weights.text=0.6", "fuse.weights.audio=0.2", "fuse.weights.video=0.2")
    return make_config(load_profile("embedded", [*pool, *overrides]), profile="embedded", **folders)


def decide(tmp_path: Path, perceived: Mapping[str, Record], *overrides: str, clip: Clip = CLIP) -> dict[str, Record]:
    store = Store(tmp_path)
    specs = {
        "text": ProviderSpec("text", "fake", "t", OneWordReader),
        "reason": ProviderSpec("reason", "evidence", "r", EvidenceReasoner),
    }
    context = Context(clip, None, {name: store.put(record) for name, record in perceived.items()})
    run_clip(deciding_stages(config(*overrides), specs, Lazy(specs["reason"].build)), context, store)
    return context.records


def test_a_clip_from_evidence_to_contribution(tmp_path: Path) -> None:
    records = decide(tmp_path, perceived())
    assert [r.outcome for r in records.values()] == ["ok"] * 12
    text = records["reason"].data["text"]
    assert text.startswith("<think>这段视频的情感是强烈负面的，主要依据是话语")
    assert "说话人说的是“我很 生气”" in text
    assert "缺少表情的信息" in text
    assert text.endswith("<answer>SNEG</answer>")
    assert records["reason"].data["is_language_model"] is False
    prediction = records["fuse"].data
    assert prediction["label"] == "SNEG"
    assert prediction["status"] == "partial"
    assert prediction["reason"] == "video: face too small (low_resolution)"
    assert prediction["weights"] == pytest.approx({"text": 0.75, "audio": 0.25})
    values = records["attribute"].data["values"]
    assert sum(values.values()) == pytest.approx(prediction["probabilities"][0] - 0.2)
    assert records["evidence"].data["coverage"] == {"text": 0.5, "audio": 0.5}


def test_nothing_usable_is_a_fallback_and_still_a_row(tmp_path: Path) -> None:
    records = decide(
        tmp_path,
        perceived(
            media=stored("media", "error", None, "a.mp4: no moov"),
            transcribe=stored("transcribe", "unavailable", None, "no transcript"),
            speech=stored("speech", "absent", None, "a.mp4: no moov"),
            face=stored("face", "absent", None, "a.mp4: no moov"),
        ),
        "default_label=WNEG",
    )
    assert [records[s].outcome for s in ("text", "reason", "parse", "attribute")] == ["absent"] * 4
    row = row_of(CLIP, records, "WNEG")
    assert (row["Label"], row["status"], row["p_SNEG"]) == ("WNEG", "fallback", "")
    assert all(m in row["reason"] for m in ("text: no transcript", "audio: a.mp4: no moov", "video: "))


def test_words_alone_are_enough(tmp_path: Path) -> None:
    gone = {name: stored(name, "absent", None, "no track") for name in ("speech", "face")}
    records = decide(tmp_path, perceived(**gone))
    assert records["fuse"].data["status"] == "partial"
    assert records["fuse"].data["probabilities"] == pytest.approx([0.5, 0.3, 0.1, 0.05, 0.05])


def by_language(**told: tuple[float, float, float]) -> Record:
    """A voice heard by a head for each language."""
    space = ("negative", "neutral", "positive")
    opinions = {code: Opinion("polarity3", space, p, 0.8) for code, p in told.items()}
    return stored("speech", "ok", replace(SPEECH, opinion=None, by_language=opinions))


def test_the_clips_language_chooses_among_the_voices_heads(tmp_path: Path) -> None:
    zh, en = (0.7, 0.2, 0.1), (0.1, 0.2, 0.7)
    heard = decide(tmp_path / "zh", perceived(speech=by_language(zh=zh, en=en)))["evidence"].data
    assert heard["opinions"]["audio"]["probabilities"] == list(zh)
    english = replace(WORDS, language="en")
    both = perceived(speech=by_language(zh=zh, en=en), transcribe=stored("transcribe", "ok", english))
    assert decide(tmp_path / "en", both)["evidence"].data["opinions"]["audio"]["probabilities"] == list(en)
    book = decide(tmp_path / "only", perceived(speech=by_language(en=en)))["evidence"].data
    assert book["missing"]["audio"] == "no head for zh" and "audio" not in book["opinions"]
    wordless = perceived(speech=by_language(zh=zh, en=en), transcribe=stored("transcribe", "unavailable", None, "none"))
    book = decide(tmp_path / "none", wordless)["evidence"].data
    assert "nothing tells the clip's language" in book["missing"]["audio"]
    in_folder = decide(tmp_path / "folder", wordless, clip=replace(CLIP, folder_language="en"))["evidence"].data
    assert in_folder["opinions"]["audio"]["probabilities"] == list(en)


def test_a_defect_in_a_stage_still_gives_a_row_and_a_story(tmp_path: Path) -> None:
    broken = stored("speech", "ok", {"not": "speech features"})
    records = decide(tmp_path, perceived(speech=broken))
    assert records["evidence"].outcome == "error"
    assert records["fuse"].data["status"] == "fallback"
    assert "no evidence was gathered" in records["fuse"].data["reason"]
    story = story_of(CLIP, records, tmp_path)
    assert story["stages"]["evidence"]["outcome"] == "error"
    assert story["evidence"] is None


def test_a_clip_without_any_record_still_gets_a_row() -> None:
    assert row_of(CLIP, {}, "NEUT")["Label"] == "NEUT"
    assert row_of(CLIP, {}, "NEUT")["status"] == "fallback"


def test_a_measured_strength_parts_the_polarity_of_a_voice() -> None:
    assert SPEECH.opinion is not None
    assert five(SPEECH.opinion) == pytest.approx((0.35, 0.35, 0.2, 0.05, 0.05))
    assert five(replace(SPEECH.opinion, strength=0.9)) == pytest.approx((0.63, 0.07, 0.2, 0.01, 0.09))
