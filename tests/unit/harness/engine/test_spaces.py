"""The deciding stages in other label spaces, on records made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import load_profile, make_config
from harness.faults import ConfigError
from harness.inputs.own_space import find_space
from harness.judging.fuse_settings import read_settings
from harness.output.export import row_of
from harness.records.conversions import convert
from harness.records.labels import EMOTION7, POLARITY3, SENTIMENT5, SPACES
from harness.records.types import Opinion, Record
from tests.support.own_space import OWN
from tests.support.perceived import CLIP, FACE, SPEECH, perceived, stored
from tests.support.rule_reasoner import Rule, judged
from tests.unit.harness.engine.test_decide import decide

SEEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def watched() -> dict[str, Record]:
    face = Opinion("fer7", SEEN, (0.5, 0.05, 0.05, 0.1, 0.1, 0.1, 0.1), 0.9)
    return perceived(face=stored("face", "ok", {**_plain(FACE), "low_resolution": False, "opinion": _plain(face)}))


def _plain(value: object) -> dict[str, object]:
    import msgspec

    plain = msgspec.to_builtins(value)
    assert isinstance(plain, dict)
    return plain


@pytest.mark.parametrize("name", ["emotion7", "mer6", "dfew7", "mafw11", "ravdess8", "polarity3", "own"])
def test_label_argument_attribution_and_row_are_of_the_space(tmp_path: Path, name: str) -> None:
    (tmp_path / "mood3.yaml").write_text(OWN, encoding="utf-8")
    chosen = str(tmp_path / "mood3.yaml") if name == "own" else name
    space = find_space(chosen)
    pool = () if space.name != "polarity3" else ("fuse.strategy=joint",)
    records = decide(tmp_path / "store", watched(), f"label_space={chosen}", *pool)
    prediction, argument = records["fuse"].data, records["argue"].data
    assert (prediction["space"], prediction["labels"]) == (space.name, list(space.labels))
    assert prediction["label"] == argument["label"] == records["parse"].data["label"] in space.labels
    assert argument["second"] in space.labels and {v["label"] for v in argument["views"]} <= set(space.labels)
    full = prediction["probabilities"][space.rank(prediction["label"])]
    empty = records["attribute"].data["empty"]
    assert sum(records["attribute"].data["values"].values()) == pytest.approx(full - empty)
    assert records["emotions"].data["label"] == "anger"
    row = row_of(CLIP, records, "", space)
    assert row["label_space"] == space.name and float(row[f"p_{prediction['label']}"]) == pytest.approx(full, abs=1e-6)
    assert row["emotions.openset"].startswith("angry (words 0.60, face 0.50")
    assert (row["p_text_" + space.labels[0]] != "") and row["p_answer_" + space.labels[0]] == ""


def test_a_voice_that_tells_only_sentiment_is_missing_where_emotions_are_asked_for(tmp_path: Path) -> None:
    records = decide(tmp_path, watched(), "label_space=emotion7")
    assert records["fuse"].data["sources"].keys() == {"text", "video"}
    assert records["fuse"].data["status"] == "partial"
    assert records["fuse"].data["reason"] == "audio: its head tells sentiment, and no emotions"


def test_a_voices_eight_emotions_are_mapped_and_pooled(tmp_path: Path) -> None:
    p = (0.1, 0.1, 0.05, 0.05, 0.55, 0.05, 0.05, 0.05)
    felt = Opinion("ravdess8", SPACES["ravdess8"].labels, p, 0.9)
    voice = stored("speech", "ok", replace(SPEECH, emotions=felt))
    records = decide(tmp_path, {**watched(), "speech": voice}, "label_space=emotion7")
    said = records["emotions"].data["by_modality"]["audio"]
    assert said == pytest.approx((0.2, 0.05, 0.05, 0.55, 0.05, 0.05, 0.05)), "calm is neutral among the seven"
    assert records["fuse"].data["sources"]["audio"] == said
    assert records["fuse"].data["status"] == "ok" and records["fuse"].data["label"] == "anger"
    assert records["evidence"].data["opinions"]["audio"]["space"] == "polarity3"


def test_a_space_leaves_what_was_perceived_alone_and_asks_a_model_in_its_labels(tmp_path: Path) -> None:
    rule = Rule(reply="<think>r</think><answer>愤怒</answer>", gives_probabilities=False)
    records = judged(tmp_path, rule, "label_space=dfew7", "fuse.emotions.weights.answer=0.6")
    assert rule.asked[0].answers == SPACES["dfew7"].labels
    question = rule.asked[0].messages[-1]["content"]
    assert "以下 7 个类别" in question and "contempt" not in question
    assert all(f"{label}：" in question for label in SPACES["dfew7"].labels)
    assert records["parse"].data["label"] == "angry"
    assert records["fuse"].data["sources"]["answer"][SPACES["dfew7"].rank("angry")] == pytest.approx(0.8)
    before = records["evidence"].digest
    again = judged(tmp_path, rule)
    assert len(rule.asked) == 2 and rule.asked[1].answers == SENTIMENT5.labels
    assert again["evidence"].digest == before
    assert again["parse"].data["label"] == "WNEG", "an emotion alone tells no strength"


def test_people_judged_sentiments_hold_in_a_coarser_space_too(tmp_path: Path) -> None:
    section = load_profile("embedded")["fuse"]
    five, three = read_settings(section), read_settings(section, POLARITY3)
    assert five.joint is not None and three.joint is not None
    assert sum(three.joint.together) == pytest.approx(1, abs=1e-4)
    whole = convert(SENTIMENT5, POLARITY3).apply(five.joint.priors["whole"])
    assert three.joint.priors["whole"] == pytest.approx(whole, abs=1e-4)
    assert three.joint.pool({}, {}) == pytest.approx(whole, abs=0.02)


def test_a_prior_moves_the_pool_and_is_of_its_space(tmp_path: Path) -> None:
    content = {"schema": "prior/1", "labels": list(EMOTION7.labels), "offsets": [0, 0, 4, 0, 0, 0, 0]}
    file = tmp_path / "prior.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    plain = decide(tmp_path / "a", watched(), "label_space=emotion7")
    moved = decide(tmp_path / "b", watched(), "label_space=emotion7", f"fuse.prior={file}")
    assert (plain["fuse"].data["label"], moved["fuse"].data["label"]) == ("anger", "sadness")
    assert moved["emotions"].data["label"] == "anger", "what is shown is told without the prior"
    assert "prior" in moved["attribute"].data["baseline"]
    with pytest.raises(ConfigError, match="emotion7") as caught:
        decide(tmp_path / "c", watched(), "label_space=mer6", f"fuse.prior={file}")
    assert "worried" in caught.value.message


def test_a_default_label_of_another_space_names_both() -> None:
    folders = {key: Path(key) for key in ("models_dir", "test_data", "results", "supplements")}
    with pytest.raises(ConfigError) as caught:
        make_config(load_profile("embedded", ["label_space=mer6", "default_label=NEUT"]), profile="embedded", **folders)
    assert "sentiment5" in caught.value.message and "mer6" in caught.value.message
    made = make_config(load_profile("embedded", ["label_space=mer6"]), profile="embedded", **folders)
    assert (made.default_label, made.space.name) == ("neutral", "mer6")
    assert make_config(load_profile("embedded"), profile="embedded", **folders).default_label == "NEUT"


def test_joint_is_no_pool_of_emotions() -> None:
    section = load_profile("embedded", ["fuse.emotions.strategy=joint"])["fuse"]
    with pytest.raises(ConfigError, match=r"fuse\.emotions\.strategy"):
        read_settings(section, EMOTION7)
