"""The argument for a label, and the texts that are told from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.reasoning.explanation import check_story
from eval.stories.form import think_of
from eval.stories.read import Story
from harness.config import load_profile
from harness.judging.fuse import STRATEGIES, FuseSettings, argmax_label, fuse
from harness.judging.fuse_settings import read_settings
from harness.judging.opinions import sources_of
from harness.reasoning.argument import argue
from harness.reasoning.function_words import is_function_word
from harness.reasoning.narrative import tell
from harness.reasoning.selection import MOST_CUES, chosen
from harness.records.argument import Argument
from harness.records.labels import SENTIMENT5, get_space
from harness.records.types import ClipEvidence, Evidence, Opinion, Reason
from tests.support.arguments import story_of_argument

WEIGHTS = {"text": 0.6, "audio": 0.2, "video": 0.2}
LEARNED = {"exponents": WEIGHTS, "bias": [0.1, 0.0, 0.2, 0.0, -0.1]}
ANGRY = Opinion(
    "sentiment5",
    SENTIMENT5.labels,
    (0.8, 0.1, 0.05, 0.03, 0.02),
    reasons=(Reason("terrible", 1.0, 1.9), Reason("am", 1.0, 0.4)),
)
FLAT = Opinion(
    "polarity3",
    ("negative", "neutral", "positive"),
    (0.2, 0.3, 0.5),
    reasons=(Reason("f0_p95_st", 9.0, 0.6, 2.0), Reason("f0_p75_st", 1.0, -0.3, -1.0)),
)
SMILING = Opinion(
    "fer7",
    get_space("fer7").labels,
    (0.02, 0.02, 0.02, 0.8, 0.1, 0.02, 0.02),
    reasons=(Reason("expression in the pictures", 0.8, 3.0),),
)


def evidence(**opinions: Opinion) -> ClipEvidence:
    items = (
        Evidence("text", "word", 1.9, "log-odds for SNEG", 0.5, 0.9, quote="terrible"),
        Evidence("audio", "higher", 6.0, "semitones", 2.4, 3.1, z=3.0),
    )
    missing = {m: "not there" for m in WEIGHTS if m not in opinions}
    return ClipEvidence("en", items, {}, opinions, dict.fromkeys(opinions, 0.7), missing)


def pool(strategy: str = "log_pool") -> FuseSettings:
    if strategy == "joint":
        return read_settings(load_profile("embedded", [])["fuse"])
    return FuseSettings(strategy, WEIGHTS, learned=LEARNED if strategy == "learned" else {})


def told(argument: Argument, language: str) -> str:
    return tell(argument, language, "This is terrible!")  # type: ignore[arg-type]


def test_who_decided_who_opposed_and_what_would_change_it() -> None:
    argument = argue(evidence(text=ANGRY, video=SMILING), pool())
    assert argument is not None
    assert (argument.label, argument.decided_by, argument.opposed_by) == ("SNEG", "text", ("video",))
    assert [(c.won, c.lost) for c in argument.conflicts] == [("text", "video")]
    assert argument.weight_missing == pytest.approx(0.2) and argument.missing == {"audio": "not there"}
    shares = {view.modality: view.share for view in argument.views}
    assert sum(shares.values()) == pytest.approx(argument.probability - 0.2)
    assert argument.flip is not None
    sources = sources_of(evidence(text=ANGRY, video=SMILING))
    flip, before = argument.flip, sources[argument.flip.modality]
    for part, label in ((flip.amount, flip.label), (flip.amount - 0.002, "SNEG")):
        mixed = tuple(
            (1 - part) * p + part * (y == flip.to) for y, p in zip(SENTIMENT5.labels, before.probabilities, strict=True)
        )
        moved = fuse({**sources, flip.modality: replace(before, probabilities=mixed)}, pool())
        assert argmax_label(moved.probabilities) == label


def test_cues_have_times_and_no_grammar() -> None:
    argument = argue(evidence(text=ANGRY, audio=FLAT), pool())
    assert argument is not None
    words, voice = (view.cues for view in argument.views)
    assert [cue.feature for cue in words] == ["terrible"] and words[0].start == 0.5
    assert sum(abs(cue.share) for cue in words) == pytest.approx(abs(argument.views[0].share))
    assert voice[0].feature == "f0_p95_st" and (voice[0].start, voice[0].end) == (2.4, 3.1)
    assert voice[0].told["en"] == "its highest tones reach far up (+2.0 SD, most at 2.4–3.1 s)"
    assert voice[0].told["zh"] == "高处拔得很高（+2.0σ，2.4–3.1 秒最明显）"
    assert len(chosen(argument, "en", "").cues["audio"]) == 1, "two cues of one family would contradict each other"


def test_support_across_neutral_is_not_explained_by_the_other_labels_cues() -> None:
    split = replace(FLAT, probabilities=(0.44, 0.02, 0.54), strength=0.9)
    argument = argue(
        evidence(audio=split, video=replace(SMILING, probabilities=(0.3, 0.1, 0.1, 0.02, 0.18, 0.2, 0.1))), pool()
    )
    assert argument is not None and argument.label == "SNEG"
    voice = argument.views[0]
    assert voice.label == "SPOS" and voice.share > 0 and voice.cues == ()
    assert "only in so far as it also gives strongly negative" in told(argument, "en")
    assert "只因它也给了强烈负面" in told(argument, "zh")


def test_the_texts_of_one_clip() -> None:
    argument = argue(evidence(text=ANGRY, audio=FLAT, video=SMILING), pool())
    assert argument is not None
    english, chinese = told(argument, "en"), told(argument, "zh")
    assert english.startswith("The clip reads as strongly negative, and the words carry that judgement")
    assert "Against this speaks the face: the face looks happy (0.80)." in english
    assert 90 <= len(english.split()) <= 220
    assert chinese.startswith("这段视频的情感是强烈负面的，主要依据是话语")
    assert "表情却与此相反：脸上带着笑意（0.80）" in chinese
    assert 150 <= len(chinese) <= 350


LONG = {
    "en": "This is terrible! " * 12,
    "zh": "我算是听出来了，一个让我赶紧走，一个不让我去，你们一个个都不是好东西，这太糟糕了。",
}
WEEPING = replace(SMILING, probabilities=(0.1, 0.1, 0.1, 0.02, 0.08, 0.5, 0.1), confidence=0.3)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_texts_keep_to_their_length(strategy: str, language: str) -> None:
    """Clips with all modalities and with one missing, agreeing and in conflict: nothing to be cut, nothing padded."""
    low, high, length = (150, 350, len) if language == "zh" else (90, 220, lambda text: len(text.split()))
    conflict = replace(FLAT, confidence=0.4)
    for opinions in (
        {"text": ANGRY, "audio": FLAT, "video": SMILING},
        {"text": ANGRY, "audio": conflict, "video": WEEPING},
        {"text": replace(ANGRY, probabilities=(0.05, 0.1, 0.5, 0.3, 0.05)), "audio": FLAT, "video": WEEPING},
        {"text": ANGRY, "audio": FLAT},
        {"audio": FLAT, "video": SMILING},
    ):
        argument = argue(evidence(**opinions), pool(strategy))
        assert argument is not None
        text = tell(argument, language, LONG[language] if "text" in opinions else "")  # type: ignore[arg-type]
        assert low <= length(text) <= high, (strategy, opinions.keys(), length(text), text)


def test_two_disagreements_with_one_modality_are_told_as_one() -> None:
    torn = replace(FLAT, probabilities=(0.42, 0.02, 0.56), strength=0.9)
    argument = argue(evidence(text=ANGRY, audio=torn, video=WEEPING), pool())
    assert argument is not None and len(argument.conflicts) == 2 and not argument.opposed_by
    assert "The voice disagrees with the words and the face, strongly positive against" in told(argument, "en")
    assert "声音与话语和表情都不一致，但话语的作用最大" in told(argument, "zh")


def test_a_label_that_hangs_by_a_thread_takes_more_than_nothing_to_change() -> None:
    argument = argue(evidence(text=ANGRY, video=SMILING), pool())
    assert argument is not None and argument.flip is not None
    close = replace(argument, flip=replace(argument.flip, amount=0.0002))
    assert "if 1 % of what" in told(close, "en") and "有 1% 转为" in told(close, "zh")


def test_nothing_to_argue_from() -> None:
    assert argue(evidence(), pool()) is None
    assert argue(evidence(text=ANGRY), replace(pool(), weights={"text": 0.0, "audio": 1.0})) is None


@pytest.mark.parametrize("word", ["I", "am", "我", "去", "the", "了", "…", "3", "你们"])
def test_function_words(word: str) -> None:
    assert is_function_word(word)


@pytest.mark.parametrize("word", ["terrible", "not", "不", "糟糕", "love", "so", "太"])
def test_words_that_may_be_reasons(word: str) -> None:
    assert not is_function_word(word)


_P = st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7)
_SHARES = st.lists(st.floats(-3, 3), min_size=0, max_size=5)


def _opinion(space: str, raw: list[float], shares: list[float], names: list[str], confidence: float) -> Opinion:
    labels = get_space(space).labels
    kept = raw[: len(labels)]
    reasons = tuple(Reason(name, 1.0, share, share) for name, share in zip(names, shares, strict=False))
    return Opinion(space, labels, tuple(p / sum(kept) for p in kept), confidence, reasons)


@settings(max_examples=40)
@given(
    raw=st.tuples(_P, _P, _P),
    shares=st.tuples(_SHARES, _SHARES, _SHARES),
    sure=st.floats(0.05, 1.0),
    gone=st.sampled_from(["", "text", "audio", "video"]),
)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_text_says_why(
    strategy: str, raw: tuple[list[float], ...], shares: tuple[list[float], ...], sure: float, gone: str
) -> None:
    """Whatever the heads say and however they are pooled: the checks of `eval explanation` hold for our texts."""
    voice = ["f0_median_st", "hnr_mean_db", "speaking_rate_per_s", "f0_p25_st", "centroid_hz_mean"]
    face = ["expression in the pictures", "mouth_corners_up", "brows_down", "head_nod", "gaze_down"]
    opinions = {
        "text": _opinion("sentiment5", raw[0], shares[0], ["糟糕", "love", "not", "awful", "fine"], 1.0),
        "audio": _opinion("polarity3", raw[1], shares[1], voice, sure),
        "video": _opinion("fer7", raw[2], shares[2], face, 1.0),
    }
    opinions.pop(gone, None)
    argument = argue(evidence(**opinions), pool(strategy))
    if argument is None:
        return
    for language in ("zh", "en"):
        story: Story = story_of_argument(argument, told(argument, language), language)
        assert not any(check_story(story).results.values()), (
            check_story(story).results,
            think_of(story.text("reasoning", "text")),
        )
        assert len(chosen(argument, "en", "").order) == len(opinions)
        assert sum(map(len, chosen(argument, "en", "").cues.values())) <= MOST_CUES
