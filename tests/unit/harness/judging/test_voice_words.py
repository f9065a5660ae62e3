"""Why a voice was judged as it was: shares that add up, told in words."""

from __future__ import annotations

import numpy as np
import pytest

from eval.claims.find import find_claims
from harness.judging.evidence import gather
from harness.judging.voice_words import NAMES, in_words
from harness.records.types import SAMPLE_RATE, Opinion, ProsodyTrack, Reason, SpeechFeatures
from models.folders import WEIGHTS
from models.heads.linear import LinearHead
from models.voice.head import AROUSAL, VoiceHead
from models.voice.measure import ProsodyEncoder


@pytest.fixture(scope="module")
def head() -> LinearHead:
    return LinearHead.load(WEIGHTS / "speech")


def test_every_functional_of_the_shipped_head_has_a_name(head: LinearHead) -> None:
    assert set(head.feature_names) == set(NAMES)
    assert len({names for names in NAMES.values()}) == len(NAMES)


def test_shares_and_base_add_up_to_the_centred_logit(head: LinearHead) -> None:
    row = np.random.default_rng(0).normal(3, 5, len(head.feature_names))
    row[4] = np.nan
    logs = np.log(head.predict_proba([row])[0])
    for column, label in enumerate(head.labels):
        reasons, base = head.explain(row, label)
        assert sum(r.contribution for r in reasons) + base == pytest.approx(logs[column] - logs.mean())
        sizes = [abs(r.contribution) for r in reasons]
        assert sizes == sorted(sizes, reverse=True)
        assert head.feature_names[4] not in {r.feature for r in reasons}
    assert head.contributions([row], head.labels[0], top=3)[0] == head.explain(row, head.labels[0])[0][:3]


def test_distances_from_the_training_mean_are_told_in_both_languages() -> None:
    assert in_words("en", "f0_range_st", 2.14) == "pitch range 2.1 standard deviations above the training mean"
    assert in_words("en", "speaking_rate_per_s", -0.5) == (
        "speaking rate 0.5 standard deviations below the training mean"
    )
    assert in_words("zh", "f0_range_st", -1.0) == "音高范围（在训练均值之下 1.0 个标准差）"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_distance_is_not_taken_for_something_that_happened(language: str) -> None:
    for feature in NAMES:
        for z in (1.2, -1.2):
            assert find_claims(in_words(language, feature, z) + ".") == ()


def test_what_weighed_most_in_the_voice_is_part_of_the_evidence() -> None:
    reasons = tuple(Reason(name, 1.0, share, 2.0) for name, share in (("f0_range_st", 0.4), ("hnr_mean_db", -0.2)))
    opinion = Opinion("polarity3", ("negative", "neutral", "positive"), (0.7, 0.2, 0.1), 0.8, reasons)
    speech = SpeechFeatures((), ProsodyTrack(0.02, (), ()), (), {"speech_seconds": 2.0}, {}, opinion)
    book = gather(2.0, None, None, speech, None, {})
    assert book.sections["en"]["audio"] == (
        "2.0 s of speech. Of the voice, these weighed most, in log-odds for negative: pitch range 2.0 standard "
        "deviations above the training mean, +0.40; clearness of the voice 2.0 standard deviations above the training "
        "mean, -0.20."
    )
    assert "音高范围（在训练均值之上 2.0 个标准差），+0.40" in book.sections["zh"]["audio"]


def test_the_shipped_encoder_tells_arousal_beside_polarity() -> None:
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    pulses = sum(np.sin(2 * np.pi * 180 * k * time) / k for k in range(1, 20))
    heard = ProsodyEncoder().encode((0.1 * pulses * (1.2 + np.sin(2 * np.pi * 4 * time))).astype(np.float32))
    assert heard.opinion is not None
    assert heard.opinion.strength is not None
    head = VoiceHead.load(WEIGHTS / "speech" / "prosody")
    row = head.row(heard)
    assert row is not None
    aroused = head.judge(row, None).probabilities[AROUSAL][head.tasks[AROUSAL].labels.index("high")]
    assert heard.opinion.strength == aroused
    assert heard.summary["arousal_probability"] == pytest.approx(heard.opinion.strength, abs=1e-3)
    sections = gather(2.0, None, None, heard, None, {}).sections
    assert f"an aroused voice with probability {heard.opinion.strength:.2f}" in sections["en"]["audio"]
    assert (
        find_claims("An aroused voice with probability 0.87.") == find_claims("声音处于高唤醒状态的概率 0.87。") == ()
    )
